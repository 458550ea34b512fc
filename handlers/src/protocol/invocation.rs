use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// One invocation as the host sent it.
#[derive(Debug)]
pub struct Invocation {
    /// The function's name, as in the URL.
    pub(crate) function: String,
    /// The host's ID of the invocation.
    pub(crate) id: String,
    /// W3C trace context, where the host has one.
    pub(crate) traceparent: Option<String>,
    data: Map<String, Value>,
    metadata: Map<String, Value>,
}

/// An invocation without the JSON object that the host always sends. Remedy: call functions through the host.
#[derive(Debug, thiserror::Error)]
#[error("the invocation is not a JSON object with Data")]
pub struct BadEnvelope;

impl Invocation {
    /// Reads an invocation in default mode: `Data` and `Metadata` in the body, the rest in headers.
    ///
    /// # Errors
    /// [`BadEnvelope`] when the body is none.
    pub fn parse(function: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, BadEnvelope> {
        let header = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.chars().take(128).collect::<String>())
        };
        let mut envelope: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| BadEnvelope)?;
        let mut object = |key| match envelope.remove(key) {
            Some(Value::Object(map)) => Some(map),
            _ => None,
        };
        Ok(Self {
            function: function.to_owned(),
            id: header("x-azure-functions-invocationid").unwrap_or_default(),
            traceparent: header("traceparent"),
            data: object("Data").ok_or(BadEnvelope)?,
            metadata: object("Metadata").unwrap_or_default(),
        })
    }

    /// The function's name, as in the URL.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The bytes of the queue message: base64 with `dataType: binary`, JSON text in a JSON string without it, or an object.
    pub(crate) fn message(&self, binding: &str) -> Vec<u8> {
        match self.data.get(binding) {
            Some(Value::String(text)) => message_text(text),
            Some(value) => value.to_string().into_bytes(),
            None => Vec::new(),
        }
    }

    /// The event: an object, or a JSON string that holds one.
    pub(crate) fn event(&self, binding: &str) -> Option<Map<String, Value>> {
        match self.data.get(binding)? {
            Value::Object(event) => Some(event.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    /// How often the message was handed out, this time included. Metadata scalars arrive as JSON inside a string.
    pub(crate) fn dequeue_count(&self) -> u64 {
        match self.metadata.get("DequeueCount") {
            Some(Value::String(text)) => text.trim_matches('"').parse().unwrap_or(1),
            Some(value) => value.as_u64().unwrap_or(1),
            None => 1,
        }
    }
}

fn message_text(text: &str) -> Vec<u8> {
    if let Ok(bytes) = STANDARD.decode(text)
        && !bytes.is_empty()
    {
        return bytes;
    }
    match serde_json::from_str(text) {
        Ok(Value::String(inner)) => inner.into_bytes(),
        _ => text.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn invocation(data: Value, metadata: Value) -> Invocation {
        let body = json!({"Data": data, "Metadata": metadata}).to_string();
        Invocation::parse("f", &HeaderMap::new(), body.as_bytes()).unwrap()
    }

    #[test]
    fn a_message_is_read_in_every_form_that_a_host_may_send() {
        let text = r#"{"v":1,"kind":"assets","name":"a"}"#;
        let twice = serde_json::to_string(text).unwrap();
        let once: Value = serde_json::from_str(text).unwrap();
        for form in [
            json!(STANDARD.encode(text)),
            json!(text),
            json!(twice),
            once,
        ] {
            let got = invocation(json!({"message": form}), json!({})).message("message");
            assert_eq!(String::from_utf8(got).unwrap(), text);
        }
    }

    #[test]
    fn a_dequeue_count_is_read_in_either_form() {
        for (form, count) in [
            (json!("7"), 7),
            (json!(7), 7),
            (json!("\"7\""), 7),
            (json!(null), 1),
        ] {
            let got = invocation(json!({}), json!({"DequeueCount": form}));
            assert_eq!(got.dequeue_count(), count);
        }
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        for body in ["", "[]", "{}", r#"{"Data":1}"#, "not json"] {
            assert!(
                Invocation::parse("f", &HeaderMap::new(), body.as_bytes()).is_err(),
                "{body}"
            );
        }
    }
}
