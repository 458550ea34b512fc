//! `httpTrigger` in the default mode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Bag, TriggerInput, encoded, sys};

/// A request to the host's front, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) query: Vec<(String, String)>,
    /// Names in the casing Kestrel would give them.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) params: Vec<(String, Option<String>)>,
    /// `None` unless the request said a `Content-Length` above 0: chunked bodies are lost.
    pub(crate) body: Option<Vec<u8>>,
}

impl HttpRequest {
    fn content_type(&self) -> &str {
        self.headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map_or("", |(_, value)| value)
    }

    /// Text as it is; octet streams and multipart as base64.
    fn body_text(&self) -> Option<String> {
        let body = self.body.as_ref()?;
        let kind = self.content_type().to_ascii_lowercase();
        if kind.starts_with("application/octet-stream") || kind.starts_with("multipart/") {
            return Some(STANDARD.encode(body));
        }
        Some(String::from_utf8_lossy(body).into_owned())
    }
}

/// The envelope of one request.
pub(crate) fn http(function: &str, request: &HttpRequest) -> TriggerInput {
    let mut query = Map::new();
    for (name, value) in &request.query {
        match query.get_mut(name) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(value);
            }
            _ => {
                query.insert(name.clone(), Value::String(value.clone()));
            }
        }
    }
    let mut lists: Map<String, Value> = Map::new();
    let mut single: Map<String, Value> = Map::new();
    for (name, value) in &request.headers {
        match lists.get_mut(name).and_then(Value::as_array_mut) {
            Some(values) => values.push(Value::String(value.clone())),
            None => {
                lists.insert(name.clone(), json!([value]));
            }
        }
        match single.get_mut(name) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(value);
            }
            _ => {
                single.insert(name.clone(), Value::String(value.clone()));
            }
        }
    }
    let body = request.body_text();
    let params: Map<String, Value> = request
        .params
        .iter()
        .map(|(name, value)| {
            (
                name.clone(),
                value.clone().map_or(Value::Null, Value::String),
            )
        })
        .collect();
    let mut data = json!({
        "Url": request.url,
        "Method": request.method,
        "Query": query,
        "Headers": lists,
        "Params": params,
        "Identities": [anonymous()],
    });
    if let Some(text) = &body {
        data["Body"] = Value::String(text.clone());
    }
    TriggerInput {
        data,
        metadata: metadata(function, request, query, single, body.as_deref()),
    }
}

fn metadata(
    function: &str,
    request: &HttpRequest,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    body: Option<&str>,
) -> Bag {
    let mut metadata = Bag::default();
    metadata.set("Query", Value::Object(query.clone()));
    metadata.set("Headers", Value::Object(headers));
    if let Some(Ok(Value::Object(payload))) = body.map(serde_json::from_str) {
        metadata.apply_payload(&payload);
    }
    for (name, value) in query
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("code"))
    {
        metadata.set(name, encoded(value));
    }
    for (name, value) in &request.params {
        if let Some(value) = value {
            metadata.set(name, encoded(&Value::String(value.clone())));
        }
    }
    metadata.set("sys", sys(function));
    metadata
}

/// The identity of a caller nobody authenticated.
fn anonymous() -> Value {
    json!({
        "AuthenticationType": null,
        "IsAuthenticated": false,
        "Actor": null,
        "BootstrapContext": null,
        "Claims": [],
        "Label": null,
        "Name": null,
        "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_an_object() {
        let request = HttpRequest {
            url: "http://localhost:7071/api/order?x=1&x=2".to_owned(),
            method: "POST".to_owned(),
            query: vec![
                ("x".to_owned(), "1".to_owned()),
                ("x".to_owned(), "2".to_owned()),
            ],
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            params: vec![("name".to_owned(), None)],
            body: Some(br#"{"id":1005}"#.to_vec()),
        };
        let input = http("F", &request);
        assert_eq!(input.data["Query"], json!({"x": "1,2"}));
        assert_eq!(
            input.data["Headers"],
            json!({"Content-Type": ["application/json"]})
        );
        assert_eq!(input.data["Body"], r#"{"id":1005}"#);
        let metadata = input.metadata.to_json();
        assert_eq!(metadata["id"], "\"1005\"");
        assert_eq!(metadata["x"], "\"1,2\"");
        assert_eq!(
            metadata["Headers"],
            json!({"Content-Type": "application/json"})
        );
    }
}
