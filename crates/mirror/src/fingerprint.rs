//! What a page of a list shows of a resource, as small as a walk over a hundred thousand needs it. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{
    Maps,
    compare::{TIME_TOLERANCE, is_guid, join, present, time},
    rules::{Rules, Secret, covers},
    translate::translate,
};
use serde_json::{Map, Value};

/// Stands for everything that the rules compare of a resource and that a list shows: secrets and content keys are left out, and fields
/// that nobody knows. Comparable within one process.
///
/// Two resources whose fingerprints match agree in the comparison; the other way round a rare exception (an object of nothing but nulls
/// against none) costs a read.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    hash: u64,
    /// Times in the order of their paths, in microseconds: they are compared with tolerance, which no hash can do.
    times: Box<[i64]>,
}

impl Fingerprint {
    /// Of a replica as it stands.
    pub(crate) fn of_replica(rules: &Rules, body: &Map<String, Value>) -> Self {
        let node = object(rules, "", body);
        Self {
            hash: node.hash,
            times: node.times.into(),
        }
    }

    /// Of what the source's replica should be; `None` when the configuration does not say.
    pub(crate) fn of_source(rules: &Rules, maps: &Maps, body: &Map<String, Value>) -> Option<Self> {
        let wanted = translate(rules, maps, body).ok()?;
        Some(Self::of_replica(rules, &wanted))
    }

    /// Whether two resources agree as far as a list shows.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let tolerance = i64::try_from(TIME_TOLERANCE.whole_microseconds()).unwrap_or(i64::MAX);
        self.hash == other.hash
            && self.times.len() == other.times.len()
            && self
                .times
                .iter()
                .zip(&other.times)
                .all(|(a, b)| a.abs_diff(*b) <= tolerance.unsigned_abs())
    }
}

/// A value reduced.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    hash: u64,
    times: Vec<i64>,
}

impl Node {
    fn of(what: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            times: Vec::new(),
        }
    }

    fn of_all(label: u8, nodes: Vec<Self>) -> Self {
        let hashes: Vec<u64> = nodes.iter().map(|node| node.hash).collect();
        Self {
            times: nodes.into_iter().flat_map(|node| node.times).collect(),
            ..Self::of((label, hashes))
        }
    }
}

fn object(rules: &Rules, at: &str, map: &Map<String, Value>) -> Node {
    let hidden = hidden_fields(rules, map);
    let mut fields: Vec<(&str, Node)> = map
        .iter()
        .filter(|(key, _)| !hidden.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.as_str(), value_at(rules, &join(at, key), value)?)))
        .collect();
    fields.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let nodes = fields.into_iter().map(|(key, node)| Node {
        times: node.times,
        ..Node::of((key, node.hash))
    });
    Node::of_all(b'o', nodes.collect())
}

fn value_at(rules: &Rules, path: &str, value: &Value) -> Option<Node> {
    let element = format!("{path}[]");
    if covers(rules.owned, path)
        || covers(rules.placement, path)
        || !(rules.knows(path) || rules.knows(&element))
        || holds_secrets(rules, &element)
    {
        return None;
    }
    let value = present(rules, path, Some(value))?;
    Some(match value {
        Value::Object(map) => object(rules, path, map),
        Value::Array(items) => {
            let mut nodes: Vec<Node> = items
                .iter()
                .filter_map(|item| value_at(rules, &element, item))
                .collect();
            if rules
                .unordered
                .iter()
                .any(|(unordered, _)| *unordered == path)
            {
                nodes.sort_unstable();
            }
            Node::of_all(b'a', nodes)
        }
        Value::String(text) => match rules.times.contains(&path).then(|| micros(text)).flatten() {
            Some(time) => Node {
                times: vec![time],
                ..Node::of(b't')
            },
            None if rules.identifiers.contains(&path) && is_guid(text) => {
                Node::of((b's', text.to_ascii_lowercase()))
            }
            None => Node::of((b's', text)),
        },
        // Negative zero equals zero.
        Value::Number(number) => Node::of((b'n', number.as_f64().map(|n| (n + 0.0).to_bits()))),
        Value::Bool(on) => Node::of((b'b', on)),
        Value::Null => return None,
    })
}

/// The secret fields of an object, by its type: a list masks them, or not.
fn hidden_fields(rules: &Rules, map: &Map<String, Value>) -> Vec<&'static str> {
    let odata_type = map.get("@odata.type").and_then(Value::as_str);
    let of = |secret: &Secret| match secret {
        Secret::Typed(ends, fields) if odata_type.is_some_and(|it| it.ends_with(ends)) => *fields,
        _ => &[],
    };
    rules.secrets.iter().flat_map(of).copied().collect()
}

/// Whether the elements of an array are secrets themselves: content keys, of which a list shows nothing.
fn holds_secrets(rules: &Rules, element: &str) -> bool {
    rules
        .secrets
        .iter()
        .any(|secret| matches!(secret, Secret::At(at, _) if *at == element))
}

