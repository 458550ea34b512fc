//! A hundred histories, and whether they have anything in them.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use simulation::{Backend, Failure, SWITCHES, Summary, run};

/// How many histories of each service.
const SEEDS: u64 = 60;

/// How many at most, if something has not happened in these: what happens rarely happens elsewhere after each change of the code.
const MOST_SEEDS: u64 = 300;

const BACKENDS: [Backend; 2] = [Backend::Ams, Backend::Mkio];

/// Runs histories of a service, as many at once as there are processors.
fn all(backend: Backend, seeds: Range<u64>) -> (Vec<Summary>, Vec<Failure>) {
    let next = AtomicU64::new(seeds.start);
    let results = Mutex::new((Vec::new(), Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
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
        let mut seen = Vec::new();
        let mut seeds = 0..SEEDS;
        loop {
            let (summaries, failures) = all(backend, seeds.clone());
            let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
            assert!(failures.is_empty(), "{}", told.join("\n\n"));
            seen.extend(summaries);
            let unmet = never(own, &sums(&seen, |summary| &summary.outcomes));
            match unmet.or_else(|| unmet_switch(backend, &seen)) {
                None => break,
                Some(what) => assert!(seeds.end < MOST_SEEDS, "{backend:?}: {what}"),
            }
            seeds = seeds.end..seeds.end + SEEDS;
        }
        of_both.extend(seen);
    }
    // Histories in which nothing happens prove nothing.
    let faults = never(FAULTS, &sums(&of_both, |summary| &summary.faults));
    assert_eq!(faults, None);
    let outcomes = never(OUTCOMES, &sums(&of_both, |summary| &summary.outcomes));
    assert_eq!(outcomes, None);
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

/// What has never happened, if anything.
fn never(all: &[&str], counted: &BTreeMap<String, u64>) -> Option<String> {
    let never: Vec<_> = all
        .iter()
        .filter(|what| !counted.contains_key(**what))
        .collect();
    (!never.is_empty()).then(|| format!("{never:?} never happened: {counted:?}"))
}

/// A value of a switch that no history had, or something that follows from one and that no history with it met.
fn unmet_switch(backend: Backend, summaries: &[Summary]) -> Option<String> {
    if backend == Backend::Ams {
        return None;
    }
    let of = |switch: &str, value: &str| {
        let has = |summary: &&Summary| summary.switches.get(switch).copied() == Some(value);
        summaries.iter().filter(has).collect::<Vec<_>>()
    };
    let values = SWITCHES
        .iter()
        .flat_map(|(switch, values)| values.iter().map(move |value| (*switch, *value)));
    let unset = values
        .filter(|(switch, value)| of(switch, value).is_empty())
        .map(|(switch, value)| format!("{switch}: {value}"));
    let unseen = CONSEQUENCES
        .iter()
        .filter(|(switch, value, became)| {
            let mut histories = of(switch, value).into_iter();
            !histories.any(|summary| summary.became.contains(*became))
        })
        .map(|(switch, value, became)| format!("{became}, with {switch}: {value}"));
    let unmet: Vec<String> = unset.chain(unseen).collect();
    (!unmet.is_empty()).then(|| format!("{unmet:?} never happened"))
}

/// What follows from the switches of MK.IO in some history: the switch, how it stands, and what then becomes of something.
const CONSEQUENCES: &[(&str, &str, &str)] = &[
    (
        "keys on predefined policies",
        "accepted",
        "streamingLocators applied",
    ),
    (
        "keys on predefined policies",
        "refused",
        "streamingLocators failed(keys-refused)",
    ),
    (
        "keys on predefined policies",
        "stripped",
        "streamingLocators failed(keys-refused)",
    ),
    ("options", "replaced", "contentKeyPolicies applied"),
    (
        "options",
        "merged",
        "contentKeyPolicies failed(replica-conflict)",
    ),
    ("locator IDs", "per project", "streamingLocators applied"),
    (
        "locator IDs",
        "everywhere",
        "streamingLocators failed(replica-conflict)",
    ),
    // The mirror cannot know whether they are.
    (
        "key servers",
        "shared",
        "streamingLocators failed(keys-shared)",
    ),
    (
        "key servers",
        "per project",
        "streamingLocators failed(keys-shared)",
    ),
    (
        "key IDs",
        "unique",
        "streamingLocators failed(replica-conflict)",
    ),
    ("secrets in GET", "blank", "contentKeyPolicies applied"),
    ("secrets in GET", "absent", "contentKeyPolicies applied"),
    ("secrets in GET", "null", "contentKeyPolicies applied"),
    ("secrets in GET", "asterisks", "contentKeyPolicies applied"),
    ("secrets in GET", "shown", "contentKeyPolicies applied"),
    (
        "FairPlay secrets",
        "hidden",
        "contentKeyPolicies failed(secret-masked)",
    ),
    ("next link", "absolute", "assets applied"),
    ("next link", "relative", "assets applied"),
    ("asset updates", "all", "assets applied"),
    // What the source has no more is said, so nothing of it is kept.
    ("asset updates", "merged", "assets applied"),
    (
        "asset updates",
        "documented",
        "assets failed(replica-ignored)",
    ),
    ("containers", "checked", "assets applied"),
    ("containers", "unchecked", "assets applied"),
    (
        "streaming policy updates",
        "done",
        "streamingPolicies applied",
    ),
    (
        "streaming policy updates",
        "refused",
        "streamingPolicies failed(replica-conflict)",
    ),
    (
        "locator changes",
        "refused",
        "streamingLocators failed(replica-conflict)",
    ),
    (
        "locator changes",
        "ignored",
        "streamingLocators failed(replica-conflict)",
    ),
    (
        "creation",
        "slow",
        "contentKeyPolicies waiting(replica-not-ready)",
    ),
    ("stamps", "move", "streamingLocators applied"),
    ("stamps", "stay", "streamingLocators applied"),
];

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
