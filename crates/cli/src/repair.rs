//! What to do about a difference.

use change::{Depth, Kind};
use mirror::{Finding, Verdict};

/// The command that repairs a difference, or who has to do what. `None` where there is nothing to repair.
pub(crate) fn repair(finding: &Finding, depth: Depth) -> Option<String> {
    Some(match &finding.verdict {
        Verdict::Same | Verdict::Skipped(..) => return None,
        Verdict::Create | Verdict::Change(_) => backfill(finding, depth),
        Verdict::Delete { allowed: true } => {
            "none: the next walk over the whole kind deletes it".to_owned()
        }
        Verdict::Delete { allowed: false } => {
            "none if it is wanted; else delete it in the secondary, or allow it with MIRROR_DELETES"
                .to_owned()
        }
        Verdict::Conflict(reason, _) | Verdict::Unknown(reason, _) => reason.next_step().to_owned(),
    })
}

/// The backfill of one resource. A filter of an asset comes with its asset.
fn backfill(finding: &Finding, depth: Depth) -> String {
    let id = &finding.id;
    let (kind, name, depth) = match id.parent() {
        Some(asset) => (Kind::Assets, asset, depth.max(Depth::Children)),
        None => (id.kind(), id.name(), depth),
    };
    let name = quoted(name.as_str());
    format!("media-mirror backfill --kinds {kind} --name {name} --depth {depth}")
}

/// A name as a shell takes it. No name has a quote in it.
pub(crate) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Cli;
    use change::{Name, ResourceId};
    use clap::Parser;

    #[test]
    fn the_command_can_be_given() {
        let name = |text: &str| Name::new(text).unwrap();
        let filter = ResourceId::asset_filter(name("film"), name("hd"));
        for (id, depth, said) in [
            (
                ResourceId::new(Kind::Assets, name("film-1")),
                Depth::Bytes,
                "media-mirror backfill --kinds assets --name film-1 --depth bytes",
            ),
            (
                filter,
                Depth::List,
                "media-mirror backfill --kinds assets --name film --depth children",
            ),
        ] {
            let finding = Finding {
                id,
                verdict: Verdict::Create,
            };
            let command = repair(&finding, depth).unwrap();
            assert_eq!(command, said);
            Cli::try_parse_from(command.split_whitespace()).unwrap();
        }
        assert_eq!(quoted("a b"), "'a b'");
    }
}
