//! `verify`: what is not the same in both accounts, and what repairs it.

use std::{collections::BTreeMap, sync::Arc};

use blobs::Compared;
use change::{Depth, Kind, ResourceId};
use clap::Args;
use mirror::{Finding, Reason, Verdict as Plan, Weight};
use serde_json::{Value, json};
use state::{Heartbeats, Verified};
use time::OffsetDateTime;
use walk::Selection;
use wiring::Parts;

use crate::{
    arguments::Global,
    comparison::{Look, compare, patiently},
    configuration::configured,
    failure::{Failure, Verdict},
    finding::{Counts, Line, value},
    output::{FAINT, Output},
    repair::repair,
    selection::{in_order, walked_kind},
};

/// Compares both accounts and reports what is wrong, with the reason and the command that repairs it.
///
/// Compared are properties, filters of assets, the IDs and values of content keys, and the secrets of policies, none of which is shown.
/// With --deep also every blob: its name, its length, the ETag of its source that was recorded with it, and its MD5 where both have one.
/// With --hash blobs without an MD5 on both sides are read whole on both sides and hashed; that is slow, and egress from both regions.
///
/// Exit code: 0 both are the same, 2 they differ, 1 it cannot be told.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror verify\n  \
    media-mirror verify --deep --kinds assets\n  \
    media-mirror verify --deep --sample 200 --json\n  \
    media-mirror verify --deep --hash --sample 20 --kinds assets")]
pub(crate) struct Arguments {
    /// Compare blobs, too: both containers of each asset are listed.
    #[arg(long)]
    deep: bool,
    /// Read and hash blobs that have no MD5.
    #[arg(long, requires = "deep")]
    hash: bool,
    /// Look into at most so many resources of each kind, chosen at random. Lists are compared whole, and what differs in them is looked
    /// into always.
    #[arg(long, value_name = "NUMBER")]
    sample: Option<usize>,
    /// Only these kinds, separated by commas.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = walked_kind)]
    kinds: Vec<Kind>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let configured = configured(global)?;
    let depth = if arguments.deep {
        Depth::Bytes
    } else {
        Depth::Keys
    };
    let look = Look {
        depth,
        sample: arguments.sample,
    };
    let mut counts = Counts::default();
    let mut by_kind: BTreeMap<Kind, Counts> = BTreeMap::new();
    let mut take_in = |finding: Finding, output: &mut Output| {
        counts.add(&finding.verdict);
        by_kind
            .entry(finding.id.kind())
            .or_default()
            .add(&finding.verdict);
        if finding.verdict.is_settled() || finding.verdict == (Plan::Delete { allowed: false }) {
            return Ok(());
        }
        let repair = repair(&finding, depth);
        let mut line = value(&finding);
        line["repair"] = json!(repair);
        output.value(&line)?;
        output.text(Line(&finding))?;
        match repair {
            Some(repair) => output.text(format!("    {FAINT}{repair}{FAINT:#}")),
            None => Ok(()),
        }
    };
    let mut read = Weight::default();
    for kind in in_order(&arguments.kinds) {
        let selection = Selection::all(kind);
        let mut assets = Vec::new();
        compare(&configured.parts.mirror, &selection, look, |finding| {
            // Of these more can be said.
            if arguments.hash && kind == Kind::Assets && is_same_asset(&finding) {
                assets.push(finding.id);
                return Ok(());
            }
            take_in(finding, output)
        })
        .await?;
        for id in assets {
            let (finding, compared) = hashed(&configured.parts, id).await;
            read.blobs += compared.read;
            read.bytes += compared.bytes;
            take_in(finding, output)?;
        }
    }
    let kinds: serde_json::Map<String, Value> = by_kind
        .iter()
        .map(|(kind, counts)| (kind.to_string(), counts.to_json()))
        .collect();
    output.value(&json!({
        "counts": counts.to_json(), "kinds": kinds, "depth": depth.as_str(), "sample": arguments.sample,
        "hashed": {"blobs": read.blobs, "bytes": read.bytes},
        "in_sync": counts.drift() == 0 && counts.unknown == 0,
    }))?;
    for (kind, counts) in &by_kind {
        output.text(format!("{kind:<18}  {counts}", kind = kind.as_str()))?;
    }
    if arguments.hash {
        output.text(format!(
            "{} blobs were read on both sides and hashed.",
            read.blobs
        ))?;
    }
    if arguments.kinds.is_empty() && arguments.sample.is_none() {
        note(&configured.parts, depth, &counts, output).await?;
    }
    let sampled = match arguments.sample {
        Some(sample) => format!(", at most {sample} of each kind"),
        None => String::new(),
    };
    output.text(match counts {
        _ if counts.unknown > 0 => format!("It cannot be told (depth {depth}{sampled})."),
        _ if counts.drift() > 0 => format!("The accounts differ (depth {depth}{sampled})."),
        _ => format!("The accounts are the same (depth {depth}{sampled})."),
    })?;
    Ok(match counts {
        _ if counts.unknown > 0 => Verdict::Bad,
        _ if counts.drift() > 0 => Verdict::Drift,
        _ => Verdict::Good,
    })
}

/// Leaves the result of a whole verification where the heartbeat finds it, so that an alert can tell of it.
async fn note(
    parts: &Parts,
    depth: Depth,
    counts: &Counts,
    output: &mut Output,
) -> Result<(), Failure> {
    let verified = Verified {
        at: OffsetDateTime::now_utc(),
        depth: depth.as_str().to_owned(),
        differences: counts.drift(),
        unknown: counts.unknown,
    };
    let heartbeats = Heartbeats::new(Arc::clone(&parts.documents));
    match heartbeats.verified(&verified).await {
        Ok(()) => Ok(()),
        Err(error) => output.text(format!("The heartbeat does not learn of this: {error}.")),
    }
}

fn is_same_asset(finding: &Finding) -> bool {
    finding.id.kind() == Kind::Assets && finding.verdict == Plan::Same
}

/// What the bytes of an asset's blobs say, after everything else was found to agree.
async fn hashed(parts: &Parts, id: ResourceId) -> (Finding, Compared) {
    let mut compared = Compared::default();
    let verdict = match media::in_background(patiently(), parts.mirror.places(id.name())).await {
        Err((reason, detail)) => Plan::Unknown(reason, detail),
        // Somebody has deleted one of them since.
        Ok(None) => Plan::Same,
        Ok(Some((source, replica))) => match parts.bytes.compare(&source, &replica).await {
            Ok(found) => {
                compared = found;
                match &compared.different[..] {
                    [] => Plan::Same,
                    names => Plan::Conflict(Reason::CopyMismatch, names.join(", ")),
                }
            }
            Err(error) => Plan::Unknown(unreadable(&error), error.to_string()),
        },
    };
    (Finding { id, verdict }, compared)
}

/// Why blobs could not be read.
fn unreadable(error: &blobs::BlobError) -> Reason {
    use blobs::{BlobError, Side};
    let of = |source, replica| match error.side() {
        Some(Side::Replica) => replica,
        _ => source,
    };
    match error {
        BlobError::Denied { .. } => of(Reason::SourceStorageDenied, Reason::ReplicaStorageDenied),
        BlobError::Throttled { .. } => of(
            Reason::SourceStorageThrottled,
            Reason::ReplicaStorageThrottled,
        ),
        _ => of(
            Reason::SourceStorageUnavailable,
            Reason::ReplicaStorageUnavailable,
        ),
    }
}
