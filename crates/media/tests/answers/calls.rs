//! What several calls are made of on the wire: which they are, and that their answers are not mixed up.

use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ServiceError, counted};
use serde_json::{Value, json};

use crate::account::{
    Account,
    Speaks::{Ams as AMS, Mkio as MKIO},
};

/// What GET answers: a locator with an ID, made at a time, with keys where the service shows them.
fn locator(id: &str, made: &str, keys: &Value) -> (u16, Value) {
    let mut properties = json!({
        "streamingLocatorId": id,
        "streamingPolicyName": "Predefined_ClearKey",
        "contentKeys": keys,
    });
    if keys.is_null() {
        properties.as_object_mut().unwrap().remove("contentKeys");
    }
    let body = json!({"name": "l", "properties": properties, "systemData": {"createdAt": made}});
    (200, body)
}

/// What listContentKeys answers.
fn values(keys: &Value) -> (u16, Value) {
    let mut keys = keys.clone();
    for key in keys.as_array_mut().unwrap() {
        key["value"] = json!("dmFsdWU=");
    }
    (200, json!({"contentKeys": keys}))
}

fn keys(ids: &[&str]) -> Value {
    ids.iter()
        .map(|id| json!({"id": id, "labelReferenceInStreamingPolicy": "label"}))
        .collect()
}

async fn read(account: &Account) -> Result<Option<Body>, ServiceError> {
    let id = ResourceId::new(Kind::StreamingLocators, Name::new("l").unwrap());
    account.client.read(&id).await
}

fn is_torn(read: &Result<Option<Body>, ServiceError>) -> bool {
    match read {
        Err(error) => {
            error.kind == ErrorKind::Unavailable
                && error.code.as_deref() == Some("keys-of-another-locator")
        }
        Ok(_) => false,
    }
}

#[tokio::test]
async fn keys_of_a_locator_that_was_made_anew_meanwhile_are_not_taken_for_its_own() {
    for speaks in [AMS, MKIO] {
        for (shown, listed) in [
            (vec!["a"], vec!["b"]),
            (vec!["a", "b"], vec!["a"]),
            (vec!["a"], vec!["a", "b"]),
            (vec!["a"], vec![]),
        ] {
            let answers = vec![locator("old", "1", &keys(&shown)), values(&keys(&listed))];
            let account = Account::answering(speaks, answers).await;
            let got = read(&account).await;
            assert!(is_torn(&got), "{speaks:?} {shown:?} {listed:?}: {got:?}");
            // That it happens costs no call either.
            assert_eq!(account.asked(), ["GET l", "POST listContentKeys"]);
        }
    }
}

#[tokio::test]
async fn a_locator_that_shows_its_keys_is_read_with_two_calls_and_one_without_keys_with_one() {
    for speaks in [AMS, MKIO] {
        let answers = vec![
            locator("id", "1", &keys(&["a", "B"])),
            values(&keys(&["b", "A"])),
        ];
        let account = Account::answering(speaks, answers).await;
        let body = read(&account).await.unwrap().unwrap();
        assert_eq!(body.text("streamingLocatorId"), Some("id"));
        assert!(body.property("contentKeys").unwrap()[1]["value"].is_string());
        assert_eq!(account.asked(), ["GET l", "POST listContentKeys"]);

        let mut clear = locator("id", "1", &json!([]));
        clear.1["properties"]["streamingPolicyName"] = json!("Predefined_ClearStreamingOnly");
        let account = Account::answering(speaks, vec![clear]).await;
        assert!(read(&account).await.unwrap().is_some());
        assert_eq!(account.asked(), ["GET l"]);
    }
}

#[tokio::test]
async fn that_get_shows_no_keys_is_not_believed_of_a_policy_that_may_encrypt() {
    let shown = || locator("id", "1", &json!([]));
    let answers = vec![shown(), values(&keys(&["a"])), shown()];
    let account = Account::answering(MKIO, answers).await;
    let body = read(&account).await.unwrap().unwrap();
    assert_eq!(body.property("contentKeys").unwrap()[0]["id"], "a");
    assert_eq!(account.asked(), ["GET l", "POST listContentKeys", "GET l"]);
    // There are none.
    let answers = vec![shown(), values(&json!([]))];
    let account = Account::answering(MKIO, answers).await;
    assert!(read(&account).await.unwrap().is_some());
    assert_eq!(account.asked(), ["GET l", "POST listContentKeys"]);
}

#[tokio::test]
async fn keys_without_their_labels_in_get_are_the_locators_too() {
    let shown = json!([{"id": "a"}, {"id": "b"}]);
    for speaks in [AMS, MKIO] {
        let answers = vec![locator("id", "1", &shown), values(&keys(&["B", "A"]))];
        let account = Account::answering(speaks, answers).await;
        let body = read(&account).await.unwrap().unwrap();
        let keys = body.property("contentKeys").unwrap();
        assert_eq!(keys[0]["labelReferenceInStreamingPolicy"], "label");
    }
}

