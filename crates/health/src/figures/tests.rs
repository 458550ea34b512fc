use change::{Batch, Cause, Change, Depth, Name};
use cloud::Peeked;
use state::{Listed, Marks, Primary};
use time::{Duration, macros::datetime};

use super::*;
use crate::QueueSeen;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const GRACE: Duration = Duration::minutes(5);

fn ago(seconds: i64) -> OffsetDateTime {
    NOW - Duration::seconds(seconds)
}

/// Everything was looked at and there is nothing.
fn calm() -> Seen {
    Seen {
        at: NOW,
        before: None,
        primary: Primary::READABLE,
        queues: BTreeMap::new(),
        poisoned: BTreeMap::new(),
        exceptions: Kind::ALL
            .into_iter()
            .map(|kind| (kind, Ok(listed(Vec::new()))))
            .collect(),
        marks: Ok(Marks::default()),
        arrivals: Ok(BTreeMap::new()),
        dead_letters: None,
        tokens: BTreeMap::new(),
        verified: None,
        problems: Vec::new(),
    }
}

fn listed(read: Vec<Exception>) -> Listed {
    Listed {
        count: read.len(),
        is_all: true,
        read,
        unreadable: 0,
    }
}

fn queue(name: &str, texts: &[String]) -> Result<QueueSeen, String> {
    let heads = texts.iter().map(|text| {
        let peeked = Peeked {
            text: text.clone(),
            unencoded: false,
            inserted: ago(2),
            dequeue_count: 0,
        };
        Head::of(name, &peeked, GRACE)
    });
    Ok(QueueSeen {
        messages: 40,
        heads: heads.collect(),
    })
}

fn change(kind: Kind, name: &str, since: OffsetDateTime) -> String {
    let id = ResourceId::new(kind, Name::new(name).unwrap());
    Change::new(id, Cause::Written, Some(since)).to_text()
}

fn exception(kind: Kind, name: &str, reason: Reason, since: OffsetDateTime) -> Exception {
    let outcome = if reason.is_transient() || reason == Reason::DeleteCap {
        "waiting"
    } else {
        "failed"
    };
    Exception {
        kind: kind.to_string(),
        name: name.to_owned(),
        parent: None,
        outcome: outcome.to_owned(),
        reason: reason.to_string(),
        detail: None,
        since,
        at: NOW,
        attempt: 1,
    }
}

fn lag(figures: &Figures, kind: Kind) -> Lag {
    figures.lag[kind.as_str()]
}

#[test]
fn where_nothing_waits_the_lag_is_0_and_what_was_never_walked_says_so() {
    let figures = calm().figures();
    for kind in Kind::ALL {
        assert_eq!(lag(&figures, kind), Lag::Seconds(0));
        assert_eq!(figures.blind[kind.as_str()], Blind::Never);
    }
    assert!(figures.problems.is_empty() && figures.lag_at_least.is_empty());
}

#[test]
fn lag_is_the_age_of_the_oldest_that_waits_or_failed() {
    let mut seen = calm();
    let texts = [
        change(Kind::Assets, "a", ago(7)),
        change(Kind::Assets, "b", ago(30)),
        // In the wrong queue: it is passed on to its own.
        change(Kind::StreamingLocators, "l", ago(9)),
        "not a message".to_owned(),
    ];
    seen.queues
        .insert("mirror-asset", queue("mirror-asset", &texts));
    let failed = vec![
        exception(
            Kind::StreamingPolicies,
            "p",
            Reason::ReplicaRefused,
            ago(700),
        ),
        exception(
            Kind::StreamingPolicies,
            "q",
            Reason::SourceThrottled,
            ago(100),
        ),
        exception(
            Kind::StreamingPolicies,
            "r",
            Reason::ReplicaConflict,
            ago(800),
        ),
    ];
    seen.exceptions
        .insert(Kind::StreamingPolicies, Ok(listed(failed)));
    let figures = seen.figures();
    assert_eq!(lag(&figures, Kind::Assets), Lag::Seconds(30));
    assert_eq!(lag(&figures, Kind::StreamingLocators), Lag::Seconds(9));
    assert_eq!(lag(&figures, Kind::StreamingPolicies), Lag::Seconds(800));
    assert_eq!(lag(&figures, Kind::AssetFilters), Lag::Seconds(0));
    let expected = QueueFigures::Read {
        messages: 40,
        oldest_seconds: Some(2),
    };
    assert_eq!(figures.queues["mirror-asset"], expected);
    assert_eq!(figures.failures.len(), 2);
    assert_eq!(figures.waiting, [("source-throttled".to_owned(), 1)].into());
    let ages = &figures.exceptions;
    assert_eq!((ages.under_5, ages.under_15, ages.count()), (1, 2, 3));
}

