//! Copies that Azurite cannot show.

use std::collections::HashMap;

use azure_storage_blob::StorageError;
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlobClientStartCopyFromUrlResultHeaders,
    BlockBlobClientUploadBlobFromUrlOptions, CopyStatus,
};
use fake_storage::{
    AccessTier, CopyEnd, CopyPace, Effect, Fault, Limits, Operation, Refusal, Seed,
};

use crate::clients::{DESTINATION, SOURCE, Stage, refusal};

async fn put_from_url(stage: &Stage, url: String) -> azure_core::Result<()> {
    let blob = stage.destination("copy").block_blob_client();
    blob.upload_blob_from_url(url, None).await.map(|_| ())
}

/// What the error says of the copy source: its status, code and message.
async fn copy_source(stage: &Stage, url: String) -> (u16, u16, String) {
    let error = StorageError::try_from(put_from_url(stage, url).await.unwrap_err()).unwrap();
    let source = error.copy_source_status_code.map(u16::from).unwrap();
    (
        u16::from(error.status_code),
        source,
        error.copy_source_error_code.unwrap(),
    )
}

#[tokio::test]
async fn a_pending_copy_goes_on_from_look_to_look_and_ends() {
    let stage = Stage::new().await;
    stage.storage.account(SOURCE).put(
        "asset",
        "a.mp4",
        Seed::pattern(1, 1000).content_type("video/mp4"),
    );
    stage.storage.set_copy_pace(CopyPace::pending_for(2));
    let blob = stage.destination("copy");

    let started = blob
        .start_copy_from_url(stage.readable("a.mp4"), None)
        .await
        .unwrap();
    assert_eq!(started.copy_status().unwrap(), Some(CopyStatus::Pending));

    let mut seen = Vec::new();
    for _ in 0..4 {
        let found = blob.get_properties(None).await.unwrap();
        seen.push((
            found.copy_status().unwrap().unwrap(),
            found.content_length().unwrap().unwrap(),
        ));
    }
    let (pending, success) = (CopyStatus::Pending, CopyStatus::Success);
    assert_eq!(
        seen,
        [(pending, 0), (pending, 0), (success, 1000), (success, 1000)]
    );
}

#[tokio::test]
async fn a_held_copy_can_be_aborted_and_blocks_other_writes_until_then() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "a.mp4", Seed::pattern(1, 1000));
    stage.storage.set_copy_pace(CopyPace::held());
    let blob = stage.destination("copy");
    let started = blob
        .start_copy_from_url(stage.readable("a.mp4"), None)
        .await
        .unwrap();
    let id = started.copy_id().unwrap().unwrap();

    let again = blob
        .start_copy_from_url(stage.readable("a.mp4"), None)
        .await
        .map(|_| ());
    assert_eq!(refusal(again), (409, "PendingCopyOperation".to_owned()));
    assert_eq!(
        refusal(blob.abort_copy("other", None).await),
        (409, "CopyIdMismatch".to_owned())
    );
    blob.abort_copy(&id, None).await.unwrap();

    let found = blob.get_properties(None).await.unwrap();
    assert_eq!(found.copy_status().unwrap(), Some(CopyStatus::Aborted));
    assert_eq!(found.content_length().unwrap(), Some(0));
    assert_eq!(
        refusal(blob.abort_copy(&id, None).await),
        (409, "NoPendingCopyOperation".to_owned())
    );
}

#[tokio::test]
async fn a_copy_can_fail_on_its_way_or_be_told_to_end() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "a.mp4", Seed::pattern(1, 1000));
    stage
        .storage
        .set_copy_pace(CopyPace::pending_for(0).failing("404 BlobNotFound"));
    let failing = stage.destination("failing");
    failing
        .start_copy_from_url(stage.readable("a.mp4"), None)
        .await
        .unwrap();
    let found = failing.get_properties(None).await.unwrap();
    assert_eq!(found.copy_status().unwrap(), Some(CopyStatus::Failed));
    assert_eq!(
        found.copy_status_description().unwrap().as_deref(),
        Some("404 BlobNotFound")
    );

    stage.storage.set_copy_pace(CopyPace::held());
    stage
        .destination("held")
        .start_copy_from_url(stage.readable("a.mp4"), None)
        .await
        .unwrap();
    let account = stage.storage.account(DESTINATION);
    assert_eq!(
        account.blob("asset", "held").unwrap().copy_status,
        Some("pending")
    );
    assert!(account.end_copy("asset", "held", CopyEnd::Success));
    let state = account.blob("asset", "held").unwrap();
    assert_eq!(
        (state.copy_status, state.content.len()),
        (Some("success"), 1000)
    );
    assert!(
        !account.end_copy("asset", "held", CopyEnd::Success),
        "it has ended"
    );
}

