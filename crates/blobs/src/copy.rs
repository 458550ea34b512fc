//! Copies one blob in the state in which it was listed, or says that it is no longer in that state.

use crate::{
    BlobError, Side, Told,
    blob::{BlobKind, CopyStatus},
    blocks::{Block, BlockId, Plan},
    refusal::{Refusal, Trouble},
    route::{Route, choose},
    run::Run,
    service::{Answer, BlobService, Blocks, Copying},
};
use futures::{StreamExt, stream};
use std::collections::HashMap;

/// What became of one blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is there.
    Copied,
    /// Source or replica changed since they were listed: it has to start over from a new look.
    Changed(Told),
    /// The budget ended first; what was copied so far is kept by the service.
    Stopped,
}

/// Copies a blob by whichever operation the replica's endpoint has. With `arriving`, the service
/// is copying it already and is only waited for.
///
/// # Errors
/// Whatever concerns more than this one blob's state.
pub(crate) async fn copy(
    run: &Run,
    copying: &Copying,
    arriving: bool,
) -> Result<Outcome, BlobError> {
    check(copying)?;
    if arriving {
        return follow(run, copying).await;
    }
    let account = &run.replica.account;
    loop {
        let blob = &copying.blob;
        let lacks = run.lessons.lacks(account);
        let Some(route) = choose(&lacks, blob.kind, blob.length, &run.settings) else {
            return Err(unsupported(
                copying,
                "the replica's endpoint has no operation that copies it",
            ));
        };
        match by(route, run, copying).await {
            Ok(outcome) => return Ok(outcome),
            Err(Trouble::Lacks) => run.lessons.learn(account, route),
            Err(Trouble::Busy) => return follow(run, copying).await,
            Err(trouble) => return outcome(run, copying, trouble),
        }
    }
}

/// Refuses what no request could carry, before any is made.
pub(crate) fn check(copying: &Copying) -> Result<(), BlobError> {
    let blob = &copying.blob;
    crate::place::check_name(&copying.source.full_name(&blob.name))?;
    crate::place::check_name(&copying.replica.full_name(&blob.name))?;
    let headers = &blob.headers;
    let mut values = blob.metadata.values().chain(
        [
            &headers.content_type,
            &headers.encoding,
            &headers.language,
            &headers.disposition,
            &headers.cache_control,
        ]
        .into_iter()
        .flatten(),
    );
    if values.any(|value| !value.bytes().all(|b| (b' '..=b'~').contains(&b))) {
        return Err(unsupported(
            copying,
            "its metadata or content headers have characters that a request header cannot carry",
        ));
    }
    Ok(())
}

fn unsupported(copying: &Copying, why: &'static str) -> BlobError {
    BlobError::SourceUnsupported {
        name: copying.blob.name.clone(),
        why,
    }
}

/// Changed, as was seen without a refusal.
fn changed() -> Outcome {
    Outcome::Changed(Told::default())
}

/// The trouble of one blob's call, as its outcome or as an error.
pub(crate) fn outcome(
    run: &Run,
    copying: &Copying,
    trouble: Trouble,
) -> Result<Outcome, BlobError> {
    match trouble {
        Trouble::Changed(told) => Ok(Outcome::Changed(told)),
        Trouble::Missing | Trouble::Busy => Ok(changed()),
        Trouble::Gone(side) => Err(run.gone(side)),
        Trouble::Archived => Err(BlobError::SourceArchived {
            name: copying.blob.name.clone(),
        }),
        Trouble::Fatal(error) => Err(error),
        Trouble::Exists | Trouble::Lacks => Err(BlobError::Unreadable {
            side: Side::Replica,
            what: format!("{trouble:?} in answer to a copy"),
        }),
    }
}

/// Reads the answer of a call to the replica about one blob.
pub(crate) fn read<T>(copying: &Copying, answer: Answer<T>) -> Result<T, Trouble> {
    answer.map_err(|refusal| refusal.trouble(Side::Replica, Some(&copying.blob.name)))
}

async fn by(route: Route, run: &Run, copying: &Copying) -> Result<Outcome, Trouble> {
    match route {
        Route::OneCall => {
            let _slot = run.slot().await;
            read(copying, run.service.put_blob_from_url(copying).await)?;
            Ok(Outcome::Copied)
        }
        Route::SyncCopy => {
            let _slot = run.slot().await;
            read(copying, run.service.copy_blob_from_url(copying).await)?;
            Ok(Outcome::Copied)
        }
        Route::AsyncCopy => {
            let state = {
                let _slot = run.slot().await;
                read(copying, run.service.start_copy(copying).await)?
            };
            match state.status {
                CopyStatus::Success => Ok(Outcome::Copied),
                CopyStatus::Failed => Ok(changed()),
                CopyStatus::Pending => follow(run, copying).await.map_err(Trouble::Fatal),
            }
        }
        Route::Blocks => by_blocks(run, copying).await,
    }
}

