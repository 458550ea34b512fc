//! The last day in one line: an hour a character.

use state::Step;
use time::{Duration, OffsetDateTime};

const HOURS: i64 = 24;

/// From nothing to the most.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The most seconds behind in each of the last 24 hours, the latest last: a bar; `?` where it was unknown at times; `.` where nobody
/// measured. With it the most of the day.
pub(super) fn chart(steps: &[Step], now: OffsetDateTime) -> (String, u64) {
    let hours: Vec<Vec<&Step>> = (0..HOURS)
        .map(|hour| {
            let end = now - Duration::hours(HOURS - 1 - hour);
            let start = end - Duration::HOUR;
            let within = |step: &&Step| step.at > start && step.at <= end;
            steps.iter().filter(within).collect()
        })
        .collect();
    let most = |steps: &[&Step]| {
        let lags = steps.iter().flat_map(|step| step.lag.values());
        lags.copied().max().unwrap_or_default()
    };
    let worst = hours
        .iter()
        .map(|hour| most(hour))
        .max()
        .unwrap_or_default();
    let bar = |hour: &Vec<&Step>| {
        if hour.is_empty() {
            '.'
        } else if hour.iter().any(|step| !step.unknown.is_empty()) {
            '?'
        } else {
            let height = most(hour).saturating_mul(7).checked_div(worst);
            let height = usize::try_from(height.unwrap_or_default()).unwrap_or_default();
            BARS.get(height).copied().unwrap_or('█')
        }
    };
    (hours.iter().map(bar).collect(), worst)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 12:30 UTC);

    fn step(hours_ago: i64, lag: u64, unknown: bool) -> Step {
        let kind = || "assets".to_owned();
        Step {
            at: NOW - Duration::hours(hours_ago),
            beats: 5,
            lag: BTreeMap::from([(kind(), lag)]),
            unknown: unknown.then(|| (kind(), 1)).into_iter().collect(),
            exceptions: 0,
            poisoned: 0,
            messages: 0,
        }
    }

    #[test]
    fn each_hour_is_its_worst_and_what_nobody_measured_is_no_zero() {
        let steps = [
            step(23, 0, false),
            step(2, 70, false),
            step(2, 35, false),
            step(1, 700, true),
            step(0, 700, false),
        ];
        let (chart, worst) = chart(&steps, NOW);
        let expected = format!("▁{}▁?█", ".".repeat(20));
        assert_eq!((chart.as_str(), worst), (expected.as_str(), 700));
        assert_eq!(super::chart(&[], NOW), (".".repeat(24), 0));
    }
}
