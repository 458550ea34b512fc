//! Least work: the calls that one change costs when whatever it needs is mirrored, counted at the doubles.

mod on_mkio;

use std::{sync::Arc, time::Duration};

use change::{Cause, Change, Kind, ResourceId};
use mirror::rules::Backend;
use serde_json::{Value, json};
use tokio::{runtime::Builder, time::sleep};

use crate::{
    chance::Chance,
    history::{Platform, bodies, named},
    host::Host,
    storage::Blob,
    weather::Part,
    world::World,
};

/// Two accounts that are in sync, and a platform whose changes nobody tells of.
struct Scene {
    world: Arc<World>,
    platform: Platform,
}

/// What one change cost.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cost {
    primary: Vec<String>,
    secondary: Vec<String>,
    /// Calls to the storage of both sides, reads of a container first.
    source_storage: Vec<String>,
    replica_storage: Vec<String>,
}

/// What the primary has in every scene.
const ASSET: &str = "asset";
const KEYS: &str = "keys";
const POLICY: &str = "policy";
const FILTER: &str = "filter";

impl Scene {
    async fn new() -> Self {
        Self::on(Backend::Ams).await
    }

    async fn on(backend: Backend) -> Self {
        let world = Arc::new(World::quiet(backend, 1));
        let host = Host::new(Arc::clone(&world), 1);
        tokio::spawn(Arc::clone(&host).serve());
        let platform = Platform {
            world: Arc::clone(&world),
            hosts: vec![host],
            chance: Chance::new(1, "history"),
            raises_events: false,
        };
        let chance = &platform.chance;
        platform.put(
            &named(Kind::ContentKeyPolicies, KEYS),
            bodies::content_key_policy(chance, backend),
        );
        platform.put(&named(Kind::StreamingPolicies, POLICY), clear_policy());
        platform.put(&named(Kind::AccountFilters, FILTER), bodies::filter(chance));
        let asset = named(Kind::Assets, ASSET);
        platform.put(&asset, json!({"description": "a"}));
        for name in ["video.mp4", "title.ismc", "title.ism"] {
            platform.upload(&asset, name, Blob::new(name.as_bytes().to_vec()));
        }
        platform.put(
            &named(Kind::StreamingLocators, "first"),
            json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
        );
        let scene = Self { world, platform };
        scene.platform.walk();
        scene.rest().await;
        scene.forget().await;
        scene
    }

    async fn rest(&self) {
        assert!(self.world.rest(Duration::from_secs(3600)).await);
        let state = self.world.state();
        assert!(state.watch.broken.is_empty(), "{:?}", state.watch.broken);
    }

    /// Lets so much time pass that no process trusts what it saw.
    async fn forget(&self) {
        sleep(Duration::from_secs(61)).await;
    }

    fn put(&self, kind: Kind, name: &str, properties: Value) -> ResourceId {
        let id = named(kind, name);
        assert!(self.platform.put(&id, properties), "PUT {id}");
        id
    }

    /// A hint about the resource arrives: what it costs.
    async fn cost(&self, id: &ResourceId) -> Cost {
        self.world.state().journal.start();
        let change = Change::new(id.clone(), Cause::Written, Some(self.world.clock.now()));
        let queue = id.kind().queue();
        self.world
            .queues
            .send(queue, &change.to_text(), Duration::ZERO);
        self.rest().await;
        let state = self.world.state();
        let of = |part| -> Vec<String> {
            let calls = state.journal.calls.iter();
            let calls = calls.filter(|call| call.part == part);
            calls.map(|call| call.what.clone()).collect()
        };
        Cost {
            primary: of(Part::Primary),
            secondary: of(Part::Secondary),
            source_storage: of(Part::SourceStorage),
            replica_storage: of(Part::ReplicaStorage),
        }
    }
}

fn clear_policy() -> Value {
    json!({"noEncryption": {"enabledProtocols": {"download": false, "dash": true, "hls": true, "smoothStreaming": true}}})
}

/// Runs a test on virtual time.
fn on_virtual_time(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(test);
}

#[track_caller]
fn assert_calls(calls: &[String], expected: &[&str]) {
    assert_eq!(calls, expected);
}

#[track_caller]
fn assert_one_listing_each(cost: &Cost) {
    for calls in [&cost.source_storage, &cost.replica_storage] {
        assert!(
            calls.len() == 1 && calls[0].starts_with("GET ") && calls[0].ends_with(" list"),
            "{calls:?}"
        );
    }
}

#[test]
fn a_clear_locator() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let locator =
            json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearStreamingOnly"});
        let id = scene.put(Kind::StreamingLocators, "new", locator);
        let cost = scene.cost(&id).await;
        assert_calls(
            &cost.primary,
            &["GET streamingLocators/new", "GET assets/asset"],
        );
        assert_calls(
            &cost.secondary,
            &[
                "GET assets/asset",
                "GET streamingLocators/new",
                "PUT streamingLocators/new",
            ],
        );
        assert_one_listing_each(&cost);

        let again = scene.cost(&id).await;
        assert_calls(
            &again.primary,
            &["GET streamingLocators/new", "GET assets/asset"],
        );
        assert_calls(
            &again.secondary,
            &["GET assets/asset", "GET streamingLocators/new"],
        );
        assert_one_listing_each(&again);
    });
}

