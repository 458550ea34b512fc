//! Assets and their bytes.

use change::{Kind, ResourceId};
use serde_json::{Value, json};

use super::{Platform, bodies, named};

const ASSETS: &[&str] = &["asset-1", "Asset 517", "Ünï-ço_de", "asset-4", "asset,5"];
const CONTAINERS: &[&str] = &["c-one", "c-two", "c-three"];
const BLOBS: &[&str] = &[
    "video.mp4",
    "audio/de 1.mp4",
    "title.ismc",
    "title.ism",
    "ünï#ço%20de.mp4",
    "thumb+1.jpg",
];

impl Platform {
    /// A new asset, or a change of one: sometimes in a container that was another's before.
    pub(super) fn write_asset(&self) {
        let chance = &self.chance;
        let name = *chance.pick(ASSETS);
        let id = named(Kind::Assets, name);
        let mut asset = bodies::asset_texts(chance, self.world.backend);
        let (there, storage) = {
            let state = self.world.state();
            let there = state.primary.get(&id).is_some();
            (there, state.primary.storage.clone())
        };
        if !there {
            if chance.happens(0.4) {
                asset["container"] = json!(chance.pick(CONTAINERS));
            }
            if chance.happens(0.3) {
                asset["storageAccountName"] = json!(chance.pick(&storage).0);
            }
        }
        let uploads = chance.below(4);
        if self.put(&id, asset) {
            for _ in 0..uploads {
                self.upload_one(&id);
            }
        }
    }

    pub(super) fn upload_one(&self, asset: &ResourceId) {
        let mut blob = bodies::blob(&self.chance);
        if self.chance.happens(0.02) {
            blob.tier = Some("Archive".to_owned());
        }
        let name = *self.chance.pick(BLOBS);
        self.upload(asset, name, blob);
    }

    /// Blobs come, change and go, and somebody may or may not tell.
    pub(super) fn change_bytes(&self) {
        let assets = self.ids(Kind::Assets);
        let Some(asset) = self.chance.any(&assets) else {
            return;
        };
        for _ in 0..self.chance.between(1, 3) {
            self.upload_one(asset);
        }
        if self.chance.happens(0.2) {
            self.remove_blob(asset);
        }
        match self.chance.below(4) {
            0 | 1 => self.finish_job(&[asset]),
            // A write of the asset itself raises an event.
            2 => {
                self.put(asset, bodies::asset_texts(&self.chance, self.world.backend));
            }
            _ => {}
        }
    }

    fn remove_blob(&self, asset: &ResourceId) {
        let mut state = self.world.state();
        let Some((account, container)) = state.primary.place_of(asset) else {
            return;
        };
        if let Some(container) = state.storage.container_mut(&account, &container) {
            let names: Vec<String> = container.blobs.keys().cloned().collect();
            if let Some(name) = self.chance.any(&names) {
                container.blobs.remove(name);
                drop(state);
                self.world
                    .say(format_args!("platform  deletes {name} of {asset}"));
            }
        }
    }

    /// Somebody deletes the container and leaves the asset.
    pub(super) fn lose_container(&self) {
        let assets = self.ids(Kind::Assets);
        let Some(asset) = self.chance.any(&assets) else {
            return;
        };
        let mut state = self.world.state();
        if let Some((account, container)) = state.primary.place_of(asset) {
            state.storage.delete_container(&account, &container);
            drop(state);
            self.world
                .say(format_args!("platform  loses the container of {asset}"));
        }
    }

    /// An asset that clients encrypted for storage, from an older time.
    pub(super) fn encrypt_one(&self) {
        let assets = self.ids(Kind::Assets);
        let Some(asset) = self.chance.any(&assets) else {
            return;
        };
        let mut state = self.world.state();
        if let Some(record) = state.primary.records.get_mut(asset) {
            record.properties.insert(
                "storageEncryptionFormat".to_owned(),
                Value::from("MediaStorageClientEncryption"),
            );
        }
    }

    /// A filter of some asset.
    pub(super) fn write_asset_filter(&self) {
        let assets = self.ids(Kind::Assets);
        if let Some(asset) = self.chance.any(&assets) {
            let name = *self.chance.pick(&["hd", "own"]);
            let filter = named(Kind::AccountFilters, name);
            let id = ResourceId::asset_filter(asset.name().clone(), filter.name().clone());
            self.put(&id, bodies::filter(&self.chance));
        }
    }
}
