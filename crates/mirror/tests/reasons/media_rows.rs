//! Assets and their locators.

use std::time::Duration;

use blobs::{Claim, Presence};
use change::{Cause, Kind};
use media::{ErrorKind, Storage};
use mirror::{Again, Reason, rules::Backend};
use serde_json::json;
use wildmatch::WildMatch;

use crate::{
    bodies::{
        PRIMARY_STORAGE, asset, asset_id, id, locator, locator_id, locator_on, locator_with_key,
    },
    row::Row,
    scene::Scene,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = assets();
    rows.extend(locators());
    rows.extend(keys());
    rows
}

/// An asset that a job has just finished is in the primary.
fn made(what: &str) -> Row {
    Row::new(what, asset_id(), Cause::JobFinished)
        .given(|scene| scene.primary.put(asset(PRIMARY_STORAGE)))
}

fn nothing_published(scene: &Scene) -> bool {
    scene.secondary.get(&locator_id()).is_none()
}

fn assets() -> Vec<Row> {
    let arriving = |what: &str, settled_in: Option<Duration>| {
        Row::new(what, asset_id(), Cause::Written).given(move |scene| {
            scene.asset_is_mirrored();
            scene.bytes.look_finds(|look| {
                look.settled = false;
                look.settled_in = settled_in;
            });
        })
    };
    let soon = Duration::from_secs(30);
    vec![
        made("an asset whose container is gone")
            .given(|scene| {
                scene
                    .bytes
                    .look_finds(|look| look.source_container = Presence::Absent);
            })
            .fails(Reason::SourceGone),
        arriving("an asset that is written still", Some(soon))
            .waits(Reason::SourceNotReady, Again::After(soon)),
        arriving("an asset that is written for ever", None)
            .attempt(5)
            .waits(Reason::SourceLive, Again::After(Duration::from_secs(60))),
        Row::new("an encrypted asset", asset_id(), Cause::JobFinished)
            .given(|scene| {
                let mut encrypted = asset(PRIMARY_STORAGE);
                let format = json!("MediaStorageClientEncryption");
                encrypted.set_property("storageEncryptionFormat", format);
                scene.primary.put(encrypted);
            })
            .fails(Reason::SourceUnsupported),
        made("an asset that is not in Azure storage")
            .given(|scene| {
                let elsewhere = Storage::Other("elsewhere".to_owned());
                scene.primary.has_storage(Some(elsewhere));
            })
            .fails(Reason::SourceUnsupported),
        made("an asset of which an update leaves something as it was")
            .given(|scene| {
                scene.asset_is_mirrored();
                let mut changed = asset(PRIMARY_STORAGE);
                changed.set_property("description", json!("new"));
                scene.primary.put(changed);
                scene.primary.put(locator());
                scene.secondary.alter(|body| {
                    body.set_property("description", json!("old"));
                });
            })
            .fails(Reason::ReplicaIgnored)
            // Its bytes are complete.
            .going_on_with(locator_id),
        made("an asset whose containers are taken")
            .given(|scene| scene.bytes.containers_are(Claim::Taken))
            .fails(Reason::ReplicaConflict),
        made("an asset in a storage account without counterpart")
            .given(|scene| scene.options.maps.storage.clear())
            .fails(Reason::Configuration),
        made("an asset for a storage account that the secondary does not have")
            .given(|scene| scene.secondary.has_storage(None))
            .fails(Reason::Configuration),
        made("an asset for storage of the secondary that is not in Azure")
            .given(|scene| {
                let elsewhere = Storage::Other("elsewhere".to_owned());
                scene.secondary.has_storage(Some(elsewhere));
            })
            .fails(Reason::Configuration),
        made("an asset whose replica is in the source's own container")
            .given(|scene| {
                scene.asset_is_mirrored();
                scene.secondary.put(asset(PRIMARY_STORAGE));
                scene.bytes.look_finds(|look| look.missing = 1);
            })
            .fails(Reason::Configuration),
        Row::new(
            "an asset that nothing publishes",
            asset_id(),
            Cause::Written,
        )
        .given(|scene| scene.primary.put(asset(PRIMARY_STORAGE)))
        .skips(Reason::OutOfScope),
        made("an asset that is excluded")
            .given(|scene| scene.options.scope.exclude = vec![WildMatch::new("fi*")])
            .skips(Reason::OutOfScope),
    ]
}

