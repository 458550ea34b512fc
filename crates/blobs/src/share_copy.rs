//! Does what a share says, and decides nothing else.

use crate::{
    BlobError, Calls, Side, Told,
    blob::Blob,
    blocks::Plan,
    copy::{self, Outcome, check, commit, copy, has, outcome, stage, uncommitted},
    jobs::Jobs,
    pass::{Missing, refuse},
    refusal::Trouble,
    route::Route,
    run::Run,
    service::{BlobService, Copying},
    share::{Named, Share, Work},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What [`copy_share`](crate::Copier::copy_share) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareCopied {
    /// Blobs completed: copied, or their blocks committed.
    pub blobs: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Blobs left out because source or replica is no longer as it was when the share was made.
    pub changed: u64,
    /// Whether the budget ended first. Put the share back, or let the next look share out the rest.
    pub stopped: bool,
    /// The calls it took.
    pub calls: Calls,
}

pub(crate) async fn copy_share(run: &Arc<Run>, share: &Share) -> Result<ShareCopied, BlobError> {
    share.check()?;
    let mut done = match &share.work {
        Work::Names { page, blobs } => names(run, page.as_deref(), blobs).await?,
        Work::Blocks {
            blob,
            length,
            block_size,
            first,
            count,
        } => {
            let plan = Plan::exact(&blob.etag, *length, *block_size);
            let range = *first..first.saturating_add(*count).min(plan.count());
            blocks(run, blob, &plan, range).await?
        }
    };
    done.calls = run.service.calls();
    Ok(done)
}

/// One listing call reads the properties of all the blobs named, then one call copies each.
async fn names(
    run: &Arc<Run>,
    page: Option<&str>,
    blobs: &[Named],
) -> Result<ShareCopied, BlobError> {
    let mut wanted: HashMap<&str, &Named> = blobs
        .iter()
        .map(|named| (named.name.as_str(), named))
        .collect();
    let listed = run
        .service
        .list(Side::Source, &run.source, page)
        .await
        .map_err(|refusal| run.error(*refusal, Side::Source))?;
    let mut jobs = Jobs::new(run.clone());
    for blob in listed.blobs {
        let Some(named) = wanted.remove(blob.name.as_str()) else {
            continue;
        };
        let missing = Missing {
            replaces: named.replaces.clone(),
            likeness: None,
            blob,
        };
        if missing.blob.etag != named.etag || missing.in_progress() {
            jobs.changed += 1;
            continue;
        }
        refuse(&missing, false)?;
        jobs.start(run.copying(missing.blob, missing.replaces), false)
            .await?;
    }
    jobs.finish().await?;
    Ok(ShareCopied {
        blobs: jobs.blobs,
        bytes: jobs.bytes,
        changed: jobs.changed + wanted.len() as u64,
        stopped: jobs.stopped,
        calls: Calls::default(),
    })
}

async fn blocks(
    run: &Run,
    named: &Named,
    plan: &Plan,
    range: std::ops::Range<u64>,
) -> Result<ShareCopied, BlobError> {
    let blob = Blob {
        name: named.name.clone(),
        etag: named.etag.clone(),
        length: plan.length,
        ..Blob::default()
    };
    let copying = run.copying(blob, named.replaces.clone());
    check(&copying)?;
    let mut done = ShareCopied::default();
    let result = match stage_and_commit(run, &copying, plan, range.clone(), &mut done).await {
        // An endpoint without blocks: the share with the first one stands for the whole blob.
        Err(Trouble::Lacks) => {
            run.lessons.learn(&run.replica.account, Route::Blocks);
            if range.start > 0 {
                return Ok(done);
            }
            match with_properties(run, copying.clone()).await {
                Ok(copying) => copy(run, &copying, false).await,
                Err(trouble) => outcome(run, &copying, trouble),
            }
        }
        Err(trouble) => outcome(run, &copying, trouble),
        Ok(None) => return Ok(done),
        Ok(Some(outcome)) => Ok(outcome),
    };
    match result? {
        Outcome::Copied => done.blobs = 1,
        Outcome::Changed(_) => done.changed = 1,
        Outcome::Stopped => done.stopped = true,
    }
    Ok(done)
}

/// Copies the blocks of the range that are not there yet. If that makes the list whole, commits it;
/// otherwise whoever copies the last block will. `None`: nothing more to do here.
async fn stage_and_commit(
    run: &Run,
    copying: &Copying,
    plan: &Plan,
    range: std::ops::Range<u64>,
    done: &mut ShareCopied,
) -> Result<Option<Outcome>, Trouble> {
    let Some(mut present) = uncommitted_or_done(run, copying, plan).await? else {
        return Ok(None);
    };
    let missing: Vec<_> = range
        .map(|index| plan.block(index))
        .filter(|block| !has(&present, block))
        .collect();
    let staged = stage(run, copying, missing.iter().cloned()).await?;
    done.bytes = staged.bytes;
    if staged.stopped {
        return Ok(Some(Outcome::Stopped));
    }
    present.extend(missing.into_iter().map(|block| (block.id, block.length)));
    let whole = |present: &HashMap<_, _>| plan.blocks().all(|block| has(present, &block));
    if !whole(&present) {
        // Other shares may have copied theirs meanwhile.
        let Some(present) = uncommitted_or_done(run, copying, plan).await? else {
            return Ok(None);
        };
        if !whole(&present) {
            return Ok(None);
        }
    }
    let copying = with_properties(run, copying.clone()).await?;
    commit(run, &copying, plan).await.map(Some)
}

/// The uncommitted blocks of the replica blob; `None` if this plan is committed already.
async fn uncommitted_or_done(
    run: &Run,
    copying: &Copying,
    plan: &Plan,
) -> Result<Option<HashMap<Vec<u8>, u64>>, Trouble> {
    let blocks = copy::blocks(run, copying).await?;
    let committed: HashSet<_> = blocks.committed.iter().map(|(id, _)| id).collect();
    if plan.count() > 0 && plan.blocks().all(|block| committed.contains(&block.id)) {
        return Ok(None);
    }
    uncommitted(copying, blocks).map(Some)
}

/// The blob with what a commit has to write beside the blocks, provided that it has not changed.
async fn with_properties(run: &Run, mut copying: Copying) -> Result<Copying, Trouble> {
    let name = &copying.blob.name;
    let answer = run
        .service
        .properties(Side::Source, &copying.source, name)
        .await;
    let blob = answer.map_err(|refusal| refusal.trouble(Side::Source, Some(name)))?;
    if blob.etag != copying.blob.etag || blob.length != copying.blob.length {
        return Err(Trouble::Changed(Told::default()));
    }
    copying.blob = blob;
    match check(&copying) {
        Ok(()) => Ok(copying),
        Err(error) => Err(Trouble::Fatal(error)),
    }
}
