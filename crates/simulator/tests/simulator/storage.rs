//! What happens in the storage account behind an asset, seen from a blob service that notes what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use simulator::SimulatorOptions;

use crate::harness::{Sim, options};

/// Containers and the names of their blobs.
type Containers = BTreeMap<String, BTreeSet<String>>;

/// Just enough of a blob service: make, delete and list containers, for requests that carry an account SAS.
#[derive(Clone, Default)]
struct Blobs {
    containers: Arc<Mutex<Containers>>,
}

impl Blobs {
    fn containers(&self) -> MutexGuard<'_, Containers> {
        self.containers.lock().unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.containers().keys().cloned().collect()
    }
}

fn refusal(status: u16, code: &'static str) -> Response {
    (
        StatusCode::from_u16(status).unwrap(),
        [("x-ms-error-code", code)],
    )
        .into_response()
}

async fn serve(State(blobs): State<Blobs>, method: Method, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    assert!(query.contains("restype=container"), "{uri}");
    for part in ["ss=b", "srt=sco", "sig=", "sp=rwdlac"] {
        assert!(query.contains(part), "{uri}");
    }
    let container = uri.path().strip_prefix("/store/").unwrap().to_owned();
    let mut containers = blobs.containers();
    match method {
        Method::PUT if containers.contains_key(&container) => {
            refusal(409, "ContainerAlreadyExists")
        }
        Method::PUT => {
            containers.insert(container, BTreeSet::new());
            StatusCode::CREATED.into_response()
        }
        Method::DELETE if containers.remove(&container).is_some() => {
            StatusCode::ACCEPTED.into_response()
        }
        Method::GET if containers.contains_key(&container) => {
            let blobs: String = containers[&container]
                .iter()
                .map(|name| format!("<Blob><Name>{name}</Name><Properties/></Blob>"))
                .collect();
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"x\" \
                 ContainerName=\"{container}\"><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
            );
            ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
        }
        _ => refusal(404, "ContainerNotFound"),
    }
}

/// A simulator whose `primary` has a storage account at that address.
async fn sim_over(endpoint: &str) -> Sim {
    let mut options: SimulatorOptions = options(["r1", "r2"]);
    options.accounts[0].storage[0].blob_endpoint = Some(endpoint.parse().unwrap());
    Sim::with(options).await
}

async fn sim_and_blobs() -> (Sim, Blobs) {
    let blobs = Blobs::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/store", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .fallback(serve)
        .with_state(blobs.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (sim_over(&endpoint).await, blobs)
}

#[tokio::test]
async fn an_assets_container_comes_and_goes_with_it() {
    let (sim, blobs) = sim_and_blobs().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    assert_eq!(blobs.names(), ["films"]);
    assert_eq!(sim.delete("assets/a").await.status, 200);
    assert!(blobs.names().is_empty());
    sim.stop().await;
}

#[tokio::test]
async fn a_container_that_was_there_before_is_taken_over_and_deleted_too() {
    let (sim, blobs) = sim_and_blobs().await;
    blobs.containers().insert(
        "films".to_owned(),
        BTreeSet::from(["precious.mp4".to_owned()]),
    );
    assert_eq!(
        sim.put("assets/a", json!({ "container": "films" }))
            .await
            .status,
        201
    );
    assert_eq!(blobs.containers()["films"].len(), 1);
    sim.delete("assets/a").await;
    assert!(blobs.names().is_empty());
    sim.stop().await;
}

#[tokio::test]
async fn an_asset_whose_container_is_gone_stays_listed_and_can_be_deleted() {
    let (sim, blobs) = sim_and_blobs().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    blobs.containers().clear();
    assert_eq!(sim.get("assets").await.body["value"][0]["name"], "a");
    assert_eq!(sim.delete("assets/a").await.status, 200);
    sim.stop().await;
}

#[tokio::test]
async fn the_manifest_in_the_container_gives_the_paths() {
    let (sim, blobs) = sim_and_blobs().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    let locator = json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_DownloadAndClearStreaming",
        "streamingLocatorId": "00000000-0000-0000-0000-0000000000aa",
    });
    sim.put("streamingLocators/l", locator).await;
    blobs
        .containers()
        .get_mut("films")
        .unwrap()
        .extend(["film.ism", "film_1.mp4"].map(str::to_owned));
    let paths = sim.post("streamingLocators/l/listPaths").await.body;
    assert_eq!(
        paths["streamingPaths"][0]["paths"],
        json!(["/00000000-0000-0000-0000-0000000000aa/film.ism/manifest(format=m3u8-aapl)"])
    );
    assert_eq!(
        paths["downloadPaths"],
        json!(["/00000000-0000-0000-0000-0000000000aa/film_1.mp4"])
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_shared_container_is_reached_where_the_emulator_is() {
    let (sim, _blobs) = sim_and_blobs().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    let body = json!({ "permissions": "Read", "expiryTime": "2020-01-01T00:00:00Z" });
    let shared = sim
        .send("POST", &sim.url("assets/a/listContainerSas"), Some(body))
        .await
        .unwrap();
    let url = shared.body["assetContainerSasUrls"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.starts_with("http://127.0.0.1:") && url.contains("/store/films?sv=2019-02-02&sr=c&"),
        "{url}"
    );
    sim.stop().await;
}

#[tokio::test]
async fn storage_that_cannot_be_reached_is_a_409_that_does_not_mean_exists() {
    // Nothing listens on the discard port.
    let sim = sim_over("http://127.0.0.1:9/store").await;
    let refused = sim.put("assets/a", json!({})).await;
    assert_eq!(
        (refused.status, refused.body["error"]["code"].as_str()),
        (409, Some("Conflict"))
    );
    assert_eq!(sim.get("assets/a").await.status, 404);
    sim.stop().await;
}
