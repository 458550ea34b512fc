//! `verify`: what is not the same in both accounts, and what repairs it.

use std::collections::BTreeMap;

use change::{Depth, Kind};
use clap::Args;
use mirror::{Finding, Verdict as Plan};
use serde_json::{Value, json};
use walk::Selection;

use crate::{
    arguments::Global,
    comparison::{Look, compare},
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
///
/// Exit code: 0 both are the same, 2 they differ, 1 it cannot be told.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror verify\n  \
    media-mirror verify --deep --kinds assets\n  \
    media-mirror verify --deep --sample 200 --json")]
pub(crate) struct Arguments {
    /// Compare blobs, too: both containers of each asset are listed.
    #[arg(long)]
    deep: bool,
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
    let mut take_in = |finding: Finding| {
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
    for kind in in_order(&arguments.kinds) {
        let selection = Selection::all(kind);
        compare(&configured.parts.mirror, &selection, look, &mut take_in).await?;
    }
    let kinds: serde_json::Map<String, Value> = by_kind
        .iter()
        .map(|(kind, counts)| (kind.to_string(), counts.to_json()))
        .collect();
    output.value(&json!({
        "counts": counts.to_json(), "kinds": kinds, "depth": depth.as_str(), "sample": arguments.sample,
        "in_sync": counts.drift() == 0 && counts.unknown == 0,
    }))?;
    for (kind, counts) in &by_kind {
        output.text(format!("{kind:<18}  {counts}", kind = kind.as_str()))?;
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
