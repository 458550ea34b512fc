//! A storage service in memory that keeps the rules copying depends on.

mod answers;

use crate::{
    Place, Side, Told,
    blob::{Blob, BlobKind, CopyState, Metadata},
    blocks::BlockId,
    refusal::{BelowHttp, Refusal},
    service::{Answer, Copying},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use time::{OffsetDateTime, macros::datetime};

/// The operations, as counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::tests) enum Op {
    List,
    ContainerMetadata,
    CreateContainer,
    Properties,
    BlockList,
    PutBlob,
    PutBlock,
    PutBlockList,
    SyncCopy,
    StartCopy,
    AbortCopy,
    OpenSource,
}

/// One call as the service saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tests) struct Call {
    pub(in crate::tests) op: Op,
    pub(in crate::tests) side: Side,
    pub(in crate::tests) name: String,
}

/// A stored blob; `blob.name` is the full name.
#[derive(Clone, Debug, Default)]
pub(in crate::tests) struct Stored {
    pub(in crate::tests) blob: Blob,
    pub(in crate::tests) data: Vec<u8>,
    pub(in crate::tests) committed: Vec<(BlockId, u64)>,
}

#[derive(Debug, Default)]
pub(in crate::tests) struct Container {
    pub(in crate::tests) metadata: Metadata,
    pub(in crate::tests) blobs: BTreeMap<String, Stored>,
    pub(in crate::tests) staged: BTreeMap<String, BTreeMap<BlockId, Vec<u8>>>,
}

type Hook = Box<dyn FnMut(&Call, &mut State) -> Option<Refusal> + Send>;

pub(in crate::tests) struct State {
    pub(in crate::tests) containers: BTreeMap<(String, String), Container>,
    pub(in crate::tests) clock: OffsetDateTime,
    pub(in crate::tests) page: usize,
    pub(in crate::tests) lacks: HashSet<Op>,
    /// Accounts that list `/` before everything else.
    pub(in crate::tests) hierarchical: HashSet<String>,
    /// Asynchronous copies stay pending for so many questions.
    pub(in crate::tests) polls: u32,
    pub(in crate::tests) calls: Vec<Call>,
    /// Tiers sent with writes, by full name.
    pub(in crate::tests) tiers: BTreeMap<String, Option<crate::blob::Tier>>,
    etags: u64,
}

pub(in crate::tests) struct Double {
    state: Mutex<State>,
    before: Mutex<Option<Hook>>,
    after: Mutex<Option<Hook>>,
    under_way: AtomicUsize,
    pub(in crate::tests) most: AtomicUsize,
}

pub(in crate::tests) fn refusal(status: u16, code: &str) -> Refusal {
    Refusal {
        told: Told {
            status: Some(status),
            code: Some(code.to_owned()),
            request_id: None,
        },
        ..Refusal::default()
    }
}

fn refused(status: u16, code: &str) -> Box<Refusal> {
    Box::new(refusal(status, code))
}

pub(in crate::tests) fn broken() -> Refusal {
    *Refusal::below(BelowHttp::Transport("the connection broke".into()))
}

impl State {
    pub(in crate::tests) fn etag(&mut self) -> String {
        self.etags += 1;
        format!("0x8D{:012X}", self.etags)
    }

    pub(in crate::tests) fn container(&mut self, place: &Place) -> Answer<&mut Container> {
        self.containers
            .get_mut(&(place.account.clone(), place.container.clone()))
            .ok_or_else(|| refused(404, "ContainerNotFound"))
    }

    pub(in crate::tests) fn create(&mut self, place: &Place) {
        let key = (place.account.clone(), place.container.clone());
        self.containers.entry(key).or_default();
    }

    /// Writes a blob as an encoder would; returns its ETag.
    pub(in crate::tests) fn write(&mut self, place: &Place, name: &str, data: &[u8]) -> String {
        self.write_blob(
            place,
            data,
            Blob {
                name: name.to_owned(),
                ..Blob::default()
            },
        )
    }

    pub(in crate::tests) fn write_blob(
        &mut self,
        place: &Place,
        data: &[u8],
        blob: Blob,
    ) -> String {
        let etag = self.etag();
        let full = place.full_name(&blob.name);
        let blob = Blob {
            name: full.clone(),
            etag: etag.clone(),
            length: data.len() as u64,
            modified: Some(self.clock),
            ..blob
        };
        let stored = Stored {
            blob,
            data: data.to_vec(),
            committed: Vec::new(),
        };
        self.create(place);
        self.container(place).unwrap().blobs.insert(full, stored);
        etag
    }

    pub(in crate::tests) fn get(&mut self, place: &Place, name: &str) -> Option<&mut Stored> {
        let full = place.full_name(name);
        self.container(place).ok()?.blobs.get_mut(&full)
    }

    pub(in crate::tests) fn count(&self, op: Op) -> usize {
        self.calls.iter().filter(|call| call.op == op).count()
    }

