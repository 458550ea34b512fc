//! Bodies made of a schema: some that it allows, and from each of these many that it does not.

use serde_json::{Map, Value, json};

use super::openapi::Schema;

/// What a body is made other than the schema allows by.
pub(super) enum Change {
    Set(Value),
    Remove,
}

impl Schema {
    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(reference) = schema["$ref"].as_str() {
            schema = &self.components[reference.rsplit('/').next().unwrap()];
        }
        schema
    }

    /// The kinds of an object: the member that tells them apart, and the schema of each.
    fn kinds<'a>(&'a self, schema: &'a Value) -> Option<(&'a str, Vec<(&'a str, &'a Value)>)> {
        let tag = schema["discriminator"]["propertyName"].as_str()?;
        let mapping = schema["discriminator"]["mapping"].as_object()?;
        let kind = |(kind, reference): (&'a String, &'a Value)| {
            let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
            (kind.as_str(), &self.components[name])
        };
        Some((tag, mapping.iter().map(kind).collect()))
    }

    /// Bodies that hold all that a client may set (or all that it must): one for each kind.
    pub(super) fn bodies(&self, all: bool, known: &dyn Fn(&str) -> Option<Value>) -> Vec<Value> {
        self.values(&self.schema, "", all, known)
    }

    fn values(
        &self,
        schema: &Value,
        name: &str,
        all: bool,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Vec<Value> {
        let schema = self.resolve(schema);
        if let Some((tag, kinds)) = self.kinds(schema) {
            let tagged = |(kind, schema): (&str, &Value)| {
                let mut values = self.values(schema, name, all, known);
                for value in &mut values {
                    value[tag] = json!(kind);
                }
                values
            };
            return kinds.into_iter().flat_map(tagged).collect();
        }
        if let Some(members) = schema["properties"].as_object() {
            return self.objects(schema, members, all, known);
        }
        let listed = known(name).filter(Value::is_array);
        if let Some(list) = listed {
            return vec![list];
        }
        if schema["type"] == "array" {
            return vec![self.values(&schema["items"], name, all, known).into()];
        }
        if let Some(value) = known(name) {
            return vec![value];
        }
        vec![match schema["type"].as_str() {
            _ if schema["enum"].is_array() => schema["enum"][0].clone(),
            Some("boolean") => json!(true),
            Some("integer") => schema
                .get("minimum")
                .filter(|least| least.as_i64() > Some(0))
                .cloned()
                .unwrap_or(json!(1)),
            Some("string") => json!(match schema["format"].as_str() {
                Some("date-time") => "2030-01-01T00:00:00Z",
                Some("byte") => "MDEyMzQ1Njc4OWFiY2RlZg==",
                Some("duration") => "PT10S",
                Some("uuid") => "d1e755c0-14cd-491e-aafb-83277872dd3a",
                _ => "text",
            }),
            _ => json!({ "one": "1" }),
        }]
    }

    /// As many as the member with the most kinds has.
    fn objects(
        &self,
        schema: &Value,
        members: &Map<String, Value>,
        all: bool,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Vec<Value> {
        let held: Vec<(&String, Vec<Value>)> = members
            .iter()
            .filter(|(name, member)| {
                member["readOnly"] != true && (all || is_required(schema, name))
            })
            .map(|(name, member)| (name, self.values(member, name, all, known)))
            .collect();
        let count = held.iter().map(|(_, values)| values.len()).max();
        (0..count.unwrap_or(1))
            .map(|at| {
                let members = held
                    .iter()
                    .map(|(name, values)| ((*name).clone(), values[at % values.len()].clone()));
                Value::Object(members.collect())
            })
            .collect()
    }

    /// Every way to make the body one that the schema does not allow: where, and by what.
    pub(super) fn changes(&self, body: &Value) -> Vec<(String, Change)> {
        let mut changes = Vec::new();
        self.changes_at(&self.schema, body, "", &mut changes);
        changes
    }

    fn changes_at(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        changes: &mut Vec<(String, Change)>,
    ) {
        let schema = self.resolve(schema);
        let mut set = |at: &str, value: Value| changes.push((at.to_owned(), Change::Set(value)));
        if let Some((tag, kinds)) = self.kinds(schema) {
            set(at, json!([]));
            set(&below(at, tag), json!("odd"));
            changes.push((below(at, tag), Change::Remove));
            let kind = kinds.iter().find(|(kind, _)| value[tag] == *kind).unwrap();
            return self.members(kind.1, value, at, Some(tag), changes);
        }
        match value {
            Value::Object(_) if schema["properties"].is_object() => {
                set(at, json!([]));
                self.members(schema, value, at, None, changes);
            }
            Value::Object(_) => {
                set(at, json!("text"));
                if schema["additionalProperties"]["type"] == "string" {
                    set(&below(at, "one"), json!(1));
                }
                if let Some(most) = schema["maxProperties"].as_u64() {
                    let many = (0..=most).map(|at| (format!("m{at}"), json!("v")));
                    set(at, Value::Object(many.collect()));
                }
            }
            Value::Array(items) => {
                set(at, json!("text"));
                for (index, item) in items.iter().enumerate() {
                    let at = below(at, &index.to_string());
                    changes.push((at.clone(), Change::Set(Value::Null)));
                    self.changes_at(&schema["items"], item, &at, changes);
                }
            }
            Value::Bool(_) => set(at, json!("true")),
            Value::Number(_) => {
                set(at, json!("1"));
                set(at, json!(1.5));
                for (bound, by) in [("minimum", -1), ("maximum", 1)] {
                    if let Some(bound) = schema[bound].as_i64() {
                        set(at, json!(bound + by));
                    }
                }
            }
            Value::String(_) => {
                set(at, json!(1));
                for text in refused_texts(schema) {
                    set(at, json!(text));
                }
            }
            Value::Null => {}
        }
    }

    fn members(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        tag: Option<&str>,
        changes: &mut Vec<(String, Change)>,
    ) {
        changes.push((below(at, "odd"), Change::Set(json!("text"))));
        for (name, member) in schema["properties"].as_object().unwrap() {
            if tag == Some(name.as_str()) {
                continue;
            }
            let place = below(at, name);
            if member["readOnly"] == true {
                changes.push((place, Change::Set(json!("text"))));
                continue;
            }
            if is_required(schema, name) {
                changes.push((place.clone(), Change::Remove));
            }
            if member["nullable"] != true && self.resolve(member)["nullable"] != true {
                changes.push((place.clone(), Change::Set(Value::Null)));
            }
            self.changes_at(member, &value[name], &place, changes);
        }
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|required| required.iter().any(|one| one == name))
}

fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Texts that a schema does not allow.
fn refused_texts(schema: &Value) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "/",
        "a//b",
        "A b",
        "no such thing!",
        "-",
        "?sig=",
        "x.../",
    ]
    .map(str::to_owned)
    .into();
    for most in ["maxLength", "minLength"] {
        let length = schema[most].as_u64().unwrap_or(0);
        texts.push("x".repeat(usize::try_from(length).unwrap() + 1));
        texts.push("x".repeat(usize::try_from(length.saturating_sub(1)).unwrap()));
    }
    let mut texts: Vec<String> = texts
        .into_iter()
        .filter(|text| !allows(schema, text))
        .collect();
    texts.dedup();
    texts
}

