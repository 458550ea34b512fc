//! `eventGridTrigger`.

use serde_json::Value;

use super::{Bag, TriggerInput, encoded, object_or_encoded, sys};
use crate::dotnet;

/// One event: an object in `Data`, a copy of its own `data` in the metadata.
pub(crate) fn event(function: &str, event: &Value) -> TriggerInput {
    let mut metadata = Bag::default();
    if let Some(data) = event.get("data").filter(|data| !data.is_null()) {
        metadata.set("data", object_or_encoded(data));
    }
    metadata.set("sys", sys(function));
    TriggerInput {
        data: object_or_encoded(event),
        metadata,
    }
}

/// A whole delivery for `cardinality: "many"`: an array, so JSON text inside a string.
pub(crate) fn events(function: &str, events: &[Value]) -> TriggerInput {
    let mut metadata = Bag::default();
    metadata.set("sys", sys(function));
    let events = Value::Array(events.iter().map(dotnet::normalise).collect());
    TriggerInput {
        data: encoded(&events),
        metadata,
    }
}

/// The event of a manual invocation: `input` is the event's JSON text.
pub(crate) fn manual(function: &str, many: bool, input: &str) -> Result<TriggerInput, String> {
    let value: Value = serde_json::from_str(input)
        .map_err(|error| format!("the input is not an event: {error}"))?;
    match value {
        Value::Array(items) if many => Ok(events(function, &items)),
        value if many => Ok(events(function, &[value])),
        value => Ok(event(function, &value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_stays_an_object_and_its_data_is_copied() {
        let source = json!({"id": "1", "eventTime": "2026-08-01T12:00:00.1230000+02:00", "data": {"url": "u"}});
        let input = event("F", &source);
        assert_eq!(input.data["eventTime"], "2026-08-01T10:00:00.123+00:00");
        assert_eq!(input.metadata.to_json()["data"], json!({"url": "u"}));
        let input = event("F", &json!({"data": [1, 2]}));
        assert_eq!(input.metadata.to_json()["data"], "[1,2]");
        assert!(
            !event("F", &json!({"data": null}))
                .metadata
                .to_json()
                .contains_key("data")
        );
        assert_eq!(events("F", &[json!({"id": "1"})]).data, r#"[{"id":"1"}]"#);
    }
}
