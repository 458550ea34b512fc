//! How much a backfill has to do, before it is done.

use std::time::Duration;

use change::Kind;
use futures::{StreamExt, stream};
use media::{Rates, Side};
use mirror::{Verdict as Plan, Weight};
use serde_json::{Value, json};
use walk::Selection;
use wildmatch::WildMatch;

use super::Start;
use crate::{
    comparison::{Look, compare, patiently},
    configuration::Configured,
    failure::{Failure, Verdict},
    output::{Output, columns},
};

/// How many assets are weighed at once.
const AT_ONCE: usize = 16;

/// Calls to one account, by what they count as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Calls {
    reads: u64,
    writes: u64,
}

/// What there is to do of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    resources: u64,
    weight: Weight,
    /// Assets of which nobody could tell how much is to be copied.
    unweighed: u64,
    primary: Calls,
    secondary: Calls,
}

/// The calls that one resource takes when it is made: the figures of ARCHITECTURE.md, "Calls per change". A POST counts as a write.
fn calls(kind: Kind) -> (Calls, Calls) {
    let (primary, secondary) = match kind {
        Kind::ContentKeyPolicies => ((0, 2), (0, 3)),
        Kind::StreamingPolicies => ((1, 0), (2, 1)),
        Kind::AccountFilters | Kind::AssetFilters => ((2, 0), (1, 1)),
        Kind::Assets => ((3, 1), (2, 1)),
        Kind::StreamingLocators => ((2, 1), (4, 1)),
    };
    let calls = |(reads, writes)| Calls { reads, writes };
    (calls(primary), calls(secondary))
}

impl Work {
    fn add(&mut self, kind: Kind) {
        let (primary, secondary) = calls(kind);
        self.resources += 1;
        self.primary.reads += primary.reads;
        self.primary.writes += primary.writes;
        self.secondary.reads += secondary.reads;
        self.secondary.writes += secondary.writes;
    }

    fn plus(&mut self, other: &Self) {
        self.resources += other.resources;
        self.weight.blobs += other.weight.blobs;
        self.weight.bytes += other.weight.bytes;
        self.unweighed += other.unweighed;
        for (sum, part) in [
            (&mut self.primary, &other.primary),
            (&mut self.secondary, &other.secondary),
        ] {
            sum.reads += part.reads;
            sum.writes += part.writes;
        }
    }

    const fn calls(&self) -> u64 {
        let Calls { reads, writes } = self.primary;
        reads + writes + self.secondary.reads + self.secondary.writes
    }

    fn to_json(self) -> Value {
        json!({
            "resources": self.resources, "blobs": self.weight.blobs, "bytes": self.weight.bytes,
            "calls": self.calls(), "unweighed": self.unweighed,
        })
    }

    fn row(&self, name: &str) -> Vec<String> {
        vec![
            name.to_owned(),
            self.resources.to_string(),
            self.weight.blobs.to_string(),
            bytes(self.weight.bytes),
            self.calls().to_string(),
        ]
    }
}

/// Prints it.
///
/// # Errors
/// When a list cannot be read to its end.
pub(super) async fn print(
    start: &Start,
    kinds: &[Kind],
    configured: &Configured,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let mut total = Work::default();
    let heads = ["kind", "resources", "blobs", "bytes", "calls"];
    let mut rows = vec![heads.map(ToOwned::to_owned).to_vec()];
    for &kind in kinds {
        let work = of_kind(start, kind, configured).await?;
        let mut value = work.to_json();
        value["kind"] = json!(kind);
        output.value(&value)?;
        rows.push(work.row(kind.as_str()));
        total.plus(&work);
    }
    rows.push(total.row("together"));
    let limits = limits(&total, configured);
    let rate = start.rate.map(|rate| at_rate(total.resources, rate));
    let time = limits.into_iter().chain(rate).max().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let gigabytes = total.weight.bytes as f64 / 1e9;
    let cost = gigabytes * start.price_per_gb;
    let mut value = total.to_json();
    value["kind"] = Value::Null;
    value["seconds"] = json!(time.as_secs());
    value["egress_gb"] = json!(gigabytes);
    value["egress_cost"] = json!(cost);
    output.value(&value)?;
    for line in columns(&rows) {
        output.text(line)?;
    }
    output.text(format!(
        "\nAt most {} at the rate limits of one instance, beside the time that the storage service takes to copy.",
        duration(time)
    ))?;
    output.text(format!(
        "Egress: {gigabytes:.2} GB, about {cost:.2} at {} per GB (--price-per-gb).",
        start.price_per_gb
    ))?;
    if total.unweighed > 0 {
        output.text(format!(
            "The blobs of {} assets could not be listed and are not in it.",
            total.unweighed
        ))?;
    }
    output.text("Nothing was done.")?;
    Ok(Verdict::Good)
}

async fn of_kind(start: &Start, kind: Kind, configured: &Configured) -> Result<Work, Failure> {
    let mirror = &configured.parts.mirror;
    let selection = Selection {
        kind,
        name: start.name.as_deref().map(WildMatch::new),
        created_after: start.created_after,
    };
    let mut work = Work::default();
    let mut assets = Vec::new();
    compare(mirror, &selection, Look::at(start.depth), |finding| {
        if matches!(finding.verdict, Plan::Create | Plan::Change(_)) {
            work.add(finding.id.kind());
            if finding.id.kind() == Kind::Assets {
                assets.push(finding.id.name().clone());
            }
        }
        Ok(())
    })
    .await?;
    let weights = stream::iter(&assets).map(|asset| mirror.weigh(asset));
    let weights = weights.buffer_unordered(AT_ONCE).collect::<Vec<_>>();
    for weight in media::in_background(patiently(), weights).await {
        match weight {
            Ok(weight) => {
                work.weight.blobs += weight.blobs;
                work.weight.bytes += weight.bytes;
            }
            Err(_) => work.unweighed += 1,
        }
    }
    Ok(work)
}

/// How long the calls to each account take at its limits, reads and writes beside each other.
fn limits(work: &Work, configured: &Configured) -> [Duration; 2] {
    [
        (Side::Primary, work.primary),
        (Side::Secondary, work.secondary),
    ]
    .map(|(side, calls)| {
        let rates = wiring::rates(&configured.settings, side);
        rates.map_or(Duration::ZERO, |rates| at_rates(calls, &rates))
    })
}

fn at_rates(calls: Calls, rates: &Rates) -> Duration {
    let reads = at_rate(calls.reads, rates.reads.per_second);
    reads.max(at_rate(calls.writes, rates.writes.per_second))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn at_rate(count: u64, per_second: f64) -> Duration {
    Duration::try_from_secs_f64(count as f64 / per_second).unwrap_or(Duration::MAX)
}

/// A size as people read it.
fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with one digit behind the point"
    )]
    let in_units = |unit: u64| bytes as f64 / unit as f64;
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", in_units(unit)),
        None => format!("{bytes} B"),
    }
}

/// A duration as people say it: its two largest parts.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_said_as_people_say_them() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3 << 40), "3.0 TiB");
        assert_eq!(duration(Duration::from_secs(59)), "59 s");
        assert_eq!(duration(Duration::from_secs(61)), "1 min 1 s");
        assert_eq!(duration(Duration::from_secs(90_000)), "1 d 1 h");
    }

    #[test]
    fn the_slowest_limit_counts() {
        let calls = Calls {
            reads: 100,
            writes: 100,
        };
        assert_eq!(at_rates(calls, &Rates::ARM), Duration::from_secs(10));
    }
}
