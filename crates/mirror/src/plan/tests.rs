use super::*;
use crate::rules::Backend;
use ::change::{Kind, Name, ResourceId};
use serde_json::json;

fn body(kind: Kind, value: Value) -> Body {
    let Value::Object(value) = value else {
        unreachable!()
    };
    Body::new(ResourceId::new(kind, Name::new("x").unwrap()), value)
}

fn planned(kind: Kind, source: Value, replica: Option<Value>) -> Result<Plan, Problem> {
    let replica = replica.map(|replica| body(kind, replica));
    plan(
        Backend::Ams.rules(kind),
        &Maps::default(),
        &Policy::usual(Backend::Ams),
        &body(kind, source),
        replica.as_ref(),
    )
}

#[test]
fn what_is_missing_is_created() {
    let plan = planned(
        Kind::StreamingLocators,
        json!({"properties": {"assetName": "a"}}),
        None,
    );
    assert!(matches!(plan, Ok(Plan::Create(_))));
}

#[test]
fn a_locator_without_keys_is_replaced_under_the_same_id_only() {
    let with = |id: &str, media: &str| json!({"properties": {"assetName": "a", "streamingLocatorId": id, "alternativeMediaId": media}});
    let of = |a, b| planned(Kind::StreamingLocators, a, Some(b)).unwrap();
    assert_eq!(of(with("1", "m"), with("1", "m")), Plan::InSync);
    assert!(matches!(
        of(with("1", "m"), with("1", "n")),
        Plan::Replace(..)
    ));
    assert!(matches!(
        of(with("1", "m"), with("2", "m")),
        Plan::Conflict(_)
    ));
}

#[test]
fn a_locator_with_keys_is_never_replaced_by_default() {
    let with = |value: &str| json!({"properties": {"streamingLocatorId": "1", "contentKeys": [{"id": "k", "value": value}]}});
    let plan = planned(Kind::StreamingLocators, with("a"), Some(with("b"))).unwrap();
    assert!(
        matches!(plan, Plan::Conflict(found) if fields(&found) == "properties.contentKeys[].value")
    );
}

#[test]
fn an_unknown_field_alone_is_told_apart() {
    let with = |n: u32, d: &str| json!({"properties": {"description": d, "counter": n}});
    let of = |a, b| planned(Kind::AccountFilters, a, Some(b)).unwrap();
    assert!(matches!(
        of(with(1, "d"), with(2, "d")),
        Plan::UnknownOnly(..)
    ));
    let policy = planned(
        Kind::StreamingPolicies,
        json!({"properties": {"x": 1}}),
        Some(json!({"properties": {"x": 2}})),
    );
    assert_eq!(policy.unwrap(), Plan::InSync);
}

#[test]
fn a_masked_secret_stops_everything() {
    let source = json!({"properties": {"streamingLocatorId": "1", "contentKeys": [{"id": "k"}]}});
    let problem = planned(Kind::StreamingLocators, source, None).unwrap_err();
    assert_eq!(problem.reason, Reason::SecretMasked);
    assert!(
        problem.detail.contains("listContentKeys/action"),
        "{problem}"
    );
}

fn on_mkio(kind: Kind, source: Value, replica: Value) -> Result<Plan, Problem> {
    plan(
        Backend::Mkio.rules(kind),
        &Maps {
            storage: [("s".to_owned(), "s".to_owned())].into(),
            ..Maps::default()
        },
        &Policy::usual(Backend::Mkio),
        &body(kind, source),
        Some(&body(kind, replica)),
    )
}

#[test]
fn what_the_source_has_no_more_is_said_and_not_only_left_out() {
    let asset = |properties: Value, labels: Value| {
        let mut asset = json!({"labels": labels, "properties": properties});
        asset["properties"]["storageAccountName"] = json!("s");
        asset["properties"]["containerDeletionPolicy"] = json!("Retain");
        asset
    };
    let bare = asset(json!({"description": null}), Value::Null);
    let full = asset(
        json!({"description": "d", "alternateId": "a"}),
        json!({"shelf": "a"}),
    );
    let blank = asset(json!({"description": "", "alternateId": ""}), json!({}));
    let locator = |properties: Value| json!({"properties": properties});
    let policy = |properties: Value| json!({"properties": properties});
    for (kind, source, replica, sent) in [
        (Kind::Assets, bare.clone(), full, blank),
        (
            Kind::StreamingLocators,
            locator(json!({"assetName": "a"})),
            locator(
                json!({"assetName": "a", "suppressed": true, "endTime": "2026-01-01T00:00:00Z"}),
            ),
            locator(
                json!({"assetName": "a", "suppressed": false, "endTime": "9999-12-31T23:59:59Z"}),
            ),
        ),
        (
            Kind::ContentKeyPolicies,
            policy(json!({"options": []})),
            policy(json!({"options": [], "description": "d", "fairPlayAmsCompatibility": true})),
            policy(json!({"options": [], "description": "", "fairPlayAmsCompatibility": false})),
        ),
    ] {
        let plan = on_mkio(kind, source, replica).unwrap();
        let Plan::Update(wanted, _) = plan else {
            panic!("{plan:?}");
        };
        assert_eq!(Value::Object(wanted.expose().clone()), sent);
    }
    // What is not there need not be taken away.
    let other = asset(json!({"description": "d"}), json!({}));
    let plan = on_mkio(Kind::Assets, other.clone(), bare).unwrap();
    let Plan::Update(wanted, _) = plan else {
        panic!("{plan:?}");
    };
    assert_eq!(Value::Object(wanted.expose().clone()), other);
}

#[test]
fn a_locator_that_is_not_what_it_seems_is_not_in_sync() {
    let locator = |state: &str| json!({"properties": {"assetName": "a", "resourceState": state}});
    let told = |source: &str, replica: &str| {
        let plan = on_mkio(Kind::StreamingLocators, locator(source), locator(replica));
        plan.map_err(|problem| problem.reason)
    };
    assert_eq!(told("Created", "Created"), Ok(Plan::InSync));
    assert_eq!(told("Updating", "Created"), Ok(Plan::InSync));
    assert_eq!(told("Error", "Created"), Ok(Plan::InSync));
    for state in ["Creating", "Updating", "Deleting"] {
        assert_eq!(told("Created", state), Err(Reason::ReplicaNotReady));
    }
    assert_eq!(told("Created", "Error"), Err(Reason::ReplicaRefused));
    assert_eq!(told("Creating", "Created"), Err(Reason::SourceNotReady));
    assert_eq!(told("Deleting", "Created"), Err(Reason::SourceChanging));
    let failed = json!({"properties": {"assetName": "a", "provisioningState": "Failed"}});
    let plan = on_mkio(Kind::StreamingLocators, locator("Created"), failed);
    assert_eq!(plan.unwrap_err().reason, Reason::ReplicaRefused);
}

#[test]
fn names_are_found_along_a_path() {
    let Value::Object(policy) = json!({"properties": {"commonEncryptionCenc": {"contentKeys": {"defaultKey": {"policyName": "p"},
        "keyToTrackMappings": [{"policyName": "q"}, {"label": "x"}, {"policyName": "r"}]}}}})
    else {
        unreachable!()
    };
    assert_eq!(
        named_at(
            &policy,
            "properties.commonEncryptionCenc.contentKeys.keyToTrackMappings[].policyName"
        ),
        ["q", "r"]
    );
    assert!(named_at(&policy, "properties.nothing[].x").is_empty());
}
