//! Somebody else is quicker: the platform, or another invocation that mirrors the same resource.

mod double;
mod lost_notes;
mod on_mkio;
mod together;

use std::{cell::Cell, sync::Arc, time::Duration};

use change::{Cause, Change, Kind, Name, ResourceId};
use media::{Body, Primary, Secondary};
use serde_json::{Map, json};
use state::MemoryDocuments;
use time::{OffsetDateTime, macros::datetime};

use crate::{Again, Conflicts, Deletes, Mirror, MirrorOptions, Outcome, Policy, Reason};
use double::{Account, NoBytes};

struct Scene {
    primary: Account,
    secondary: Account,
    documents: Arc<MemoryDocuments>,
    mirror: Mirror,
}

thread_local! {
    /// How much time has passed; each test has a thread of its own.
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn now() -> OffsetDateTime {
    datetime!(2026-01-02 03:00 UTC) + PASSED.get()
}

fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time);
}

/// Something that can only be deleted and made anew, and whose deletions are mirrored.
const KIND: Kind = Kind::StreamingPolicies;

fn scene() -> Scene {
    let (primary, secondary) = (Account::default(), Account::default());
    let documents = Arc::new(MemoryDocuments::default());
    let options = MirrorOptions {
        policy: Policy {
            deletes: [(KIND, Deletes::Events)].into(),
            conflicts: [(KIND, Conflicts::Replace)].into(),
            keep: Vec::new(),
        },
        clock: now,
        ..MirrorOptions::default()
    };
    let mirror = Mirror::new(
        Primary::new(Arc::new(primary.clone())),
        Secondary::new(Arc::new(secondary.clone())),
        Arc::new(NoBytes),
        documents.clone(),
        options,
    );
    Scene {
        primary,
        secondary,
        documents,
        mirror,
    }
}

fn id() -> ResourceId {
    ResourceId::new(KIND, Name::new("policy").unwrap())
}

/// The resource as it stood at some time.
fn version(number: u32) -> Body {
    let protocols = json!({"enabledProtocols": {"dash": true, "version": number}});
    let mut value = Map::new();
    value.insert("properties".to_owned(), json!({"noEncryption": protocols}));
    Body::new(id(), value)
}

fn hint(cause: Cause) -> Change {
    Change::new(id(), cause, None)
}

#[tokio::test]
async fn a_deletion_does_not_take_away_what_was_made_anew() {
    let scene = scene();
    scene.secondary.put(&version(1));
    let report = scene.mirror.mirror(&hint(Cause::Deleted)).await;
    pass(report.delete_in.unwrap());
    // It was seen gone; then it is made anew, and another invocation mirrors that; then comes the deletion.
    let (primary, secondary) = (scene.primary.clone(), scene.secondary.clone());
    scene.secondary.before("delete", move || {
        primary.put(&version(2));
        secondary.put(&version(2));
    });
    let report = scene.mirror.delete(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::SourceChanging));
    let [follow_up] = &report.follow_ups[..] else {
        panic!("{report:?}");
    };
    let report = scene.mirror.mirror(follow_up).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(scene.secondary.get(&id()) == Some(version(2)));
}

#[tokio::test]
async fn what_is_written_after_its_deletion_was_looked_at_is_deleted_once_it_is_counted() {
    let scene = scene();
    let report = scene.mirror.mirror(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::InSync);
    assert!(report.delete_in.is_some());
    // Another invocation had read the source before it went.
    scene.secondary.put(&version(1));
    let report = scene.mirror.delete(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::DeleteCap));
    let Some(Again::Progress(wait)) = report.again else {
        panic!("{report:?}");
    };
    pass(wait);
    let report = scene.mirror.delete(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(scene.secondary.get(&id()).is_none());
}

#[tokio::test]
async fn nothing_is_looked_at_again_that_nobody_deleted() {
    let scene = scene();
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::InSync);
    assert!(report.delete_in.is_none());
}

