use std::collections::BTreeMap;

use mirror::Reason;
use state::{Blind, Figures, Lag, QueueFigures, Time, Verified};
use time::OffsetDateTime;

use crate::{entries::map, span};

/// Figures as somebody reads them. The cells are plain text: whoever shows them sees to what his medium takes for its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is about.
    pub title: &'static str,
    /// The columns' names.
    pub heads: Vec<&'static str>,
    /// At least one row; each has as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// The figures in tables, with times as they are ago. Tables without rows are left out.
#[must_use]
pub fn tables(figures: &Figures, now: OffsetDateTime) -> Vec<Table> {
    let table = |title, heads: &[&'static str], rows| Table {
        title,
        heads: heads.to_vec(),
        rows,
    };
    let tables = [
        table(
            "Behind",
            &["kind", "lag", "blind", "backlog"],
            behind(figures),
        ),
        table("Queues", &["queue", "messages", "oldest"], queues(figures)),
        table(
            "Not mirrored, by reason",
            &["count", "", "reason", "next step"],
            reasons(figures),
        ),
        table("Not mirrored, by age", &["count", "age"], ages(figures)),
        table(
            "Last event of a type",
            &["type", "arrived"],
            ago(&figures.arrivals, now),
        ),
        table(
            "Last complete walk",
            &["kind and depth", "began"],
            ago(&figures.walks, now),
        ),
        table("Tokens", &["side", "expires"], ago(&figures.tokens, now)),
        table(
            "Last verification",
            &["depth", "ended", "differences", "unknown"],
            verified(figures, now),
        ),
    ];
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

fn behind(figures: &Figures) -> Vec<Vec<String>> {
    let row = |(kind, lag): (&String, &Lag)| {
        let lag = match lag {
            Lag::Seconds(seconds) if figures.lag_at_least.contains(kind) => {
                format!("at least {}", span(*seconds))
            }
            Lag::Seconds(seconds) => span(*seconds),
            Lag::UnknownSince(_) => lag.to_string(),
        };
        let blind = match figures.blind.get(kind) {
            Some(Blind::Seconds(seconds)) => span(*seconds),
            Some(word) => word.to_string(),
            None => String::new(),
        };
        let backlog = figures.backlog.get(kind).map(|seconds| span(*seconds));
        vec![kind.clone(), lag, blind, backlog.unwrap_or_default()]
    };
    figures.lag.iter().map(row).collect()
}

/// Those with something in them.
fn queues(figures: &Figures) -> Vec<Vec<String>> {
    let work = figures
        .queues
        .iter()
        .filter_map(|(queue, seen)| match seen {
            QueueFigures::Read { messages: 0, .. } => None,
            QueueFigures::Read {
                messages,
                oldest_seconds,
            } => {
                let oldest = oldest_seconds.map(span).unwrap_or_default();
                Some(vec![queue.clone(), messages.to_string(), oldest])
            }
            QueueFigures::Unread { unknown } => {
                Some(vec![queue.clone(), "?".to_owned(), unknown.clone()])
            }
        });
    let others = figures
        .poisoned
        .iter()
        .map(|(queue, count)| (format!("{queue}-poison"), *count))
        .chain(Some((
            "dead letters".to_owned(),
            figures.dead_letters.unwrap_or_default(),
        )));
    let others = others.filter(|(_, count)| *count > 0);
    let others = others.map(|(name, count)| vec![name, count.to_string(), String::new()]);
    work.chain(others).collect()
}

fn reasons(figures: &Figures) -> Vec<Vec<String>> {
    let failed = figures.failures.iter().map(|counted| ("failed", counted));
    let waiting = figures.waiting.iter().map(|counted| ("waits", counted));
    let row = |(how, (reason, count)): (&str, (&String, &u64))| {
        let known = Reason::ALL.iter().find(|known| known.as_str() == reason);
        let next = known.map_or("", |reason| reason.next_step());
        [&count.to_string(), how, reason, next]
            .map(ToOwned::to_owned)
            .to_vec()
    };
    failed.chain(waiting).map(row).collect()
}

fn ages(figures: &Figures) -> Vec<Vec<String>> {
    let ages = &figures.exceptions;
    let named = [
        ("under 5 min", ages.under_5),
        ("5 to 10 min", ages.under_10),
        ("10 to 15 min", ages.under_15),
        ("over 15 min", ages.over_15),
        ("not read", ages.unread),
    ];
    let some = named.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(age, count)| vec![count.to_string(), age.to_owned()])
        .collect()
}

fn verified(figures: &Figures, now: OffsetDateTime) -> Vec<Vec<String>> {
    let row = |verified: &Verified| {
        let ended = map([(verified.depth.clone(), Time(verified.at))]);
        let mut row = ago(&ended, now).concat();
        row.extend([verified.differences, verified.unknown].map(|count| count.to_string()));
        row
    };
    figures.verified.iter().map(row).collect()
}

fn ago(times: &BTreeMap<String, Time>, now: OffsetDateTime) -> Vec<Vec<String>> {
    let seconds = |span: time::Duration| u64::try_from(span.whole_seconds()).unwrap_or_default();
    let row = |(name, at): (&String, &Time)| {
        let when = if at.0 > now {
            format!("in {}", span(seconds(at.0 - now)))
        } else {
            format!("{} ago", span(seconds(now - at.0)))
        };
        vec![name.clone(), when]
    };
    times.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn figures_are_said_as_people_say_them() {
        let figures: Figures = serde_json::from_value(json!({
            "at": "2026-01-01T12:00:00Z", "primary": {"readable": true},
            "lag": {"assets": 74, "streamingLocators": "unknown since 2026-01-01T11:00:00Z"}, "lag_at_least": ["assets"],
            "blind": {"assets": 300, "streamingLocators": "never"}, "backlog": {"assets": 7200},
            "queues": {"walk": {"messages": 0}, "mirror-asset": {"messages": 3, "oldest_seconds": 2}, "deletions": {"unknown": "403"}},
            "poisoned": {"mirror-asset": 1}, "dead_letters": 2, "failures": {"keys-refused": 1}, "waiting": {"source-throttled": 4},
            "exceptions": {"0-5": 4, "5-10": 0, "10-15": 0, "over-15": 1},
            "arrivals": {"Microsoft.Media.JobFinished": "2026-01-01T11:58:00Z"}, "tokens": {"primary": "2026-01-05T12:00:00Z"}
        }))
        .unwrap();
        let tables = tables(&figures, datetime!(2026-01-01 12:00 UTC));
        let row = |table: usize, row: usize| tables[table].rows[row].join("|");
        assert_eq!(row(0, 0), "assets|at least 74 s|5 min|2 h");
        assert_eq!(
            row(0, 1),
            "streamingLocators|unknown since 2026-01-01T11:00:00Z|never|"
        );
        let queues: Vec<String> = tables[1].rows.iter().map(|row| row.join("|")).collect();
        let expected = [
            "deletions|?|403",
            "mirror-asset|3|2 s",
            "mirror-asset-poison|1|",
            "dead letters|2|",
        ];
        assert_eq!(queues, expected);
        assert!(
            row(2, 0).starts_with("1|failed|keys-refused|Mirror to"),
            "{tables:#?}"
        );
        assert_eq!(
            (row(3, 1), row(4, 0)),
            (
                "1|over 15 min".to_owned(),
                "Microsoft.Media.JobFinished|2 min ago".to_owned()
            )
        );
        assert_eq!(row(5, 0), "primary|in 4 days");
        for table in &tables {
            assert!(table.rows.iter().all(|row| row.len() == table.heads.len()));
        }
    }
}
