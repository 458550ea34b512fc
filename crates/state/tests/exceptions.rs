//! Exceptions as blobs: what a listing shows are the names under which they were written.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::sync::Arc;

use change::{Kind, Name, ResourceId};
use fake_storage::{FakeStorage, Operation};
use state::{BlobDocuments, Exception, Exceptions};
use time::OffsetDateTime;

const ACCOUNT: &str = "appstore";

fn exceptions(storage: &FakeStorage) -> Exceptions {
    fake_storage::install_ring();
    let mut service = storage.blob_endpoint(ACCOUNT);
    service.set_query(Some(
        "sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2999-01-01T00:00:00Z&sig=c2ln",
    ));
    let client = cloud::http_client().unwrap();
    let credential = cloud::credential(&cloud::Identity::DeveloperTools, &client).unwrap();
    let documents = BlobDocuments::new(service, "mirror-state", credential, &client).unwrap();
    Exceptions::new(Arc::new(documents))
}

fn failed(name: &str) -> Exception {
    Exception {
        kind: "streamingLocators".to_owned(),
        name: name.to_owned(),
        parent: None,
        outcome: "failed".to_owned(),
        reason: "replica-conflict".to_owned(),
        detail: None,
        since: OffsetDateTime::now_utc(),
        at: OffsetDateTime::now_utc(),
        attempt: 0,
    }
}

fn locator(name: &str) -> ResourceId {
    ResourceId::new(Kind::StreamingLocators, Name::new(name).unwrap())
}

#[tokio::test]
async fn a_record_that_another_process_made_is_found_in_a_listing_whatever_its_name() {
    let storage = FakeStorage::start(&[ACCOUNT]).await.unwrap();
    let (one, other) = (exceptions(&storage), exceptions(&storage));
    let names = ["plain", "a b.c", "ü(1)~!", "100=x,y;z@here"];
    for name in names {
        other.record(&locator(name), &failed(name)).await.unwrap();
    }
    for n in 0..100 {
        let id = locator(&format!("film-{n}"));
        one.clear_if_recorded(&id).await.unwrap();
    }
    let calls = |operation| storage.journal().count_in(ACCOUNT, operation);
    assert_eq!(calls(Operation::ListBlobs), 1);
    assert!(calls(Operation::DeleteBlob) < 100);
    for name in names {
        one.clear_if_recorded(&locator(name)).await.unwrap();
        assert_eq!(one.get(&locator(name)).await.unwrap(), None, "{name}");
    }
}
