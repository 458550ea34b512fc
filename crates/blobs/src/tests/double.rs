//! A storage service in memory that keeps the rules copying depends on.

use crate::{
    Place, Side, Told,
    blob::{Blob, BlobKind, CopyState, CopyStatus, MARK, Metadata},
    blocks::{Block, BlockId},
    refusal::{BelowHttp, Refusal},
    service::{Answer, BlobService, Blocks, Copying, Page},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use time::{Duration, OffsetDateTime, macros::datetime};

/// The operations, as counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Op {
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
}

/// One call as the service saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub op: Op,
    pub side: Side,
    pub name: String,
}

/// A stored blob; `blob.name` is the full name.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub blob: Blob,
    pub data: Vec<u8>,
    pub committed: Vec<(BlockId, u64)>,
}

#[derive(Debug, Default)]
pub(super) struct Container {
    pub metadata: Metadata,
    pub blobs: BTreeMap<String, Stored>,
    pub staged: BTreeMap<String, BTreeMap<BlockId, Vec<u8>>>,
}

type Hook = Box<dyn FnMut(&Call, &mut State) -> Option<Refusal> + Send>;

pub(super) struct State {
    pub containers: BTreeMap<(String, String), Container>,
    pub clock: OffsetDateTime,
    pub page: usize,
    pub lacks: HashSet<Op>,
    /// Accounts that list `/` before everything else.
    pub hierarchical: HashSet<String>,
    /// Asynchronous copies stay pending for so many questions.
    pub polls: u32,
    pub calls: Vec<Call>,
    /// Tiers sent with writes, by full name.
    pub tiers: BTreeMap<String, Option<crate::blob::Tier>>,
    etags: u64,
}

pub(super) struct Double {
    state: Mutex<State>,
    before: Mutex<Option<Hook>>,
    after: Mutex<Option<Hook>>,
    under_way: AtomicUsize,
    pub most: AtomicUsize,
}

pub(super) fn refusal(status: u16, code: &str) -> Refusal {
    Refusal {
        told: Told {
            status: Some(status),
            code: Some(code.to_owned()),
            request_id: None,
        },
        ..Refusal::default()
    }
}

pub(super) fn broken() -> Refusal {
    *Refusal::below(BelowHttp::Transport("the connection broke".into()))
}

impl State {
    pub fn etag(&mut self) -> String {
        self.etags += 1;
        format!("0x8D{:012X}", self.etags)
    }

    pub fn container(&mut self, place: &Place) -> Result<&mut Container, Refusal> {
        self.containers
            .get_mut(&(place.account.clone(), place.container.clone()))
            .ok_or_else(|| refusal(404, "ContainerNotFound"))
    }

    pub fn create(&mut self, place: &Place) {
        let key = (place.account.clone(), place.container.clone());
        self.containers.entry(key).or_default();
    }

    /// Writes a blob as an encoder would; returns its ETag.
    pub fn write(&mut self, place: &Place, name: &str, data: &[u8]) -> String {
        self.write_blob(
            place,
            data,
            Blob {
                name: name.to_owned(),
                ..Blob::default()
            },
        )
    }

