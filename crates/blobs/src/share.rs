//! The part of a large asset's copy that one invocation does, small enough for a queue message.

use crate::{
    BlobError, Look, Place, Presence, Settle, Side,
    blob::Stage,
    copy::in_blocks,
    listing::ListFault,
    merge::Merge,
    pass::{Missing, begin, examine, refuse, unordered_before, with_table},
    run::Run,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most bytes a share has as JSON; the message round it may have 32 KiB.
const JSON_LIMIT: usize = 24 * 1024;
/// The version of the format.
const VERSION: u8 = 1;

/// A bounded part of the copy of one asset: names of blobs, or a range of the blocks of one blob.
///
/// It holds names, ranges and ETags only, at most 24 KiB as JSON. It says what was missing when
/// it was made; [`copy_share`](crate::Copier::copy_share) leaves out what has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub(crate) v: u8,
    /// Where the bytes come from.
    pub source: Place,
    /// Where the bytes go to.
    pub replica: Place,
    pub(crate) work: Work,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Work {
    #[serde(rename_all = "camelCase")]
    Names {
        /// The page of the source's listing that has them all, so that one call reads their
        /// properties.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        blobs: Vec<Named>,
    },
    #[serde(rename_all = "camelCase")]
    Blocks {
        blob: Named,
        /// Bytes of the whole blob.
        length: u64,
        /// Bytes of a block.
        block_size: u64,
        /// Index of the first block of this share.
        first: u64,
        /// How many blocks are in it.
        count: u64,
    },
}

/// A blob in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    pub name: String,
    pub etag: String,
    /// The replica blob to be overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// What [`shares`](crate::Copier::shares) found and shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sharing {
    /// What there is and what is missing.
    pub look: Look,
    /// What can be copied now, at most [`Settings::shares`](crate::Settings::shares).
    pub shares: Vec<Share>,
    /// Whether more is missing than is in the shares: the rest, or the manifests, which wait for
    /// their media. Share out again when these are done.
    pub more: bool,
}

impl Share {
    /// Whether this version of the program understands it.
    pub(crate) fn check(&self) -> Result<(), BlobError> {
        let sound = self.v == VERSION
            && match &self.work {
                Work::Names { .. } => true,
                Work::Blocks { block_size, .. } => *block_size > 0,
            };
        if sound {
            Ok(())
        } else {
            Err(BlobError::Configuration {
                what: format!("a share of version {} is not understood", self.v),
            })
        }
    }

    /// How many blobs it is about.
    #[must_use]
    pub fn blobs(&self) -> usize {
        match &self.work {
            Work::Names { blobs, .. } => blobs.len(),
            Work::Blocks { .. } => 1,
        }
    }
}

pub(crate) async fn share_out(run: &Arc<Run>, settle: Settle) -> Result<Sharing, BlobError> {
    let mut table = unordered_before(run);
    loop {
        match attempt(run, settle, table).await {
            Ok(sharing) => return Ok(sharing),
            Err(fault) => table = with_table(run, table, fault)?,
        }
    }
}

async fn attempt(run: &Arc<Run>, settle: Settle, table: bool) -> Result<Sharing, ListFault> {
    let mut merge = Merge::open(run, table).await?;
    let mut look = begin(&merge);
    for (presence, side) in [
        (look.source_container, Side::Source),
        (look.replica_container, Side::Replica),
    ] {
        if presence == Presence::Absent {
            return Err(run.gone(side).into());
        }
    }
    let mut stages = [Stage::Media, Stage::ClientManifest, Stage::ServerManifest]
        .map(|stage| (stage, Shares::new(run)));
    while let Some(found) = merge.next().await? {
        let Some(missing) = examine(&mut look, found) else {
            continue;
        };
        refuse(&missing, false)?;
        let stage = Stage::of(&missing.blob.name);
        if let Some((_, shares)) = stages.iter_mut().find(|(of, _)| *of == stage) {
            shares.add(missing, merge.source.marker());
        }
    }
    look.settle(settle, run.settings.settle);
    look.calls = run.service.calls();
    // The first stage with anything missing: the others wait for it.
    let mut stages = stages.into_iter().map(|(_, shares)| shares);
    let first = stages.find(|shares| shares.missing);
    let later = stages.any(|shares| shares.missing);
    let (shares, more) = first.map(Shares::finish).unwrap_or_default();
    Ok(Sharing {
        look,
        shares,
        more: more || later,
    })
}