#[tokio::test]
async fn where_get_shows_no_keys_a_second_get_tells_whether_they_are_the_locators() {
    let hidden = |id: &str, made: &str| locator(id, made, &Value::Null);
    let gone = (404, json!({"error": {"status": 404}}));
    let three = ["GET l", "POST listContentKeys", "GET l"];
    let cases = [
        (hidden("old", "1"), Some(true)),
        (hidden("new", "2"), None),
        // Under the ID that it had.
        (hidden("old", "2"), None),
    ];
    for (after, expected) in cases {
        let answers = vec![hidden("old", "1"), values(&keys(&["a"])), after.clone()];
        let account = Account::answering(MKIO, answers).await;
        let got = read(&account).await;
        match expected {
            Some(_) => assert!(matches!(got, Ok(Some(_))), "{after:?}: {got:?}"),
            None => assert!(is_torn(&got), "{after:?}: {got:?}"),
        }
        assert_eq!(account.asked(), three);
    }
    let answers = vec![hidden("old", "1"), values(&keys(&["a"])), gone];
    let account = Account::answering(MKIO, answers).await;
    // In an invocation in which the project answered.
    let (got, _) = counted(read(&account)).await;
    assert!(got.unwrap().is_none());
    assert_eq!(account.asked(), three);
    // No keys, nothing to mix up.
    let answers = vec![hidden("old", "1"), values(&json!([]))];
    let account = Account::answering(MKIO, answers).await;
    assert!(read(&account).await.unwrap().is_some());
    assert_eq!(account.asked(), three[..2]);
}

const USUAL: &str = "asset-01234567-89ab-cdef-0123-456789abcdef";

fn asset(name: &str, storage: &str, container: &str) -> Value {
    json!({"name": name, "properties": {"storageAccountName": storage, "container": container}})
}

fn page(assets: &[Value]) -> (u16, Value) {
    (200, json!({"value": assets}))
}

fn record(account: &str) -> (u16, Value) {
    let url = format!("https://{account}.blob.core.windows.net");
    (
        200,
        json!({"spec": {"type": "Microsoft.Storage", "url": url}}),
    )
}

fn refused() -> (u16, Value) {
    (400, json!({"error": {"code": "BadRequest", "status": 400}}))
}

/// The names found in `weststore`, and the filters that were asked for.
async fn found(account: &Account, container: &str) -> (Vec<String>, Vec<String>) {
    let names = account
        .client
        .assets_in("weststore", container)
        .await
        .unwrap();
    let names = names.iter().map(ToString::to_string).collect();
    (names, account.filters())
}

#[tokio::test]
async fn an_asset_is_found_by_the_id_in_its_containers_name() {
    let by_id = "properties/assetId eq 01234567-89ab-cdef-0123-456789abcdef";
    let one = page(&[asset("film", "weststore", USUAL)]);
    let account = Account::answering(AMS, vec![one.clone()]).await;
    assert_eq!(
        found(&account, USUAL).await,
        (vec!["film".to_owned()], vec![by_id.to_owned()])
    );
    // Not by that ID: somebody chose that name. And where the service does not know the filter.
    for first in [
        page(&[]),
        refused(),
        page(&[asset("film", "weststore", "other")]),
    ] {
        let all = page(&[
            asset("other", "weststore", "other"),
            asset("elsewhere", "eaststore", USUAL),
            asset("film", "weststore", USUAL),
        ]);
        let account = Account::answering(AMS, vec![first, all]).await;
        let expected = (
            vec!["film".to_owned()],
            vec![by_id.to_owned(), String::new()],
        );
        assert_eq!(found(&account, USUAL).await, expected);
    }
    let account = Account::answering(AMS, vec![page(&[asset("film", "weststore", "films")])]).await;
    assert_eq!(
        found(&account, "films").await,
        (vec!["film".to_owned()], vec![String::new()])
    );
    let account = Account::answering(AMS, vec![(403, json!({}))]).await;
    let error = account
        .client
        .assets_in("weststore", USUAL)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn an_asset_is_found_by_its_container_on_mkio_and_by_the_account_behind_the_record() {
    let by_container = "properties/container eq 'films'";
    let both = page(&[
        asset("film", "west media", "films"),
        asset("part", "west media", "films"),
        asset("elsewhere", "east media", "films"),
    ]);
    let records = [record("weststore"), record("eaststore")];
    let answers = [vec![both.clone()], records.to_vec()].concat();
    let account = Account::answering(MKIO, answers).await;
    let (names, filters) = found(&account, "films").await;
    assert_eq!(names, ["film", "part"]);
    assert_eq!(filters, [by_container, "", ""]);
    assert_eq!(
        account.asked(),
        ["GET assets", "GET west%20media", "GET east%20media"]
    );
    // A service that does not know the filter refuses it, or answers with everything.
    let all = page(&[
        asset("other", "west media", "other"),
        asset("film", "west media", "films"),
    ]);
    for answers in [vec![refused(), all.clone()], vec![all.clone()]] {
        let calls = answers.len();
        let answers = [answers, vec![record("weststore")]].concat();
        let account = Account::answering(MKIO, answers).await;
        let (names, _) = found(&account, "films").await;
        assert_eq!(names, ["film"]);
        assert_eq!(account.asked().len(), calls + 1);
    }
    let account = Account::answering(MKIO, vec![page(&[])]).await;
    assert_eq!(found(&account, "films").await.0, Vec::<String>::new());
}

#[tokio::test]
async fn a_walk_for_a_container_follows_every_page_and_ends() {
    let linked = |name: &str, next: &str| {
        let mut page = page(&[asset(name, "weststore", "films")]);
        page.1["@odata.nextLink"] = json!(next);
        page
    };
    // Pages that shift repeat an asset.
    let answers = vec![
        linked("one", "/p?page=2"),
        linked("one", "/p?page=3"),
        page(&[asset("two", "weststore", "films")]),
    ];
    let account = Account::answering(AMS, answers).await;
    assert_eq!(found(&account, "films").await.0, ["one", "two"]);
    assert_eq!(account.asked(), ["GET assets", "GET p", "GET p"]);
}
