//! Azurite as the mirror meets it: https, bearer tokens, delegation SAS as a copy source, two accounts.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};

use azure_core::credentials::TokenCredential;
use azure_core::http::{RequestContent, Url, XmlFormat};
use azure_core::time::{Duration, OffsetDateTime};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlobClientStartCopyFromUrlOptions,
    BlobClientStartCopyFromUrlResultHeaders, BlockBlobClientStageBlockFromUrlOptions,
    BlockLookupList, CopyStatus, HttpRange, KeyInfo,
};
use azure_storage_blob::{BlobClient, BlobServiceClient};
use azure_storage_queue::models::QueueMessage;
use azure_storage_sas::SasBuilder;
use tokio::io::{AsyncBufReadExt, BufReader};
use world::{Account, AccountSas, Azurite, LocalCredential, Services, Storage, Tls};

use crate::clients::{blobs, options, queues};

/// A read SAS for one blob, signed with a user delegation key, as the mirror makes one for a copy source.
async fn delegated(
    service: &BlobServiceClient,
    account: &str,
    container: &str,
    blob: &BlobClient,
) -> Url {
    let now = OffsetDateTime::now_utc();
    let key = KeyInfo {
        start: Some(now - Duration::minutes(5)),
        expiry: Some(now + Duration::hours(1)),
        ..Default::default()
    };
    let key: RequestContent<KeyInfo, XmlFormat> = key.try_into().unwrap();
    let key = service
        .get_user_delegation_key(key, None)
        .await
        .unwrap()
        .into_model()
        .unwrap();
    let sas = SasBuilder::new(account, &key, now + Duration::minutes(30))
        .unwrap()
        .container(container)
        .read()
        .build();
    let mut url = blob.url().clone();
    url.set_query(Some(&sas));
    url
}

