//! Somebody empties the container of the state while deletions wait. How many they are is known from their notes alone.

use std::time::Duration;

use change::{Cause, Change, Name, ResourceId};
use media::Body;
use serde_json::{Map, json};
use state::Deletions;
use time::ext::NumericalDuration;

use super::{KIND, Scene, now, pass, scene};
use crate::{Again, Outcome, Reason, Report};

/// The cap is ten.
const MANY: usize = 14;

/// The longest that a message stays out of sight while it is put back every ten minutes, or after the back-off of ten: both are spread.
const UNSEEN: Duration = Duration::from_secs(750);

const GRACE: Duration = Duration::from_secs(300);

const HELD: Outcome = Outcome::Waiting(Reason::DeleteCap);

fn change(number: usize) -> Change {
    let name = Name::new(format!("policy-{number:02}")).unwrap();
    Change::new(ResourceId::new(KIND, name), Cause::Deleted, None)
}

/// So many replicas whose sources are gone, and whose deletions are announced.
async fn announced(scene: &Scene, many: usize) -> Vec<Change> {
    let changes: Vec<Change> = (0..many).map(change).collect();
    for change in &changes {
        let properties = json!({"noEncryption": {"enabledProtocols": {"dash": true}}});
        let mut value = Map::new();
        value.insert("properties".to_owned(), properties);
        scene.secondary.put(&Body::new(change.id.clone(), value));
        let report = scene.mirror.mirror(change).await;
        assert_eq!(report.outcome, Outcome::Waiting(Reason::SourceGone));
    }
    pass(GRACE);
    changes
}

async fn due(scene: &Scene, changes: &[Change]) -> Vec<Report> {
    let mut reports = Vec::new();
    for change in changes {
        reports.push(scene.mirror.delete(change).await);
    }
    reports
}

fn there(scene: &Scene) -> usize {
    let all = (0..MANY).map(change);
    all.filter(|change| scene.secondary.get(&change.id).is_some())
        .count()
}

fn deletions(scene: &Scene) -> Deletions {
    Deletions::new(scene.documents.clone())
}

async fn confirm(scene: &Scene) {
    let until = now() + 1.hours();
    deletions(scene).confirm(until).await.unwrap();
}

#[tokio::test]
async fn what_was_held_is_held_still() {
    let scene = scene();
    let changes = announced(&scene, MANY).await;
    assert!(
        due(&scene, &changes)
            .await
            .iter()
            .all(|one| one.outcome == HELD)
    );
    scene.documents.clear();
    for round in 0..3 {
        for report in due(&scene, &changes).await {
            assert_eq!(report.outcome, HELD, "round {round}");
        }
        assert_eq!(there(&scene), MANY, "round {round}");
        pass(UNSEEN);
    }
    // All of them count again, also those that came when the cap was reached: some of the others may come back.
    assert_eq!(deletions(&scene).waiting(99).await.unwrap().len(), MANY);
    confirm(&scene).await;
    for report in due(&scene, &changes).await {
        assert_eq!(report.outcome, Outcome::Applied);
    }
    assert_eq!(there(&scene), 0);
}

#[tokio::test]
async fn the_first_to_come_waits_until_all_others_have_come() {
    let scene = scene();
    let changes = announced(&scene, MANY).await;
    scene.documents.clear();
    let first = due(&scene, &changes[..1]).await.remove(0);
    assert_eq!(first.outcome, HELD);
    let Some(Again::Progress(wait)) = first.again else {
        panic!("{first:?}");
    };
    assert!(wait >= UNSEEN, "{wait:?}");
    // What was put back so often is put back for an hour, and perhaps so were all.
    let often = Change {
        attempt: 20,
        ..changes[1].clone()
    };
    let report = scene.mirror.delete(&often).await;
    let Some(Again::Progress(wait)) = report.again else {
        panic!("{report:?}");
    };
    assert!(wait >= Duration::from_secs(4500), "{wait:?}");
}

#[tokio::test]
async fn what_is_within_the_cap_is_deleted_when_all_can_have_come() {
    let scene = scene();
    let changes = announced(&scene, 3).await;
    scene.documents.clear();
    // Each message twice, as events may come: the second is no better than the first.
    for _ in 0..2 {
        for report in due(&scene, &changes).await {
            assert_eq!(report.outcome, HELD);
        }
        pass(UNSEEN / 2);
    }
    for report in due(&scene, &changes).await {
        assert_eq!(report.outcome, Outcome::Applied);
    }
    assert_eq!(there(&scene), 0);
}

#[tokio::test]
async fn what_an_operator_confirmed_needs_no_note() {
    let scene = scene();
    let changes = announced(&scene, MANY).await;
    scene.documents.clear();
    confirm(&scene).await;
    for report in due(&scene, &changes).await {
        assert_eq!(report.outcome, Outcome::Applied);
    }
}

#[tokio::test]
async fn a_deletion_that_was_done_is_not_counted_again() {
    let scene = scene();
    let changes = announced(&scene, MANY).await;
    let (done, held) = changes.split_at(2);
    confirm(&scene).await;
    due(&scene, done).await;
    // The confirmation goes, too.
    scene.documents.clear();
    // Their messages come twice, before the others and after them.
    for report in due(&scene, done).await {
        assert_eq!(report.outcome, Outcome::InSync);
    }
    due(&scene, held).await;
    due(&scene, done).await;
    let waiting = deletions(&scene).waiting(99).await.unwrap();
    assert_eq!(waiting.len(), held.len(), "{waiting:?}");
    assert_eq!(there(&scene), held.len());
}
