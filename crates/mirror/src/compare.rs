//! Comparing a source with a replica under the rules of their kind. Pure.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::rules::{Rules, covers};

/// Times that lie this close are one time: the service rounds to 1/300 s.
pub(crate) const TIME_TOLERANCE: Duration = Duration::milliseconds(10);

/// A field in which source and replica differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path, without any value.
    pub path: String,
    /// Whether the rules know the field.
    pub known: bool,
}

/// Every field in which two resources differ, as far as the rules compare it.
#[must_use]
pub(crate) fn differences(
    rules: &Rules,
    source: &Map<String, Value>,
    replica: &Map<String, Value>,
) -> Vec<Difference> {
    let mut comparison = Comparison {
        rules,
        found: Vec::new(),
    };
    comparison.objects("", source, replica);
    comparison.found
}

struct Comparison<'a> {
    rules: &'a Rules,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn objects(&mut self, at: &str, a: &Map<String, Value>, b: &Map<String, Value>) {
        let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
        for key in keys {
            let path = join(at, key);
            self.values(&path, a.get(key), b.get(key));
        }
    }

    fn values(&mut self, path: &str, a: Option<&Value>, b: Option<&Value>) {
        if covers(self.rules.owned, path) || covers(self.rules.placement, path) {
            return;
        }
        let (a, b) = (present(self.rules, path, a), present(self.rules, path, b));
        match (a, b) {
            (None, None) => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => self.objects(path, a, b),
            (Some(Value::Array(a)), Some(Value::Array(b))) => self.arrays(path, a, b),
            (Some(a), Some(b)) => {
                if !self.scalars_equal(path, a, b) {
                    self.differ(path);
                }
            }
            (Some(only), None) | (None, Some(only)) => self.one_sided(path, only),
        }
    }

    fn arrays(&mut self, path: &str, a: &[Value], b: &[Value]) {
        let element = format!("{path}[]");
        let Some((_, key)) = self
            .rules
            .unordered
            .iter()
            .find(|(unordered, _)| *unordered == path)
        else {
            for index in 0..a.len().max(b.len()) {
                self.values(&element, a.get(index), b.get(index));
            }
            return;
        };
        let mut left: Vec<&Value> = b.iter().collect();
        for item in a {
            let same = left.iter().position(|other| match key {
                Some(key) => {
                    let path = join(&element, key);
                    self.scalars_equal(&path, &item[*key], &other[*key])
                }
                None => self.scalars_equal(&element, item, other),
            });
            let other = same.map(|index| left.remove(index));
            self.values(&element, Some(item), other);
        }
        for other in left {
            self.values(&element, None, Some(other));
        }
    }

    fn scalars_equal(&self, path: &str, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::String(a), Value::String(b)) => {
                a == b
                    || (self.rules.identifiers.contains(&path) && same_identifier(a, b))
                    || (self.rules.times.contains(&path) && same_time(a, b))
            }
            (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
            (a, b) => a == b,
        }
    }

    /// Something that only one side has: every field below it differs.
    fn one_sided(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    self.values(&join(path, key), Some(value), None);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.values(&format!("{path}[]"), Some(item), None);
                }
            }
            _ => self.differ(path),
        }
    }

    fn differ(&mut self, path: &str) {
        if self.found.iter().all(|found| found.path != path) {
            self.found.push(Difference {
                path: path.to_owned(),
                known: self.rules.knows(path),
            });
        }
    }
}

/// `null`, an empty array, an object or a text that means nothing when empty, a switch that is off, and the end of time all count as absent.
pub(crate) fn present<'v>(
    rules: &Rules,
    path: &str,
    value: Option<&'v Value>,
) -> Option<&'v Value> {
    let value = value?;
    let absent = match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => {
            rules.empty.contains(&path)
                && map
                    .iter()
                    .all(|(key, value)| present(rules, &join(path, key), Some(value)).is_none())
        }
        Value::Bool(false) => rules.switches.contains(&path),
        Value::String(text) if text.is_empty() => rules.empty.contains(&path),
        Value::String(text) => rules.times.contains(&path) && text.starts_with("9999-12-31"),
        _ => false,
    };
    (!absent).then_some(value)
}

pub(crate) fn join(at: &str, key: &str) -> String {
    if at.is_empty() {
        key.to_owned()
    } else {
        format!("{at}.{key}")
    }
}

/// A GUID without regard to letter case. Any other identifier can be told from one that differs in nothing else.
pub(crate) fn same_identifier(a: &str, b: &str) -> bool {
    a == b || (is_guid(a) && a.eq_ignore_ascii_case(b))
}

pub(crate) fn is_guid(text: &str) -> bool {
    let parts = text.split('-').map(str::len);
    parts.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Without an offset it is UTC.
pub(crate) fn time(text: &str) -> Option<OffsetDateTime> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    parse(text).or_else(|| parse(&format!("{text}Z")))
}

