//! `queueTrigger`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Bag, TriggerInput, encoded, sys};
use crate::dotnet;

/// A message as the extension hands it over: decoded, with the service's own properties where there are any.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueItem {
    pub(crate) body: Vec<u8>,
    /// `None` for a manual invocation, as are the rest; the keys are then missing.
    pub(crate) id: Option<String>,
    pub(crate) pop_receipt: Option<String>,
    pub(crate) dequeue_count: i64,
    pub(crate) inserted: Option<OffsetDateTime>,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) next_visible: Option<OffsetDateTime>,
}

/// The envelope of one message.
///
/// # Errors
/// The message is not UTF-8 and the binding asks for text: the invocation fails without reaching the handler.
pub(crate) fn queue(
    function: &str,
    binary: bool,
    item: &QueueItem,
) -> Result<TriggerInput, String> {
    let mut metadata = Bag::default();
    let date = |at: Option<OffsetDateTime>| {
        Value::String(at.map_or_else(
            || "9999-12-31T23:59:59+00:00".to_owned(),
            dotnet::offset_text,
        ))
    };
    let text = |text: &str| encoded(&Value::String(text.to_owned()));
    metadata.set(
        "DequeueCount",
        Value::String(item.dequeue_count.to_string()),
    );
    metadata.set("ExpirationTime", date(item.expires));
    if let Some(id) = &item.id {
        metadata.set("Id", text(id));
    }
    metadata.set(
        "InsertionTime",
        date(Some(item.inserted.unwrap_or_else(OffsetDateTime::now_utc))),
    );
    metadata.set("NextVisibleTime", date(item.next_visible));
    if let Some(receipt) = &item.pop_receipt {
        metadata.set("PopReceipt", text(receipt));
    }
    metadata.set("sys", sys(function));
    if binary {
        // Bytes are not text, so nothing of the payload leaks into the metadata.
        return Ok(TriggerInput {
            data: Value::String(STANDARD.encode(&item.body)),
            metadata,
        });
    }
    let body = std::str::from_utf8(&item.body).map_err(|_| {
        "Exception binding parameter: the message is not valid UTF-8 (use \"dataType\": \"binary\")".to_owned()
    })?;
    let trimmed = body.trim();
    if trimmed.starts_with('{')
        && trimmed.ends_with('}')
        && let Ok(Value::Object(payload)) = serde_json::from_str(trimmed)
    {
        metadata.apply_payload(&payload);
    }
    Ok(TriggerInput {
        data: text(body),
        metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn item(body: &str) -> QueueItem {
        QueueItem {
            body: body.as_bytes().to_vec(),
            id: Some("800ae4b3".to_owned()),
            pop_receipt: Some("AgAA=".to_owned()),
            dequeue_count: 1,
            inserted: Some(datetime!(2026-08-01 10:00:00.5 UTC)),
            expires: Some(datetime!(2026-08-08 10:00:00 UTC)),
            next_visible: Some(datetime!(2026-08-01 10:10:01 UTC)),
        }
    }

    #[test]
    fn text_is_encoded_twice_and_times_lose_their_fraction() {
        let input = queue("F", false, &item("hello")).unwrap();
        let body: Value = serde_json::from_str(&crate::envelope::body("q", &input, None)).unwrap();
        assert_eq!(body["Data"], json!({"q": "\"hello\""}));
        let metadata = body["Metadata"].as_object().unwrap();
        assert_eq!(metadata["DequeueCount"], "1");
        assert_eq!(metadata["Id"], "\"800ae4b3\"");
        assert_eq!(metadata["InsertionTime"], "2026-08-01T10:00:00+00:00");
        assert_eq!(metadata["sys"]["MethodName"], "F");
        assert_eq!(metadata.len(), 7);
    }

    #[test]
    fn payload_keys_overwrite_the_system_values_in_any_case() {
        let text = r#"{"a":1,"b":{"c":2},"s":"x","tags":[1],"n":null,"id":"42","queueTrigger":"gone","on":true,
            "at":"2026-01-01T00:00:00Z"}"#;
        let input = queue("F", false, &item(text)).unwrap();
        let metadata = input.metadata.to_json();
        assert_eq!(
            metadata["Id"], "\"42\"",
            "the payload wins and the first casing stays"
        );
        assert_eq!(metadata["a"], "\"1\"");
        assert_eq!(metadata["b"], json!({"c": 2}));
        assert_eq!(metadata["on"], "\"True\"");
        assert_eq!(metadata["at"], "\"01/01/2026 00:00:00\"");
        for absent in ["tags", "n", "queueTrigger", "id"] {
            assert!(!metadata.contains_key(absent), "{absent}");
        }
        let inner: String = serde_json::from_str(input.data.as_str().unwrap()).unwrap();
        assert_eq!(inner, text);
    }

    #[test]
    fn binary_is_encoded_once_and_leaks_nothing() {
        let input = queue("F", true, &item(r#"{"id":"42"}"#)).unwrap();
        assert_eq!(input.data, "eyJpZCI6IjQyIn0=");
        assert_eq!(input.metadata.to_json()["Id"], "\"800ae4b3\"");
        let raw = QueueItem {
            body: vec![0xff],
            ..QueueItem::default()
        };
        assert!(queue("F", true, &raw).is_ok() && queue("F", false, &raw).is_err());
    }
}
