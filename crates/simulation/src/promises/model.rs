//! What the secondary should be once everything is quiet, and what may differ, with the reason that the mirror must then give.

use change::{Kind, Name, ResourceId};
use media::Side;
use serde_json::Value;

use super::{
    canonical::{Canonical, keys},
    terms::terms,
};
use crate::{
    account::{Account, Fields, PREDEFINED, Record, filters, has_fair_play, policies_named, text},
    mkio::{AssetUpdates, ExplicitKeys, LocatorIds, Options, Switches},
    state::State,
    storage::Blob,
};

/// The reason for what an update of an asset leaves as it was.
pub(super) const UNCHANGED: &str = "replica-ignored";

/// The reason for what has secrets that nobody shows, and for whatever needs that.
const MASKED: &str = "secret-masked";

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

    pub(super) const fn id(&self) -> &ResourceId {
        self.id
    }

    /// What is different, in words; nothing when all is as it should be.
    pub(super) fn difference(&self) -> Option<String> {
        let Some(replica) = self.replica else {
            return Some("there is no replica".to_owned());
        };
        let kind = self.id.kind();
        if !self.canonical_source().same(&self.canonical(replica)) {
            return Some("the replica differs".to_owned());
        }
        if kind == Kind::Assets {
            return self.missing_bytes(replica);
        }
        None
    }

    fn canonical_source(&self) -> Canonical {
        let backend = self.state.backend();
        Canonical::new(
            backend,
            self.id.kind(),
            Side::Primary,
            &self.source.properties,
        )
    }

    fn canonical(&self, replica: &Record) -> Canonical {
        let backend = self.state.backend();
        Canonical::new(
            backend,
            self.id.kind(),
            Side::Secondary,
            &replica.properties,
        )
    }

    /// What is uncertain of MK.IO, if that is the service.
    const fn switches(&self) -> Option<Switches> {
        self.state.switches()
    }

    fn missing_bytes(&self, replica: &Record) -> Option<String> {
        let container = |account: &Account, record: &Record| {
            let (account, container) = account.place(&record.properties)?;
            self.state.storage.container(&account, &container)
        };
        let Some(source) = container(&self.state.primary, self.source) else {
            return Some("the source has no container".to_owned());
        };
        let Some(replica) = container(&self.state.secondary, replica) else {
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
            Kind::AccountFilters => Vec::new(),
            Kind::ContentKeyPolicies => self.key_policy_excuses(),
            Kind::StreamingPolicies => self.policy_excuses(),
            Kind::Assets => self.asset_excuses(),
            Kind::AssetFilters => self.filter_excuses(),
            Kind::StreamingLocators => self.locator_excuses(),
        }
    }

    /// PATCH unsets nothing, and where it merges options it removes none.
    fn key_policy_excuses(&self) -> Vec<&'static str> {
        let Some(switches) = self.switches() else {
            return Vec::new();
        };
        if self.is_masked() {
            return vec![MASKED];
        }
        let Some(replica) = self.replica else {
            return Vec::new();
        };
        let kept = !self.kept_options().is_empty();
        let mut excuses = Vec::new();
        if kept && switches.options == Options::Merged {
            excuses.push("replica-conflict");
        }
        if !switches.fair_play_shown && has_fair_play(&replica.properties) {
            excuses.push(MASKED);
        }
        if self.lacks_what_stays(&["description", "fairPlayAmsCompatibility"]) {
            excuses.push("replica-ignored");
        }
        excuses
    }

    /// The names of the options that the replica has and the source has not.
    pub(super) fn kept_options(&self) -> Vec<String> {
        let names = |record: &Record| -> Vec<String> {
            let options = record.properties.get("options").and_then(Value::as_array);
            let options = options.into_iter().flatten();
            let names = options.filter_map(|option| option["name"].as_str());
            names.map(ToOwned::to_owned).collect()
        };
        let of_source = names(self.source);
        let mut kept = self.replica.map(names).unwrap_or_default();
        kept.retain(|name| !of_source.contains(name));
        kept
    }

    /// Whether this is a content key policy with secrets of FairPlay, which nobody shows.
    fn is_masked(&self) -> bool {
        let hidden = self.switches().is_some_and(|of| !of.fair_play_shown);
        hidden && has_fair_play(&self.source.properties)
    }

    /// Whether the replica has any of these and the source has not.
    fn lacks_what_stays(&self, names: &[&str]) -> bool {
        let has = |record: &Record, name: &str| {
            let value = record.properties.get(name);
            value.is_some_and(|value| *value != Value::Bool(false))
        };
        names.iter().any(|name| {
            self.replica.is_some_and(|replica| has(replica, name)) && !has(self.source, name)
        })
    }

    fn policy_excuses(&self) -> Vec<&'static str> {
        let updates = self
            .switches()
            .is_some_and(|switches| switches.policies_update);
        let mut excuses = Vec::new();
        if self.replica.is_some() && !updates {
            excuses.push("replica-conflict");
        }
        // What it needs is looked for before it is known whether an update is refused.
        if self.replica.is_none() || self.switches().is_some() {
            let named = policies_named(&self.source.properties).into_iter();
            excuses.extend(named.filter_map(|name| self.lack_of(name)));
        }
        excuses
    }

    fn asset_excuses(&self) -> Vec<&'static str> {
        let mut excuses = Vec::new();
        let place = self.state.primary.place(&self.source.properties);
        let container = place
            .and_then(|(account, container)| self.state.storage.container(&account, &container));
        match container {
            None => excuses.push("source-gone"),
            Some(container) => {
                let archived = |blob: &Blob| blob.tier.as_deref() == Some("Archive");
                if container.blobs.values().any(archived) {
                    excuses.push("source-archived");
                }
            }
        }
        let format = text(&self.source.properties, "storageEncryptionFormat");
        if format.is_some_and(|format| format != "None") {
            excuses.push("source-unsupported");
        }
        // An asset that was there already may be in another storage account, and stays there.
        let storage = |record: &Record| Canonical::storage(&record.properties);
        let elsewhere = |replica: &Record| storage(replica) != storage(self.source);
        if self.replica.is_some_and(elsewhere) {
            excuses.push("replica-refused");
        }
        excuses.extend(self.unchanged_excuse());
        let published = !self.state.primary.locators_of(self.id.name()).is_empty();
        if self.replica.is_none() && !published {
            excuses.push("out-of-scope");
        }
        excuses
    }

    /// An update of an asset that leaves something as it was.
    fn unchanged_excuse(&self) -> Option<&'static str> {
        let switches = self.switches().filter(|_| self.replica.is_some())?;
        let stays = match switches.asset_updates {
            AssetUpdates::All => false,
            AssetUpdates::Merged => {
                self.lacks_what_stays(&["alternateId", "description", "labels"])
            }
            AssetUpdates::Documented => true,
        };
        stays.then_some(UNCHANGED)
    }

    /// Whether the bytes are as they should be, whatever else of the asset is not.
    pub(super) fn bytes_differ(&self) -> Option<String> {
        let replica = self.replica.filter(|_| self.id.kind() == Kind::Assets)?;
        self.missing_bytes(replica)
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
        if let Some(record) = self.replica {
            let replica = &record.properties;
            let has_keys = !source_keys.is_empty() || !keys(replica).is_empty();
            let changes_in = terms(self.state.backend()).locators_change_in;
            let replica_now = self.canonical(record);
            let in_place = self
                .canonical_source()
                .same_but_for(&replica_now, changes_in);
            let replaced = !has_keys || self.state.watch.replaces;
            if !in_place && (!replaced || id_of(source) != id_of(replica)) {
                excuses.push("replica-conflict");
            }
            let used = self.state.primary.of_kind(Kind::StreamingLocators);
            let mut used = used.flat_map(|(_, locator)| keys(&locator.properties).into_keys());
            if !in_place
                && self.state.watch.replaces
                && used.any(|key| keys(replica).contains_key(&key))
            {
                excuses.push("keys-shared");
            }
            if self.switches().is_some() && self.lacks_what_stays(&["startTime"]) {
                excuses.push("replica-ignored");
            }
        }
        if let Some(switches) = self.switches() {
            excuses.extend(self.doubtful_excuses(switches));
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
                excuses.push(self.key_id_taken());
            }
        }
        if self
            .state
            .secondary
            .taken
            .iter()
            .any(|id| source_keys.contains_key(id))
        {
            excuses.push(self.key_id_taken());
        }
        excuses
    }

    /// MK.IO says no more than that there is a conflict.
    const fn key_id_taken(&self) -> &'static str {
        match self.switches() {
            None => "key-id-taken",
            Some(_) => "replica-conflict",
        }
    }

    /// What follows from how MK.IO may be.
    fn doubtful_excuses(&self, switches: Switches) -> Vec<&'static str> {
        let source = &self.source.properties;
        let mut excuses = Vec::new();
        if switches.locator_ids == LocatorIds::Everywhere {
            excuses.push("replica-conflict");
        }
        let policy = text(source, "streamingPolicyName").unwrap_or_default();
        let taken = switches.keys_on_predefined == ExplicitKeys::Accepted;
        if policy.starts_with(PREDEFINED) && !keys(source).is_empty() && !taken {
            excuses.push("keys-refused");
        }
        let key_policies = source.get("contentKeys").and_then(Value::as_array);
        let key_policies = key_policies.into_iter().flatten();
        let key_policies = key_policies.filter_map(|key| key["policyName"].as_str());
        excuses.extend(key_policies.filter_map(|name| self.lack_of(name)));
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
                // Bytes are published under whatever labels.
                let mut of_asset = asset.excuses();
                of_asset.retain(|excuse| *excuse != UNCHANGED);
                if asset.difference().is_some() && !of_asset.is_empty() {
                    excuses.push("replica-not-ready");
                    excuses.extend(of_asset);
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
        let key_policy = text(source, "defaultContentKeyPolicyName");
        excuses.extend(key_policy.and_then(|name| self.lack_of(name)));
        let lost = filters::named(source).any(|filter| {
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
            Some(_) => {
                let mut excuses = vec!["dependency-failed", "replica-refused", "keys-refused"];
                let masked = policy.excuses().into_iter();
                excuses.extend(masked.filter(|excuse| *excuse == MASKED));
                excuses
            }
        }
    }

    /// Why there is no content key policy of this name: it is nowhere, or in the primary alone with secrets that nobody shows.
    fn lack_of(&self, name: &str) -> Option<&'static str> {
        let id = ResourceId::new(Kind::ContentKeyPolicies, Name::new(name).ok()?);
        match Pair::new(self.state, &id) {
            None => (!self.there(&id)).then_some("dependency-failed"),
            Some(policy) => (policy.replica.is_none() && policy.is_masked()).then_some(MASKED),
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
