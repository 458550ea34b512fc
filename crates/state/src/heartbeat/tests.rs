use std::collections::BTreeMap;

use serde_json::json;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::MemoryDocuments;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:03:20 UTC);

fn figures(at: OffsetDateTime, assets: Lag) -> Figures {
    let mut exceptions = Ages::default();
    exceptions.add(Duration::minutes(7));
    Figures {
        at,
        primary: Primary::READABLE,
        lag: [("assets".to_owned(), assets)].into(),
        lag_at_least: Vec::new(),
        blind: [("assets".to_owned(), Blind::Never)].into(),
        backlog: BTreeMap::new(),
        queues: [(
            "mirror-asset".to_owned(),
            QueueFigures::Read {
                messages: 3,
                oldest_seconds: None,
            },
        )]
        .into(),
        poisoned: BTreeMap::new(),
        dead_letters: None,
        exceptions,
        failures: BTreeMap::new(),
        waiting: BTreeMap::new(),
        held: BTreeMap::new(),
        arrivals: BTreeMap::new(),
        walks: BTreeMap::new(),
        tokens: BTreeMap::new(),
        verified: None,
        problems: Vec::new(),
    }
}

#[test]
fn a_step_keeps_the_worst_of_its_five_minutes() {
    let mut heartbeat = Heartbeat::default();
    let lags = [
        Lag::Seconds(4),
        Lag::Seconds(9),
        Lag::UnknownSince(NOW),
        Lag::Seconds(0),
    ];
    for (minute, lag) in (0..).zip(lags) {
        heartbeat.add(figures(NOW + Duration::minutes(minute), lag));
    }
    let steps = &heartbeat.steps;
    let starts: Vec<OffsetDateTime> = steps.iter().map(|step| step.at).collect();
    let first = datetime!(2026-01-01 12:00 UTC);
    assert_eq!(starts, [first, first + STEP]);
    assert_eq!((steps[0].beats, steps[1].beats), (2, 2));
    assert_eq!(steps[0].lag, [("assets".to_owned(), 9)].into());
    assert!(steps[0].unknown.is_empty() && steps[1].lag.is_empty());
    assert_eq!(steps[1].unknown, [("assets".to_owned(), 1)].into());
    assert_eq!((steps[0].messages, steps[0].exceptions), (3, 1));
    assert_eq!(heartbeat.latest.unwrap().lag["assets"], Lag::Seconds(0));
}

#[test]
fn a_day_is_kept_and_the_document_stays_small() {
    let mut heartbeat = Heartbeat::default();
    for minute in 0..3 * 24 * 60 {
        let mut figures = figures(NOW + Duration::minutes(minute), Lag::Seconds(86_400));
        for kind in change::Kind::ALL {
            let lag = if minute % 2 == 0 {
                Lag::Seconds(86_400)
            } else {
                Lag::UnknownSince(NOW)
            };
            figures.lag.insert(kind.to_string(), lag);
        }
        heartbeat.add(figures);
    }
    assert_eq!(heartbeat.steps.len(), 288);
    let whole = &heartbeat.steps[..287];
    assert!(whole.iter().all(|step| step.beats == 5), "{whole:?}");
    let size = serde_json::to_string(&heartbeat).unwrap().len();
    assert!(size < 128 * 1024, "{size} bytes");
    // After a gap of a day nothing of before is left; a clock that was ahead leaves nothing behind either.
    heartbeat.add(figures(NOW + Duration::days(30), Lag::Seconds(0)));
    assert_eq!(heartbeat.steps.len(), 1);
    heartbeat.add(figures(NOW, Lag::Seconds(0)));
    assert_eq!(heartbeat.steps.len(), 1);
    assert!(heartbeat.steps[0].at <= NOW);
    // Of two processes one is a moment behind the other.
    heartbeat.add(figures(NOW + STEP, Lag::Seconds(0)));
    heartbeat.add(figures(NOW, Lag::Seconds(0)));
    let beats: Vec<u32> = heartbeat.steps.iter().map(|step| step.beats).collect();
    assert_eq!(beats, [2, 1]);
}

#[tokio::test]
async fn two_that_beat_at_one_time_lose_nothing_and_leave_what_is_not_theirs() {
    let documents = Arc::new(MemoryDocuments::default());
    let old = json!({"lastVerify": {"at": "2026-01-01T00:00:00Z"}});
    documents.write(PATH, &old, &Condition::New).await.unwrap();
    let heartbeats = Heartbeats::new(Arc::clone(&documents) as _);
    let lag = figures(NOW, Lag::Seconds(1));
    let (one, other) = tokio::join!(heartbeats.beat(&lag), heartbeats.beat(&lag));
    one.and(other).unwrap();
    let heartbeat = heartbeats.read().await.unwrap();
    assert_eq!(heartbeat.steps[0].beats, 2);
    assert_eq!(heartbeat.rest["lastVerify"], old["lastVerify"]);
}

#[tokio::test]
async fn a_document_of_another_version_counts_as_none() {
    let documents = Arc::new(MemoryDocuments::default());
    let other = json!({"latest": 7, "steps": "many"});
    documents
        .write(PATH, &other, &Condition::New)
        .await
        .unwrap();
    let heartbeats = Heartbeats::new(documents);
    assert_eq!(heartbeats.read().await.unwrap(), Heartbeat::default());
    heartbeats
        .beat(&figures(NOW, Lag::Seconds(1)))
        .await
        .unwrap();
    assert_eq!(heartbeats.read().await.unwrap().steps.len(), 1);
}

#[test]
fn ages_fall_into_their_buckets() {
    let mut ages = Ages::default();
    for seconds in [-5, 0, 299, 300, 599, 600, 899, 900, 90_000] {
        ages.add(Duration::seconds(seconds));
    }
    let expected = json!({"0-5": 3, "5-10": 2, "10-15": 2, "over-15": 2, "unread": 0});
    assert_eq!(serde_json::to_value(ages).unwrap(), expected);
    assert_eq!(ages.count(), 9);
}