#[tokio::test]
async fn an_old_source_does_not_replace_a_newer_replica() {
    let scene = scene();
    scene.primary.put(&version(1));
    // After this invocation has read the source it is made anew, and another invocation mirrors that.
    let (primary, secondary) = (scene.primary.clone(), scene.secondary.clone());
    scene.secondary.before("create", move || {
        primary.put(&version(2));
        secondary.put(&version(2));
    });
    scene
        .secondary
        .before("delete", || panic!("the newer replica is deleted"));
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::InSync);
    assert!(scene.secondary.get(&id()) == Some(version(2)));
}

#[tokio::test]
async fn the_source_is_read_again_after_a_replacement() {
    let scene = scene();
    scene.primary.put(&version(2));
    scene.secondary.put(&version(1));
    let primary = scene.primary.clone();
    scene
        .secondary
        .before("create", move || primary.put(&version(3)));
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(scene.secondary.get(&id()) == Some(version(3)));
}

#[tokio::test]
async fn two_who_replace_the_same_replica_do_not_get_in_each_others_way() {
    let scene = scene();
    scene.primary.put(&version(2));
    scene.secondary.put(&version(1));
    // Between this invocation's deletion and its creation the other one creates.
    let secondary = scene.secondary.clone();
    scene
        .secondary
        .before("create", move || secondary.put(&version(2)));
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::InSync);
    assert!(scene.secondary.get(&id()) == Some(version(2)));
}

#[tokio::test]
async fn what_needs_something_unmade_does_not_take_the_place_of_what_is_there() {
    let scene = scene();
    let keys = ResourceId::new(Kind::ContentKeyPolicies, Name::new("keys").unwrap());
    let mut source = version(2);
    source.set_property("defaultContentKeyPolicyName", json!("keys"));
    scene.primary.put(&source);
    scene.secondary.put(&version(1));
    scene.secondary.put(&Body::new(keys.clone(), Map::new()));
    scene.secondary.is_making(&keys);
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::ReplicaNotReady));
    let detail = report.detail.unwrap();
    assert!(detail.contains("contentKeyPolicies/keys"), "{detail}");
    assert!(detail.contains("back in place"), "{detail}");
    assert!(scene.secondary.get(&id()) == Some(version(1)));
    scene.secondary.has_made_all();
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(scene.secondary.get(&id()) == Some(source));
}

#[tokio::test]
async fn what_is_deleted_in_its_own_time_is_waited_for() {
    let scene = scene();
    scene.secondary.put(&version(1));
    let report = scene.mirror.mirror(&hint(Cause::Deleted)).await;
    pass(report.delete_in.unwrap());
    let secondary = scene.secondary.clone();
    scene.secondary.before("exists", move || {
        secondary.put(&version(1));
        secondary.is_making(&id());
    });
    let report = scene.mirror.delete(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::ReplicaNotReady));
    // It went meanwhile.
    scene.secondary.remove(&id());
    scene.secondary.has_made_all();
    let report = scene.mirror.delete(&hint(Cause::Deleted)).await;
    assert_eq!(report.outcome, Outcome::InSync);
}

#[tokio::test]
async fn what_is_still_being_deleted_is_made_anew_later() {
    let scene = scene();
    scene.primary.put(&version(2));
    scene.secondary.put(&version(1));
    let secondary = scene.secondary.clone();
    scene
        .secondary
        .before("delete", move || secondary.is_making(&id()));
    // Neither the new one nor the old one can be made: it must go on by itself.
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::ReplicaUnavailable));
    assert!(report.again.is_some());
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Waiting(Reason::ReplicaNotReady));
    scene.secondary.has_made_all();
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(scene.secondary.get(&id()) == Some(version(2)));
}

#[tokio::test]
async fn what_looking_again_explains_costs_no_question_about_states() {
    let scene = scene();
    scene.primary.put(&version(1));
    // The other one is a moment ahead.
    let secondary = scene.secondary.clone();
    scene.secondary.before("create", move || {
        secondary.put(&version(1));
    });
    scene
        .secondary
        .before("is_being_made", || panic!("a state is asked for"));
    let report = scene.mirror.mirror(&hint(Cause::Written)).await;
    assert_eq!(report.outcome, Outcome::InSync);
}
