use std::fmt;

use change::ResourceId;
use serde_json::{Map, Value};

/// A resource as JSON, secrets included, that does not show itself.
///
/// There is no `Display` and no `Serialize`; `Debug` prints the identity and the paths of the fields, never a value. Code that must
/// look inside calls [`Body::expose`], so that every such place can be found by that word.
#[derive(Clone, PartialEq)]
pub struct Body {
    id: ResourceId,
    value: Map<String, Value>,
}

impl Body {
    /// Wraps the JSON of a resource.
    #[must_use]
    pub const fn new(id: ResourceId, value: Map<String, Value>) -> Self {
        Self { id, value }
    }

    /// Which resource this is.
    #[must_use]
    pub const fn id(&self) -> &ResourceId {
        &self.id
    }

    /// The JSON itself. It may hold keys: compare and send it, never print it.
    #[must_use]
    pub const fn expose(&self) -> &Map<String, Value> {
        &self.value
    }

    /// The JSON itself, to be changed.
    pub const fn expose_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.value
    }

    /// A field under `properties`.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.value.get("properties")?.get(name)
    }

    /// A text field under `properties`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name)?.as_str()
    }

    /// Sets a field under `properties`.
    pub fn set_property(&mut self, name: &str, value: Value) {
        let properties = self
            .value
            .entry("properties")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(properties) = properties {
            properties.insert(name.to_owned(), value);
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut paths = Vec::new();
        collect_paths(&Value::Object(self.value.clone()), "", &mut paths);
        f.debug_struct("Body")
            .field("id", &format_args!("{}", self.id))
            .field("fields", &paths)
            .finish()
    }
}

fn collect_paths(value: &Value, at: &str, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                collect_paths(value, &at, paths);
            }
        }
        Value::Array(items) => {
            let at = format!("{at}[]");
            for item in items {
                collect_paths(item, &at, paths);
            }
        }
        _ => {
            if !paths.iter().any(|path| path == at) {
                paths.push(at.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{Kind, Name};
    use serde_json::json;

    #[test]
    fn debug_shows_paths_and_no_value() {
        let Value::Object(value) = json!({"properties": {"options": [{"configuration": {"ask": "SECRET"}}, {"configuration": {"ask": "SECRET"}}]}})
        else {
            unreachable!()
        };
        let id = ResourceId::new(Kind::ContentKeyPolicies, Name::new("p").unwrap());
        let shown = format!("{:?}", Body::new(id, value));
        assert_eq!(
            shown,
            r#"Body { id: contentKeyPolicies/p, fields: ["properties.options[].configuration.ask"] }"#
        );
    }
}
