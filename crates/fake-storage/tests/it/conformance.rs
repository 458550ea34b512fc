//! The suite that Azurite passes as well.

use std::sync::Arc;

use fake_storage::conformance::{Backend, Clients, Endpoints, run};

use crate::clients::{DESTINATION, Opaque, SOURCE, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn the_fake_passes_the_suite() {
    let stage = Stage::new().await;
    let endpoints = Endpoints {
        source: stage.storage.blob_endpoint(SOURCE),
        destination: stage.storage.blob_endpoint(DESTINATION),
        queues: stage.storage.queue_endpoint(SOURCE),
    };
    let clients = Clients::connect(
        Backend::Fake,
        endpoints,
        stage.tls.transport(),
        Arc::new(Opaque),
    )
    .await
    .unwrap();
    let report = run(clients).await;
    println!("{report:#?}");
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}
