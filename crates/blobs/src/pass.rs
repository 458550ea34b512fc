//! One look at both places, copying what is missing on the way if that is wanted.

use crate::{
    BlobError, Look, Presence, Settle, Side, Told,
    blob::{Blob, Stage, Tier},
    compare::{Likeness, compare},
    container::ensure,
    jobs::Jobs,
    listing::ListFault,
    merge::{Found, Merge},
    run::Run,
};
use std::sync::Arc;

/// How many manifests of a kind wait for their media; those beyond are found by the next pass.
const WAITING: usize = 500;

/// What a pass does about a blob that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Only looks.
    Look,
    /// Copies. With `verify`, a copy that does not match its source is an error instead of being
    /// copied again. With `unless_large`, copying ends as soon as too much is missing for one
    /// invocation.
    Copy { verify: bool, unless_large: bool },
}

/// What a pass found and did.
pub(crate) struct Passed {
    pub look: Look,
    pub blobs: u64,
    pub bytes: u64,
    pub changed: u64,
    pub changed_one: Option<(String, Told)>,
    /// The budget was used up.
    pub stopped: bool,
    /// There were more manifests than are kept waiting.
    pub more_manifests: bool,
    pub created: bool,
}

/// A missing blob and what is in its place.
pub(crate) struct Missing {
    pub blob: Blob,
    pub replaces: Option<String>,
    pub likeness: Option<Likeness>,
}

impl Missing {
    /// Whether the service is copying into the source blob or the replica blob at this moment, so that
    /// there is nothing to do but wait.
    pub(crate) fn in_progress(&self) -> bool {
        self.blob.is_arriving() || self.likeness == Some(Likeness::Arriving)
    }
}

pub(crate) async fn pass(
    run: &Arc<Run>,
    settle: Settle,
    purpose: Purpose,
) -> Result<Passed, BlobError> {
    let mut table = unordered_before(run);
    loop {
        match attempt(run, settle, purpose, table).await {
            Ok(passed) => return Ok(passed),
            Err(fault) => table = with_table(run, table, fault)?,
        }
    }
}

/// Whether listings of this pair of accounts have proved not to ascend, so that a table is needed to compare them.
pub(crate) fn unordered_before(run: &Run) -> bool {
    run.lessons
        .unordered(&run.source.account, &run.replica.account)
}

/// What to do about a fault of a listing: to try once more with a table, if it was not in order, and remember that.
pub(crate) fn with_table(run: &Run, table: bool, fault: ListFault) -> Result<bool, BlobError> {
    match fault {
        ListFault::Error(error) => Err(error),
        ListFault::Disorder if table => Err(BlobError::Unreadable {
            side: Side::Source,
            what: "the listing is in no order".into(),
        }),
        ListFault::Disorder => {
            run.lessons
                .learn_unordered(&run.source.account, &run.replica.account);
            Ok(true)
        }
    }
}

/// Counts what the next name says, and returns it if the blob is missing.
pub(crate) fn examine(look: &mut Look, found: Found) -> Option<Missing> {
    let Found { source, replica } = found;
    let Some(blob) = source else {
        look.extra += 1;
        return None;
    };
    look.count(&blob);
    let likeness = replica.as_ref().map(|replica| compare(&blob, replica));
    if likeness == Some(Likeness::Equal) {
        return None;
    }
    look.miss(&blob, likeness);
    if blob.tier == Some(Tier::Archive) {
        look.archived.get_or_insert_with(|| blob.name.clone());
    }
    Some(Missing {
        blob,
        replaces: replica.map(|replica| replica.etag),
        likeness,
    })
}

/// A look that has both containers filled in but nothing counted.
pub(crate) fn begin(merge: &Merge) -> Look {
    let presence = |absent| {
        if absent {
            Presence::Absent
        } else {
            Presence::Exists
        }
    };
    Look {
        source_container: presence(merge.source.absent()),
        replica_container: presence(merge.replica.absent()),
        service_now: merge.source.date(),
        ..Look::default()
    }
}

async fn attempt(
    run: &Arc<Run>,
    settle: Settle,
    purpose: Purpose,
    table: bool,
) -> Result<Passed, ListFault> {
    let mut merge = Merge::open(run, table).await?;
    let mut look = begin(&merge);
    let mut created = false;
    if let Purpose::Copy { .. } = purpose {
        if look.source_container == Presence::Absent {
            return Err(run.gone(Side::Source).into());
        }
        if look.replica_container == Presence::Absent {
            ensure(run).await?;
            look.replica_container = Presence::Exists;
            created = true;
        }
    }
    let mut jobs = Jobs::new(run.clone());
    let mut manifests = Manifests::default();
    while let Some(found) = merge.next().await? {
        let Some(missing) = examine(&mut look, found) else {
            continue;
        };
        let Purpose::Copy {
            verify,
            unless_large,
        } = purpose
        else {
            continue;
        };
        if unless_large && look.is_large(&run.settings) {
            jobs.stopped = true;
        }
        refuse(&missing, verify)?;
        if missing.blob.is_arriving() {
            continue;
        }
        match Stage::of(&missing.blob.name) {
            Stage::Media => start(run, &mut jobs, missing).await?,
            Stage::ClientManifest => manifests.client.keep(missing),
            Stage::ServerManifest => manifests.server.keep(missing),
        }
    }
    look.settle(settle, run.settings.settle);
    jobs.finish().await?;
    if look.source_arriving == 0 {
        manifests.copy(run, &mut jobs).await?;
    }
    look.calls = run.service.calls();
    Ok(Passed {
        look,
        blobs: jobs.blobs,
        bytes: jobs.bytes,
        changed: jobs.changed,
        changed_one: jobs.changed_one.take(),
        stopped: jobs.stopped,
        more_manifests: manifests.client.more || manifests.server.more,
        created,
    })
}

/// What no copying can cure ends the pass.
pub(crate) fn refuse(missing: &Missing, verify: bool) -> Result<(), BlobError> {
    let name = || missing.blob.name.clone();
    if verify && missing.likeness == Some(Likeness::Mismatch) {
        return Err(BlobError::CopyMismatch { name: name() });
    }
    if missing.blob.tier == Some(Tier::Archive) {
        return Err(BlobError::SourceArchived { name: name() });
    }
    Ok(())
}

async fn start(run: &Run, jobs: &mut Jobs, missing: Missing) -> Result<(), BlobError> {
    let arriving = missing.likeness == Some(Likeness::Arriving);
    jobs.start(run.copying(missing.blob, missing.replaces), arriving)
        .await
}

/// Manifests wait until every media file they may name is there.
#[derive(Default)]
struct Manifests {
    client: Waiting,
    server: Waiting,
}

#[derive(Default)]
struct Waiting {
    kept: Vec<Missing>,
    more: bool,
}

impl Waiting {
    fn keep(&mut self, missing: Missing) {
        if self.kept.len() < WAITING {
            self.kept.push(missing);
        } else {
            self.more = true;
        }
    }
}

impl Manifests {
    async fn copy(&mut self, run: &Run, jobs: &mut Jobs) -> Result<(), BlobError> {
        for waiting in [&mut self.client, &mut self.server] {
            if !jobs.all_copied() {
                return Ok(());
            }
            for missing in waiting.kept.drain(..) {
                start(run, jobs, missing).await?;
            }
            jobs.finish().await?;
            if waiting.more {
                return Ok(());
            }
        }
        Ok(())
    }
}
