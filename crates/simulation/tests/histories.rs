//! Some hundred histories, and whether they have anything in them.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use simulation::{Failure, Summary, run};

/// How many histories.
const SEEDS: u64 = 240;

/// Runs the histories, as many at once as there are processors.
fn all() -> (Vec<Summary>, Vec<Failure>) {
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
                    let result = run(seed, false);
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
    let (summaries, failures) = all();
    let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", told.join("\n\n"));
    assert_varied(&summaries);
}

/// Histories in which nothing happens prove nothing.
fn assert_varied(summaries: &[Summary]) {
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for summary in summaries {
        for (fault, count) in &summary.faults {
            *faults.entry(fault).or_default() += count;
        }
        for (outcome, count) in &summary.outcomes {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    for fault in [
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
    ] {
        assert!(
            faults.contains_key(fault),
            "{fault} never happened: {faults:?}"
        );
    }
    for outcome in [
        "applied",
        "in-sync",
        "failed(dependency-failed)",
        "failed(key-id-taken)",
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
        "waiting(source-gone)",
        "waiting(source-not-ready)",
        "waiting(source-storage-throttled)",
        "waiting(source-storage-unavailable)",
        "waiting(source-throttled)",
        "waiting(source-unavailable)",
    ] {
        assert!(
            outcomes.contains_key(outcome),
            "{outcome} never was the outcome: {outcomes:?}"
        );
    }
}

#[test]
fn the_same_seed_does_the_same_each_time() {
    for seed in [1, 3, 10, 101] {
        let trace = |()| match run(seed, true) {
            Ok(summary) => summary.trace,
            Err(failure) => failure.trace,
        };
        let (first, second) = (trace(()), trace(()));
        assert!(first.len() > 50, "seed {seed} has {} lines", first.len());
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}
