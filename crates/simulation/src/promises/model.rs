//! What the secondary should be once everything is quiet, and what may differ, with the reason that the mirror must then give.

use change::{Kind, Name, ResourceId};
use media::Side;
use serde_json::Value;

use super::canonical::{Canonical, keys};
use crate::{
    ams::{Fields, Record, policies_named, text},
    state::State,
    storage::Blob,
};

/// A source, its replica, and the state of the world round them.
pub(super) struct Pair<'a> {
    state: &'a State,
    id: &'a ResourceId,
    source: &'a Record,
    replica: Option<&'a Record>,
}

impl<'a> Pair<'a> {
    pub(super) fn new(state: &'a State, id: &'a ResourceId) -> Option<Self> {
        Some(Self {
            state,
            id,
            source: state.primary.get(id)?,
            replica: state.secondary.get(id),
        })
    }

    /// What is different, in words; nothing when all is as it should be.
    pub(super) fn difference(&self) -> Option<String> {
        let Some(replica) = self.replica else {
            return Some("there is no replica".to_owned());
        };
        let kind = self.id.kind();
        let source = Canonical::new(kind, Side::Primary, &self.source.properties);
        if !source.same(&Canonical::new(kind, Side::Secondary, &replica.properties)) {
            return Some("the replica differs".to_owned());
        }
        if kind == Kind::Assets {
            return self.missing_bytes(replica);
        }
        None
    }

    fn missing_bytes(&self, replica: &Record) -> Option<String> {
        let container = |record: &Record| {
            let of = |name| {
                text(&record.properties, name)
                    .unwrap_or_default()
                    .to_owned()
            };
            self.state
                .storage
                .container(&of("storageAccountName"), &of("container"))
        };
        let Some(source) = container(self.source) else {
            return Some("the source has no container".to_owned());
        };
        let Some(replica) = container(replica) else {
            return Some("the replica has no container".to_owned());
        };
        source.blobs.iter().find_map(|(name, blob)| {
            let what = match replica.blobs.get(name) {
                None => "is missing".to_owned(),
                Some(there) => format!("differs in its {}", differs_in(blob, there)?),
            };
            Some(format!("the blob {name} {what}"))
        })
    }

