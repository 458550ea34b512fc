//! Blobs of many gigabytes.

use std::time::{Duration, Instant};

use azure_storage_blob::models::{
    BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders,
    BlockBlobClientStageBlockFromUrlOptions, BlockLookupList, HttpRange,
};
use fake_storage::{Content, Seed};

use crate::clients::{DESTINATION, SOURCE, Stage};

const MIB: u64 = 1024 * 1024;
const TEN_GIB: u64 = 10 * 1024 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn ten_gibibytes_are_copied_block_by_block_in_no_memory() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "large.mp4", Seed::pattern(7, TEN_GIB));
    let blob = stage.destination("large.mp4");
    let (blocks, url) = (blob.block_blob_client(), stage.readable("large.mp4"));
    let begun = Instant::now();
    let mut ids = Vec::new();
    for offset in (0..TEN_GIB).step_by(64 * 1024 * 1024) {
        let id = format!("{offset:016x}").into_bytes();
        let range = Some(HttpRange::new(offset, 64 * MIB));
        let options = BlockBlobClientStageBlockFromUrlOptions {
            source_range: range,
            ..Default::default()
        };
        blocks
            .stage_block_from_url(&id, 0, url.clone(), Some(options))
            .await
            .unwrap();
        ids.push(id);
    }
    let list = BlockLookupList {
        latest: Some(ids),
        ..Default::default()
    };
    blocks
        .commit_block_list(list.try_into().unwrap(), None)
        .await
        .unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}: the bytes must not be generated",
        begun.elapsed()
    );

    let state = stage
        .storage
        .account(DESTINATION)
        .blob("asset", "large.mp4")
        .unwrap();
    assert_eq!(state.content, Content::pattern(7, TEN_GIB));
    assert_eq!((state.blocks, state.md5), (160, None));
    let found = blob.get_properties(None).await.unwrap();
    assert_eq!(found.content_length().unwrap(), Some(TEN_GIB));

    let end = BlobClientDownloadOptions {
        range: Some(HttpRange::new(TEN_GIB - 10, 10)),
        ..Default::default()
    };
    let tail = blob
        .download(Some(end))
        .await
        .unwrap()
        .body
        .collect()
        .await
        .unwrap();
    assert_eq!(
        tail,
        Content::pattern(7, TEN_GIB)
            .slice(TEN_GIB - 10, 10)
            .to_bytes()
    );
}
