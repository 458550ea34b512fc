//! What two resources must have in common to be the same, written down without a look at the mirror's own rules.

use std::collections::BTreeMap;

use change::Kind;
use media::Side;
use mirror::rules::Backend;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::account::{Fields, parsed, text};

/// The host of the primary's own key delivery, and its counterpart.
pub(crate) const HOSTS: (&str, &str) = ("keys.east.example", "keys.west.example");

/// The name of every property that no version of the mirror knows begins so.
pub(crate) const UNKNOWN: &str = "tomorrow";

const URLS: &[&str] = &[
    "openIdConnectDiscoveryDocument",
    "customKeyAcquisitionUrlTemplate",
    "customLicenseAcquisitionUrlTemplate",
    "customKeysAcquisitionUrlTemplate",
];

const TIMES: [&str; 2] = ["startTime", "endTime"];

/// The property of a locator that nobody is shown for now.
pub(crate) const SUPPRESSED: &str = "suppressed";

/// A resource without whatever the service makes up.
#[derive(Clone, Debug)]
pub(crate) struct Canonical {
    fields: Value,
    times: [Option<OffsetDateTime>; 2],
    suppressed: bool,
}

impl Canonical {
    /// Of the primary: as the secondary should have it.
    pub(crate) fn new(backend: Backend, kind: Kind, side: Side, properties: &Fields) -> Self {
        let mut fields = match kind {
            Kind::StreamingLocators => locator(backend, properties),
            Kind::Assets => asset(backend, side, properties),
            Kind::AccountFilters | Kind::AssetFilters => picked(
                properties,
                &["presentationTimeRange", "firstQuality", "tracks"],
            ),
            Kind::ContentKeyPolicies => policy(backend, properties),
            Kind::StreamingPolicies => without(properties, &["created"]),
        };
        if side == Side::Primary {
            translate(&mut fields);
        }
        let time = |name| {
            (kind == Kind::StreamingLocators)
                .then(|| time_of(properties, name))
                .flatten()
        };
        Self {
            fields: pruned(fields).unwrap_or_default(),
            times: TIMES.map(time),
            suppressed: properties.get(SUPPRESSED) == Some(&json!(true)),
        }
    }

    /// The name of the storage that an asset is in, or belongs in, in the secondary.
    pub(crate) fn storage(asset: &Fields) -> Option<String> {
        text(asset, "storageAccountName").map(counterpart)
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.same_but_for(other, &[])
    }

    /// The same, but perhaps in these of when it plays and whether it does.
    pub(crate) fn same_but_for(&self, other: &Self, left_out: &[&str]) -> bool {
        let near = |(a, b): (&Option<OffsetDateTime>, &Option<OffsetDateTime>)| match (a, b) {
            (Some(a), Some(b)) => (*a - *b).abs() <= Duration::milliseconds(10),
            (a, b) => a == b,
        };
        let times = TIMES.iter().zip(self.times.iter().zip(&other.times));
        let counts = |name: &&str| !left_out.contains(name);
        self.fields == other.fields
            && times
                .filter(|(name, _)| counts(name))
                .all(|(_, times)| near(times))
            && (self.suppressed == other.suppressed || !counts(&SUPPRESSED))
    }
}

fn time_of(properties: &Fields, name: &str) -> Option<OffsetDateTime> {
    let time = text(properties, name)?;
    (!time.starts_with("9999-12-31"))
        .then(|| parsed(time))
        .flatten()
}

fn picked(properties: &Fields, names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                properties.get(*name).cloned().unwrap_or_default(),
            )
        })
        .collect()
}

fn without(properties: &Fields, names: &[&str]) -> Value {
    properties
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()) && !name.starts_with(UNKNOWN))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The replica's container stays, whatever is to become of the source's.
fn asset(backend: Backend, side: Side, properties: &Fields) -> Value {
    let names = ["alternateId", "description", "storageAccountName"];
    let mut asset = picked(properties, &names);
    if backend == Backend::Mkio {
        for name in ["alternateId", "description"] {
            asset[name] = without_nothing(asset[name].take());
        }
        let labels = properties.get("labels").and_then(Value::as_object);
        asset["labels"] = json!(labels.filter(|labels| !labels.is_empty()));
        asset["containerDeletionPolicy"] = match side {
            Side::Primary => json!("Retain"),
            Side::Secondary => json!(text(properties, "containerDeletionPolicy")),
        };
    }
    asset
}

fn policy(backend: Backend, properties: &Fields) -> Value {
    let mut policy = without(properties, &["policyId", "created", "lastModified"]);
    if policy["fairPlayAmsCompatibility"] == json!(false) {
        policy["fairPlayAmsCompatibility"] = Value::Null;
    }
    if backend == Backend::Mkio {
        policy["description"] = without_nothing(policy["description"].take());
    }
    let Some(options) = policy["options"].as_array_mut() else {
        return policy;
    };
    for option in options.iter_mut().filter_map(Value::as_object_mut) {
        option.remove("policyOptionId");
        if backend == Backend::Mkio {
            with_plain_times(option);
        }
    }
    policy
}

