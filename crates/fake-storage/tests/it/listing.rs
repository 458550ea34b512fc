//! Listings as the service may cut them, though it seldom does.

use std::time::Instant;

use azure_storage_blob::models::{BlobContainerClientListBlobsOptions, ListBlobsIncludeItem};
use fake_storage::{Operation, Paging, Seed};
use futures::TryStreamExt;

use crate::clients::{SOURCE, Stage};

async fn listed(stage: &Stage, maxresults: Option<i32>) -> Vec<String> {
    let container = stage.blobs(SOURCE).blob_container_client("asset");
    let include = Some(vec![ListBlobsIncludeItem::Metadata]);
    let options = BlobContainerClientListBlobsOptions {
        maxresults,
        include,
        ..Default::default()
    };
    let items = container.list_blobs(Some(options)).unwrap();
    items
        .map_ok(|item| item.name.unwrap())
        .try_collect()
        .await
        .unwrap()
}

fn seed(stage: &Stage, count: usize) {
    let account = stage.storage.account(SOURCE);
    for i in 0..count {
        account.put(
            "asset",
            &format!("{i:06}"),
            Seed::bytes("x").metadata("n", i.to_string()),
        );
    }
}

#[tokio::test]
async fn pages_may_repeat_items() {
    let stage = Stage::new().await;
    seed(&stage, 5);
    stage.storage.account(SOURCE).set_paging(Paging {
        repeat: 1,
        ..Paging::default()
    });
    assert_eq!(
        listed(&stage, Some(3)).await,
        ["000000", "000001", "000002", "000002", "000003", "000004"]
    );
}

#[tokio::test]
async fn pages_may_be_empty_or_smaller_than_asked_for() {
    let stage = Stage::new().await;
    seed(&stage, 5);
    stage.storage.account(SOURCE).set_paging(Paging {
        size: 2,
        empty_pages: true,
        ..Paging::default()
    });
    assert_eq!(
        listed(&stage, None).await,
        ["000000", "000001", "000002", "000003", "000004"]
    );
    assert_eq!(
        stage.storage.journal().count(Operation::ListBlobs),
        5,
        "three pages and two empty ones"
    );
}

#[tokio::test]
async fn six_thousand_blobs_are_two_requests() {
    let stage = Stage::new().await;
    seed(&stage, 6_000);
    let begun = Instant::now();
    assert_eq!(listed(&stage, None).await.len(), 6_000);
    println!("6,000 blobs listed in {} ms", begun.elapsed().as_millis());
    assert_eq!(stage.storage.journal().count(Operation::ListBlobs), 2);
}

#[tokio::test]
async fn names_that_xml_cannot_carry_come_back() {
    let stage = Stage::new().await;
    let names = ["a\u{fffe}b", "tab\there", "plain & <simple>"];
    for name in names {
        stage
            .storage
            .account(SOURCE)
            .put("asset", name, Seed::bytes("x"));
    }
    let mut found = listed(&stage, None).await;
    found.sort();
    let mut expected = names.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(found, expected);
}
