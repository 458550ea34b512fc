//! What no document of MK.IO settles and its client must bear, against the simulator over loopback.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

use std::sync::Arc;

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{
    Authorize, Body, ErrorKind, ListRequest, MediaService, Mkio, NoToken, Pace, Side, Wire,
    WireOptions,
};
use serde_json::{Value, json};
use simulator::{
    AccountOptions, MkioSettings, NextLink, PutStatus, Simulator, SimulatorOptions, StorageOptions,
};
use url::Url;

struct Token;

#[async_trait]
impl Authorize for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok("e30.e30.".to_owned())
    }
}

async fn project(change: impl FnOnce(&mut MkioSettings)) -> Simulator {
    let simulator = Simulator::start(SimulatorOptions {
        accounts: vec![AccountOptions {
            name: "primary".to_owned(),
            region: "westeurope".to_owned(),
            storage: vec![StorageOptions {
                account: "store".to_owned(),
                key: "a2V5".to_owned(),
                blob_endpoint: None,
            }],
        }],
        http: Some(([127, 0, 0, 1], 0).into()),
        ..SimulatorOptions::default()
    })
    .await
    .unwrap();
    simulator.control().change_settings(|settings| {
        settings.page_size = 1;
        change(&mut settings.mkio);
    });
    simulator
}

fn client(endpoint: &Url) -> Mkio {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let wire = Wire::new(
        Side::Primary,
        http,
        Arc::new(Token),
        Pace::unlimited(),
        WireOptions::default(),
    );
    Mkio::new(wire, endpoint, "primary").unwrap()
}

fn asset(name: &str) -> Body {
    let Value::Object(body) = json!({"properties": {"storageAccountName": "store"}}) else {
        unreachable!()
    };
    Body::new(
        ResourceId::new(Kind::Assets, Name::new(name).unwrap()),
        body,
    )
}

#[tokio::test]
async fn the_family_of_paths_of_before_is_a_wrong_endpoint() {
    let simulator = project(|_| {}).await;
    let old = simulator
        .http_url()
        .unwrap()
        .join("/api/ams/primary")
        .unwrap();
    let film = asset("film");
    let error = client(&old).read(film.id()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::WrongPath, Some(405))
    );
    simulator.stop().await;
}

/// Whatever the status of its PUT: what is new is asked for its state, what was there before is not.
#[tokio::test]
async fn what_was_created_can_be_used_when_the_call_returns() {
    for status in [PutStatus::Documented, PutStatus::Ok, PutStatus::Created] {
        let simulator = project(|mkio| {
            mkio.put_status = status;
            mkio.creating_reads = 2;
        })
        .await;
        let client = client(&simulator.http_url().unwrap());
        client.create(&asset("film")).await.unwrap();
        let states = || {
            let requests = simulator.control().requests(None);
            let states = requests.iter().filter(|one| one.path.ends_with("/state"));
            states.count()
        };
        assert_eq!(states(), 3, "{status:?}");
        client.update(&asset("film")).await.unwrap();
        // A 201 cannot be told from that of somebody else's deletion meanwhile.
        let asked = usize::from(status == PutStatus::Created);
        assert_eq!(states(), 3 + asked, "{status:?}");
        simulator.stop().await;
    }
}

/// By its state, which is asked for only where there is one.
#[tokio::test]
async fn what_is_being_made_is_told_from_what_is_not() {
    let simulator = project(|mkio| mkio.creating_reads = 100).await;
    let client = client(&simulator.http_url().unwrap());
    let film = asset("film");
    let error = client.create(&film).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotReady);
    assert!(client.is_being_made(film.id()).await.unwrap());
    assert!(!client.is_being_made(asset("no").id()).await.unwrap());
    for _ in 0..100 {
        client.exists(film.id()).await.unwrap();
    }
    assert!(!client.is_being_made(film.id()).await.unwrap());
    let asked = simulator.control().requests(None).len();
    let streaming = ResourceId::new(Kind::StreamingPolicies, Name::new("own").unwrap());
    assert!(!client.is_being_made(&streaming).await.unwrap());
    assert_eq!(simulator.control().requests(None).len(), asked);
    simulator.stop().await;
}

#[tokio::test]
async fn every_form_of_the_next_link_is_followed() {
    for (link, on_full_page) in [
        (NextLink::Absolute, false),
        (NextLink::Relative, false),
        (NextLink::Relative, true),
    ] {
        let simulator = project(|mkio| {
            mkio.next_link = link;
            mkio.next_link_on_full_page = on_full_page;
        })
        .await;
        let client = client(&simulator.http_url().unwrap());
        for name in ["one", "two", "three"] {
            client.create(&asset(name)).await.unwrap();
        }
        let mut request = ListRequest::all(Kind::Assets);
        let mut names = Vec::new();
        loop {
            let page = client.list(&request).await.unwrap();
            names.extend(page.items.iter().map(|one| one.id().name().to_string()));
            request.next = page.next;
            if request.next.is_none() {
                break;
            }
        }
        names.sort();
        assert_eq!(names, ["one", "three", "two"], "{link:?}");
        simulator.stop().await;
    }
}
