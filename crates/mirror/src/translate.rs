//! Making of a source what is sent to the secondary. Pure.

use media::Body;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Maps, Reason,
    compare::join,
    problem::Problem,
    rules::{Mapping, Rules, Secret, covers},
};

/// The source as the secondary should have it: without what the service owns, with what is bound to the region translated.
pub(crate) fn translate(
    rules: &Rules,
    maps: &Maps,
    source: &Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let mut translated = object(rules, maps, "", source)?;
    for (path, value) in rules.constants {
        set(&mut translated, path, Value::String((*value).to_owned()));
    }
    Ok(translated)
}

pub(crate) fn set(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let below = map.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                set(below, rest, value);
            }
        }
    }
}

fn object(
    rules: &Rules,
    maps: &Maps,
    at: &str,
    source: &Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let mut translated = Map::new();
    for (key, value) in source {
        let path = join(at, key);
        if covers(rules.owned, &path) || value.is_null() {
            continue;
        }
        translated.insert(key.clone(), translate_value(rules, maps, &path, value)?);
    }
    Ok(translated)
}

fn translate_value(
    rules: &Rules,
    maps: &Maps,
    path: &str,
    value: &Value,
) -> Result<Value, Problem> {
    if let Some((_, mapping)) = rules.mapped.iter().find(|(mapped, _)| *mapped == path)
        && let Value::String(text) = value
    {
        return map_text(maps, *mapping, path, text).map(Value::String);
    }
    Ok(match value {
        Value::Object(map) => Value::Object(object(rules, maps, path, map)?),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| translate_value(rules, maps, &format!("{path}[]"), item))
                .collect::<Result<_, _>>()?,
        ),
        other => other.clone(),
    })
}

fn map_text(maps: &Maps, mapping: Mapping, path: &str, text: &str) -> Result<String, Problem> {
    let unmapped = |what: &str, setting: &str| {
        Problem::new(
            Reason::Configuration,
            format!("{path} names {what} {text:?}, which {setting} does not map"),
        )
    };
    match mapping {
        Mapping::StorageAccount => maps
            .storage
            .get(text)
            .cloned()
            .ok_or_else(|| unmapped("the storage account", "MIRROR_STORAGE_MAP")),
        Mapping::EncryptionScope => maps
            .encryption_scopes
            .get(text)
            .cloned()
            .ok_or_else(|| unmapped("the encryption scope", "MIRROR_ENCRYPTION_SCOPE_MAP")),
        Mapping::Host => Ok(map_host(maps, text)),
    }
}

/// Replaces the host of a URL (or URL template) and nothing else of its text.
fn map_host(maps: &Maps, text: &str) -> String {
    let counterpart = Url::parse(text)
        .ok()
        .and_then(|url| url.host_str().map(str::to_ascii_lowercase))
        .and_then(|host| Some((maps.hosts.get(&host)?.clone(), host)));
    match counterpart {
        None => text.to_owned(),
        Some((to, from)) => match text.to_ascii_lowercase().find(&from) {
            Some(start) => format!("{}{to}{}", &text[..start], &text[start + from.len()..]),
            None => text.to_owned(),
        },
    }
}

/// The paths of fields that the rules do not know are taken out.
pub(crate) fn without_unknown(rules: &Rules, body: &Map<String, Value>) -> Map<String, Value> {
    fn prune(rules: &Rules, at: &str, map: &Map<String, Value>) -> Map<String, Value> {
        map.iter()
            .filter_map(|(key, value)| {
                let path = join(at, key);
                rules
                    .knows(&path)
                    .then(|| (key.clone(), value_of(rules, &path, value)))
            })
            .collect()
    }
    fn value_of(rules: &Rules, path: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) if !covers(rules.known, path) => {
                Value::Object(prune(rules, path, map))
            }
            Value::Array(items) if !covers(rules.known, path) => Value::Array(
                items
                    .iter()
                    .map(|item| value_of(rules, &format!("{path}[]"), item))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
    prune(rules, "", body)
}

impl Rules {
    /// The path of the first secret of a resource that reads masked, and so can be neither compared nor copied. Remedy: the right in
    /// [`Rules::secret_right`].
    #[must_use]
    pub fn masked(&self, body: &Body) -> Option<String> {
        masked_secret(self, body.expose())
    }
}

/// The path of a secret that reads masked: null, absent, empty or asterisks.
pub(crate) fn masked_secret(rules: &Rules, body: &Map<String, Value>) -> Option<String> {
    search(rules, "", &Value::Object(body.clone()))
}

fn search(rules: &Rules, path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => {
            let fields = rules.secrets.iter().filter_map(|secret| match secret {
                Secret::Typed(ends, fields) => map
                    .get("@odata.type")
                    .and_then(Value::as_str)
                    .is_some_and(|odata_type| odata_type.ends_with(ends))
                    .then_some(*fields),
                Secret::At(at, fields) => (*at == path).then_some(*fields),
            });
            for field in fields.flatten() {
                if is_masked(map.get(*field)) {
                    return Some(join(path, field));
                }
            }
            map.iter()
                .find_map(|(key, value)| search(rules, &join(path, key), value))
        }
        Value::Array(items) => items
            .iter()
            .find_map(|item| search(rules, &format!("{path}[]"), item)),
        _ => None,
    }
}

