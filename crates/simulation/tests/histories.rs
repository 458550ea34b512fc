//! A hundred histories, and whether they have anything in them.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use simulation::{Backend, Failure, Summary, run};

/// How many histories of each service.
const SEEDS: u64 = 60;

const BACKENDS: [Backend; 2] = [Backend::Ams, Backend::Mkio];

/// Runs the histories of a service, as many at once as there are processors.
fn all(backend: Backend) -> (Vec<Summary>, Vec<Failure>) {
    let next = AtomicU64::new(0);
    let results = Mutex::new((Vec::new(), Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    let result = run(backend, seed, false);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(summary) => results.0.push(summary),
                        Err(failure) => results.1.push(failure),
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_history_keeps_every_promise() {
    let mut of_both = Vec::new();
    for (backend, own) in BACKENDS
        .into_iter()
        .zip([OUTCOMES_OF_AMS, OUTCOMES_OF_MKIO])
    {
        let (summaries, failures) = all(backend);
        let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert!(failures.is_empty(), "{}", told.join("\n\n"));
        assert_happened(own, &sums(&summaries, |summary| &summary.outcomes));
        of_both.extend(summaries);
    }
    assert_happened(FAULTS, &sums(&of_both, |summary| &summary.faults));
    assert_happened(OUTCOMES, &sums(&of_both, |summary| &summary.outcomes));
}

/// How often everything happened in all histories together.
fn sums<K: ToString>(
    summaries: &[Summary],
    of: impl Fn(&Summary) -> &BTreeMap<K, u64>,
) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (what, count) in summaries.iter().flat_map(of) {
        *sums.entry(what.to_string()).or_default() += count;
    }
    sums
}

/// Histories in which nothing happens prove nothing.
fn assert_happened(all: &[&str], counted: &BTreeMap<String, u64>) {
    let never: Vec<_> = all
        .iter()
        .filter(|what| !counted.contains_key(**what))
        .collect();
    assert!(never.is_empty(), "{never:?} never happened: {counted:?}");
}

/// What goes wrong in some history.
const FAULTS: &[&str] = &[
    "broken",
    "dark",
    "denied",
    "failed",
    "hung",
    "ignored",
    "killed after",
    "killed before",
    "panicked",
    "reply lost",
    "throttled",
];

/// What comes out of some history, of whichever service.
const OUTCOMES: &[&str] = &[
    "applied",
    "in-sync",
    "failed(dependency-failed)",
    "failed(replica-conflict)",
    "failed(replica-denied)",
    "failed(replica-storage-denied)",
    "failed(source-archived)",
    "failed(source-denied)",
    "failed(source-gone)",
    "failed(source-storage-denied)",
    "failed(source-unsupported)",
    "skipped(deletes-off)",
    "skipped(out-of-scope)",
    "waiting(replica-not-ready)",
    "waiting(replica-storage-throttled)",
    "waiting(replica-storage-unavailable)",
    "waiting(replica-throttled)",
    "waiting(replica-unavailable)",
    "waiting(source-not-ready)",
    "waiting(source-storage-throttled)",
    "waiting(source-storage-unavailable)",
    "waiting(source-throttled)",
    "waiting(source-unavailable)",
];
const OUTCOMES_OF_AMS: &[&str] = &["failed(key-id-taken)", "waiting(source-gone)"];
const OUTCOMES_OF_MKIO: &[&str] = &["failed(keys-refused)"];

#[test]
fn the_same_seed_does_the_same_each_time() {
    let histories = [1, 3, 10, 101].map(|seed| BACKENDS.map(|backend| (backend, seed)));
    for (backend, seed) in histories.into_iter().flatten() {
        let trace = |()| match run(backend, seed, true) {
            Ok(summary) => summary.trace,
            Err(failure) => failure.trace,
        };
        let (first, second) = (trace(()), trace(()));
        assert!(
            first.len() > 50,
            "seed {seed} of {backend:?} has {} lines",
            first.len()
        );
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed} of {backend:?}");
        assert_eq!(first.len(), second.len(), "seed {seed} of {backend:?}");
    }
}