#[test]
fn an_encrypted_locator() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let locator = json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearKey", "defaultContentKeyPolicyName": KEYS});
        let id = scene.put(Kind::StreamingLocators, "new", locator);
        let keys = "POST streamingLocators/new/listContentKeys";
        let cost = scene.cost(&id).await;
        assert_calls(
            &cost.primary,
            &["GET streamingLocators/new", keys, "GET assets/asset"],
        );
        // The content key policy is a dependency: one read.
        assert_calls(
            &cost.secondary,
            &[
                "GET assets/asset",
                "GET streamingLocators/new",
                "GET contentKeyPolicies/keys",
                "PUT streamingLocators/new",
                keys,
            ],
        );
        assert_one_listing_each(&cost);

        let again = scene.cost(&id).await;
        assert_calls(
            &again.primary,
            &["GET streamingLocators/new", keys, "GET assets/asset"],
        );
        assert_calls(
            &again.secondary,
            &["GET assets/asset", "GET streamingLocators/new", keys],
        );
    });
}

#[test]
fn a_dependency_is_read_once_a_minute() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let locator = json!({
            "assetName": ASSET, "streamingPolicyName": POLICY, "defaultContentKeyPolicyName": KEYS, "filters": [FILTER],
        });
        let needs = [
            "GET contentKeyPolicies/keys",
            "GET streamingPolicies/policy",
            "GET accountFilters/filter",
        ];
        let read = |cost: &Cost| -> Vec<String> {
            let calls = cost.secondary.iter();
            calls
                .filter(|call| needs.contains(&call.as_str()))
                .cloned()
                .collect()
        };
        let first = scene.put(Kind::StreamingLocators, "one", locator.clone());
        assert_eq!(read(&scene.cost(&first).await), needs);
        let second = scene.put(Kind::StreamingLocators, "two", locator.clone());
        assert_eq!(read(&scene.cost(&second).await), [""; 0]);
        scene.forget().await;
        let third = scene.put(Kind::StreamingLocators, "three", locator);
        assert_eq!(read(&scene.cost(&third).await), needs);
    });
}

#[test]
fn a_content_key_policy() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let policy = bodies::content_key_policy(&scene.platform.chance, Backend::Ams);
        let id = scene.put(Kind::ContentKeyPolicies, KEYS, policy);
        let secrets = "POST contentKeyPolicies/keys/getPolicyPropertiesWithSecrets";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[secrets, secrets]);
        assert_calls(
            &cost.secondary,
            &[secrets, "PUT contentKeyPolicies/keys", secrets],
        );
        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[secrets]);
        assert_calls(&again.secondary, &[secrets]);
    });
}

#[test]
fn a_streaming_policy() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let id = scene.put(Kind::StreamingPolicies, "new", clear_policy());
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &["GET streamingPolicies/new"]);
        assert_calls(
            &cost.secondary,
            &["GET streamingPolicies/new", "PUT streamingPolicies/new"],
        );
    });
}

#[test]
fn a_filter() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let id = scene.put(
            Kind::AccountFilters,
            FILTER,
            json!({"firstQuality": {"bitrate": 1}}),
        );
        let get = "GET accountFilters/filter";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[get, get]);
        assert_calls(&cost.secondary, &[get, "PUT accountFilters/filter"]);
        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[get]);
        assert_calls(&again.secondary, &[get]);
    });
}

#[test]
fn an_asset_that_did_not_change_costs_one_listing_on_each_side_and_nothing_for_each_blob() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let cost = scene.cost(&named(Kind::Assets, ASSET)).await;
        assert_one_listing_each(&cost);
        let writes = |call: &&String| !call.starts_with("GET ") && !call.starts_with("LIST ");
        assert_eq!(cost.primary.iter().find(writes), None);
        assert_eq!(cost.secondary.iter().find(writes), None);
    });
}

#[test]
fn a_new_blob_costs_one_call_beside_the_listings() {
    on_virtual_time(async {
        let scene = Scene::new().await;
        let asset = named(Kind::Assets, ASSET);
        scene
            .platform
            .upload(&asset, "more.mp4", Blob::new(b"more".to_vec()));
        scene.platform.finish_job(&[&asset]);
        sleep(Duration::from_secs(300)).await;
        let cost = scene.cost(&asset).await;
        let listing = |call: &&String| call.ends_with(" list");
        let (listings, others): (Vec<_>, Vec<_>) = cost.replica_storage.iter().partition(listing);
        // The asset is looked at to see what is missing, while it is copied, and to see that it is complete; then its locator looks.
        assert!(listings.len() <= 4, "{:?}", cost.replica_storage);
        assert!(
            others.len() == 1 && others[0].starts_with("PUT ") && others[0].ends_with("/more.mp4"),
            "{others:?}"
        );
        assert!(
            cost.source_storage
                .iter()
                .all(|call| call.ends_with(" list")),
            "{cost:?}"
        );
    });
}