fn is_masked(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.chars().all(|c| c == '*'),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Backend;
    use change::Kind;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        }
    }

    fn maps() -> Maps {
        Maps {
            storage: [("one".to_owned(), "two".to_owned())].into(),
            encryption_scopes: [].into(),
            hosts: [(
                "keys.east.example".to_owned(),
                "keys.west.example".to_owned(),
            )]
            .into(),
        }
    }

    #[test]
    fn the_service_s_own_fields_are_not_sent_and_the_storage_account_is_mapped() {
        let source = map(
            json!({"name": "a", "properties": {"assetId": "x", "storageAccountName": "one", "description": null, "labels": [1]}}),
        );
        let sent = translate(Backend::Ams.rules(Kind::Assets), &maps(), &source).unwrap();
        assert_eq!(
            Value::Object(sent),
            json!({"properties": {"storageAccountName": "two", "labels": [1]}})
        );
    }

    #[test]
    fn every_replica_on_mkio_keeps_its_container() {
        let source = map(
            json!({"labels": {"a": "b"}, "properties": {"storageAccountName": "one", "containerDeletionPolicy": "Delete"}}),
        );
        let sent = translate(Backend::Mkio.rules(Kind::Assets), &maps(), &source).unwrap();
        assert_eq!(
            Value::Object(sent),
            json!({"labels": {"a": "b"}, "properties": {"storageAccountName": "two", "containerDeletionPolicy": "Retain"}})
        );
    }

    #[test]
    fn a_storage_account_without_counterpart_is_a_matter_of_configuration() {
        let source = map(json!({"properties": {"storageAccountName": "three"}}));
        let problem = translate(Backend::Ams.rules(Kind::Assets), &maps(), &source).unwrap_err();
        assert_eq!(problem.reason, Reason::Configuration);
        assert!(problem.detail.contains("MIRROR_STORAGE_MAP"), "{problem}");
    }

    #[test]
    fn only_the_host_of_a_url_template_changes() {
        let text = "https://Keys.East.example/keys?id={ContentKeyId}&h=keys.east.example";
        assert_eq!(
            map_host(&maps(), text),
            "https://keys.west.example/keys?id={ContentKeyId}&h=keys.east.example"
        );
        assert_eq!(map_host(&maps(), "https://other/x"), "https://other/x");
    }

    #[test]
    fn secrets_that_read_as_nothing_are_masked() {
        let rules = Backend::Ams.rules(Kind::ContentKeyPolicies);
        let policy = |key: Value| {
            map(
                json!({"properties": {"options": [{"restriction": {"primaryVerificationKey": {"@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey", "keyValue": key}}}]}}),
            )
        };
        for masked in [json!(null), json!(""), json!("****")] {
            assert_eq!(
                masked_secret(rules, &policy(masked)).as_deref(),
                Some("properties.options[].restriction.primaryVerificationKey.keyValue")
            );
        }
        assert_eq!(masked_secret(rules, &policy(json!("AAAA"))), None);
        let locator = map(json!({"properties": {"contentKeys": [{"id": "1"}]}}));
        assert_eq!(
            masked_secret(Backend::Ams.rules(Kind::StreamingLocators), &locator).as_deref(),
            Some("properties.contentKeys[].value")
        );
    }

    #[test]
    fn unknown_fields_can_be_left_out() {
        let body = map(
            json!({"zone": 1, "properties": {"filters": ["a"], "contentKeys": [{"id": "1", "color": "red"}], "size": 1}}),
        );
        assert_eq!(
            Value::Object(without_unknown(
                Backend::Ams.rules(Kind::StreamingLocators),
                &body
            )),
            json!({"properties": {"filters": ["a"], "contentKeys": [{"id": "1"}]}})
        );
    }
}