    /// The source as a copy reads it: in the pinned state, or the service's refusal.
    pub(super) fn read(&mut self, copying: &Copying) -> Answer<Stored> {
        let of_source = |status, code: &str| {
            Box::new(Refusal {
                source_status: Some(status),
                source_code: Some(code.to_owned()),
                ..refusal(status, "CannotVerifyCopySource")
            })
        };
        match self.get(&copying.source, &copying.blob.name) {
            None => Err(of_source(404, "BlobNotFound")),
            Some(stored) if stored.blob.etag != copying.blob.etag => {
                Err(of_source(412, "ConditionNotMet"))
            }
            Some(stored) if stored.blob.tier == Some(crate::blob::Tier::Archive) => {
                Err(of_source(409, "BlobArchived"))
            }
            Some(stored) => Ok(stored.clone()),
        }
    }

    /// The replica's side of the conditions.
    pub(super) fn check(&mut self, copying: &Copying) -> Answer<()> {
        let full = copying.replica.full_name(&copying.blob.name);
        let there = self.container(&copying.replica)?.blobs.get(&full);
        match (there, &copying.replaces) {
            (Some(there), _) if there.blob.is_arriving() => {
                Err(refused(409, "PendingCopyOperation"))
            }
            (Some(_), None) => Err(refused(409, "BlobAlreadyExists")),
            (Some(there), Some(etag)) if there.blob.etag == *etag => Ok(()),
            (_, Some(_)) => Err(refused(412, "ConditionNotMet")),
            (None, None) => Ok(()),
        }
    }

    pub(super) fn put(
        &mut self,
        copying: &Copying,
        data: Vec<u8>,
        committed: Vec<(BlockId, u64)>,
        copy: Option<CopyState>,
    ) {
        let full = copying.replica.full_name(&copying.blob.name);
        self.tiers.insert(full.clone(), copying.tier());
        let blob = Blob {
            name: full.clone(),
            etag: self.etag(),
            length: data.len() as u64,
            modified: Some(self.clock),
            md5: copying.blob.md5.clone(),
            headers: copying.blob.headers.clone(),
            kind: BlobKind::Block,
            copy,
            ..Blob::default()
        }
        .with_metadata(copying.blob.replica_metadata());
        let container = self.container(&copying.replica).unwrap();
        container.staged.remove(&full);
        container.blobs.insert(
            full,
            Stored {
                blob,
                data,
                committed,
            },
        );
    }
}

impl Double {
    pub(in crate::tests) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                containers: BTreeMap::new(),
                clock: datetime!(2026-01-01 00:00:00 UTC),
                page: 5_000,
                lacks: HashSet::new(),
                hierarchical: HashSet::new(),
                polls: 0,
                calls: Vec::new(),
                tiers: BTreeMap::new(),
                etags: 0,
            }),
            before: Mutex::default(),
            after: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    pub(in crate::tests) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Runs before each call; a refusal keeps the call from happening.
    pub(in crate::tests) fn before(
        &self,
        hook: impl FnMut(&Call, &mut State) -> Option<Refusal> + Send + 'static,
    ) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }

    /// Runs after each successful call; a refusal is a reply lost on its way.
    pub(in crate::tests) fn after(
        &self,
        hook: impl FnMut(&Call, &mut State) -> Option<Refusal> + Send + 'static,
    ) {
        *self.after.lock().unwrap() = Some(Box::new(hook));
    }

    pub(in crate::tests) fn undisturbed(&self) {
        *self.before.lock().unwrap() = None;
        *self.after.lock().unwrap() = None;
    }

    pub(in crate::tests) fn forget_calls(&self) {
        self.state().calls.clear();
    }

    pub(super) async fn call<T>(
        &self,
        op: Op,
        side: Side,
        name: &str,
        act: impl FnOnce(&mut State) -> Answer<T>,
    ) -> Answer<T> {
        let under_way = self.under_way.fetch_add(1, SeqCst) + 1;
        if op != Op::List {
            self.most.fetch_max(under_way, SeqCst);
        }
        // Lets other tasks in between, as a network would.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let call = Call {
            op,
            side,
            name: name.to_owned(),
        };
        let answer = self.answer(&call, act);
        self.under_way.fetch_sub(1, SeqCst);
        answer
    }

    fn answer<T>(&self, call: &Call, act: impl FnOnce(&mut State) -> Answer<T>) -> Answer<T> {
        let mut state = self.state();
        state.calls.push(call.clone());
        if let Some(hook) = self.before.lock().unwrap().as_mut()
            && let Some(refusal) = hook(call, &mut state)
        {
            return Err(Box::new(refusal));
        }
        if state.lacks.contains(&call.op) {
            return Err(refused(501, "APINotImplemented"));
        }
        let done = act(&mut state)?;
        if let Some(hook) = self.after.lock().unwrap().as_mut()
            && let Some(refusal) = hook(call, &mut state)
        {
            return Err(Box::new(refusal));
        }
        Ok(done)
    }
}
