//! Locators of MK.IO: PUT of one that exists changes whether it is shown.

use std::sync::{Arc, Mutex};

use change::{Cause, Change, Depth, Kind, Name, ResourceId};
use media::{Body, Primary, Secondary};
use serde_json::{Map, Value, json};
use state::MemoryDocuments;

use super::double::{Account, NoBytes};
use crate::{
    Mirror, MirrorOptions, Outcome, Reason, Report, Verdict, problem::Problem, rules::Backend,
};

struct Scene {
    primary: Account,
    secondary: Account,
    mirror: Mirror,
}

fn scene() -> Scene {
    let primary = Account::default();
    let mut secondary = Account::default();
    secondary.hides_what_is_there = true;
    let mirror = Mirror::new(
        Primary::new(Arc::new(primary.clone())),
        Secondary::new(Arc::new(secondary.clone())),
        Arc::new(NoBytes),
        Arc::new(MemoryDocuments::default()),
        MirrorOptions {
            backend: Backend::Mkio,
            ..MirrorOptions::default()
        },
    );
    secondary.put(&body(Kind::StreamingPolicies, "own", json!({})));
    Scene {
        primary,
        secondary,
        mirror,
    }
}

fn body(kind: Kind, name: &str, properties: Value) -> Body {
    let id = ResourceId::new(kind, Name::new(name).unwrap());
    let value = [("properties".to_owned(), properties)];
    Body::new(id, Map::from_iter(value))
}

fn locator(properties: Value) -> Body {
    body(Kind::StreamingLocators, "film", properties)
}

fn with_key(key: &str) -> Body {
    locator(json!({
        "assetName": "a", "streamingPolicyName": "own", "streamingLocatorId": "film",
        "contentKeys": [{"id": key, "value": "AAAAAAAAAAAAAAAAAAAAAA=="}],
    }))
}

impl Scene {
    /// With its bytes there already.
    async fn mirrored(&self, source: &Body) -> Result<Report, Problem> {
        let change = Change::new(source.id().clone(), Cause::Written, None);
        self.mirror.converge(&change, source.clone(), None).await
    }
}

fn is_hidden(locator: &Body) -> bool {
    locator.property("suppressed") == Some(&Value::Bool(true))
}

#[tokio::test]
async fn a_locator_that_may_get_keys_is_hidden_until_it_is_read_back() {
    let scene = scene();
    let source = locator(json!({"assetName": "a", "streamingPolicyName": "own"}));
    scene.primary.put(&source);
    let (secondary, id) = (scene.secondary.clone(), source.id().clone());
    let before = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&before);
    scene.secondary.before("update", move || {
        *seen.lock().unwrap() = secondary.get(&id);
    });
    let report = scene.mirrored(&source).await;
    assert_eq!(report.unwrap().outcome, Outcome::Applied);
    assert!(before.lock().unwrap().as_ref().is_some_and(is_hidden));
    let replica = scene.secondary.get(source.id()).unwrap();
    // Said, and not only left out: the service may then keep it hidden.
    assert_eq!(replica.property("suppressed"), Some(&Value::Bool(false)));
}

#[tokio::test]
async fn a_locator_that_is_made_anew_by_its_release_is_hidden_again() {
    let scene = scene();
    let source = with_key("1");
    scene.primary.put(&source);
    let (secondary, id) = (scene.secondary.clone(), source.id().clone());
    scene
        .secondary
        .before("update", move || secondary.remove(&id));
    let problem = scene.mirrored(&source).await.unwrap_err();
    assert_eq!(problem.reason, Reason::KeysRefused);
    assert!(problem.detail.contains("it is suppressed"), "{problem}");
    let replica = scene.secondary.get(source.id()).unwrap();
    assert!(is_hidden(&replica));
}