async fn by_blocks(run: &Run, copying: &Copying) -> Result<Outcome, Trouble> {
    let blob = &copying.blob;
    let Some(plan) = Plan::new(&blob.etag, blob.length, run.settings.block_size) else {
        return Err(Trouble::Fatal(unsupported(
            copying,
            "it is larger than a block blob can be",
        )));
    };
    let present = uncommitted(copying, blocks(run, copying).await?)?;
    let missing = plan.blocks().filter(|block| !has(&present, block));
    if stage(run, copying, missing).await?.stopped {
        return Ok(Outcome::Stopped);
    }
    commit(run, copying, &plan).await
}

/// The blocks of the replica blob, none if there is no blob.
pub(crate) async fn blocks(run: &Run, copying: &Copying) -> Result<Blocks, Trouble> {
    let _slot = run.slot().await;
    let (place, name) = (&copying.replica, &copying.blob.name);
    match read(copying, run.service.block_list(place, name).await) {
        Err(Trouble::Missing) => Ok(Blocks::default()),
        blocks => blocks,
    }
}

/// Those that are not committed, by ID, provided that the blob is the one that is to be overwritten. Blocks are copied without a
/// condition, and where the list could not be committed all of them would be copied in vain.
pub(crate) fn uncommitted(
    copying: &Copying,
    blocks: Blocks,
) -> Result<HashMap<BlockId, u64>, Trouble> {
    if blocks.etag.is_some() && blocks.etag != copying.replaces {
        return Err(Trouble::Changed(Told::default()));
    }
    Ok(blocks.uncommitted.into_iter().collect())
}

/// Whether this very block was copied before.
pub(crate) fn has(blocks: &HashMap<BlockId, u64>, block: &Block) -> bool {
    blocks.get(&block.id) == Some(&block.length)
}

/// What [`stage`] did.
#[derive(Default)]
pub(crate) struct Staged {
    pub bytes: u64,
    /// The budget ended before the last block.
    pub stopped: bool,
}

/// Copies blocks in parallel, as far as the budget goes.
pub(crate) async fn stage(
    run: &Run,
    copying: &Copying,
    blocks: impl Iterator<Item = Block> + Send,
) -> Result<Staged, Trouble> {
    let mut staging = stream::iter(blocks)
        .map(|block| async move {
            let _slot = run.slot().await;
            if !run.budget.left() {
                return Ok(None);
            }
            let answer = run.service.put_block_from_url(copying, &block).await;
            read(copying, answer).map(|()| Some(block.length))
        })
        .buffer_unordered(run.settings.concurrency);
    let mut staged = Staged::default();
    while let Some(block) = staging.next().await {
        match block? {
            Some(length) => staged.bytes += length,
            None => staged.stopped = true,
        }
    }
    Ok(staged)
}

/// Makes the staged blocks the blob.
pub(crate) async fn commit(run: &Run, copying: &Copying, plan: &Plan) -> Result<Outcome, Trouble> {
    let ids = plan.blocks().map(|block| block.id).collect();
    let _slot = run.slot().await;
    read(copying, run.service.put_block_list(copying, ids).await)?;
    Ok(Outcome::Copied)
}

/// Waits for an asynchronous copy into the replica blob. One of an older state is aborted.
async fn follow(run: &Run, copying: &Copying) -> Result<Outcome, BlobError> {
    let (place, name) = (&copying.replica, copying.blob.name.as_str());
    for polls in 0.. {
        let answer = run.service.properties(Side::Replica, place, name).await;
        let found = match read(copying, answer) {
            Ok(found) => found,
            Err(trouble) => return outcome(run, copying, trouble),
        };
        let ours = found.mark.as_deref() == Some(copying.blob.etag.as_str());
        match found.copy {
            Some(copy) if copy.status == CopyStatus::Pending && !ours => {
                let answer = run.service.abort_copy(place, name, &copy.id).await;
                return match read(copying, answer) {
                    Ok(()) => Ok(changed()),
                    Err(trouble) => outcome(run, copying, trouble),
                };
            }
            Some(copy) if copy.status == CopyStatus::Pending => {
                if !run.budget.left() {
                    return Ok(Outcome::Stopped);
                }
                run.service.pause(polls).await;
            }
            Some(copy) if copy.status == CopyStatus::Failed && ours => {
                // The service fails a pending copy when it can no longer read the source.
                let failed = Refusal {
                    source_status: Some(copy.failed_with.unwrap_or(412)),
                    ..Refusal::default()
                };
                return outcome(run, copying, failed.trouble(Side::Replica, Some(name)));
            }
            _ if ours => return Ok(Outcome::Copied),
            _ => return Ok(changed()),
        }
    }
    Ok(Outcome::Stopped)
}

/// Whether this blob is copied block by block.
pub(crate) fn in_blocks(run: &Run, kind: BlobKind, length: u64) -> bool {
    choose(
        &run.lessons.lacks(&run.replica.account),
        kind,
        length,
        &run.settings,
    ) == Some(Route::Blocks)
}
