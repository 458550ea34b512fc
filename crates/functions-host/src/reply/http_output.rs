//! The `http` output binding in the default mode.

use serde_json::Value;

use crate::dotnet;

/// The response to an HTTP caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpOutput {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Used unless `headers` names one.
    pub(crate) content_type: &'static str,
}

impl HttpOutput {
    /// The response when the reply has `Outputs` but nothing for the binding.
    pub(crate) fn missing() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: b"{}".to_vec(),
            content_type: "application/json; charset=utf-8",
        }
    }

    /// Reads `{statusCode|status, headers, body}`, or a string that holds such JSON.
    ///
    /// # Errors
    /// The value has another shape: the invocation fails.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let parsed;
        let value = match value {
            Value::Null => return Ok(Self::missing()),
            Value::String(text) => {
                parsed =
                    serde_json::from_str(text).map_err(|error| unexpected(&error.to_string()))?;
                &parsed
            }
            other => other,
        };
        let members = value
            .as_object()
            .ok_or_else(|| unexpected("it is no object"))?;
        let get = |wanted: &str| {
            members
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value)
                .filter(|value| !value.is_null())
        };
        let status = match get("statusCode").or_else(|| get("status")) {
            None => 200,
            Some(code) => dotnet::scalar_text(code)
                .parse()
                .ok()
                .filter(|code| (100..=999).contains(code))
                .ok_or_else(|| unexpected("the status is no number"))?,
        };
        let headers = match get("headers") {
            None => Vec::new(),
            Some(Value::Object(headers)) => headers
                .iter()
                .map(|(name, value)| (name.clone(), dotnet::scalar_text(value)))
                .collect(),
            Some(_) => return Err(unexpected("headers is no object")),
        };
        let (body, content_type) = match get("body") {
            None => (Vec::new(), "application/json; charset=utf-8"),
            Some(Value::String(text)) => (text.clone().into_bytes(), "text/plain; charset=utf-8"),
            Some(value) => (
                dotnet::compact(&dotnet::normalise(value)).into_bytes(),
                "application/json; charset=utf-8",
            ),
        };
        Ok(Self {
            status,
            headers,
            body,
            content_type,
        })
    }
}

fn unexpected(why: &str) -> String {
    format!(
        "Failed while trying to Deserialize to httpOutputBindingResponse. Output is not in expected format: Output body \
         should have 'StatusCode', 'Status', 'Body', and 'Headers' ({why})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_response_is_read_in_any_case_and_from_text() {
        let output =
            HttpOutput::read(&json!({"StatusCode": "201", "Headers": {"x": 1}, "Body": "text"}))
                .unwrap();
        assert_eq!(
            (output.status, output.body.as_slice()),
            (201, b"text".as_slice())
        );
        assert_eq!(output.headers, [("x".to_owned(), "1".to_owned())]);
        let output = HttpOutput::read(&json!("{\"status\":404,\"body\":{\"a\":1}}")).unwrap();
        assert_eq!(
            (output.status, output.body.as_slice()),
            (404, br#"{"a":1}"#.as_slice())
        );
        assert!(HttpOutput::read(&json!("plain")).is_err());
        assert!(HttpOutput::read(&json!({"statusCode": "many"})).is_err());
    }
}