/// What is empty on MK.IO is not there.
fn without_nothing(text: Value) -> Value {
    if text == json!("") { Value::Null } else { text }
}

/// Times of licences in one form.
fn with_plain_times(option: &mut Fields) {
    let licenses = option.get_mut("configuration");
    let licenses = licenses.and_then(|configuration| configuration.get_mut("licenses"));
    for license in licenses.and_then(Value::as_array_mut).into_iter().flatten() {
        for name in ["beginDate", "expirationDate"] {
            if let Some(time) = license[name].as_str().and_then(parsed) {
                license[name] = json!(time.unix_timestamp());
            }
        }
    }
}

fn locator(backend: Backend, properties: &Fields) -> Value {
    let mut locator = picked(
        properties,
        &[
            "assetName",
            "streamingPolicyName",
            "defaultContentKeyPolicyName",
            "alternativeMediaId",
        ],
    );
    locator["id"] = json!(text(properties, "streamingLocatorId").map(str::to_ascii_lowercase));
    let mut filters = properties.get("filters").cloned().unwrap_or_default();
    if let Value::Array(filters) = &mut filters {
        filters.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    locator["filters"] = filters;
    locator["keys"] = json!(keys(properties));
    if backend == Backend::Mkio {
        for name in ["contentId", "defaultManifestFilename"] {
            locator[name] = json!(text(properties, name));
        }
        let keys = properties.get("contentKeys").and_then(Value::as_array);
        let more: BTreeMap<String, &Value> = keys
            .into_iter()
            .flatten()
            .map(|key| {
                let id = key["id"].as_str().unwrap_or_default();
                (id.to_ascii_lowercase(), &key["policyName"])
            })
            .collect();
        locator["key policies"] = json!(more);
    }
    locator
}

/// The content keys of a locator: ID, label, value.
pub(crate) fn keys(locator: &Fields) -> BTreeMap<String, (String, String)> {
    let keys = locator.get("contentKeys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .map(|key| {
            let field = |name: &str| key[name].as_str().unwrap_or_default();
            let rest = (field("labelReferenceInStreamingPolicy"), field("value"));
            (
                field("id").to_ascii_lowercase(),
                (rest.0.to_owned(), rest.1.to_owned()),
            )
        })
        .collect()
}

/// What the secondary calls its storage for what is in this of the primary: names differ in the region alone.
fn counterpart(storage: &str) -> String {
    storage.replacen("east", "west", 1)
}

/// Puts the secondary's region in place of the primary's.
fn translate(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                match value {
                    Value::String(text) if URLS.contains(&name.as_str()) => {
                        let host = |host: &str| format!("//{host}/");
                        *text = text.replacen(&host(HOSTS.0), &host(HOSTS.1), 1);
                    }
                    Value::String(text) if name == "storageAccountName" => {
                        *text = counterpart(text);
                    }
                    value => translate(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

/// Without what says nothing: null, empty lists, and keys of a streaming policy that are empty.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(Value::Array(
            items
                .into_iter()
                .map(|item| pruned(item).unwrap_or_default())
                .collect(),
        )),
        Value::Object(map) => Some(
            map.into_iter()
                .filter_map(|(name, value)| Some((name, pruned(value)?)))
                .filter(|(name, value)| {
                    !(matches!(name.as_str(), "contentKeys" | "defaultKey")
                        && value.as_object().is_some_and(serde_json::Map::is_empty))
                })
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        ),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, side: Side, value: Value) -> Canonical {
        let Value::Object(fields) = value else {
            unreachable!()
        };
        Canonical::new(Backend::Ams, kind, side, &fields)
    }

    #[test]
    fn what_the_service_makes_up_is_no_difference() {
        let kind = Kind::ContentKeyPolicies;
        let a = of(
            kind,
            Side::Primary,
            json!({"policyId": "1", "options": [{"policyOptionId": "1", "name": "o",
            "restriction": {"openIdConnectDiscoveryDocument": "https://keys.east.example/x", "requiredClaims": []}}]}),
        );
        let b = of(
            kind,
            Side::Secondary,
            json!({"options": [{"name": "o", "policyOptionId": "2",
            "restriction": {"openIdConnectDiscoveryDocument": "https://keys.west.example/x"}}]}),
        );
        assert!(a.same(&b));
        let c = of(kind, Side::Secondary, json!({"options": [{"name": "p"}]}));
        assert!(!a.same(&c));
    }

    #[test]
    fn a_locator_is_its_id_its_keys_and_its_times() {
        let kind = Kind::StreamingLocators;
        let with = |time: &str, value: &str| {
            of(
                kind,
                Side::Primary,
                json!({"streamingLocatorId": "A", "startTime": time,
                "endTime": "9999-12-31T23:59:59.997Z", "contentKeys": [{"id": "k", "value": value, "type": "t"}]}),
            )
        };
        let a = with("2026-01-01T00:00:00.295Z", "v");
        assert!(a.same(&with("2026-01-01T00:00:00.297Z", "v")));
        assert!(!a.same(&with("2026-01-01T00:00:00.395Z", "v")));
        assert!(!a.same(&with("2026-01-01T00:00:00.295Z", "w")));
    }
}