fn same_time(a: &str, b: &str) -> bool {
    match (time(a), time(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TIME_TOLERANCE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Backend;
    use change::Kind;
    use serde_json::json;

    fn paths(kind: Kind, a: Value, b: Value) -> Vec<String> {
        let map = |value| match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        };
        differences(Backend::Ams.rules(kind), &map(a), &map(b))
            .into_iter()
            .map(|found| format!("{}{}", if found.known { "" } else { "?" }, found.path))
            .collect()
    }

    #[test]
    fn what_the_service_owns_is_not_compared() {
        let a = json!({"name": "a", "systemData": {"x": 1}, "properties": {"policyId": "1", "options": [{"policyOptionId": "1", "name": "o"}]}});
        let b = json!({"properties": {"policyId": "2", "options": [{"policyOptionId": "2", "name": "o"}]}});
        assert!(paths(Kind::ContentKeyPolicies, a, b).is_empty());
    }

    #[test]
    fn times_ends_of_time_and_letter_case_are_tolerated() {
        let a = json!({"properties": {"startTime": "2018-03-29T10:00:00.295807Z", "endTime": "9999-12-31T23:59:59.9999999Z", "streamingLocatorId": "0123ABCD-89AB-CDEF-0123-456789ABCDEF"}});
        let b = json!({"properties": {"startTime": "2018-03-29T10:00:00.297Z", "endTime": "9999-12-31T23:59:59.997Z", "streamingLocatorId": "0123abcd-89ab-cdef-0123-456789abcdef"}});
        assert!(paths(Kind::StreamingLocators, a.clone(), b).is_empty());
        let c = json!({"properties": {"startTime": "2018-03-29T10:00:00.397Z", "streamingLocatorId": "0123abcd-89ab-cdef-0123-456789abcdef"}});
        assert_eq!(
            paths(Kind::StreamingLocators, a, c),
            ["properties.startTime"]
        );
    }

    #[test]
    fn times_are_understood_in_every_form() {
        let with = |time: &str| json!({"properties": {"startTime": time}});
        let found = |a: &str, b: &str| paths(Kind::StreamingLocators, with(a), with(b));
        for (a, b) in [
            ("2026-01-02T03:04:05.678901", "2026-01-02T03:04:05.67Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.00Z"),
            ("2026-01-01T22:04:05-05:00", "2026-01-02T03:04:05"),
            ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59Z"),
        ] {
            assert!(found(a, b).is_empty(), "{a} {b}");
        }
        let earlier = found("2026-01-02T03:04:05", "2026-01-02T03:04:06");
        assert_eq!(earlier, ["properties.startTime"]);
    }

    #[test]
    fn an_identifier_that_is_no_guid_has_its_letter_case() {
        let with = |id: &str| json!({"properties": {"streamingLocatorId": id}});
        let found = paths(Kind::StreamingLocators, with("Film"), with("film"));
        assert_eq!(found, ["properties.streamingLocatorId"]);
    }

    #[test]
    fn keys_are_matched_by_id_and_filters_have_no_order() {
        let a = json!({"properties": {"filters": ["x", "y"], "contentKeys": [{"id": "1", "value": "a", "type": "t"}, {"id": "2", "value": "b"}]}});
        let b = json!({"properties": {"filters": ["y", "x"], "contentKeys": [{"id": "2", "value": "b"}, {"id": "1", "value": "c"}]}});
        assert_eq!(
            paths(Kind::StreamingLocators, a, b),
            ["properties.contentKeys[].value"]
        );
    }

    #[test]
    fn a_missing_element_differs_in_its_fields() {
        let a = json!({"properties": {"contentKeys": [{"id": "1", "value": "a", "type": "t"}]}});
        let b = json!({"properties": {"contentKeys": []}});
        assert_eq!(
            paths(Kind::StreamingLocators, a, b),
            [
                "properties.contentKeys[].id",
                "properties.contentKeys[].value"
            ]
        );
    }

    #[test]
    fn empty_content_keys_of_a_policy_count_as_absent_but_an_empty_drm_does_not() {
        let a = json!({"properties": {"commonEncryptionCenc": {"clearTracks": [], "contentKeys": {"defaultKey": {}, "keyToTrackMappings": []}, "drm": {"widevine": {}}}}});
        let b = json!({"properties": {"commonEncryptionCenc": {"drm": {}}}});
        assert_eq!(
            paths(Kind::StreamingPolicies, a, b),
            ["properties.commonEncryptionCenc.drm.widevine"]
        );
    }

    #[test]
    fn an_unknown_field_is_told_from_a_known_one() {
        let a = json!({"properties": {"description": "a", "color": {"r": 1.0}, "size": 2}, "zone": null});
        let b = json!({"properties": {"description": "b", "color": {"r": 1}, "size": 3}});
        assert_eq!(
            paths(Kind::Assets, a, b),
            ["properties.description", "?properties.size"]
        );
    }
}