#[tokio::test]
async fn a_newer_locator_that_was_hidden_by_mistake_is_shown_again() {
    let scene = scene();
    let (older, newer) = (with_key("1"), with_key("2"));
    scene.primary.put(&older);
    let (primary, secondary, made) = (
        scene.primary.clone(),
        scene.secondary.clone(),
        newer.clone(),
    );
    scene.secondary.before("create", move || {
        primary.put(&made);
        secondary.put(&made);
    });
    scene
        .secondary
        .before("delete", || panic!("the newer replica is deleted"));
    let report = scene.mirrored(&older).await;
    assert_eq!(report.unwrap().outcome, Outcome::Applied);
    let replica = scene.secondary.get(older.id()).unwrap();
    assert!(!is_hidden(&replica));
    assert_eq!(
        replica.property("contentKeys"),
        newer.property("contentKeys")
    );
}

#[tokio::test]
async fn a_locator_that_publishes_another_asset_meanwhile_waits_for_the_bytes_of_that() {
    let scene = scene();
    let policy = "Predefined_ClearStreamingOnly";
    let of = |asset: &str| {
        locator(
            json!({"assetName": asset, "streamingPolicyName": policy, "streamingLocatorId": "film"}),
        )
    };
    let source = of("a");
    scene.primary.put(&source);
    let (primary, newer) = (scene.primary.clone(), of("b"));
    scene
        .secondary
        .before("create", move || primary.put(&newer));
    let problem = scene.mirrored(&source).await.unwrap_err();
    assert_eq!(problem.reason, Reason::SourceChanging);
    let replica = scene.secondary.get(source.id()).unwrap();
    assert_eq!(replica.text("assetName"), Some("a"));
}

#[tokio::test]
async fn a_locator_waits_for_what_it_needs_while_that_is_being_made() {
    let needs = [
        (Kind::Assets, "a"),
        (Kind::StreamingPolicies, "own"),
        (Kind::ContentKeyPolicies, "keys"),
    ];
    let source = locator(json!({
        "assetName": "a", "streamingPolicyName": "own", "defaultContentKeyPolicyName": "keys",
    }));
    for (kind, name) in needs {
        let scene = scene();
        scene.primary.put(&source);
        scene
            .secondary
            .put(&body(Kind::ContentKeyPolicies, "keys", json!({})));
        let needed = ResourceId::new(kind, Name::new(name).unwrap());
        scene.secondary.is_making(&needed);
        let problem = scene.mirrored(&source).await.unwrap_err();
        assert_eq!(problem.reason, Reason::ReplicaNotReady, "{needed}");
        assert!(problem.detail.contains(&needed.to_string()), "{problem}");
        scene.secondary.has_made_all();
        let report = scene.mirrored(&source).await.unwrap();
        assert_eq!(report.outcome, Outcome::Applied);
    }
}

#[tokio::test]
async fn a_conflict_over_anything_else_does_not_pass() {
    let scene = scene();
    // It says that something of this name is in the making, and it is nothing that the locator needs.
    let source = locator(json!({"assetName": "a", "streamingPolicyName": "own"}));
    scene.primary.put(&source);
    let another = ResourceId::new(Kind::AccountFilters, Name::new("a").unwrap());
    scene.secondary.is_making(&another);
    let problem = scene.mirrored(&source).await.unwrap_err();
    assert_eq!(problem.reason, Reason::ReplicaConflict);
}

#[tokio::test]
async fn a_plan_gives_the_reason_that_a_run_gives() {
    let scene = scene();
    let (source, mut hidden) = (with_key("1"), with_key("2"));
    hidden.set_property("suppressed", json!(true));
    scene.primary.put(&source);
    scene.secondary.put(&hidden);
    let problem = scene.mirrored(&source).await.unwrap_err();
    assert_eq!(problem.reason, Reason::KeysRefused);
    let findings = scene.mirror.inspect(source.id(), Depth::Keys).await;
    let [found] = &findings[..] else {
        panic!("{findings:?}");
    };
    assert_eq!(
        found.verdict,
        Verdict::Conflict(Reason::KeysRefused, problem.detail)
    );
}
