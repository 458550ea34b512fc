//! Azurite passes the suite that the fake of the storage service passes, but for the differences the suite
//! lists.

use std::sync::Arc;

use fake_storage::conformance::{Backend, Clients, Endpoints, run};
use world::{Account, Azurite, LocalCredential, Services, Tls};

#[tokio::test(flavor = "multi_thread")]
async fn azurite_passes_the_suite_but_for_the_listed_differences() {
    let tls = Tls::generate().unwrap();
    let accounts = vec![Account::generate("one"), Account::generate("two")];
    let azurite = Azurite::start(&tls, accounts, Services::BlobsAndQueues)
        .await
        .unwrap();
    let endpoints = Endpoints {
        source: azurite.blob_endpoint("one"),
        destination: azurite.blob_endpoint("two"),
        queues: azurite.queue_endpoint("one").unwrap(),
    };
    let credential = Arc::new(LocalCredential::new());
    let clients = Clients::connect(Backend::Azurite, endpoints, tls.transport(), credential)
        .await
        .unwrap();
    let report = run(clients).await;
    println!("{report:#?}");
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
    azurite.stop().await;
}
