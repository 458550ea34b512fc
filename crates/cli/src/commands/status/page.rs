//! The page for people.

use std::collections::BTreeMap;

use health::{Concern, span};
use mirror::Reason;
use state::{Blind, Figures, Heartbeat, Lag, QueueFigures, Time};
use time::OffsetDateTime;

use super::day;
use crate::output::{BAD, FAINT, GOOD, NOTE, columns, plain};

/// What is shown, line by line: what is wrong first, because that is what somebody looks for.
pub(super) fn lines(figures: &Figures, heartbeat: &Heartbeat, concerns: &[Concern]) -> Vec<String> {
    let now = figures.at;
    let mut lines = Vec::new();
    if concerns.is_empty() {
        lines.push(format!("{GOOD}All is well.{GOOD:#}"));
    }
    for concern in concerns {
        lines.push(format!("{BAD}!{BAD:#} {}", plain(&concern.what)));
        lines.push(format!("  {NOTE}{}{NOTE:#}", concern.next_step));
    }
    table(&mut lines, "Behind", &behind(figures));
    table(&mut lines, "Queues", &queues(figures));
    table(&mut lines, "Not mirrored, by reason", &reasons(figures));
    table(&mut lines, "Not mirrored, by age", &ages(figures));
    table(
        &mut lines,
        "Last event of a type",
        &ago(&figures.arrivals, now),
    );
    table(
        &mut lines,
        "Last complete walk began",
        &ago(&figures.walks, now),
    );
    table(&mut lines, "Tokens expire", &expiry(&figures.tokens, now));
    lines.push(String::new());
    let (chart, worst) = day::chart(&heartbeat.steps, now);
    let worst = span(worst);
    lines.push(format!("Last 24 hours  {chart}  at most {worst} behind"));
    let last = heartbeat.latest.as_ref().map(|latest| latest.at);
    let last = last.map_or("never".to_owned(), |at| format!("{} ago", since(at, now)));
    lines.push(format!(
        "{FAINT}Measured now; the last heartbeat was {last}.{FAINT:#}"
    ));
    lines
}

fn table(lines: &mut Vec<String>, title: &str, rows: &[Vec<String>]) {
    if !rows.is_empty() {
        lines.push(format!("\n{title}"));
        lines.extend(columns(rows).iter().map(|row| format!("  {row}")));
    }
}

fn behind(figures: &Figures) -> Vec<Vec<String>> {
    let mut rows = vec![row(["kind", "lag", "blind", "backlog"])];
    for (kind, lag) in &figures.lag {
        let at_least = figures.lag_at_least.contains(kind);
        let lag = match lag {
            Lag::Seconds(seconds) if at_least => format!("at least {}", span(*seconds)),
            Lag::Seconds(seconds) => span(*seconds),
            Lag::UnknownSince(_) => lag.to_string(),
        };
        let blind = match figures.blind.get(kind) {
            Some(Blind::Seconds(seconds)) => span(*seconds),
            Some(blind) => blind.to_string(),
            None => String::new(),
        };
        let backlog = figures.backlog.get(kind).map(|seconds| span(*seconds));
        rows.push(vec![kind.clone(), lag, blind, backlog.unwrap_or_default()]);
    }
    rows
}

fn queues(figures: &Figures) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (queue, seen) in &figures.queues {
        match seen {
            QueueFigures::Read { messages: 0, .. } => {}
            QueueFigures::Read {
                messages,
                oldest_seconds,
            } => {
                let oldest =
                    oldest_seconds.map(|seconds| format!("the oldest {} ago", span(seconds)));
                let oldest = oldest.unwrap_or_else(|| "none is visible".to_owned());
                rows.push(row([queue, &messages.to_string(), &oldest]));
            }
            QueueFigures::Unread { unknown } => rows.push(row([queue, "?", &plain(unknown)])),
        }
    }
    for (queue, count) in &figures.poisoned {
        let name = format!("{queue}-poison");
        rows.push(row([&name, &count.to_string(), "put back with `replay`"]));
    }
    match figures.dead_letters {
        Some(0) => {}
        Some(count) => rows.push(row(["dead letters", &count.to_string(), ""])),
        None => rows.push(row(["dead letters", "?", ""])),
    }
    if rows.is_empty() {
        rows.push(row(["all are empty"]));
    }
    rows
}

fn reasons(figures: &Figures) -> Vec<Vec<String>> {
    let failed = figures.failures.iter().map(|counted| ("failed", counted));
    let waiting = figures.waiting.iter().map(|counted| ("waits", counted));
    let rows = failed.chain(waiting).map(|(how, (reason, count))| {
        let known = Reason::ALL.iter().find(|known| known.as_str() == reason);
        let next = known.map_or("", |reason| reason.next_step());
        row([&count.to_string(), how, &plain(reason), next])
    });
    rows.collect()
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
    let some = named.iter().filter(|(_, count)| *count > 0);
    some.map(|(age, count)| row([&count.to_string(), age]))
        .collect()
}

fn ago(times: &BTreeMap<String, Time>, now: OffsetDateTime) -> Vec<Vec<String>> {
    let times = times.iter();
    times
        .map(|(name, at)| row([&plain(name), &format!("{} ago", since(at.0, now))]))
        .collect()
}

fn expiry(times: &BTreeMap<String, Time>, now: OffsetDateTime) -> Vec<Vec<String>> {
    let times = times.iter();
    times
        .map(|(side, at)| {
            let when = if at.0 <= now {
                format!("{} ago", since(at.0, now))
            } else {
                format!("in {}", since(now, at.0))
            };
            row([side, &when])
        })
        .collect()
}

fn since(then: OffsetDateTime, now: OffsetDateTime) -> String {
    span(u64::try_from((now - then).whole_seconds()).unwrap_or_default())
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(ToOwned::to_owned).to_vec()
}