    pub fn write_blob(&mut self, place: &Place, data: &[u8], blob: Blob) -> String {
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

    pub fn get(&mut self, place: &Place, name: &str) -> Option<&mut Stored> {
        let full = place.full_name(name);
        self.container(place).ok()?.blobs.get_mut(&full)
    }

    pub fn count(&self, op: Op) -> usize {
        self.calls.iter().filter(|call| call.op == op).count()
    }

    /// The source as a copy reads it: in the pinned state, or the service's refusal.
    fn read(&mut self, copying: &Copying) -> Result<Stored, Refusal> {
        let of_source = |status, code: &str| Refusal {
            source_status: Some(status),
            source_code: Some(code.to_owned()),
            ..refusal(status, "CannotVerifyCopySource")
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
    fn check(&mut self, copying: &Copying) -> Result<(), Refusal> {
        let full = copying.replica.full_name(&copying.blob.name);
        let there = self.container(&copying.replica)?.blobs.get(&full);
        match (there, &copying.replaces) {
            (Some(there), _) if there.blob.is_arriving() => {
                Err(refusal(409, "PendingCopyOperation"))
            }
            (Some(_), None) => Err(refusal(409, "BlobAlreadyExists")),
            (Some(there), Some(etag)) if there.blob.etag == *etag => Ok(()),
            (_, Some(_)) => Err(refusal(412, "ConditionNotMet")),
            (None, None) => Ok(()),
        }
    }

    fn put(
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
    pub fn new() -> Arc<Self> {
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

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Runs before each call; a refusal keeps the call from happening.
    pub fn before(&self, hook: impl FnMut(&Call, &mut State) -> Option<Refusal> + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }

    /// Runs after each successful call; a refusal is a reply lost on its way.
    pub fn after(&self, hook: impl FnMut(&Call, &mut State) -> Option<Refusal> + Send + 'static) {
        *self.after.lock().unwrap() = Some(Box::new(hook));
    }

    pub fn undisturbed(&self) {
        *self.before.lock().unwrap() = None;
        *self.after.lock().unwrap() = None;
    }

    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    async fn call<T>(
        &self,
        op: Op,
        side: Side,
        name: &str,
        act: impl FnOnce(&mut State) -> Result<T, Refusal>,
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
        answer.map_err(Box::new)
    }

    fn answer<T>(
        &self,
        call: &Call,
        act: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = self.state();
        state.calls.push(call.clone());
        if let Some(hook) = self.before.lock().unwrap().as_mut()
            && let Some(refusal) = hook(call, &mut state)
        {
            return Err(refusal);
        }
        if state.lacks.contains(&call.op) {
            return Err(refusal(501, "APINotImplemented"));
        }
        let done = act(&mut state)?;
        if let Some(hook) = self.after.lock().unwrap().as_mut()
            && let Some(refusal) = hook(call, &mut state)
        {
            return Err(refusal);
        }
        Ok(done)
    }
}

fn list(state: &mut State, place: &Place, marker: Option<&str>) -> Result<Page, Refusal> {
    let (clock, size) = (state.clock, state.page);
    let hierarchical = state.hierarchical.contains(&place.account);
    let key = |name: &str| {
        if hierarchical {
            name.replace('/', "\0")
        } else {
            name.to_owned()
        }
    };
    if size == 0 {
        return Ok(Page {
            next: Some("round".into()),
            ..Page::default()
        });
    }
    let container = state.container(place)?;
    let mut blobs: Vec<Blob> = container
        .blobs
        .values()
        .filter_map(|stored| {
            let name = place.relative(&stored.blob.name)?;
            Some(Blob {
                name,
                ..stored.blob.clone()
            })
        })
        .filter(|blob| marker.is_none_or(|marker| key(&blob.name).as_str() > marker))
        .collect();
    blobs.sort_by_key(|blob| key(&blob.name));
    let more = blobs.len() > size;
    blobs.truncate(size);
    Ok(Page {
        next: more.then(|| key(&blobs.last().unwrap().name)),
        blobs,
        date: Some(clock),
    })
}

#[async_trait]
impl BlobService for Double {
    async fn list(&self, side: Side, place: &Place, marker: Option<&str>) -> Answer<Page> {
        self.call(Op::List, side, "", |state| list(state, place, marker))
            .await
    }

    async fn container_metadata(&self, side: Side, place: &Place) -> Answer<Metadata> {
        self.call(Op::ContainerMetadata, side, "", |state| {
            Ok(state.container(place)?.metadata.clone())
        })
        .await
    }

    async fn create_container(&self, place: &Place, metadata: &Metadata) -> Answer<()> {
        self.call(Op::CreateContainer, Side::Replica, "", |state| {
            if state.container(place).is_ok() {
                return Err(refusal(409, "ContainerAlreadyExists"));
            }
            state.create(place);
            state.container(place)?.metadata = metadata.clone();
            Ok(())
        })
        .await
    }

    async fn properties(&self, side: Side, place: &Place, name: &str) -> Answer<Blob> {
        self.call(Op::Properties, side, name, |state| {
            let polls = state.polls;
            state.container(place)?;
            let stored = state
                .get(place, name)
                .ok_or_else(|| refusal(404, "BlobNotFound"))?;
            if polls == 0 && stored.blob.is_arriving() {
                stored.blob.copy.as_mut().unwrap().status = CopyStatus::Success;
            }
            let found = Blob {
                name: name.to_owned(),
                ..stored.blob.clone()
            };
            state.polls = polls.saturating_sub(1);
            Ok(found)
        })
        .await
    }

    async fn block_list(&self, place: &Place, name: &str) -> Answer<Blocks> {
        self.call(Op::BlockList, Side::Replica, name, |state| {
            let full = place.full_name(name);
            let container = state.container(place)?;
            let committed = container
                .blobs
                .get(&full)
                .map(|stored| stored.committed.clone());
            let staged = container.staged.get(&full);
            if committed.is_none() && staged.is_none() {
                return Err(refusal(404, "BlobNotFound"));
            }
            let staged = staged.into_iter().flatten();
            Ok(Blocks {
                committed: committed.unwrap_or_default(),
                uncommitted: staged
                    .map(|(id, data)| (id.clone(), data.len() as u64))
                    .collect(),
            })
        })
        .await
    }

    async fn put_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.call(Op::PutBlob, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            state.put(copying, source.data, Vec::new(), None);
            Ok(())
        })
        .await
    }

    async fn put_block_from_url(&self, copying: &Copying, block: &Block) -> Answer<()> {
        let name = format!("{}@{}", copying.blob.name, block.offset);
        self.call(Op::PutBlock, Side::Replica, &name, |state| {
            let source = state.read(copying)?;
            let from = usize::try_from(block.offset).unwrap();
            let to = from + usize::try_from(block.length).unwrap();
            let data = source
                .data
                .get(from..to)
                .ok_or_else(|| refusal(416, "InvalidRange"))?;
            let full = copying.replica.full_name(&copying.blob.name);
            let staged = state
                .container(&copying.replica)?
                .staged
                .entry(full)
                .or_default();
            if staged.keys().any(|id| id.len() != block.id.len()) {
                return Err(refusal(400, "InvalidBlobOrBlock"));
            }
            staged.insert(block.id.clone(), data.to_vec());
            Ok(())
        })
        .await
    }

    async fn put_block_list(&self, copying: &Copying, ids: Vec<BlockId>) -> Answer<()> {
        self.call(
            Op::PutBlockList,
            Side::Replica,
            &copying.blob.name,
            |state| {
                state.check(copying)?;
                let full = copying.replica.full_name(&copying.blob.name);
                let staged = state
                    .container(&copying.replica)?
                    .staged
                    .remove(&full)
                    .unwrap_or_default();
                let mut data = Vec::new();
                let mut committed = Vec::new();
                for id in ids {
                    let block = staged
                        .get(&id)
                        .ok_or_else(|| refusal(400, "InvalidBlockList"))?;
                    data.extend_from_slice(block);
                    committed.push((id, block.len() as u64));
                }
                state.put(copying, data, committed, None);
                Ok(())
            },
        )
        .await
    }

    async fn copy_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.call(Op::SyncCopy, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            if source.blob.kind != BlobKind::Block {
                return Err(refusal(409, "InvalidBlobType"));
            }
            let copy = CopyState {
                id: "sync".into(),
                status: CopyStatus::Success,
                failed_with: None,
            };
            state.put(copying, source.data, Vec::new(), Some(copy));
            Ok(())
        })
        .await
    }

    async fn start_copy(&self, copying: &Copying) -> Answer<CopyState> {
        self.call(Op::StartCopy, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            let status = if state.polls == 0 {
                CopyStatus::Success
            } else {
                CopyStatus::Pending
            };
            let copy = CopyState {
                id: state.etag(),
                status,
                failed_with: None,
            };
            state.put(copying, source.data, Vec::new(), Some(copy.clone()));
            Ok(copy)
        })
        .await
    }