#[test]
fn while_the_primary_is_dark_lag_is_unknown_since_it_was_last_known() {
    let mut seen = calm();
    let dark = || Primary::Dark {
        unreadable: "source-unavailable".to_owned(),
        detail: "GET: 503".to_owned(),
    };
    seen.primary = dark();
    let never_known = seen.figures();
    assert_eq!(lag(&never_known, Kind::Assets), Lag::UnknownSince(NOW));

    let mut before = calm();
    before.at = ago(60);
    seen.before = Some(before.figures());
    let figures = seen.figures();
    for kind in Kind::ALL {
        assert_eq!(lag(&figures, kind), Lag::UnknownSince(ago(60)), "{kind}");
    }
    let mut later = calm();
    later.at = NOW + Duration::HOUR;
    later.primary = dark();
    later.before = Some(figures);
    let still = later.figures();
    assert_eq!(lag(&still, Kind::Assets), Lag::UnknownSince(ago(60)));
    later.primary = Primary::READABLE;
    assert_eq!(lag(&later.figures(), Kind::Assets), Lag::Seconds(0));
}

#[test]
fn what_cannot_be_looked_at_makes_the_lag_of_its_kinds_unknown() {
    let refused = || Err("queue x: 403".to_owned());
    let unknown = |name| {
        let mut seen = calm();
        seen.queues.insert(name, refused());
        let figures = seen.figures();
        assert_eq!(figures.problems, ["queue x: 403"]);
        let kinds = Kind::ALL.into_iter();
        kinds
            .filter(|kind| lag(&figures, *kind).seconds().is_none())
            .collect::<Vec<Kind>>()
    };
    assert_eq!(unknown("mirror-asset"), [Kind::Assets]);
    assert_eq!(unknown("copy-blobs"), [Kind::Assets]);
    let filters = [Kind::AccountFilters, Kind::AssetFilters];
    assert_eq!(unknown("mirror-filter"), filters);
    assert_eq!(unknown("deletions"), Kind::ALL);
    assert_eq!(unknown("backfill"), Kind::ALL);
    // An order to walk is no change.
    assert_eq!(unknown("walk"), []);

    let mut seen = calm();
    let lost = Err("the exceptions of assets: 503".to_owned());
    seen.exceptions.insert(Kind::Assets, lost);
    seen.marks = Err("the watermarks: 503".to_owned());
    let figures = seen.figures();
    assert_eq!(lag(&figures, Kind::Assets), Lag::UnknownSince(NOW));
    assert_eq!(lag(&figures, Kind::AssetFilters), Lag::Seconds(0));
    assert_eq!(figures.blind["assets"], Blind::Unknown);
    assert_eq!(figures.problems.len(), 2);
}

#[test]
fn what_a_setting_holds_back_is_counted_and_is_no_lag() {
    let mut seen = calm();
    let kind = Kind::StreamingLocators;
    // It comes by in its queue every now and then, to be held back again. Another one is due and will be done.
    let texts = [
        change(kind, "held", ago(90_000)),
        change(kind, "due", ago(5 * 60 + 3)),
    ];
    seen.queues.insert("deletions", queue("deletions", &texts));
    let held = exception(kind, "held", Reason::DeleteCap, ago(90_000));
    seen.exceptions.insert(kind, Ok(listed(vec![held])));
    let figures = seen.figures();
    // Until the grace was over, it was not to be done.
    assert_eq!(lag(&figures, kind), Lag::Seconds(3));
    assert_eq!(figures.held, [(kind.to_string(), 1)].into());
    assert_eq!(figures.exceptions.over_15, 1);
}

#[test]
fn a_backfill_is_no_lag_but_what_a_walk_found_is() {
    let batch = |cause, depth, since| {
        let batch = Batch {
            kind: Kind::Assets,
            names: vec![Name::new("a").unwrap()],
            depth,
            cause,
            run: None,
            since: Some(since),
            attempt: 0,
        };
        batch.to_text()
    };
    let mut seen = calm();
    let named = [
        batch(Cause::Backfill, Depth::List, ago(5_000)),
        batch(Cause::Walk, Depth::Bytes, ago(9_000)),
    ];
    seen.queues.insert("backfill", queue("backfill", &named));
    let figures = seen.figures();
    assert_eq!(lag(&figures, Kind::Assets), Lag::Seconds(0));
    assert_eq!(figures.backlog, [("assets".to_owned(), 9_000)].into());

    let found = [batch(Cause::Walk, Depth::List, ago(50))];
    seen.queues.insert("backfill", queue("backfill", &found));
    let figures = seen.figures();
    assert_eq!(lag(&figures, Kind::Assets), Lag::Seconds(50));
    assert!(figures.backlog.is_empty());
}

#[test]
fn what_was_counted_and_not_read_is_said() {
    let mut seen = calm();
    let mut many = listed(vec![exception(
        Kind::Assets,
        "a",
        Reason::ReplicaRefused,
        ago(400),
    )]);
    many.count = 250;
    seen.exceptions.insert(Kind::Assets, Ok(many));
    let figures = seen.figures();
    assert_eq!(lag(&figures, Kind::Assets), Lag::Seconds(400));
    assert_eq!(figures.lag_at_least, ["assets"]);
    let ages = &figures.exceptions;
    assert_eq!((ages.unread, ages.count()), (249, 250));
}
