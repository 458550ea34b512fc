//! The published OpenAPI documents: every reply of every test of this dialect is checked against them. Without the
//! documents beside the repository nothing is checked, and one test says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// One operation of a document.
pub(super) struct Operation {
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    pub description: String,
    /// The schema of its request's body, as it stands in the document.
    pub request: Option<Schema>,
    /// The statuses that it documents, with what their bodies must be.
    replies: BTreeMap<u16, Option<Validator>>,
}

/// A schema of a document, and the others that it may name.
#[derive(Clone)]
pub(super) struct Schema {
    pub schema: Value,
    pub components: Arc<Value>,
}

/// Both documents.
pub(super) struct Documents {
    pub operations: Vec<Operation>,
    error: Validator,
}

/// The documents. `None`: they are not there.
pub(super) fn documents() -> Option<&'static Documents> {
    static DOCUMENTS: OnceLock<Option<Documents>> = OnceLock::new();
    DOCUMENTS.get_or_init(read).as_ref()
}

fn read() -> Option<Documents> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut operations = Vec::new();
    let mut error = None;
    for path in [
        "shared/reference/mkio/media-api.json",
        "shared/reference/mkio/management-api.json",
    ] {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        let document: Value = serde_json::from_str(&text).unwrap();
        let components = Arc::new(document["components"]["schemas"].clone());
        let schemas = strict(&components);
        let validator = |schema: &Value| {
            let mut schema = strict(schema);
            schema["components"] = json!({ "schemas": schemas });
            jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap()
        };
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let replies = operation["responses"].as_object().unwrap();
                let replies = replies.iter().map(|(status, reply)| {
                    let content = reply["content"].as_object();
                    let schema = content.and_then(|content| content.values().next()?.get("schema"));
                    (status.parse().unwrap(), schema.map(validator))
                });
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    description: operation["description"].as_str().unwrap_or("").to_owned(),
                    request: operation["requestBody"]["content"]
                        .as_object()
                        .and_then(|content| content.values().next()?.get("schema"))
                        .map(|schema| Schema {
                            schema: schema.clone(),
                            components: Arc::clone(&components),
                        }),
                    replies: replies.collect(),
                });
            }
        }
        error = Some(validator(&json!({ "$ref": "#/components/schemas/Error" })));
    }
    Some(Documents {
        operations,
        error: error?,
    })
}

/// OpenAPI 3.0 as JSON Schema: `nullable` becomes a choice, and a discriminator chooses.
fn strict(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(strict).collect(),
        Value::Object(members) => {
            let mut shown: Map<String, Value> = members
                .iter()
                .filter(|(name, _)| {
                    !matches!(name.as_str(), "nullable" | "discriminator" | "oneOf")
                })
                .map(|(name, value)| (name.clone(), strict(value)))
                .collect();
            if let Some(discriminator) = members.get("discriminator").filter(|of| of.is_object()) {
                let name = discriminator["propertyName"].as_str().unwrap();
                let mapping = discriminator["mapping"].as_object().unwrap();
                let values: Vec<&String> = mapping.keys().collect();
                let choices = mapping.iter().map(|(value, reference)| {
                    json!({
                        "if": { "properties": { name: { "const": value } } },
                        "then": { "$ref": reference },
                    })
                });
                shown.insert("required".to_owned(), json!([name]));
                shown.insert("properties".to_owned(), json!({ name: { "enum": values } }));
                shown.insert("allOf".to_owned(), choices.collect());
            } else if let Some(choices) = members.get("oneOf") {
                shown.insert("oneOf".to_owned(), strict(choices));
            }
            if members.get("nullable") == Some(&Value::Bool(true)) {
                json!({ "anyOf": [{ "type": "null" }, shown] })
            } else {
                Value::Object(shown)
            }
        }
        other => other.clone(),
    }
}

/// Errors that no operation documents, or not every one that has them: 409 for what is in use or cannot be updated,
/// 405 and 415 for what no framework would let through, 501 of the API that "is not implemented", 503 of a fault.
const UNDOCUMENTED: [u16; 5] = [405, 409, 415, 501, 503];

impl Documents {
    /// The operation that a request asks for.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let asked: Vec<&str> = path.trim_matches('/').split('/').collect();
        let fixed = |operation: &&Operation| operation.path.matches('{').count();
        self.operations
            .iter()
            .filter(|operation| operation.method == method)
            .filter(|operation| {
                let parts: Vec<&str> = operation.path.trim_matches('/').split('/').collect();
                parts.len() == asked.len()
                    && parts
                        .iter()
                        .zip(&asked)
                        .all(|(part, asked)| part.starts_with('{') || part == asked)
            })
            .min_by_key(fixed)
    }

    /// What is wrong with a reply. Operations that the documents leave out are held to the form of errors only.
    pub(super) fn complaints(
        &self,
        method: &str,
        path: &str,
        status: u16,
        body: &Value,
    ) -> Vec<String> {
        let all = |validator: &Validator| -> Vec<String> {
            validator
                .iter_errors(body)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect()
        };
        if status >= 400 {
            let mut complaints = all(&self.error);
            if body["status"] != status {
                complaints.push("the status of the body is another".to_owned());
            }
            let documented = self
                .find(method, path)
                .is_none_or(|one| one.replies.contains_key(&status));
            if !documented && !UNDOCUMENTED.contains(&status) {
                complaints.push(format!("the error {status} is not documented"));
            }
            return complaints;
        }
        match self.find(method, path).map(|one| one.replies.get(&status)) {
            Some(Some(Some(validator))) => all(validator),
            // A status without a body, or an operation that is left out.
            Some(Some(None)) | None => Vec::new(),
            Some(None) => vec![format!("the status {status} is not documented")],
        }
    }
}
