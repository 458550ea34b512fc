//! Binding data: a dictionary whose keys are equal in any case.

use serde_json::{Map, Value};

use crate::dotnet;

/// An ordered dictionary, keys in any case. A key keeps the casing it first came with, also when a later value
/// overwrites it: that is how a payload's `id` ends up under `Id`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bag {
    items: Vec<(String, Value)>,
}

impl Bag {
    /// Sets or overwrites a value that is in the envelope's form already.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        match self
            .items
            .iter_mut()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
        {
            Some((_, slot)) => *slot = value,
            None => self.items.push((key.to_owned(), value)),
        }
    }

    /// Adds each top-level property of a JSON object, except arrays and nulls, and lets them overwrite what is
    /// there: objects as objects, scalars as text that is then encoded.
    pub(crate) fn apply_payload(&mut self, payload: &Map<String, Value>) {
        for (key, value) in payload {
            match value {
                Value::Null | Value::Array(_) => {}
                Value::Object(_) => self.set(key, dotnet::normalise(value)),
                scalar => self.set(
                    key,
                    super::encoded(&Value::String(dotnet::scalar_text(scalar))),
                ),
            }
        }
    }

    /// The value of `key` as text for a `{key}` expression; `{a.b}` looks inside an object.
    pub(crate) fn expression(&self, path: &str) -> Option<String> {
        let mut parts = path.split('.');
        let first = parts.next()?;
        let (_, slot) = self
            .items
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(first))?;
        let decoded = match slot {
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| slot.clone()),
            other => other.clone(),
        };
        let mut place = &decoded;
        for part in parts {
            place = place
                .as_object()?
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(part))
                .map(|(_, v)| v)?;
        }
        Some(dotnet::scalar_text(place))
    }

    /// `Metadata`: everything but the keys that end in `trigger`.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        self.items
            .iter()
            .filter(|(name, _)| !name.to_ascii_lowercase().ends_with("trigger"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}