fn micros(text: &str) -> Option<i64> {
    i64::try_from(time(text)?.unix_timestamp_nanos() / 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compare::differences, rules::Backend};
    use change::Kind;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        }
    }

    /// The fingerprints match if, and only if, the comparison finds nothing that the rules know.
    #[track_caller]
    fn agree(kind: Kind, a: Value, b: Value) -> bool {
        let rules = Backend::Mkio.rules(kind);
        let (a, b) = (map(a), map(b));
        let matching =
            Fingerprint::of_replica(rules, &a).matches(&Fingerprint::of_replica(rules, &b));
        let found = differences(rules, &a, &b);
        assert_eq!(
            matching,
            found.iter().all(|found| !found.known),
            "{found:?}"
        );
        matching
    }

    #[test]
    fn what_the_comparison_tolerates_the_fingerprint_tolerates() {
        let locator = |properties: Value| json!({"properties": properties});
        let same = [
            (
                json!({"startTime": "2018-03-29T10:00:00.295807", "streamingLocatorId": "0123ABCD-89AB-CDEF-0123-456789ABCDEF", "filters": ["x", "y"]}),
                json!({"startTime": "2018-03-29T10:00:00.297Z", "streamingLocatorId": "0123abcd-89ab-cdef-0123-456789abcdef", "filters": ["y", "x"]}),
            ),
            (
                json!({"startTime": "2018-03-29T09:59:59.998Z", "endTime": "9999-12-31T23:59:59Z"}),
                json!({"startTime": "2018-03-29T10:00:00.001Z", "alternativeMediaId": null}),
            ),
            (
                json!({"created": "1"}),
                json!({"created": "2", "color": 7, "filters": []}),
            ),
        ];
        for (a, b) in same {
            assert!(agree(Kind::StreamingLocators, locator(a), locator(b)));
        }
    }

    #[test]
    fn every_known_field_counts() {
        let locator = |properties: Value| json!({"properties": properties});
        let different = [
            (json!({"assetName": "a"}), json!({"assetName": "b"})),
            (
                json!({"streamingLocatorId": "Film"}),
                json!({"streamingLocatorId": "film"}),
            ),
            (json!({"assetName": "a"}), json!({})),
            (
                json!({"startTime": "2018-03-29T10:00:00.000Z"}),
                json!({"startTime": "2018-03-29T10:00:00.011Z"}),
            ),
            (
                json!({"startTime": "2018-03-29T10:00:00Z"}),
                json!({"endTime": "2018-03-29T10:00:00Z"}),
            ),
            (json!({"filters": ["a"]}), json!({"filters": ["a", "a"]})),
            (json!({"suppressed": true}), json!({"suppressed": false})),
        ];
        for (a, b) in different {
            assert!(!agree(Kind::StreamingLocators, locator(a), locator(b)));
        }
        let labels = |value: &str| json!({"labels": {"shelf": value}});
        assert!(agree(Kind::Assets, labels("a"), labels("a")));
        // What stands for nothing is nothing.
        let blank = json!({"labels": {}, "properties": {"alternateId": "", "description": null}});
        assert!(agree(Kind::Assets, blank, json!({"properties": {}})));
        assert!(!agree(Kind::Assets, labels(""), json!({"labels": {}})));
        assert!(!agree(Kind::Assets, labels("a"), labels("b")));
        let filter = |bitrate: f64| json!({"properties": {"firstQuality": {"bitrate": bitrate}}});
        assert!(agree(
            Kind::AccountFilters,
            filter(1.0),
            json!({"properties": {"firstQuality": {"bitrate": 1}}})
        ));
        assert!(!agree(Kind::AccountFilters, filter(1.0), filter(2.0)));
    }

    #[test]
    fn what_a_list_may_mask_does_not_count() {
        let rules = Backend::Ams.rules(Kind::ContentKeyPolicies);
        let policy = |key: Value, issuer: &str| {
            map(
                json!({"properties": {"options": [{"restriction": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction", "issuer": issuer,
                "primaryVerificationKey": {"@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey", "keyValue": key}}}]}}),
            )
        };
        let print = |key, issuer| Fingerprint::of_replica(rules, &policy(key, issuer));
        assert!(print(json!("AAAA"), "i").matches(&print(Value::Null, "i")));
        assert!(!print(json!("AAAA"), "i").matches(&print(json!("AAAA"), "j")));
        let rules = Backend::Ams.rules(Kind::StreamingLocators);
        let locator = |keys: Value| {
            Fingerprint::of_replica(
                rules,
                &map(json!({"properties": {"assetName": "a", "contentKeys": keys}})),
            )
        };
        assert!(locator(json!([{"id": "1"}])).matches(&locator(json!([]))));
    }

    #[test]
    fn a_source_is_reduced_as_its_replica_should_be() {
        let maps = Maps {
            storage: [("one".to_owned(), "two".to_owned())].into(),
            ..Maps::default()
        };
        let asset = |account: &str, container: &str| {
            map(
                json!({"properties": {"storageAccountName": account, "container": container, "containerDeletionPolicy": "Retain"}}),
            )
        };
        let rules = Backend::Mkio.rules(Kind::Assets);
        let source = Fingerprint::of_source(rules, &maps, &asset("one", "x")).unwrap();
        assert!(source.matches(&Fingerprint::of_replica(rules, &asset("two", "y"))));
        assert!(Fingerprint::of_source(rules, &maps, &asset("three", "x")).is_none());
    }
}