fn allows(schema: &Value, text: &str) -> bool {
    let mut own = schema.clone();
    // No validator knows it, and an empty secret is a text of no bytes.
    if own["format"] == "byte" {
        let own = own.as_object_mut().unwrap();
        own.shift_remove("format");
        own.insert(
            "pattern".to_owned(),
            json!("^([A-Za-z0-9+/]{4})*[A-Za-z0-9+/=]*$"),
        );
    }
    jsonschema::options()
        .should_validate_formats(true)
        .build(&own)
        .unwrap()
        .is_valid(&json!(text))
}

/// The body with a change.
pub(super) fn changed(body: &Value, at: &str, change: &Change) -> Value {
    let mut body = body.clone();
    let (above, name) = at.rsplit_once('/').unwrap_or(("", ""));
    let name = name.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(above).unwrap(), change) {
        (whole, Change::Set(value)) if at.is_empty() => *whole = value.clone(),
        (Value::Object(members), Change::Set(value)) => {
            members.insert(name, value.clone());
        }
        (Value::Object(members), Change::Remove) => {
            members.shift_remove(&name);
        }
        (Value::Array(items), Change::Set(value)) => {
            items[name.parse::<usize>().unwrap()] = value.clone();
        }
        (other, _) => panic!("{at}: {other}"),
    }
    body
}
