use azure_core::base64;
use azure_storage_queue::models::{PeekedMessage, ReceivedMessage};
use time::OffsetDateTime;

/// A message that was looked at and left where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The text; what the Functions host hands to a function.
    pub text: String,
    /// Whether the text stands in the queue as it is, because it is not base64 of UTF-8. The Functions host moves such a message to
    /// the poison queue without an invocation.
    pub unencoded: bool,
    /// When it was put into the queue, by the service's clock, in whole seconds. A message that is put back is a new message.
    pub inserted: OffsetDateTime,
    /// How often it was received.
    pub dequeue_count: u64,
}

/// A message that was taken out of its queue for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The text, as [`Peeked::text`].
    pub text: String,
    /// As [`Peeked::unencoded`].
    pub unencoded: bool,
    /// As [`Peeked::inserted`].
    pub inserted: OffsetDateTime,
    /// How often it was received, this time included.
    pub dequeue_count: u64,
    pub(crate) queue: String,
    pub(crate) id: String,
    pub(crate) receipt: String,
}

impl Received {
    /// The queue it was taken from.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    pub(crate) fn of(queue: &str, message: ReceivedMessage) -> Option<Self> {
        let (text, unencoded) = decoded(message.message_text.unwrap_or_default());
        Some(Self {
            text,
            unencoded,
            inserted: message.insertion_time?,
            dequeue_count: count(message.dequeue_count),
            queue: queue.to_owned(),
            id: message.message_id?,
            receipt: message.pop_receipt?,
        })
    }
}

impl Peeked {
    pub(crate) fn of(message: PeekedMessage) -> Option<Self> {
        let (text, unencoded) = decoded(message.message_text.unwrap_or_default());
        Some(Self {
            text,
            unencoded,
            inserted: message.insertion_time?,
            dequeue_count: count(message.dequeue_count),
        })
    }
}

fn count(dequeue_count: Option<i64>) -> u64 {
    dequeue_count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or_default()
}

/// The text behind the base64, or the text as it stands and `true`.
fn decoded(text: String) -> (String, bool) {
    let bytes = base64::decode(&text).ok();
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(inner) => (inner, false),
        None => (text, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_base64_of_text_is_decoded() {
        for (text, inner, unencoded) in [
            ("eyJ2IjoxfQ==", "{\"v\":1}", false),
            ("{\"v\":1}", "{\"v\":1}", true),
            ("/w==", "/w==", true),
            ("", "", false),
        ] {
            let expected = (inner.to_owned(), unencoded);
            assert_eq!(decoded(text.to_owned()), expected, "{text}");
        }
    }
}