    async fn abort_copy(&self, place: &Place, name: &str, id: &str) -> Answer<()> {
        self.call(Op::AbortCopy, Side::Replica, name, |state| {
            let etag = state.etag();
            let stored = state
                .get(place, name)
                .ok_or_else(|| refusal(404, "BlobNotFound"))?;
            match stored.blob.copy.as_mut() {
                Some(copy) if copy.id == id && copy.status == CopyStatus::Pending => {
                    copy.status = CopyStatus::Failed;
                    stored.blob.etag = etag;
                    stored.blob.length = 0;
                    stored.data.clear();
                    Ok(())
                }
                _ => Err(refusal(409, "NoPendingCopyOperation")),
            }
        })
        .await
    }

    async fn pause(&self, _polls: u32) {
        tokio::task::yield_now().await;
    }
}

/// Two places, one minute-old container in the source, and a copier with small limits.
pub(super) struct Scene {
    pub service: Arc<Double>,
    pub copier: crate::Copier,
    pub source: Place,
    pub replica: Place,
}

pub(super) fn settings() -> crate::Settings {
    crate::Settings {
        one_call_limit: 100,
        block_size: 10,
        concurrency: 4,
        share_bytes: 300,
        ..crate::Settings::default()
    }
}

impl Scene {
    pub fn new() -> Self {
        Self::with(settings())
    }

