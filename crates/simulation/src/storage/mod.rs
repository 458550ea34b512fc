//! The storage accounts of both regions in memory: containers, blobs in their states, and the copies that the service makes itself.

pub(crate) mod answer;
pub(crate) mod http;
mod list;
pub(crate) mod operations;

use std::collections::{BTreeMap, BTreeSet};

use change::ResourceId;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::weather::Part;

pub(crate) use answer::Answer;

/// The accounts of the primary's region; all others are the secondary's.
pub(crate) const SOURCES: [&str; 2] = ["eastone", "easttwo"];
pub(crate) const REPLICAS: [&str; 2] = ["westone", "westtwo"];

pub(crate) fn part_of(account: &str) -> Part {
    if SOURCES.contains(&account) {
        Part::SourceStorage
    } else {
        Part::ReplicaStorage
    }
}

/// An operation that an endpoint may lack, as emulators do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    PutBlobFromUrl,
    CopyBlobFromUrl,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Container {
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) blobs: BTreeMap<String, Blob>,
    /// Blocks not yet committed, by blob and ID.
    staged: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blob {
    pub(crate) content: Vec<u8>,
    pub(crate) state: u64,
    pub(crate) modified: OffsetDateTime,
    pub(crate) digest: Option<Vec<u8>>,
    /// Content headers by their names without `x-ms-blob-`.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tier: Option<String>,
    copy: Option<Copy>,
    /// The blocks that it was put together from: ID and length.
    blocks: Vec<(String, usize)>,
}

/// A copy by the service into a blob: its ID, and when it ends.
#[derive(Clone, Debug, PartialEq)]
struct Copy {
    id: String,
    ends: OffsetDateTime,
    aborted: bool,
}

impl Copy {
    fn status(&self, now: OffsetDateTime) -> &'static str {
        if now < self.ends {
            "pending"
        } else if self.aborted {
            "aborted"
        } else {
            "success"
        }
    }
}

impl Container {
    /// Whether it says that it was made for the bytes of this asset.
    pub(crate) fn is_made_for(&self, asset: &ResourceId) -> bool {
        let owner = Uuid::new_v5(&Uuid::NAMESPACE_URL, asset.to_string().as_bytes());
        self.metadata.get("mirrorowner") == Some(&owner.to_string())
    }
}

impl Blob {
    pub(crate) fn new(content: Vec<u8>) -> Self {
        Self {
            digest: Some(digest(&content)),
            content,
            state: 0,
            modified: OffsetDateTime::UNIX_EPOCH,
            headers: BTreeMap::new(),
            metadata: BTreeMap::new(),
            tier: None,
            copy: None,
            blocks: Vec::new(),
        }
    }

    pub(crate) fn etag(&self) -> String {
        format!("0x8DE{:012X}", self.state)
    }

    /// Whether the service is still copying into it.
    pub(crate) fn is_arriving(&self, now: OffsetDateTime) -> bool {
        self.copy.as_ref().is_some_and(|copy| now < copy.ends)
    }
}

/// Sixteen bytes that stand for the MD5 of a content.
pub(crate) fn digest(content: &[u8]) -> Vec<u8> {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, content)
        .as_bytes()
        .to_vec()
}

#[derive(Default)]
pub(crate) struct Storage {
    accounts: BTreeMap<String, BTreeMap<String, Container>>,
    last_state: u64,
    /// Every content that a blob ever had, by account, container, name and state.
    past: BTreeMap<(String, String, String), BTreeMap<u64, Vec<u8>>>,
    /// What the replica's endpoint lacks.
    pub(crate) lacks: BTreeSet<Operation>,
    pub(crate) page: usize,
}

/// How long an asynchronous copy takes.
const COPYING: Duration = Duration::seconds(3);

impl Storage {
    /// Empty, with so many blobs in a page of a listing.
    pub(crate) fn new(page: usize) -> Self {
        Self {
            page,
            ..Self::default()
        }
    }

    pub(crate) fn container(&self, account: &str, container: &str) -> Option<&Container> {
        self.accounts.get(account)?.get(container)
    }

    pub(crate) fn container_mut(
        &mut self,
        account: &str,
        container: &str,
    ) -> Option<&mut Container> {
        self.accounts.get_mut(account)?.get_mut(container)
    }

    pub(crate) fn containers(&self) -> impl Iterator<Item = (&str, &str, &Container)> {
        self.accounts.iter().flat_map(|(account, containers)| {
            containers
                .iter()
                .map(move |(name, container)| (account.as_str(), name.as_str(), container))
        })
    }

    /// Makes the container unless it is there.
    pub(crate) fn provide_container(&mut self, account: &str, container: &str) {
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .entry(container.to_owned())
            .or_default();
    }

    pub(crate) fn delete_container(&mut self, account: &str, container: &str) {
        if let Some(containers) = self.accounts.get_mut(account) {
            containers.remove(container);
        }
    }

    /// Writes a blob: it gets a new state, and its past is kept.
    pub(crate) fn write(
        &mut self,
        account: &str,
        container: &str,
        name: &str,
        blob: Blob,
        now: OffsetDateTime,
    ) {
        self.last_state += 1;
        let state = self.last_state;
        let place = (account.to_owned(), container.to_owned(), name.to_owned());
        let past = self.past.entry(place).or_default();
        past.insert(state, blob.content.clone());
        if let Some(container) = self.container_mut(account, container) {
            let blob = Blob {
                state,
                modified: now,
                ..blob
            };
            container.staged.remove(name);
            container.blobs.insert(name.to_owned(), blob);
        }
    }

    /// Whether a content is what a blob had in a state, or in a later one.
    pub(crate) fn is_since(
        &self,
        (account, container, name): (&str, &str, &str),
        state: u64,
        content: &[u8],
    ) -> bool {
        let place = (account.to_owned(), container.to_owned(), name.to_owned());
        self.past
            .get(&place)
            .is_some_and(|past| past.range(state..).any(|(_, then)| then == content))
    }
}
