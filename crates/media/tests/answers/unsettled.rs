//! Answers of MK.IO that no document rules out, and what its client makes of them.

use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, counted};
use serde_json::{Map, Value, json};

use crate::account::{Account, Speaks};

async fn project(answers: Vec<(u16, Value)>) -> Account {
    Account::answering(Speaks::Mkio, answers).await
}

fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(kind, Name::new(name).unwrap())
}

fn body(kind: Kind, properties: Value) -> Body {
    let value = [("properties".to_owned(), properties)];
    Body::new(id(kind, "film"), Map::from_iter(value))
}

fn asset() -> Body {
    body(Kind::Assets, json!({"storageAccountName": "store"}))
}

fn locators(of: &[(&str, &str)], next: Option<&str>) -> (u16, Value) {
    let value: Value = of
        .iter()
        .map(|(name, asset)| json!({"name": name, "properties": {"assetName": asset}}))
        .collect();
    (200, json!({"value": value, "@odata.nextLink": next}))
}

async fn published(account: &Account) -> Vec<String> {
    let film = Name::new("the film").unwrap();
    let names = account.client.locators_of(&film).await.unwrap().unwrap();
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_locators_of_an_asset_are_found_whatever_becomes_of_the_filter() {
    let filter = "properties/assetName eq 'the film'";
    let account = project(vec![locators(&[("one", "the film")], None)]).await;
    assert_eq!(published(&account).await, ["one"]);
    assert_eq!(account.filters(), [filter]);
    // Refused: every page is read, and pages that shift repeat a locator.
    let refused = (
        400,
        json!({"error": {"code": "BadRequest", "detail": "no"}}),
    );
    let answers = vec![
        refused,
        locators(
            &[("one", "the film"), ("x", "other")],
            Some("?$skiptoken=2"),
        ),
        locators(&[("one", "the film"), ("two", "the film")], None),
    ];
    let account = project(answers).await;
    assert_eq!(published(&account).await, ["one", "two"]);
    assert_eq!(account.filters(), [filter, "", ""]);
    // Anything else is no answer about the filter.
    let account = project(vec![(403, json!({"error": {"code": "Denied"}}))]).await;
    let film = Name::new("film").unwrap();
    let error = account.client.locators_of(&film).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(
        error.to_string().contains("ams.streaminglocator get"),
        "{error}"
    );
}

#[tokio::test]
async fn a_list_whose_next_page_is_the_same_page_ends() {
    let page = |next: &str| locators(&[("one", "the film")], Some(next));
    let request = ListRequest::all(Kind::StreamingLocators);
    let account = project(vec![page(
        "/api/v1/projects/project/media/streamingLocators",
    )])
    .await;
    let error = account.client.list(&request).await.unwrap_err();
    assert_eq!(
        error.code.as_deref(),
        Some("next-link-leads-to-its-own-page")
    );
    let account = project(vec![page("?$skiptoken=1"), page("?$skiptoken=1")]).await;
    let film = Name::new("the film").unwrap();
    assert!(account.client.locators_of(&film).await.is_err());
    assert_eq!(account.asked().len(), 2);
}

#[tokio::test]
async fn a_page_without_resources_is_no_empty_list() {
    let supplemental = json!({"supplemental": {"kind": "Asset", "pagination": {"total": 0}}});
    for answer in [supplemental, json!({"value": null}), json!("<html></html>")] {
        let account = project(vec![(200, answer)]).await;
        let request = ListRequest::all(Kind::Assets);
        let error = account.client.list(&request).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn a_404_that_is_not_the_services_own_says_nothing_of_a_resource() {
    let project_is_there = || (200, json!({"metadata": {"name": "project"}}));
    let own = json!({"error": {"code": "NotFound", "detail": "gone"}, "status": 404, "ref": "r"});
    let account = project(vec![(404, own), project_is_there()]).await;
    assert!(account.client.read(asset().id()).await.unwrap().is_none());
    let page = json!("<html>404 Not Found</html>");
    for answer in [page, json!("")] {
        let account = project(vec![(404, answer), project_is_there()]).await;
        let (read, _) = counted(account.client.read(asset().id())).await;
        let error = read.unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_deref()),
            (ErrorKind::Unavailable, Some("answer-is-not-json"))
        );
        assert_eq!(account.asked(), ["GET film"]);
    }
}

#[tokio::test]
async fn every_form_of_an_error_is_understood() {
    for (answer, code, reference) in [
        (
            json!({"error": {"code": "Bad", "detail": "d", "extraDetail": {}}, "status": 400, "ref": "r-1"}),
            Some("Bad"),
            Some("r-1"),
        ),
        (
            json!({"error": "it is bad", "ref": "r-1"}),
            None,
            Some("r-1"),
        ),
        (
            json!({"error": {"code": "Bad", "ref": "r-1"}}),
            Some("Bad"),
            Some("r-1"),
        ),
        (json!({"detail": "it is bad"}), None, None),
        (json!("<html>bad</html>"), Some("answer-is-not-json"), None),
    ] {
        let account = project(vec![(400, answer)]).await;
        let error = account.client.create(&asset()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!(error.code.as_deref(), code);
        assert_eq!(error.reference.as_deref(), reference);
        assert!(!error.to_string().contains("is bad"));
    }
}

#[tokio::test]
async fn a_write_that_is_accepted_is_looked_at_when_it_is_done() {
    let made = || (200, json!({"properties": {"container": "c"}}));
    let state = |state: &str| (200, json!({"status": {"state": state}}));
    for accepted in [json!({"status": "InProgress"}), json!("")] {
        let answers = vec![(202, accepted), state("Pending"), state("Ready"), made()];
        let account = project(answers).await;
        let written = account.client.create(&asset()).await.unwrap();
        assert_eq!(written.text("container"), Some("c"));
        assert_eq!(
            account.asked(),
            ["PUT film", "GET state", "GET state", "GET film"]
        );
    }
    // Or later still.
    let gone = || (404, json!({"error": {"code": "NotFound"}}));
    let there = (200, json!({"metadata": {}}));
    let account = project(vec![(202, json!("")), gone(), gone(), there]).await;
    let error = account.client.create(&asset()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotReady);
}

#[tokio::test]
async fn whatever_is_said_to_a_deletion_that_is_done_it_is_done() {
    for answer in [
        json!(""),
        json!("OK"),
        json!(null),
        json!({"status": "deleted"}),
    ] {
        let account = project(vec![(200, answer)]).await;
        account.client.delete(asset().id()).await.unwrap();
    }
    let account = project(vec![(404, json!("<html></html>"))]).await;
    assert!(account.client.delete(asset().id()).await.is_err());
}

/// Whether keys that are left out count as changed.
#[tokio::test]
async fn a_locator_is_changed_without_its_keys_and_else_with_them() {
    let keys = json!([{"id": "a", "value": "dmFsdWU="}]);
    let locator = body(
        Kind::StreamingLocators,
        json!({"assetName": "film", "streamingPolicyName": "own", "suppressed": false, "contentKeys": keys}),
    );
    let changed = || (200, json!({"properties": {"contentKeys": [{"id": "a"}]}}));
    let listed = || (200, json!({"contentKeys": keys}));
    let refused = (
        409,
        json!({"error": {"code": "Conflict", "detail": "contentKeys"}}),
    );

    let account = project(vec![changed(), listed()]).await;
    account.client.update(&locator).await.unwrap();
    assert_eq!(account.asked(), ["PUT film", "POST listContentKeys"]);
    assert!(account.bodies()[0]["properties"]["contentKeys"].is_null());

    let account = project(vec![refused, changed(), listed()]).await;
    account.client.update(&locator).await.unwrap();
    assert_eq!(
        account.asked(),
        ["PUT film", "PUT film", "POST listContentKeys"]
    );
    assert_eq!(account.bodies()[1]["properties"]["contentKeys"], keys);
}

#[tokio::test]
async fn names_are_encoded_in_paths() {
    let account = project(vec![(200, json!({"properties": {}}))]).await;
    let film = id(Kind::Assets, "Der #1 (Film) [ü] 100€; a=b, \"c\" {d}|e~`f");
    assert!(account.client.read(&film).await.unwrap().is_some());
    assert_eq!(
        account.asked(),
        ["GET Der%20%231%20(Film)%20[%C3%BC]%20100%E2%82%AC;%20a=b,%20%22c%22%20%7Bd%7D|e~%60f"]
    );
}