    pub fn with(settings: crate::Settings) -> Self {
        let service = Double::new();
        let (source, replica) = (Place::new("src", "asset-1"), Place::new("dst", "asset-1"));
        service.state().create(&source);
        Self {
            copier: crate::Copier::with_service(service.clone(), settings),
            service,
            source,
            replica,
        }
    }

    pub fn write(&self, name: &str, data: &[u8]) -> String {
        self.service.state().write(&self.source, name, data)
    }

    /// Lets the service's clock run, so that what was written is no longer new.
    pub fn later(&self, seconds: i64) {
        self.service.state().clock += Duration::seconds(seconds);
    }

    pub async fn mirror(&self) -> Result<crate::Copied, crate::BlobError> {
        self.copier
            .mirror(
                &self.source,
                &self.replica,
                crate::Settle::AfterJob,
                &crate::Budget::unlimited(),
            )
            .await
    }

    pub async fn look(&self) -> crate::Look {
        self.copier
            .look(&self.source, &self.replica, crate::Settle::AfterJob)
            .await
            .unwrap()
    }

    /// Every source blob must be in the replica with its bytes and its mark.
    pub fn assert_mirrored(&self) {
        let mut state = self.service.state();
        let blobs: Vec<Stored> = state
            .container(&self.source)
            .unwrap()
            .blobs
            .values()
            .cloned()
            .collect();
        for source in blobs.iter().filter(|stored| !stored.blob.is_directory()) {
            let name = self.source.relative(&source.blob.name).unwrap();
            let replica = state
                .get(&self.replica, &name)
                .unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(replica.data, source.data, "{name}");
            assert_eq!(
                replica.blob.mark.as_deref(),
                Some(source.blob.etag.as_str()),
                "{MARK} of {name}"
            );
            assert_eq!(replica.blob.metadata, source.blob.metadata, "{name}");
            assert_eq!(replica.blob.headers, source.blob.headers, "{name}");
            assert_eq!(replica.blob.md5, source.blob.md5, "{name}");
        }
    }

    /// The names of one operation's calls, in order.
    pub fn names(&self, op: Op) -> Vec<String> {
        let state = self.service.state();
        let calls = state.calls.iter().filter(|call| call.op == op);
        calls.map(|call| call.name.clone()).collect()
    }

    pub fn count(&self, op: Op) -> usize {
        self.service.state().count(op)
    }
}
