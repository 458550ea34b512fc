//! From an output value to queue messages: the host's pipeline, with its traps.

use serde_json::Value;

use crate::dotnet;

/// The messages one output value turns into, before they are encoded for the queue.
///
/// A string that is valid base64 is decoded; one that looks like JSON is parsed and written again, indented; an
/// array becomes several messages. Only the elements of an array of strings stay as they are, unless one looks
/// like a date.
///
/// # Errors
/// A string looks like JSON and is none: the invocation fails.
pub(crate) fn messages(value: &Value, binary: bool) -> Result<Vec<Vec<u8>>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => Ok(items.iter().map(element).collect()),
        // A date became a DateTime when the reply was read, so it is no string any more.
        Value::String(text) if dotnet::is_date(text) => Ok(vec![element(value)]),
        Value::String(text) => string(text, binary),
        scalar => Ok(vec![element(scalar)]),
    }
}

fn string(text: &str, binary: bool) -> Result<Vec<Vec<u8>>, String> {
    if !binary && let Some(bytes) = dotnet::decode_base64(text) {
        return Ok(vec![bytes]);
    }
    let trimmed = text.trim();
    let fenced = |open: char, close: char| trimmed.starts_with(open) && trimmed.ends_with(close);
    if fenced('{', '}') || fenced('[', ']') {
        let value: Value = serde_json::from_str(trimmed).map_err(|error| {
            format!("the output looks like JSON and cannot be read as such: {error}")
        })?;
        return messages(&value, binary);
    }
    Ok(vec![text.as_bytes().to_vec()])
}

/// `ToString()` in UTF-8.
fn element(value: &Value) -> Vec<u8> {
    dotnet::scalar_text(value).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(value: &Value) -> Vec<String> {
        let messages = messages(value, false).unwrap();
        messages
            .into_iter()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect()
    }

    #[test]
    fn values_become_messages_as_in_the_real_pipeline() {
        for (value, expected) in [
            (json!("hello world"), vec!["hello world"]),
            (json!("hello"), vec!["hello"]),
            (json!("aGVsbG8="), vec!["hello"]),
            (json!("{\"a\":1}"), vec!["{\n  \"a\": 1\n}"]),
            (json!({"a": 1}), vec!["{\n  \"a\": 1\n}"]),
            (json!("[1,2]"), vec!["1", "2"]),
            (json!([1, 2]), vec!["1", "2"]),
            (json!(["{\"a\":1}", "abcd"]), vec!["{\"a\":1}", "abcd"]),
            (json!(["2026-01-01T00:00:00Z"]), vec!["01/01/2026 00:00:00"]),
            (json!("2026-01-01T00:00:00Z"), vec!["01/01/2026 00:00:00"]),
            (json!([{"a": []}, null]), vec!["{\n  \"a\": []\n}", ""]),
            (json!(5), vec!["5"]),
            (json!(true), vec!["True"]),
            (json!(null), vec![]),
            (json!([]), vec![]),
        ] {
            assert_eq!(texts(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_string_that_happens_to_be_base64_becomes_garbage() {
        for text in ["abcd", "test", "12345678"] {
            assert_ne!(
                messages(&json!(text), false).unwrap(),
                [text.as_bytes()],
                "{text}"
            );
            assert_eq!(
                messages(&json!(text), true).unwrap(),
                [text.as_bytes()],
                "dataType binary, {text}"
            );
        }
        assert!(messages(&json!("{not json}"), false).is_err());
    }
}