fn locators() -> Vec<Row> {
    let published = |what: &str| {
        Row::new(what, locator_id(), Cause::Written)
            .given(|scene| scene.primary.put(locator()))
            .and_then(nothing_published)
    };
    vec![
        published("a locator whose asset is in neither account").fails(Reason::DependencyFailed),
        published("a locator whose asset is not mirrored yet")
            .given(|scene| scene.primary.put(asset(PRIMARY_STORAGE)))
            .waits_for_another(Reason::ReplicaNotReady),
        published("a locator of an excluded asset")
            .given(|scene| scene.options.scope.exclude = vec![WildMatch::new("fi*")])
            .skips(Reason::OutOfScope),
        Row::new(
            "a locator of a streaming policy that is in neither account",
            locator_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.asset_is_mirrored();
            scene.primary.put(locator_on("house", json!([])));
        })
        .fails(Reason::DependencyFailed)
        .and_then(nothing_published),
        Row::new(
            "a locator that would get another ID",
            locator_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.asset_is_mirrored();
            scene.primary.put(locator());
            let mut other = locator();
            let other_id = json!("00000000-0000-0000-0000-000000000002");
            other.set_property("streamingLocatorId", other_id);
            scene.secondary.put(other);
        })
        .fails(Reason::ReplicaConflict),
    ]
}

fn keys() -> Vec<Row> {
    let keyed = |what: &str| {
        Row::new(what, locator_id(), Cause::Written)
            .given(|scene| {
                scene.asset_is_mirrored();
                scene.primary.put(locator_with_key("a2V5"));
            })
            .and_then(nothing_published)
    };
    vec![
        Row::new(
            "a locator whose keys read masked",
            locator_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.asset_is_mirrored();
            let keys = json!([{"id": "00000000-0000-0000-0000-00000000000a"}]);
            scene.primary.put(locator_on("Predefined_ClearKey", keys));
        })
        .fails(Reason::SecretMasked)
        .and_then(nothing_published),
        keyed("a key ID that another locator uses")
            .given(|scene| scene.secondary.refuse("create", ErrorKind::KeyIdTaken))
            .fails(Reason::KeyIdTaken),
        keyed("a locator made with other keys is taken back")
            .given(|scene| {
                scene.secondary.alter(|body| {
                    let keys = json!([{"id": "00000000-0000-0000-0000-00000000000b", "value": "b3RoZXI="}]);
                    body.set_property("contentKeys", keys);
                });
            })
            .fails(Reason::KeysRefused),
        keyed("a predefined streaming policy that takes no explicit keys")
            .given(|scene| {
                scene.options.backend = Backend::Mkio;
                scene.secondary.refuse("create", ErrorKind::Refused);
            })
            .fails(Reason::KeysRefused),
        Row::announced_deletion(
            "a deletion that could take away keys in use",
            id(Kind::StreamingLocators, "old"),
        )
        .given(|scene| {
            scene.options.backend = Backend::Mkio;
            scene.primary.put(locator_with_key("a2V5"));
            let replica = locator_with_key("a2V5");
            let old = id(Kind::StreamingLocators, "old");
            let replica = media::Body::new(old, replica.expose().clone());
            scene.secondary.put(replica);
        })
        .fails(Reason::KeysShared)
        .and_then(|scene| {
            let old = id(Kind::StreamingLocators, "old");
            scene.secondary.get(&old).is_some()
        }),
    ]
}
