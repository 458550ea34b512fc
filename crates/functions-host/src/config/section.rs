//! A JSON document seen as .NET configuration: keys in any case, every value readable from text.

use std::time::Duration;

use serde_json::Value;

use super::timespan;

/// One place in a configuration document, present or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'a> {
    value: Option<&'a Value>,
}

impl<'a> Section<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { value: Some(value) }
    }

    /// The member named `key` in any case.
    pub(crate) fn get(self, key: &str) -> Self {
        let value = self.value.and_then(Value::as_object).and_then(|members| {
            members
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key))
                .map(|(_, value)| value)
        });
        Self {
            value: value.filter(|value| !value.is_null()),
        }
    }

    pub(crate) fn exists(self) -> bool {
        self.value.is_some()
    }

    pub(crate) fn value(self) -> Option<&'a Value> {
        self.value
    }

    /// A scalar as text; absent when it is an object, an array or nothing.
    pub(crate) fn text(self) -> Option<String> {
        match self.value? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        }
    }

    pub(crate) fn filled(self) -> Option<String> {
        self.text().filter(|text| !text.trim().is_empty())
    }

    pub(crate) fn boolean(self) -> Result<Option<bool>, String> {
        match self.filled() {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(format!("{text:?} is neither true nor false")),
        }
    }

    pub(crate) fn integer(self) -> Result<Option<i64>, String> {
        self.filled()
            .map(|text| {
                text.trim()
                    .parse()
                    .map_err(|_| format!("{text:?} is not a whole number"))
            })
            .transpose()
    }

    pub(crate) fn timespan(self) -> Result<Option<Duration>, String> {
        self.filled().map(|text| timespan::parse(&text)).transpose()
    }

    /// An array of scalars. Text that holds a JSON array counts, because that is how an array is written in an
    /// app setting.
    pub(crate) fn texts(self) -> Result<Vec<String>, String> {
        let parsed;
        let items = match self.value {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
            Some(Value::String(text)) => {
                parsed = serde_json::from_str::<Vec<Value>>(text)
                    .map_err(|_| format!("{text:?} is not an array"))?;
                &parsed
            }
            Some(_) => return Err("an array is expected".to_owned()),
        };
        items
            .iter()
            .map(|item| {
                Section::new(item)
                    .text()
                    .ok_or_else(|| format!("{item} is not text"))
            })
            .collect()
    }
}

/// Applies `AzureFunctionsJobHost__a__b=value` settings to the document: they win over the file.
pub(crate) fn apply_overrides(document: &mut Value, env: &[(String, String)]) {
    const PREFIX: &str = "AzureFunctionsJobHost";
    for (name, text) in env {
        let path: Vec<&str> = name.split("__").flat_map(|part| part.split(':')).collect();
        if path.len() < 2 || !path[0].eq_ignore_ascii_case(PREFIX) {
            continue;
        }
        set(document, &path[1..], Value::String(text.clone()));
    }
}

fn set(place: &mut Value, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *place = value;
        return;
    };
    if !place.is_object() {
        *place = Value::Object(serde_json::Map::new());
    }
    if let Some(members) = place.as_object_mut() {
        let key = members
            .keys()
            .find(|name| name.eq_ignore_ascii_case(first))
            .cloned()
            .unwrap_or_else(|| (*first).to_owned());
        set(members.entry(key).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_override_the_file_in_any_case() {
        let mut document = json!({"version": "2.0", "extensions": {"queues": {"batchSize": 8}}});
        let env = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        apply_overrides(
            &mut document,
            &[
                env("AzureFunctionsJobHost__extensions__queues__BatchSize", "1"),
                env(
                    "AzureFunctionsJobHost:customHandler:description:arguments",
                    r#"["--a","--b"]"#,
                ),
                env("SOMETHING__else", "x"),
            ],
        );
        let root = Section::new(&document);
        assert_eq!(
            root.get("Extensions")
                .get("queues")
                .get("batchsize")
                .integer()
                .unwrap(),
            Some(1)
        );
        let arguments = root
            .get("customHandler")
            .get("description")
            .get("arguments")
            .texts()
            .unwrap();
        assert_eq!(arguments, ["--a", "--b"]);
        assert!(!root.get("SOMETHING").exists());
    }
}
