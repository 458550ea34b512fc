//! `plan`: what the mirror would do, without doing it.

use change::{Depth, Kind, ResourceId};
use clap::Args;
use media::{ListRequest, Side};
use mirror::{Finding, Verdict as Plan};
use serde_json::json;
use walk::Selection;
use wiring::Parts;

use crate::{
    arguments::Global,
    comparison::{Look, compare, inspect},
    configuration::configured,
    failure::{Failure, Verdict},
    finding::{Counts, Line, value},
    near::did_you_mean,
    output::Output,
    resource::resource,
    selection::{depth, in_order, walked_kind},
};

/// How many pages of names are looked through for what may have been meant.
const PAGES: usize = 10;

/// Reads both accounts and says what the mirror would do, without doing it.
///
/// Nothing is written, and secrets are never shown, only that they differ.
///
/// One line for each resource: `= same`, `+ create`, `* change (fields)`, `- delete (allowed, or held back by the setting)`,
/// `! conflict (reason)`, `. skipped (reason)`, `? unknown (reason)`. The last line counts them and names the depth.
///
/// A depth finds what the depths before it find: list what the lists show; children also filters of assets; keys also content keys and
/// the secrets of policies; bytes also blobs.
///
/// Exit code: 0 the accounts are in sync, 2 they differ, 1 it cannot be told. A replica without a source that the settings keep is no
/// difference.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror plan\n  \
    media-mirror plan assets/film-2041 streamingLocators/film-2041 --depth bytes\n  \
    media-mirror plan --kinds streamingLocators,contentKeyPolicies --depth keys --differences")]
pub(crate) struct Arguments {
    /// Only these: kind/name, or assets/NAME/assetFilters/NAME.
    #[arg(value_name = "KIND/NAME", value_parser = resource, conflicts_with = "kinds")]
    resources: Vec<ResourceId>,
    /// Only these kinds, separated by commas.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = walked_kind)]
    kinds: Vec<Kind>,
    /// How closely to look: list, children, keys or bytes.
    #[arg(long, value_name = "DEPTH", value_parser = depth, default_value = "list")]
    depth: Depth,
    /// Leave out what is the same.
    #[arg(long)]
    differences: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    planned(arguments, &configured(global)?.parts, output).await
}

/// The command, of accounts that are there.
pub(crate) async fn planned(
    arguments: &Arguments,
    parts: &Parts,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let mirror = &parts.mirror;
    let mut counts = Counts::default();
    let mut take_in = |finding: Finding| {
        counts.add(&finding.verdict);
        if arguments.differences && finding.verdict == Plan::Same {
            return Ok(());
        }
        output.value(&value(&finding))?;
        output.text(Line(&finding))
    };
    if arguments.resources.is_empty() {
        for kind in in_order(&arguments.kinds) {
            let look = Look::at(arguments.depth);
            compare(mirror, &Selection::all(kind), look, &mut take_in).await?;
        }
    } else {
        for id in &arguments.resources {
            for finding in named(parts, id, arguments.depth).await? {
                take_in(finding)?;
            }
        }
    }
    let depth = arguments.depth.as_str();
    output.value(&json!({"counts": counts.to_json(), "depth": depth, "in_sync": counts.drift() == 0 && counts.unknown == 0}))?;
    output.text(format!("{counts} (depth {depth})"))?;
    Ok(match counts {
        _ if counts.unknown > 0 => Verdict::Bad,
        _ if counts.drift() > 0 => Verdict::Drift,
        _ => Verdict::Good,
    })
}

/// Looks at a resource that was named. One that is on neither side was most likely misspelt.
async fn named(parts: &Parts, id: &ResourceId, depth: Depth) -> Result<Vec<Finding>, Failure> {
    let findings = inspect(&parts.mirror, id, depth).await;
    let nothing = findings.iter().all(|found| found.verdict == Plan::Same);
    if !nothing {
        return Ok(findings);
    }
    let (primary, secondary) = tokio::join!(parts.primary.exists(id), parts.secondary.exists(id));
    // An account that cannot answer now has answered a moment ago.
    if primary.unwrap_or(true) || secondary.unwrap_or(true) {
        return Ok(findings);
    }
    let near = near(parts, id).await;
    Err(Failure::new(
        format!("neither account has {id}; {near}").trim_end_matches("; "),
        "Check the kind and the name; letter case matters.",
    ))
}

/// A question after a name that nobody knows.
async fn near(parts: &Parts, id: &ResourceId) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut request = match id.parent() {
        Some(asset) => ListRequest::filters_of(asset.clone()),
        None => ListRequest::all(id.kind()),
    };
    for _ in 0..PAGES {
        let Ok(page) = parts.mirror.list(Side::Primary, &request).await else {
            break;
        };
        names.extend(page.items.iter().map(|body| body.id().to_string()));
        request.next = page.next;
        if request.next.is_none() {
            break;
        }
    }
    did_you_mean(&id.to_string(), names.iter().map(String::as_str))
}
