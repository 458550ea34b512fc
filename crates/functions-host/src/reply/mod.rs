//! The handler's reply: what counts as success, and what becomes of `Outputs`, `Logs` and `ReturnValue`.

mod http_output;
mod outputs;

pub(crate) use http_output::HttpOutput;
pub(crate) use outputs::messages;

use serde_json::{Map, Value};

use crate::call::Answer;
use crate::dotnet;

/// A reply the host could read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reply {
    /// Absent and `null` are one.
    pub(crate) outputs: Option<Map<String, Value>>,
    pub(crate) logs: Vec<String>,
    pub(crate) return_value: Option<Value>,
}

/// How the host takes an answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Reply(Reply),
    Failed(String),
    /// Nothing to read in a successful answer: the real host waits for ever. Holds what to warn about.
    Hangs(String),
}

/// Judges an answer in the default mode.
pub(crate) fn judge(answer: &Answer) -> Verdict {
    if !answer.status.is_success() {
        let (code, reason) = (
            answer.status.as_u16(),
            answer.status.canonical_reason().unwrap_or_default(),
        );
        return Verdict::Failed(format!(
            "Response status code does not indicate success: {code} ({reason})."
        ));
    }
    let media_type = answer.media_type();
    let is_json = matches!(
        media_type.as_deref(),
        Some("application/json" | "text/json")
    );
    if answer.length == Some(0) || (is_json && answer.body.trim_ascii().is_empty()) {
        let status = answer.status.as_u16();
        return Verdict::Hangs(format!(
            "the handler answered {status} with an empty body: the invocation will hang until functionTimeout and the \
             handler will then be killed. Answer 200, application/json and at least {{}}"
        ));
    }
    if !is_json {
        let shown =
            media_type.unwrap_or_else(|| "application/octet-stream (no Content-Type)".to_owned());
        return invalid(answer, &format!("no formatter reads {shown}"));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Null) => Verdict::Hangs(
            "the handler answered null: the invocation will hang until functionTimeout and the handler will then be \
             killed. Answer at least {}"
                .to_owned(),
        ),
        Ok(Value::Object(members)) => match read(&members) {
            Ok(reply) => Verdict::Reply(reply),
            Err(why) => invalid(answer, &why),
        },
        Ok(_) => invalid(answer, "the body is JSON but no object"),
        Err(error) => invalid(answer, &format!("the body is no JSON: {error}")),
    }
}

fn invalid(answer: &Answer, why: &str) -> Verdict {
    let body = String::from_utf8_lossy(&answer.body);
    Verdict::Failed(format!(
        "Invalid HttpResponseMessage:\n{}\n {body}\n({why})",
        answer.head()
    ))
}

/// Property names count in any case; unknown ones are ignored.
fn read(members: &Map<String, Value>) -> Result<Reply, String> {
    let mut reply = Reply::default();
    for (name, value) in members {
        if name.eq_ignore_ascii_case("Outputs") {
            reply.outputs = match value {
                Value::Null => None,
                Value::Object(outputs) => Some(outputs.clone()),
                _ => return Err("Outputs is no object".to_owned()),
            };
        } else if name.eq_ignore_ascii_case("Logs") {
            reply.logs = match value {
                Value::Null => Vec::new(),
                Value::Array(items) => items.iter().map(log).collect::<Result<_, _>>()?,
                _ => return Err("Logs is no array".to_owned()),
            };
        } else if name.eq_ignore_ascii_case("ReturnValue") {
            reply.return_value = Some(value.clone()).filter(|value| !value.is_null());
        }
    }
    Ok(reply)
}

fn log(item: &Value) -> Result<String, String> {
    match item {
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => {
            Err("Logs holds something that is no text".to_owned())
        }
        scalar => Ok(dotnet::scalar_text(scalar)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use reqwest::StatusCode;
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use serde_json::json;

    fn answer(
        status: u16,
        kind: Option<&'static str>,
        body: &'static str,
        chunked: bool,
    ) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        judge(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from_static(body.as_bytes()),
            length: (!chunked).then_some(body.len() as u64),
        })
    }

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn objects_are_read_with_names_in_any_case() {
        let body = r#"{"outputs":{"q":"x"},"LOGS":["a",5,true],"returnvalue":null,"extra":1}"#;
        let Verdict::Reply(reply) = answer(200, JSON, body, false) else {
            panic!("not read");
        };
        assert_eq!(reply.outputs, json!({"q": "x"}).as_object().cloned());
        assert_eq!(reply.logs, ["a", "5", "True"]);
        assert_eq!(reply.return_value, None);
        assert_eq!(
            answer(200, JSON, r#"{"key1":"v"}"#, false),
            Verdict::Reply(Reply::default())
        );
        assert!(matches!(
            answer(299, Some("text/json"), "{}", true),
            Verdict::Reply(_)
        ));
    }

    #[test]
    fn an_empty_success_hangs() {
        for verdict in [
            answer(200, None, "", false),
            answer(204, None, "", false),
            answer(200, Some("text/plain"), "", false),
            answer(200, JSON, "", true),
            answer(200, JSON, "null", false),
        ] {
            assert!(matches!(verdict, Verdict::Hangs(_)), "{verdict:?}");
        }
    }

    #[test]
    fn everything_else_fails() {
        for (verdict, part) in [
            (
                answer(500, JSON, "{}", false),
                "500 (Internal Server Error)",
            ),
            (answer(404, None, "", false), "404 (Not Found)"),
            (answer(302, None, "", false), "302 (Found)"),
            (
                answer(200, Some("text/plain"), "{}", false),
                "Invalid HttpResponseMessage",
            ),
            (
                answer(200, Some("application/problem+json"), "{}", false),
                "Invalid HttpResponseMessage",
            ),
            (answer(200, None, "{}", false), "octet-stream"),
            (answer(200, JSON, "Hello World", false), "no JSON"),
            (answer(200, JSON, "[]", false), "no object"),
            (answer(200, JSON, r#"{"Logs":"x"}"#, false), "Logs"),
        ] {
            assert!(
                matches!(&verdict, Verdict::Failed(text) if text.contains(part)),
                "{part}: {verdict:?}"
            );
        }
    }
}
