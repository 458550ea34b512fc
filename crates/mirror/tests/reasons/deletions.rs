//! Resources that are gone from the primary.

use std::time::Duration;

use change::{Cause, Kind};
use media::Body;
use mirror::{Again, Deletes, Reason, rules::Backend};
use serde_json::{Value, json};

use crate::{
    bodies::{
        SECONDARY_STORAGE, asset, asset_id, filter, filter_id, id, locator, locator_id,
        locator_with_key,
    },
    row::Row,
    scene::Scene,
};

/// A replica with a key is to be deleted, and the primary has these locators.
fn keys_of(what: &str, others: fn(&Value) -> Vec<Body>) -> Row {
    Row::announced_deletion(what, locator_id()).given(move |scene| {
        scene.options.backend = Backend::Mkio;
        let replica = locator_with_key("a2V5");
        let keys = replica.property("contentKeys").cloned();
        for other in others(&keys.unwrap_or_default()) {
            scene.primary.put(other);
        }
        scene.secondary.put(replica);
    })
}

fn locator_of(name: &str, keys: &Value) -> Body {
    let mut other = locator_with_key("a2V5");
    other.set_property("assetName", json!(name));
    other.set_property("contentKeys", keys.clone());
    let value = other.expose().clone();
    Body::new(id(Kind::StreamingLocators, name), value)
}

fn replica_is_there(scene: &Scene) -> bool {
    scene.secondary.get(&locator_id()).is_some()
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(
            "replicas of this kind are kept",
            filter_id(),
            Cause::Deleted,
        )
        .given(|scene| scene.secondary.put(filter(1)))
        .skips(Reason::DeletesOff)
        .and_then(|scene| scene.secondary.get(&filter_id()).is_some()),
        Row::new(
            "gone, and the primary did not announce it",
            locator_id(),
            Cause::Walk,
        )
        .given(|scene| scene.secondary.put(locator()))
        .skips(Reason::DeletesOff)
        .and_then(replica_is_there),
        Row::new("an announced deletion", locator_id(), Cause::Deleted)
            .given(|scene| scene.secondary.put(locator()))
            .waits_for_another(Reason::SourceGone)
            .and_then(replica_is_there),
        Row::announced_deletion("more deletions than the cap allows", locator_id())
            .given(|scene| {
                scene.options.delete_cap = 0;
                scene.secondary.put(locator());
            })
            .waits(Reason::DeleteCap, Again::Progress(Duration::from_secs(600)))
            .and_then(replica_is_there),
        Row::deletion("the note of a deletion is lost", locator_id())
            .given(|scene| scene.secondary.put(locator()))
            .waits(Reason::DeleteCap, Again::Progress(Duration::from_secs(780)))
            .and_then(replica_is_there),
        Row::deletion("what was to be deleted came back", locator_id())
            .given(|scene| {
                scene.primary.put(locator());
                scene.secondary.put(locator());
            })
            .skips(Reason::SourceChanging)
            .and_then(replica_is_there),
        Row::announced_deletion("what was deleted came back meanwhile", locator_id())
            .given(|scene| {
                scene.secondary.put(locator());
                let primary = scene.primary.clone();
                scene
                    .secondary
                    .before("delete", move || primary.put(locator()));
            })
            .waits_for_another(Reason::SourceChanging),
        Row::announced_deletion("the secondary does not delete", locator_id())
            .given(|scene| {
                scene.secondary.put(locator());
                scene.secondary.ignore_deletions();
            })
            .fails(Reason::ReplicaIgnored),
        keys_of("a key that a locator of another asset uses", |used| {
            vec![locator_of("series-2", used)]
        })
        .fails(Reason::KeysShared)
        .naming("streamingLocators/series-2")
        .and_then(replica_is_there),
        keys_of("a key of which lists do not tell who uses it", |_| {
            let count = 0..60;
            count
                .map(|n| locator_of(&format!("title-{n}"), &json!([])))
                .collect()
        })
        .fails(Reason::KeysShared)
        .and_then(replica_is_there),
        Row::announced_deletion("an asset that is published still", asset_id())
            .given(|scene| {
                let policy = &mut scene.options.policy;
                policy.deletes.insert(Kind::Assets, Deletes::Events);
                scene.secondary.put(asset(SECONDARY_STORAGE));
                scene.secondary.put(locator());
            })
            .waits(Reason::ReplicaNotReady, Again::BackOff)
            .and_then(|scene| scene.secondary.get(&asset_id()).is_some()),
    ]
}
