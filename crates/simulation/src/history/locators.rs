//! Locators: published, changed by deleting and creating them, withdrawn.

use base64::{Engine, engine::general_purpose::STANDARD};
use change::{Kind, Name, ResourceId};
use mirror::rules::Backend;
use serde_json::{Value, json};

use super::{Platform, named};
use crate::{
    account::{Fields, labels_of, predefined, text},
    secrets,
};

const LOCATORS: &[&str] = &["loc-1", "loc-2", "loc 3", "loc-4", "loc-5", "löc-6"];
const PREDEFINED: &[&str] = &[
    "Predefined_ClearStreamingOnly",
    "Predefined_ClearStreamingOnly",
    "Predefined_ClearKey",
    "Predefined_MultiDrmCencStreaming",
    "Predefined_MultiDrmStreaming",
];

impl Platform {
    pub(super) fn publish_title(&self) {
        let chance = &self.chance;
        let assets = self.names(Kind::Assets);
        let Some(asset) = chance.any(&assets) else {
            return;
        };
        let own = self.names(Kind::StreamingPolicies);
        let policy = match chance.any(&own) {
            Some(own) if chance.happens(0.4) => own.as_str(),
            _ => *chance.pick(PREDEFINED),
        };
        let mut locator = json!({"assetName": asset, "streamingPolicyName": policy});
        let key_policies = self.names(Kind::ContentKeyPolicies);
        if let Some(name) = chance.any(&key_policies).filter(|_| chance.happens(0.8)) {
            locator["defaultContentKeyPolicyName"] = json!(name);
        }
        if chance.happens(0.4) {
            let id = chance.uuid().to_string();
            let id = if chance.happens(0.5) {
                id.to_ascii_uppercase()
            } else {
                id
            };
            locator["streamingLocatorId"] = json!(id);
        }
        self.embellish(&mut locator, asset);
        if chance.happens(0.5) {
            let keys = self.explicit_keys(policy);
            locator["contentKeys"] = json!(keys);
        }
        let name = *chance.pick(LOCATORS);
        self.put(&named(Kind::StreamingLocators, name), locator);
    }

    /// When it plays, as finely as the service takes it.
    fn set_times(&self, locator: &mut Value) {
        let chance = &self.chance;
        let seconds = chance.below(60);
        let (start, end) = match self.world.backend {
            Backend::Ams => ("6019481", "295807"),
            Backend::Mkio => ("60", "29"),
        };
        if chance.happens(0.3) {
            locator["startTime"] = json!(format!("2026-01-01T00:00:{seconds:02}.{start}Z"));
        }
        if chance.happens(0.3) {
            locator["endTime"] = json!(format!("2027-01-01T00:00:{seconds:02}.{end}Z"));
        }
    }

    /// Times, filters, another ID: whatever a locator may have.
    fn embellish(&self, locator: &mut Value, asset: &str) {
        let chance = &self.chance;
        self.set_times(locator);
        if self.world.backend == Backend::Mkio {
            if chance.happens(0.2) {
                locator["suppressed"] = json!(chance.happens(0.5));
            }
            if chance.happens(0.2) {
                locator["contentId"] = json!(format!("content {}", chance.below(1000)));
            }
            if chance.happens(0.2) {
                locator["defaultManifestFilename"] = json!("title.ism");
            }
        }
        if chance.happens(0.4) {
            locator["alternativeMediaId"] = json!(format!("media-{}", chance.below(1000)));
        }
        let mut filters = self.names(Kind::AccountFilters);
        let of_asset = self.ids(Kind::AssetFilters).into_iter();
        let of_asset = of_asset.filter(|id| id.parent().map(Name::as_str) == Some(asset));
        filters.extend(of_asset.map(|id| id.name().to_string()));
        filters.sort();
        filters.dedup();
        chance.shuffle(&mut filters);
        filters.truncate(2);
        if chance.happens(0.4) {
            locator["filters"] = json!(filters);
        }
    }

    /// Keys of the platform's own making, one for each label; now and then another account of the secondary's region has the ID.
    fn explicit_keys(&self, policy: &str) -> Vec<Value> {
        let policy = predefined(policy).or_else(|| {
            let state = self.world.state();
            let id = ResourceId::new(Kind::StreamingPolicies, Name::new(policy).ok()?);
            Some(state.primary.get(&id)?.properties.clone())
        });
        labels_of(&policy.unwrap_or_default())
            .into_iter()
            .map(|(label, kind)| {
                let id = self.chance.uuid().to_string();
                if self.chance.happens(0.03) {
                    self.world.state().secondary.taken.insert(id.clone());
                }
                let value = STANDARD.encode(secrets::key(&self.chance));
                let mut key =
                    json!({"id": id, "labelReferenceInStreamingPolicy": label, "value": value});
                if self.world.backend == Backend::Mkio {
                    key["type"] = json!(kind);
                }
                key
            })
            .collect()
    }

    /// A locator changes where it is: when it plays, and whether.
    fn change_in_place(&self, id: &ResourceId) {
        let record = self.world.state().primary.get(id).cloned();
        let Some(record) = record else { return };
        let mut new = again(&record.properties);
        self.set_times(&mut new);
        new["suppressed"] = json!(self.chance.happens(0.4));
        self.put(id, new);
    }

    /// A locator changes: it is deleted and created again, as a rule under the same ID and with the same keys.
    pub(super) fn change_locator(&self, id: &ResourceId) {
        let chance = &self.chance;
        if self.world.backend == Backend::Mkio && chance.happens(0.6) {
            return self.change_in_place(id);
        }
        let Some(old) = self.delete(id) else { return };
        let mut new = again(&old);
        let asset = text(&old, "assetName").unwrap_or_default().to_owned();
        self.embellish(&mut new, &asset);
        if chance.happens(0.25) {
            if let Value::Object(new) = &mut new {
                new.remove("contentKeys");
                new.remove("streamingLocatorId");
            }
        } else if chance.happens(0.1) {
            let assets = self.names(Kind::Assets);
            if let Some(asset) = chance.any(&assets) {
                new["assetName"] = json!(asset);
            }
        }
        self.put(id, new);
    }

    pub(super) fn change_some_locator(&self) {
        let locators = self.ids(Kind::StreamingLocators);
        if let Some(id) = self.chance.any(&locators) {
            self.change_locator(id);
        }
    }

    /// Another name takes over the ID and the keys of a locator that is withdrawn.
    pub(super) fn rename_locator(&self) {
        // Refused until the replica of the old name is deleted, and tried again by the next walk.
        if self.world.by_events {
            return;
        }
        let locators = self.ids(Kind::StreamingLocators);
        if let Some(id) = self.chance.any(&locators)
            && let Some(old) = self.delete(id)
        {
            let name = *self.chance.pick(LOCATORS);
            self.put(&named(Kind::StreamingLocators, name), again(&old));
        }
    }
}

/// What to send so that a locator is there again.
fn again(old: &Fields) -> Value {
    let mut new = Value::Object(old.clone());
    for key in new["contentKeys"].as_array_mut().into_iter().flatten() {
        if let Value::Object(key) = key {
            for made in ["type", "policyName", "tracks"] {
                key.remove(made);
            }
        }
    }
    new
}
