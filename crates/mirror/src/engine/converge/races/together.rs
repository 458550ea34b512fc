//! Several invocations of one process at the same thing: none writes what another one has written.

use tokio::join;

use super::*;

fn policy(name: &str, properties: &serde_json::Value) -> Body {
    let id = ResourceId::new(KIND, Name::new(name).unwrap());
    let mut value = Map::new();
    value.insert("properties".to_owned(), properties.clone());
    Body::new(id, value)
}

#[tokio::test]
async fn what_several_find_missing_is_created_once() {
    let scene = scene();
    scene.primary.put(&version(1));
    let (one, two) = (hint(Cause::Written), hint(Cause::Walk));
    let (one, two) = join!(scene.mirror.mirror(&one), scene.mirror.mirror(&two));
    assert_eq!(one.outcome, Outcome::Applied);
    assert_eq!(two.outcome, Outcome::InSync);
    assert_eq!(scene.secondary.written(), [id()]);
}

#[tokio::test]
async fn what_several_need_is_looked_for_and_brought_once() {
    let scene = scene();
    let keys = ResourceId::new(Kind::ContentKeyPolicies, Name::new("keys").unwrap());
    let mut value = Map::new();
    value.insert("properties".to_owned(), json!({"options": []}));
    scene.primary.put(&Body::new(keys.clone(), value));
    let needy = json!({"defaultContentKeyPolicyName": "keys"});
    let mut changes = Vec::new();
    for name in ["one", "two", "three"] {
        let policy = policy(name, &needy);
        changes.push(Change::new(policy.id().clone(), Cause::Written, None));
        scene.primary.put(&policy);
    }
    let reports = changes.iter().map(|change| scene.mirror.mirror(change));
    for report in futures::future::join_all(reports).await {
        assert_eq!(report.outcome, Outcome::Applied, "{report:?}");
    }
    let written = scene.secondary.written();
    assert_eq!(written.len(), 4);
    assert_eq!(written[0], keys);
}