/// Gathers the shares of one stage.
struct Shares<'r> {
    run: &'r Run,
    done: Vec<Share>,
    open: Vec<Named>,
    open_page: Option<String>,
    open_json: usize,
    open_bytes: u64,
    /// Whether anything of this stage is missing, shared out or not.
    missing: bool,
    more: bool,
}

impl<'r> Shares<'r> {
    fn new(run: &'r Run) -> Self {
        Self {
            run,
            done: Vec::new(),
            open: Vec::new(),
            open_page: None,
            open_json: 0,
            open_bytes: 0,
            missing: false,
            more: false,
        }
    }

    fn add(&mut self, missing: Missing, page: Option<&str>) {
        self.missing = true;
        if missing.in_progress() {
            return;
        }
        let (length, kind) = (missing.blob.length, missing.blob.kind);
        let named = Named {
            name: missing.blob.name,
            etag: missing.blob.etag,
            replaces: missing.replaces,
        };
        if in_blocks(self.run, kind, length) {
            self.add_blocks(&named, length);
        } else {
            self.add_name(named, length, page);
        }
    }

    fn add_blocks(&mut self, blob: &Named, length: u64) {
        let settings = &self.run.settings;
        let Some(plan) = crate::blocks::Plan::new(&blob.etag, length, settings.block_size) else {
            // Too large for any block blob: the share that names it will say so.
            return self.add_name(blob.clone(), length, None);
        };
        let each = (settings.share_bytes / plan.block_size).max(1);
        for first in (0..plan.count().max(1)).step_by(usize::try_from(each).unwrap_or(usize::MAX)) {
            self.push(Work::Blocks {
                blob: blob.clone(),
                length,
                block_size: plan.block_size,
                first,
                count: each.min(plan.count() - first),
            });
        }
    }

    fn add_name(&mut self, named: Named, length: u64, page: Option<&str>) {
        // Quotes and a comma belong to each; a name that cannot be serialised does not exist.
        let json = serde_json::to_string(&named).map_or(JSON_LIMIT, |json| json.len() + 1);
        let full = self.open_json + json > self.room()
            || self.open_bytes.saturating_add(length) > self.run.settings.share_bytes
            || self.open_page.as_deref() != page;
        if full {
            self.close();
        }
        self.open_page = page.map(str::to_owned);
        self.open_json += json;
        self.open_bytes += length;
        self.open.push(named);
    }

    /// The bytes left for names beside the places and the marker.
    fn room(&self) -> usize {
        let empty = self.share(Work::Names {
            page: self.open_page.clone(),
            blobs: Vec::new(),
        });
        JSON_LIMIT.saturating_sub(serde_json::to_string(&empty).map_or(0, |json| json.len()))
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let work = Work::Names {
                page: self.open_page.take(),
                blobs: std::mem::take(&mut self.open),
            };
            self.push(work);
        }
        self.open_json = 0;
        self.open_bytes = 0;
    }

    fn push(&mut self, work: Work) {
        if self.done.len() < self.run.settings.shares {
            let share = self.share(work);
            self.done.push(share);
        } else {
            self.more = true;
        }
    }

    fn share(&self, work: Work) -> Share {
        Share {
            v: VERSION,
            source: self.run.source.clone(),
            replica: self.run.replica.clone(),
            work,
        }
    }

    fn finish(mut self) -> (Vec<Share>, bool) {
        self.close();
        (self.done, self.more)
    }
}
