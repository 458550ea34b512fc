//! The resources that are not mirrored, one by one.

use change::Kind;
use health::span;
use serde_json::{Value, json};
use state::{Exception, Exceptions};
use time::OffsetDateTime;

use crate::{
    failure::Failure,
    output::{columns, counted, plain},
};

/// The most of each kind that are read.
const MOST: usize = 1000;

/// What is recorded, the oldest first, and how many are recorded beyond what was read.
pub(super) struct Undone {
    exceptions: Vec<Exception>,
    more: usize,
}

impl Undone {
    pub(super) async fn read(exceptions: &Exceptions) -> Result<Self, Failure> {
        let mut undone = Self {
            exceptions: Vec::new(),
            more: 0,
        };
        for kind in Kind::ALL {
            let listed = exceptions.of(kind, MOST).await.map_err(|error| {
                Failure::new(error, "Check it with `media-mirror config check`.")
            })?;
            undone.more += listed.count.saturating_sub(listed.read.len());
            undone.exceptions.extend(listed.read);
        }
        undone.exceptions.sort_by_key(|one| one.since);
        Ok(undone)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"exceptions": self.exceptions, "more": self.more})
    }

    pub(super) fn lines(&self, now: OffsetDateTime) -> Vec<String> {
        let rows: Vec<Vec<String>> = self.exceptions.iter().map(|one| row(one, now)).collect();
        let mut lines = vec!["\nNot mirrored, one by one".to_owned()];
        lines.extend(columns(&rows).iter().map(|line| format!("  {line}")));
        if rows.is_empty() {
            lines.push("  nothing".to_owned());
        }
        if self.more > 0 {
            lines.push(format!("  and {}", counted(self.more, "more resource")));
        }
        lines
    }
}

fn row(one: &Exception, now: OffsetDateTime) -> Vec<String> {
    let (kind, name) = (&one.kind, &one.name);
    let resource = match &one.parent {
        Some(parent) => format!("assets/{parent}/{kind}/{name}"),
        None => format!("{kind}/{name}"),
    };
    let seconds = u64::try_from((now - one.since).whole_seconds()).unwrap_or_default();
    vec![
        plain(&resource),
        format!("{}({})", plain(&one.outcome), plain(&one.reason)),
        span(seconds),
        plain(one.detail.as_deref().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use change::{Name, ResourceId};
    use state::MemoryDocuments;
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    #[tokio::test]
    async fn the_oldest_comes_first_and_a_foreign_detail_steers_no_terminal() {
        let exceptions = Exceptions::new(Arc::new(MemoryDocuments::default()));
        let filter = ResourceId::asset_filter(Name::new("film").unwrap(), Name::new("hd").unwrap());
        let asset = ResourceId::new(Kind::Assets, Name::new("film").unwrap());
        for (id, reason, minutes) in [
            (asset, "source-archived", 3),
            (filter, "replica-refused", 90),
        ] {
            let exception = Exception {
                kind: id.kind().to_string(),
                name: id.name().to_string(),
                parent: id.parent().map(ToString::to_string),
                outcome: "failed".to_owned(),
                reason: reason.to_owned(),
                detail: Some("PUT: 400\u{1b}[31m Bad".to_owned()),
                since: NOW - Duration::minutes(minutes),
                at: NOW,
                attempt: 0,
            };
            exceptions.record(&id, &exception).await.unwrap();
        }
        let undone = Undone::read(&exceptions).await.unwrap();
        let lines = undone.lines(NOW);
        assert!(
            lines[1].starts_with("  assets/film/assetFilters/hd  failed(replica-refused)  90 min"),
            "{lines:#?}"
        );
        assert!(
            lines[2].ends_with("3 min   PUT: 400 [31m Bad"),
            "{lines:#?}"
        );
        assert_eq!(
            undone.to_json()["exceptions"][1]["reason"],
            "source-archived"
        );
    }
}
