//! Exceptions as blobs: what a listing shows are the names under which they were written.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::sync::Arc;

use change::{Kind, Name, ResourceId};
use fake_storage::{Effect, FakeStorage, Fault, Operation, Refusal};
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

#[tokio::test]
async fn the_exceptions_of_a_kind_are_counted_and_some_are_read() {
    let storage = FakeStorage::start(&[ACCOUNT]).await.unwrap();
    let exceptions = exceptions(&storage);
    let none = exceptions.of(Kind::Assets, 10).await.unwrap();
    assert_eq!((none.count, none.is_all), (0, true));
    for name in ["a b.c", "ü(1)~!", "100=x,y;z@here", "assetFilters"] {
        let asset = Name::new(name).unwrap();
        let filter = ResourceId::asset_filter(asset.clone(), Name::new("f").unwrap());
        let asset = ResourceId::new(Kind::Assets, asset);
        exceptions.record(&asset, &failed(name)).await.unwrap();
        exceptions.record(&filter, &failed(name)).await.unwrap();
        exceptions
            .record(&locator(name), &failed(name))
            .await
            .unwrap();
    }
    for kind in [Kind::Assets, Kind::AssetFilters, Kind::StreamingLocators] {
        let listed = exceptions.of(kind, 3).await.unwrap();
        assert_eq!((listed.count, listed.is_all), (4, true), "{kind}");
        assert_eq!(listed.read.len(), 3, "{kind}");
        let all = exceptions.of(kind, 10).await.unwrap().read;
        let mut names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["100=x,y;z@here", "a b.c", "assetFilters", "ü(1)~!"]);
    }
    let busy = Refusal::server_busy(None);
    let fault = Fault::of(Operation::ListBlobs, Effect::Refuse(busy));
    storage.faults().add(fault);
    assert!(exceptions.of(Kind::Assets, 3).await.is_err());
}