async fn body(blob: &BlobClient) -> Vec<u8> {
    blob.download(None)
        .await
        .unwrap()
        .body
        .collect()
        .await
        .unwrap()
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_regions_copy_between_their_accounts_and_the_app_has_queues() {
    let begun = Instant::now();
    let tls = Tls::generate().unwrap();
    let storage = Storage::start(&tls).await.unwrap();
    println!(
        "both emulators listened after {} ms",
        begun.elapsed().as_millis()
    );
    let credential: Arc<dyn TokenCredential> = Arc::new(LocalCredential::new());

    let primary = blobs(&storage.regions, Storage::PRIMARY, &tls, credential.clone());
    let secondary = blobs(
        &storage.regions,
        Storage::SECONDARY,
        &tls,
        credential.clone(),
    );
    primary
        .blob_container_client("asset")
        .create(None)
        .await
        .unwrap();
    secondary
        .blob_container_client("asset")
        .create(None)
        .await
        .unwrap();
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect();
    let source = primary.blob_client("asset", "video 1+a.mp4");
    source
        .upload(RequestContent::from(bytes.clone()), None)
        .await
        .unwrap();
    let url = delegated(&primary, Storage::PRIMARY, "asset", &source).await;

    let copied = secondary.blob_client("asset", "blocks.mp4");
    let blocks = copied.block_blob_client();
    let mut ids = Vec::new();
    for offset in [0, 200_000] {
        let id = format!("{offset:08}").into_bytes();
        let range = HttpRange::new(offset, 200_000.min(300_000 - offset));
        let options = BlockBlobClientStageBlockFromUrlOptions {
            source_range: Some(range),
            ..Default::default()
        };
        blocks
            .stage_block_from_url(&id, 0, url.to_string(), Some(options))
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
    assert_eq!(body(&copied).await, bytes);

    let whole = secondary.blob_client("asset", "whole.mp4");
    let answer = whole
        .start_copy_from_url(
            url.to_string(),
            None::<BlobClientStartCopyFromUrlOptions<'_>>,
        )
        .await
        .unwrap();
    assert_eq!(answer.copy_status().unwrap(), Some(CopyStatus::Success));
    assert_eq!(
        whole
            .get_properties(None)
            .await
            .unwrap()
            .content_length()
            .unwrap(),
        Some(300_000)
    );

    let bare = whole
        .start_copy_from_url(source.url().to_string(), None)
        .await
        .unwrap_err();
    assert_eq!(
        bare.http_status(),
        Some(azure_core::http::StatusCode::Forbidden),
        "a source without a SAS is refused"
    );

    let queue = queues(&storage.app, Storage::APP, &tls, credential)
        .queue_client("mirror-asset")
        .unwrap();
    queue.create(None).await.unwrap();
    queue
        .send_message(
            QueueMessage {
                message_text: Some("aGVsbG8=".into()),
            }
            .try_into()
            .unwrap(),
            None,
        )
        .await
        .unwrap();
    let received = queue
        .receive_messages(None)
        .await
        .unwrap()
        .into_model()
        .unwrap()
        .items
        .unwrap();
    assert_eq!(received[0].message_text.as_deref(), Some("aGVsbG8="));

    storage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_sas_opens_what_it_names_and_nothing_after_it_expired() {
    let tls = Tls::generate().unwrap();
    let azurite = Azurite::start(&tls, vec![Account::generate("one")], Services::Blobs)
        .await
        .unwrap();
    let service = |sas: AccountSas<'_>| {
        let mut url = azurite.blob_endpoint("one");
        url.set_query(Some(&azurite.account("one").unwrap().sas(&sas)));
        let options = azure_storage_blob::BlobServiceClientOptions {
            client_options: options(&tls),
            ..Default::default()
        };
        BlobServiceClient::new(url, None, Some(options)).unwrap()
    };

    service(AccountSas::default())
        .blob_container_client("asset")
        .create(None)
        .await
        .unwrap();
    let reading = service(AccountSas {
        permissions: "r",
        ..AccountSas::default()
    });
    reading
        .blob_container_client("asset")
        .get_properties(None)
        .await
        .unwrap();
    assert!(
        reading
            .blob_container_client("other")
            .create(None)
            .await
            .is_err(),
        "reading must not create"
    );
    let expired = service(AccountSas {
        valid_for: Duration::minutes(-1),
        ..AccountSas::default()
    });
    assert!(
        expired
            .blob_container_client("asset")
            .get_properties(None)
            .await
            .is_err(),
        "an expired SAS must not open"
    );
    azurite.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn emulators_started_at_once_have_ports_of_their_own() {
    let tls = Tls::generate().unwrap();
    let start = |name: &str| Azurite::start(&tls, vec![Account::generate(name)], Services::Blobs);
    let (a, b) = tokio::join!(start("a"), start("b"));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_ne!(a.blob_endpoint("a").port(), b.blob_endpoint("b").port());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_emulator_outlives_a_killed_starter() {
    let mut starter = tokio::process::Command::new(env!("CARGO_BIN_EXE_local-storage"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let line = BufReader::new(starter.stdout.take().unwrap())
        .lines()
        .next_line()
        .await
        .unwrap()
        .unwrap();
    let described: serde_json::Value = serde_json::from_str(&line).unwrap();
    let ports: Vec<u16> = described["emulators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|emulator| {
            Url::parse(emulator["accounts"][0]["blobs"].as_str().unwrap())
                .unwrap()
                .port()
                .unwrap()
        })
        .collect();
    assert_eq!(ports.len(), 2);
    for port in &ports {
        assert!(
            listens(*port).await,
            "{port} must listen before its starter is killed"
        );
    }

    starter.kill().await.unwrap();

    let deadline = Instant::now() + StdDuration::from_secs(20);
    for port in ports {
        while listens(port).await {
            assert!(
                Instant::now() < deadline,
                "port {port} still listens: its emulator was left behind"
            );
            tokio::time::sleep(StdDuration::from_millis(20)).await;
        }
    }
}

async fn listens(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_ok()
}
