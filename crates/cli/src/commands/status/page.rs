//! The page for people.

use health::{Concern, span, tables};
use state::{Figures, Heartbeat};

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
    for table in tables(figures, now) {
        let mut rows = vec![table.heads.iter().map(ToString::to_string).collect()];
        let cells = |row: &Vec<String>| row.iter().map(|cell| plain(cell)).collect();
        rows.extend(table.rows.iter().map(cells));
        lines.push(format!("\n{}", table.title));
        let mut rows = columns(&rows).into_iter();
        let heads = rows.next().unwrap_or_default();
        lines.push(format!("  {FAINT}{heads}{FAINT:#}"));
        lines.extend(rows.map(|row| format!("  {row}")));
    }
    let (chart, worst) = day::chart(&heartbeat.steps, now);
    let worst = span(worst);
    lines.push(format!("\nLast 24 hours  {chart}  at most {worst} behind"));
    let last = heartbeat.latest.as_ref().map(|latest| now - latest.at);
    let last = last.map_or("never".to_owned(), |ago| {
        let seconds = u64::try_from(ago.whole_seconds()).unwrap_or_default();
        format!("{} ago", span(seconds))
    });
    lines.push(format!(
        "{FAINT}Measured now; the last heartbeat was {last}.{FAINT:#}"
    ));
    lines
}
