//! A poisoned message, and what it was before.

use base64::{Engine, engine::general_purpose::STANDARD};
use change::Change;
use cloud::Received;
use serde_json::Value;

use super::POISON;

/// What a message says that the Functions host has moved: it adds nothing.
const BY_THE_HOST: &str = "none given";
const BY_THE_HOST_DETAIL: &str =
    "moved by the Functions host: the handler crashed on it every time, or it was not base64";

/// A message out of a poison queue.
pub(super) struct Poisoned {
    pub(super) received: Received,
    pub(super) reason: String,
    pub(super) detail: String,
    /// What was in the queue it came from; `None` if that was no text.
    pub(super) original: Option<String>,
    /// The resource it is about, if it is about one.
    pub(super) about: Option<String>,
}

impl Poisoned {
    pub(super) fn new(received: Received) -> Self {
        let (original, reason, detail) = restored(&received.text, received.unencoded);
        let change = original.as_ref().map(|text| Change::parse(text.as_bytes()));
        let about = change
            .and_then(Result::ok)
            .map(|change| change.id.to_string());
        Self {
            received,
            reason: reason.unwrap_or_else(|| BY_THE_HOST.to_owned()),
            detail: detail.unwrap_or_else(|| BY_THE_HOST_DETAIL.to_owned()),
            original,
            about,
        }
    }

    /// The queue it came from.
    pub(super) fn origin(&self) -> &str {
        self.received.queue().trim_end_matches(POISON)
    }
}

/// The message as it was before the handler added why it is here, and what it added.
fn restored(text: &str, unencoded: bool) -> (Option<String>, Option<String>, Option<String>) {
    let Ok(Value::Object(mut body)) = serde_json::from_str(text) else {
        // Base64 of something that is no text; a text that is no base64 becomes a proper message.
        let is_text = !(unencoded && STANDARD.decode(text).is_ok());
        return (is_text.then(|| text.to_owned()), None, None);
    };
    let Some(Value::String(reason)) = body.remove("reason") else {
        return (Some(text.to_owned()), None, None);
    };
    let detail = match body.remove("detail") {
        Some(Value::String(detail)) => Some(detail),
        _ => Some(String::new()),
    };
    let original = match body.get("original") {
        Some(Value::String(original)) if body.len() == 1 => STANDARD
            .decode(original)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok()),
        _ => Some(Value::Object(body).to_string()),
    };
    (original, Some(reason), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_handler_added_is_taken_off() {
        let text = r#"{"v":1,"kind":"assets","name":"a","reason":"bug","detail":"x"}"#;
        let (original, reason, detail) = restored(text, false);
        assert_eq!(original.unwrap(), r#"{"v":1,"kind":"assets","name":"a"}"#);
        assert_eq!(
            (reason.as_deref(), detail.as_deref()),
            (Some("bug"), Some("x"))
        );
    }

    #[test]
    fn what_was_wrapped_is_unwrapped_unless_it_is_no_text() {
        let wrapped = |bytes: &[u8]| {
            let original = STANDARD.encode(bytes);
            let text =
                format!(r#"{{"original":"{original}","reason":"bad-message","detail":"x"}}"#);
            restored(&text, false).0
        };
        assert_eq!(wrapped(b"[1,2]").as_deref(), Some("[1,2]"));
        assert_eq!(wrapped(b"\xff\x00"), None);
    }

    #[test]
    fn what_the_host_moved_goes_back_as_it_is() {
        for (text, unencoded) in [
            ("{\"v\": 1, \"kind\":\"assets\"}", false),
            ("not json", true),
            ("not json", false),
        ] {
            let (original, reason, _) = restored(text, unencoded);
            assert_eq!((original.as_deref(), reason), (Some(text), None));
        }
        assert_eq!(restored("/w==", true).0, None);
    }
}
