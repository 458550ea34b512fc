//! What two resources must have in common to be the same, written down without a look at the mirror's own rules.

use std::collections::BTreeMap;

use change::Kind;
use media::Side;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::{
    ams::{Fields, text},
    storage::{REPLICAS, SOURCES},
};

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

/// A resource without whatever the service makes up.
#[derive(Clone, Debug)]
pub(crate) struct Canonical {
    fields: Value,
    times: [Option<OffsetDateTime>; 2],
}

impl Canonical {
    /// Of the primary: as the secondary should have it.
    pub(crate) fn new(kind: Kind, side: Side, properties: &Fields) -> Self {
        let mut fields = match kind {
            Kind::StreamingLocators => locator(properties),
            Kind::Assets => picked(
                properties,
                &["alternateId", "description", "storageAccountName"],
            ),
            Kind::AccountFilters | Kind::AssetFilters => picked(
                properties,
                &["presentationTimeRange", "firstQuality", "tracks"],
            ),
            Kind::ContentKeyPolicies => policy(properties),
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
            times: [time("startTime"), time("endTime")],
        }
    }

    /// The storage account that an asset is in, or belongs in, in the secondary.
    pub(crate) fn storage(asset: &Fields) -> Option<&str> {
        let name = text(asset, "storageAccountName")?;
        let source = SOURCES.iter().position(|source| *source == name);
        Some(source.map_or(name, |at| REPLICAS[at]))
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        let near = |(a, b): (&Option<OffsetDateTime>, &Option<OffsetDateTime>)| match (a, b) {
            (Some(a), Some(b)) => (*a - *b).abs() <= Duration::milliseconds(10),
            (a, b) => a == b,
        };
        self.fields == other.fields && self.times.iter().zip(&other.times).all(near)
    }
}

fn time_of(properties: &Fields, name: &str) -> Option<OffsetDateTime> {
    let time = text(properties, name)?;
    (!time.starts_with("9999-12-31"))
        .then(|| crate::ams::parsed(time))
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

fn policy(properties: &Fields) -> Value {
    let mut policy = without(properties, &["policyId", "created", "lastModified"]);
    for option in policy["options"].as_array_mut().into_iter().flatten() {
        if let Value::Object(option) = option {
            option.remove("policyOptionId");
        }
    }
    policy
}

fn locator(properties: &Fields) -> Value {
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
                        if let Some(at) = SOURCES.iter().position(|source| source == text) {
                            REPLICAS[at].clone_into(text);
                        }
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
        Canonical::new(kind, side, &fields)
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