#[tokio::test]
async fn a_refused_source_says_what_the_source_said() {
    let stage = Stage::new().await;
    let source = stage.storage.account(SOURCE);
    source.put("asset", "a.mp4", Seed::bytes("a"));
    source.put(
        "asset",
        "cold.mp4",
        Seed::bytes("a").tier(AccessTier::Archive),
    );
    let bare = stage.source("a.mp4").url().to_string();

    assert_eq!(
        copy_source(&stage, bare.clone()).await,
        (404, 404, "ResourceNotFound".into())
    );
    source.forbid_public_access(true);
    assert_eq!(
        copy_source(&stage, bare).await,
        (409, 409, "PublicAccessNotPermitted".into())
    );
    assert_eq!(
        copy_source(&stage, stage.readable("cold.mp4")).await,
        (409, 409, "BlobArchived".into())
    );
    assert_eq!(
        copy_source(&stage, stage.readable("none.mp4")).await,
        (404, 404, "BlobNotFound".into())
    );

    let past = stage.readable("a.mp4").replace("2999", "2020");
    assert_eq!(
        copy_source(&stage, past).await,
        (403, 403, "AuthenticationFailed".into())
    );
    let firewall = Effect::Refuse(Refusal::authorization_failure());
    stage.storage.faults().add(
        Fault::of(Operation::ReadCopySource, firewall)
            .account(SOURCE)
            .times(1),
    );
    assert_eq!(
        copy_source(&stage, stage.readable("a.mp4")).await,
        (403, 403, "AuthorizationFailure".into())
    );

    put_from_url(&stage, stage.readable("a.mp4")).await.unwrap();
    let reads = stage
        .storage
        .journal()
        .count_in(SOURCE, Operation::ReadCopySource);
    assert_eq!(
        (
            reads,
            stage
                .storage
                .journal()
                .count_in(DESTINATION, Operation::PutBlobFromUrl)
        ),
        (7, 7)
    );
}

#[tokio::test]
async fn the_sources_of_copies_may_be_only_so_large() {
    let stage = Stage::new().await;
    stage
        .storage
        .account(SOURCE)
        .put("asset", "a.mp4", Seed::pattern(1, 1001));
    stage.storage.set_limits(Limits {
        put_blob_from_url: 1000,
        ..Limits::default()
    });
    let refused = put_from_url(&stage, stage.readable("a.mp4")).await;
    assert_eq!(refusal(refused), (409, "CannotVerifyCopySource".to_owned()));
    stage.storage.set_limits(Limits {
        put_blob_from_url: 1001,
        ..Limits::default()
    });
    put_from_url(&stage, stage.readable("a.mp4")).await.unwrap();
}

#[tokio::test]
async fn the_copying_call_itself_writes_metadata_and_tier() {
    let stage = Stage::new().await;
    let etag =
        stage
            .storage
            .account(SOURCE)
            .put("asset", "a.mp4", Seed::bytes("a").metadata("kind", "x"));
    let options = BlockBlobClientUploadBlobFromUrlOptions {
        metadata: Some(HashMap::from([("mirrorsource".to_owned(), etag.clone())])),
        tier: Some(azure_storage_blob::models::AccessTier::Cool),
        ..Default::default()
    };
    let blob = stage.destination("copy").block_blob_client();
    blob.upload_blob_from_url(stage.readable("a.mp4"), Some(options))
        .await
        .unwrap();
    let state = stage
        .storage
        .account(DESTINATION)
        .blob("asset", "copy")
        .unwrap();
    assert_eq!(
        state.metadata.into_iter().collect::<Vec<_>>(),
        [("mirrorsource".to_owned(), etag)]
    );
    assert_eq!(state.tier, Some("Cool"));
}
