use state::{Ages, Time};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

fn well() -> Figures {
    let lag = |kind: Kind| (kind.to_string(), Lag::Seconds(0));
    let blind = |kind: Kind| (kind.to_string(), Blind::Seconds(60));
    Figures {
        at: NOW,
        primary: Primary::READABLE,
        lag: Kind::ALL.map(lag).into(),
        lag_at_least: Vec::new(),
        blind: Kind::ALL.map(blind).into(),
        backlog: BTreeMap::new(),
        queues: BTreeMap::new(),
        poisoned: BTreeMap::new(),
        dead_letters: Some(0),
        exceptions: Ages::default(),
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

fn sweep() -> BTreeMap<Depth, std::time::Duration> {
    let minutes = |minutes: u64| std::time::Duration::from_secs(60 * minutes);
    [
        (Depth::List, minutes(5)),
        (Depth::Children, minutes(24 * 60)),
    ]
    .into()
}

fn said(change: impl FnOnce(&mut Figures)) -> Vec<Concern> {
    let mut heartbeat = Heartbeat::default();
    heartbeat.add(well());
    let mut figures = well();
    change(&mut figures);
    concerns(Some(&figures), &heartbeat, &sweep(), NOW)
}

#[test]
fn nothing_is_said_when_all_is_well() {
    assert_eq!(said(|_| {}), []);
    // What waits is on its way.
    let waits = said(|figures| {
        figures.waiting.insert("source-throttled".to_owned(), 3);
        figures.lag.insert("assets".to_owned(), Lag::Seconds(899));
    });
    assert_eq!(waits, []);
}

#[test]
fn each_thing_that_needs_somebody_is_said_once_with_its_next_step() {
    let one = |name: &str, count| [(name.to_owned(), count)].into();
    let dark = Primary::Dark {
        unreadable: "source-denied".to_owned(),
        detail: "GET accountFilters: 403".to_owned(),
    };
    let unknown = Kind::ALL.map(|kind| (kind.to_string(), Lag::UnknownSince(NOW)));
    let soon = Time(NOW + Duration::days(29));
    let blind = |kind: &str, blind| [(kind.to_owned(), blind)].into();
    for (concerns, says) in [
        (
            said(|f| {
                f.primary = dark;
                f.lag = unknown.into();
            }),
            "source-denied",
        ),
        (
            said(|f| f.lag = [("assets".to_owned(), Lag::Seconds(900))].into()),
            "15 min behind",
        ),
        (
            said(|f| f.lag = [("assets".to_owned(), Lag::UnknownSince(NOW))].into()),
            "unknown since",
        ),
        (
            said(|f| f.poisoned = one("mirror-asset", 2)),
            "2 messages in mirror-asset-poison",
        ),
        (said(|f| f.dead_letters = Some(4)), "4 dead letters"),
        (
            said(|f| f.failures = one("keys-refused", 1)),
            "1 failed: keys-refused",
        ),
        (said(|f| f.held = one("streamingLocators", 11)), "held back"),
        (
            said(|f| f.blind = blind("assets", Blind::Never)),
            "assets never",
        ),
        (
            said(|f| f.blind = blind("assets", Blind::Seconds(7200))),
            "assets for 2 h",
        ),
        (
            said(|f| f.blind = blind("assetFilters", Blind::Seconds(4 * 86_400))),
            "assetFilters for 4 days",
        ),
        (
            said(|f| f.tokens = [("primary".to_owned(), soon)].into()),
            "29 days",
        ),
        (
            said(|f| f.problems = vec!["queue walk: 403".to_owned()]),
            "queue walk: 403",
        ),
    ] {
        assert_eq!(concerns.len(), 1, "{concerns:?}");
        assert!(concerns[0].what.contains(says), "{concerns:?}");
        assert!(!concerns[0].next_step.is_empty(), "{concerns:?}");
    }
    assert_eq!(
        said(|f| f.blind = blind("assetFilters", Blind::Seconds(7200))),
        []
    );
}

#[test]
fn a_heartbeat_that_is_silent_is_said_and_walks_that_are_switched_off_are_not() {
    let later = NOW + Duration::minutes(6);
    let mut heartbeat = Heartbeat::default();
    let none = concerns(Some(&well()), &heartbeat, &sweep(), NOW);
    assert!(none[0].what.contains("no heartbeat yet"), "{none:?}");
    heartbeat.add(well());
    let silent = concerns(Some(&well()), &heartbeat, &sweep(), later);
    assert!(silent[0].what.contains("6 min ago"), "{silent:?}");
    let mut unwalked = well();
    unwalked.blind = [("assets".to_owned(), Blind::Never)].into();
    assert_eq!(
        concerns(Some(&unwalked), &heartbeat, &BTreeMap::new(), NOW),
        []
    );
}