    /// The reasons for which it may remain different. None: it must be the same.
    pub(super) fn excuses(&self) -> Vec<&'static str> {
        match self.id.kind() {
            Kind::ContentKeyPolicies | Kind::AccountFilters => Vec::new(),
            Kind::StreamingPolicies => self.policy_excuses(),
            Kind::Assets => self.asset_excuses(),
            Kind::AssetFilters => self.filter_excuses(),
            Kind::StreamingLocators => self.locator_excuses(),
        }
    }

    fn policy_excuses(&self) -> Vec<&'static str> {
        if self.replica.is_some() {
            return vec!["replica-conflict"];
        }
        let dangling = policies_named(&self.source.properties)
            .into_iter()
            .any(|name| !self.anywhere(Kind::ContentKeyPolicies, name));
        if dangling {
            vec!["dependency-failed"]
        } else {
            Vec::new()
        }
    }

    fn asset_excuses(&self) -> Vec<&'static str> {
        let of = |name| text(&self.source.properties, name).unwrap_or_default();
        let mut excuses = Vec::new();
        match self
            .state
            .storage
            .container(of("storageAccountName"), of("container"))
        {
            None => excuses.push("source-gone"),
            Some(container) => {
                let archived = |blob: &Blob| blob.tier.as_deref() == Some("Archive");
                if container.blobs.values().any(archived) {
                    excuses.push("source-archived");
                }
            }
        }
        if of("storageEncryptionFormat") != "None" {
            excuses.push("source-unsupported");
        }
        // An asset that was there already may be in another storage account, and stays there.
        let storage = |record: &Record| {
            let place = Canonical::storage(&record.properties);
            place.unwrap_or_default().to_owned()
        };
        let elsewhere = |replica: &Record| storage(replica) != storage(self.source);
        if self.replica.is_some_and(elsewhere) {
            excuses.push("replica-refused");
        }
        let published = !self.state.primary.locators_of(self.id.name()).is_empty();
        if self.replica.is_none() && !published {
            excuses.push("out-of-scope");
        }
        excuses
    }

    fn filter_excuses(&self) -> Vec<&'static str> {
        let asset = self.id.parent().cloned();
        let asset = asset.map(|asset| ResourceId::new(Kind::Assets, asset));
        match asset {
            Some(asset) if self.state.secondary.get(&asset).is_none() => {
                vec!["out-of-scope", "dependency-failed"]
            }
            _ => Vec::new(),
        }
    }

    fn locator_excuses(&self) -> Vec<&'static str> {
        let source = &self.source.properties;
        let mut excuses = self.dependency_excuses(source);
        let source_keys = keys(source);
        let id_of = |fields: &Fields| {
            text(fields, "streamingLocatorId")
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        if let Some(replica) = self.replica {
            let replica = &replica.properties;
            let has_keys = !source_keys.is_empty() || !keys(replica).is_empty();
            if has_keys || id_of(source) != id_of(replica) {
                excuses.push("replica-conflict");
            }
        }
        let others = self.state.secondary.of_kind(Kind::StreamingLocators);
        for (_, other) in others.filter(|(id, _)| *id != self.id) {
            if id_of(&other.properties) == id_of(source) {
                excuses.push("replica-conflict");
            }
            if keys(&other.properties)
                .keys()
                .any(|id| source_keys.contains_key(id))
            {
                excuses.push("key-id-taken");
            }
        }
        if self
            .state
            .secondary
            .taken
            .iter()
            .any(|id| source_keys.contains_key(id))
        {
            excuses.push("key-id-taken");
        }
        excuses
    }

    fn dependency_excuses(&self, source: &Fields) -> Vec<&'static str> {
        let mut excuses = Vec::new();
        let asset = text(source, "assetName").and_then(|name| Name::new(name).ok());
        let asset = asset.map(|name| ResourceId::new(Kind::Assets, name));
        match asset
            .as_ref()
            .and_then(|asset| Pair::new(self.state, asset))
        {
            None => excuses.push("dependency-failed"),
            Some(asset) => {
                if asset.difference().is_some() && !asset.excuses().is_empty() {
                    excuses.push("replica-not-ready");
                    excuses.extend(asset.excuses());
                }
            }
        }
        if let Some(policy) = text(source, "streamingPolicyName")
            && !policy.starts_with("Predefined_")
        {
            if !self.anywhere(Kind::StreamingPolicies, policy) {
                excuses.push("dependency-failed");
            }
            excuses.extend(self.named_policy_excuses(policy));
        }
        if let Some(policy) = text(source, "defaultContentKeyPolicyName")
            && !self.anywhere(Kind::ContentKeyPolicies, policy)
        {
            excuses.push("dependency-failed");
        }
        let filters = source.get("filters").and_then(Value::as_array);
        let lost = filters
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|filter| {
                let of_asset = asset.as_ref().and_then(|asset| {
                    let filter = Name::new(filter).ok()?;
                    Some(ResourceId::asset_filter(asset.name().clone(), filter))
                });
                let of_asset = of_asset.is_some_and(|id| self.there(&id));
                !of_asset && !self.anywhere(Kind::AccountFilters, filter)
            });
        if lost {
            excuses.push("dependency-failed");
        }
        excuses
    }

    /// A policy that cannot be brought, or whose replica is another, may take its locators with it.
    fn named_policy_excuses(&self, name: &str) -> Vec<&'static str> {
        let Ok(name) = Name::new(name) else {
            return Vec::new();
        };
        let id = ResourceId::new(Kind::StreamingPolicies, name);
        let Some(policy) = Pair::new(self.state, &id) else {
            // Kept after its deletion, in a state that may be an old one.
            return vec!["replica-refused", "keys-refused"];
        };
        // The locator may have been made when the policy of that name was another.
        let versions = self.state.chronicle.sources.get(&id).map_or(0, Vec::len);
        match policy.difference() {
            None if versions > 1 => vec!["replica-refused", "keys-refused"],
            None => Vec::new(),
            Some(_) => vec!["dependency-failed", "replica-refused", "keys-refused"],
        }
    }

    fn anywhere(&self, kind: Kind, name: &str) -> bool {
        Name::new(name).is_ok_and(|name| self.there(&ResourceId::new(kind, name)))
    }

    fn there(&self, id: &ResourceId) -> bool {
        self.state.primary.get(id).is_some() || self.state.secondary.get(id).is_some()
    }
}

/// In which of bytes, content headers and metadata two blobs differ; the mirror's own mark aside.
fn differs_in(source: &Blob, replica: &Blob) -> Option<&'static str> {
    let metadata = |blob: &Blob| {
        let mut metadata = blob.metadata.clone();
        metadata.remove("mirrorsource");
        metadata
    };
    if source.content != replica.content {
        Some("bytes")
    } else if source.headers != replica.headers {
        Some("content headers")
    } else {
        (metadata(source) != metadata(replica)).then_some("metadata")
    }
}
