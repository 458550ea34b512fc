//! What happens in the storage account behind an asset, seen from a blob service that notes what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Query, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use simulator::SimulatorOptions;

use crate::harness::{Sim, options};

/// Containers and the names of their blobs.
type Containers = BTreeMap<String, BTreeSet<String>>;

/// Just enough of a blob service: make, delete and list containers, and delete blobs, for requests that carry an account
/// SAS.
#[derive(Clone, Default)]
pub(crate) struct Blobs {
    containers: Arc<Mutex<Containers>>,
}

impl Blobs {
    /// Listens on a free port until the test ends.
    pub(crate) async fn start() -> (Self, String) {
        let blobs = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/store", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(serve)
            .with_state(blobs.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (blobs, endpoint)
    }

    fn containers(&self) -> MutexGuard<'_, Containers> {
        self.containers.lock().unwrap()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.containers().keys().cloned().collect()
    }

    /// Puts blobs into a container, which is made if it is not there.
    pub(crate) fn put(&self, container: &str, blobs: &[&str]) {
        self.containers()
            .entry(container.to_owned())
            .or_default()
            .extend(blobs.iter().map(|blob| (*blob).to_owned()));
    }

    pub(crate) fn in_container(&self, container: &str) -> Vec<String> {
        let containers = self.containers();
        containers[container].iter().cloned().collect()
    }
}

fn refusal(status: u16, code: &'static str) -> Response {
    (
        StatusCode::from_u16(status).unwrap(),
        [("x-ms-error-code", code)],
    )
        .into_response()
}

async fn serve(
    State(blobs): State<Blobs>,
    method: Method,
    uri: Uri,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    for (name, value) in [("ss", "b"), ("srt", "sco"), ("sp", "rwdlac")] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{uri}");
    }
    assert!(query.contains_key("sig"), "{uri}");
    let path = uri.path().strip_prefix("/store/").unwrap();
    let of_container = query.get("restype").map(String::as_str) == Some("container");
    let mut containers = blobs.containers();
    if !of_container {
        let (container, blob) = path.split_once('/').unwrap();
        assert_eq!(method, Method::DELETE, "{uri}");
        let known = containers.get_mut(container).unwrap();
        return if known.remove(&blob.replace("%2F", "/")) {
            StatusCode::ACCEPTED.into_response()
        } else {
            refusal(404, "BlobNotFound")
        };
    }
    let container = path.to_owned();
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
            let prefix = query.get("prefix").cloned().unwrap_or_default();
            let blobs: String = containers[&container]
                .iter()
                .filter(|name| name.starts_with(&prefix))
                .map(|name| {
                    let size = name.len();
                    format!(
                        "<Blob><Name>{name}</Name><Properties><Content-Length>{size}</Content-Length></Properties></Blob>"
                    )
                })
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
    let (blobs, endpoint) = Blobs::start().await;
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
    blobs.put("films", &["precious.mp4"]);
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
    blobs.put("films", &["film.ism", "film_1.mp4"]);
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
