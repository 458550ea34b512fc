//! Refusals, silence, lost replies and wrong clocks.

use std::time::Duration;

use azure_core::http::headers::HeaderName;
use azure_core::http::{RequestContent, StatusCode};
use azure_core::time::{OffsetDateTime, parse_rfc7231};
use azure_storage_blob::models::BlobClientGetPropertiesResultHeaders;
use fake_storage::{Effect, Fault, Operation, Refusal, Seed};

use crate::clients::{DESTINATION, SOURCE, Stage, refusal};

#[tokio::test]
async fn every_refusal_reaches_the_client_with_its_code() {
    let stage = Stage::new().await;
    let blob = stage.destination("one");
    let faults = stage.storage.faults();
    for (refused, status, code) in [
        (Refusal::not_implemented(), 501, "APINotImplemented"),
        (Refusal::internal_error(), 500, "InternalError"),
        (
            Refusal::permission_mismatch(),
            403,
            "AuthorizationPermissionMismatch",
        ),
        (
            Refusal::authorization_failure(),
            403,
            "AuthorizationFailure",
        ),
        (
            Refusal::key_not_permitted(),
            403,
            "KeyBasedAuthenticationNotPermitted",
        ),
    ] {
        faults.add(
            Fault::of(Operation::PutBlob, Effect::Refuse(refused))
                .account(DESTINATION)
                .times(1),
        );
        let outcome = blob
            .upload(RequestContent::from(vec![1]), None)
            .await
            .map(|_| ());
        assert_eq!(refusal(outcome), (status, code.to_owned()));
    }
    assert_eq!(
        stage.storage.account(DESTINATION).blobs("asset"),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_busy_server_says_how_long_to_wait() {
    let stage = Stage::new().await;
    stage
        .storage
        .faults()
        .add(Fault::of_all(Effect::Refuse(Refusal::server_busy(Some(7)))));
    let error = stage.source("one").download(None).await.err().unwrap();
    assert_eq!(error.http_status(), Some(StatusCode::ServiceUnavailable));
    let azure_core::error::ErrorKind::HttpResponse {
        raw_response: Some(raw),
        ..
    } = error.kind()
    else {
        panic!("not an answer: {error}");
    };
    assert_eq!(
        raw.headers()
            .get_optional_str(&HeaderName::from_static("retry-after")),
        Some("7")
    );
}

#[tokio::test]
async fn a_lost_reply_is_work_done_and_no_answer() {
    let stage = Stage::new().await;
    let blob = stage.destination("one");
    stage
        .storage
        .faults()
        .add(Fault::of(Operation::PutBlob, Effect::LoseReply).times(1));
    let error = blob
        .upload(RequestContent::from(b"done".to_vec()), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error.http_status(), None, "there was no answer: {error}");
    let state = stage
        .storage
        .account(DESTINATION)
        .blob("asset", "one")
        .unwrap();
    assert_eq!(state.content.to_bytes(), "done");
    let requests = stage.storage.journal().requests();
    assert_eq!((requests[0].status, requests[0].answered), (201, false));
}

#[tokio::test]
async fn a_region_that_is_gone_does_nothing_and_says_nothing_until_it_is_back() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "one", Seed::bytes("x"));
    let blob = stage.source("one");
    stage
        .storage
        .faults()
        .add(Fault::of_all(Effect::Disconnect).account(SOURCE));
    assert_eq!(blob.delete(None).await.err().unwrap().http_status(), None);
    assert!(stage.storage.account(SOURCE).blob("asset", "one").is_some());
    stage.storage.faults().clear();
    blob.delete(None).await.unwrap();
}

#[tokio::test]
async fn a_hanging_request_hangs_and_others_do_not() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "one", Seed::bytes("x"));
    stage
        .storage
        .faults()
        .add(Fault::of(Operation::GetBlob, Effect::Hang).name("one"));
    let blob = stage.source("one");
    let hanging = tokio::time::timeout(Duration::from_millis(300), blob.download(None)).await;
    assert!(hanging.is_err(), "it was answered");
    tokio::time::timeout(Duration::from_secs(10), blob.get_properties(None))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn each_account_has_its_own_clock() {
    let stage = Stage::new().await;
    let account = stage.storage.account(SOURCE);
    account.set_clock_offset(azure_core::time::Duration::hours(-3));
    account.put("asset", "one", Seed::bytes("x"));
    let answer = stage.source("one").get_properties(None).await.unwrap();
    let date = answer
        .headers()
        .get_optional_string(&HeaderName::from_static("date"))
        .unwrap();
    let behind = OffsetDateTime::now_utc() - parse_rfc7231(&date).unwrap();
    assert!(
        (behind - azure_core::time::Duration::hours(3)).abs()
            < azure_core::time::Duration::minutes(1)
    );
    let modified = answer.last_modified().unwrap().unwrap();
    assert!(
        (parse_rfc7231(&date).unwrap() - modified).abs() < azure_core::time::Duration::minutes(1)
    );
}

#[tokio::test]
async fn the_journal_counts_by_account_and_operation() {
    let stage = Stage::new().await;
    let blob = stage.destination("one");
    blob.upload(RequestContent::from(vec![1]), None)
        .await
        .unwrap();
    blob.get_properties(None).await.unwrap();
    blob.get_properties(None).await.unwrap();
    let journal = stage.storage.journal();
    assert_eq!(journal.count(Operation::GetBlobProperties), 2);
    assert_eq!(journal.writes(DESTINATION), 1);
    assert!(journal.counts(SOURCE).is_empty());
    let last = journal.requests().pop().unwrap();
    assert_eq!(
        (last.container.as_str(), last.name.as_str(), last.status),
        ("asset", "one", 200)
    );
    journal.clear();
    assert_eq!(journal.writes(DESTINATION), 0);
}

#[tokio::test]
async fn over_http_a_signature_is_enough() {
    let storage = fake_storage::FakeStorage::start(&["one"]).await.unwrap();
    storage.account("one").put("asset", "a", Seed::bytes("x"));
    let mut url = storage.blob_endpoint("one");
    url.set_path("one/asset/a");
    url.set_query(Some("sv=2026-04-06&sp=r&se=2999-01-01T00:00:00Z&sig=x"));
    fake_storage::install_ring();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |url: azure_core::http::Url| {
        let client = client.clone();
        async move { client.get(url).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(get(url.clone()).await, 200);
    url.set_query(None);
    assert_eq!(get(url.clone()).await, 401);
    url.set_query(Some(
        "sv=2026-04-06&sp=r&spr=https&se=2999-01-01T00:00:00Z&sig=x",
    ));
    assert_eq!(get(url).await, 403);
}
