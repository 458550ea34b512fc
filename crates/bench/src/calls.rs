//! Which calls reached the accounts, counted without keeping them.

use std::collections::{BTreeMap, HashMap};

use media::{Rate, Rates};
use simulator::{Control, Request};
use world::World;

/// What a call counts as, in the rates that are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bucket {
    Reads,
    Writes,
    Deletes,
}

/// Calls to both accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    of: BTreeMap<(String, Bucket), u64>,
    /// Calls that were refused as too many.
    pub(crate) throttled: u64,
    /// Writes to the secondary by path. POST reads there.
    writes: HashMap<String, u32>,
}

/// How long the calls take at least.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Minimum {
    pub(crate) seconds: f64,
    /// Which account and bucket it is.
    pub(crate) by: String,
}

impl Calls {
    /// Adds what was answered since the last time.
    pub(crate) fn take(&mut self, control: &Control) {
        for request in control.take_requests() {
            self.add(&request);
        }
    }

    /// Adds everything since the last time, whether it was answered or not: nothing is under way any more.
    pub(crate) fn take_all(&mut self, control: &Control) {
        self.take(control);
        for request in control.requests(None) {
            self.add(&request);
        }
        control.reset_requests();
    }

    fn add(&mut self, request: &Request) {
        let account = request.account.clone().unwrap_or_default();
        let bucket = match request.method.as_str() {
            "GET" => Bucket::Reads,
            "DELETE" => Bucket::Deletes,
            _ => Bucket::Writes,
        };
        self.throttled += u64::from(request.status == Some(429));
        if request.write && account == World::SECONDARY {
            *self.writes.entry(request.path.clone()).or_default() += 1;
        }
        *self.of.entry((account, bucket)).or_default() += 1;
    }

    /// All of them.
    pub(crate) fn all(&self) -> u64 {
        self.of.values().sum()
    }

    /// Those that change nothing: GET, and POST.
    pub(crate) fn looks(&self) -> u64 {
        self.all()
            - self
                .writes
                .values()
                .map(|count| u64::from(*count))
                .sum::<u64>()
    }

    /// How many resources of the secondary were written.
    pub(crate) fn written(&self) -> usize {
        self.writes.len()
    }

    /// How many resources of the secondary were written more than once, and which is one.
    pub(crate) fn written_again(&self) -> (usize, Option<&str>) {
        let again = self.writes.iter().filter(|(_, count)| **count > 1);
        let one = again.clone().map(|(path, _)| path.as_str()).min();
        (again.count(), one)
    }

    /// How long these calls take at rates of both accounts, if everything is done in the background: half of each burst at once, then as
    /// many a second as the bucket gets. The slowest bucket counts.
    fn minimum(&self, primary: &Rates, secondary: &Rates) -> Minimum {
        let slowest = self.of.iter().map(|((account, bucket), count)| {
            let rates = if account == World::PRIMARY {
                primary
            } else {
                secondary
            };
            let rate = match bucket {
                Bucket::Reads => rates.reads,
                Bucket::Writes => rates.writes,
                Bucket::Deletes => rates.deletes.unwrap_or(rates.writes),
            };
            Minimum {
                seconds: seconds(*count, rate),
                by: format!("{account}'s {bucket:?}").to_lowercase(),
            }
        });
        slowest
            .max_by(|a, b| a.seconds.total_cmp(&b.seconds))
            .unwrap_or(Minimum {
                seconds: 0.0,
                by: "no call".to_owned(),
            })
    }

    /// The same with what Azure Resource Manager publishes, so many times, and of the primary's only a share.
    pub(crate) fn least(&self, times: f64, share: f64) -> Minimum {
        self.minimum(&Rates::ARM.scaled(times * share), &Rates::ARM.scaled(times))
    }

    /// The numbers of calls, for people.
    pub(crate) fn text(&self) -> String {
        let parts: Vec<String> = self
            .of
            .iter()
            .map(|((account, bucket), count)| {
                format!("{account} {count} {bucket:?}").to_lowercase()
            })
            .collect();
        parts.join(", ")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn seconds(count: u64, rate: Rate) -> f64 {
    ((count as f64 - rate.burst / 2.0) / rate.per_second).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(account: &str, method: &str, path: &str, status: u16) -> Request {
        Request {
            sequence: 0,
            at: String::new(),
            account: Some(account.to_owned()),
            method: method.to_owned(),
            path: path.to_owned(),
            kind: None,
            name: None,
            action: None,
            status: Some(status),
            write: !matches!(method, "GET" | "POST"),
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_slowest_bucket_says_how_long_it_takes() {
        let mut calls = Calls::default();
        for n in 0..370 {
            calls.add(&request(World::PRIMARY, "GET", &format!("{n}"), 200));
        }
        for n in 0..150 {
            let status = if n == 7 { 429 } else { 200 };
            calls.add(&request(World::SECONDARY, "PUT", &format!("{n}"), status));
        }
        calls.add(&request(World::SECONDARY, "POST", "7/listKeys", 200));
        calls.add(&request(World::SECONDARY, "PUT", "7", 200));
        assert_eq!((calls.all(), calls.looks(), calls.throttled), (522, 371, 1));
        assert_eq!(calls.written(), 150);
        assert_eq!(calls.written_again(), (1, Some("7")));
        // 370 reads less 120 at 25 a second are 10 s; 152 writes less 97.5 at 10 a second are 5.45 s.
        let minimum = calls.minimum(&Rates::ARM, &Rates::ARM);
        assert!((minimum.seconds - 10.0).abs() < 1e-9, "{minimum:?}");
        assert_eq!(minimum.by, "primarymedia's reads");
        let minimum = calls.minimum(&Rates::ARM.scaled(100.0), &Rates::ARM);
        assert!((minimum.seconds - 5.45).abs() < 1e-9, "{minimum:?}");
    }
}
