//! What a visible message at the head of a queue says about lag.

use change::{Batch, Cause, Depth, Kind, Message, ResourceId};
use cloud::Peeked;
use time::{Duration, OffsetDateTime};

use crate::queues::{BACKFILL, DELETIONS};

/// A message at the head of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// When it was put into the queue.
    pub(crate) inserted: OffsetDateTime,
    /// What it is about; `None` when it cannot be understood: then it is on its way into the poison queue.
    pub(crate) hint: Option<Hint>,
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) kind: Kind,
    /// Since when the primary is ahead, as far as the sender knew.
    pub(crate) since: OffsetDateTime,
    /// The one resource that it is about.
    pub(crate) id: Option<ResourceId>,
    /// Whether somebody saw or heard that the resource may differ. Without that it is a name among all names, most of them in sync.
    pub(crate) is_lag: bool,
}

impl Head {
    /// Reads a message. In the queue of deletions a change is only due when its grace is over, so that is when lag begins.
    pub(crate) fn of(queue: &str, peeked: &Peeked, grace: Duration) -> Self {
        let inserted = peeked.inserted;
        let text = peeked.text.as_bytes();
        let hint = if queue == BACKFILL {
            Batch::parse(text).ok().map(|batch| Hint {
                kind: batch.kind,
                since: batch.since.unwrap_or(inserted),
                id: None,
                is_lag: saw_a_difference(&batch),
            })
        } else {
            Message::parse(text).ok().map(|message| match message {
                Message::Change(change) => Hint {
                    kind: change.id.kind(),
                    since: change.since.unwrap_or(inserted) + added(queue, grace),
                    id: Some(change.id),
                    is_lag: true,
                },
                Message::Container(hint) => Hint {
                    kind: Kind::Assets,
                    since: hint.since.unwrap_or(inserted),
                    id: None,
                    is_lag: true,
                },
            })
        };
        Self { inserted, hint }
    }
}

fn added(queue: &str, grace: Duration) -> Duration {
    if queue == DELETIONS {
        grace
    } else {
        Duration::ZERO
    }
}

/// A walk that compares lists names what differs. A backfill, and a deeper walk, name everything.
fn saw_a_difference(batch: &Batch) -> bool {
    batch.cause == Cause::Walk && matches!(batch.depth, Depth::List | Depth::Updated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const INSERTED: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn head(queue: &str, text: &str) -> Head {
        let peeked = Peeked {
            text: text.to_owned(),
            unencoded: false,
            inserted: INSERTED,
            dequeue_count: 0,
        };
        Head::of(queue, &peeked, Duration::minutes(5))
    }

    #[test]
    fn every_message_says_since_when_or_counts_from_when_it_came() {
        let since = r#""since":"2026-01-01T11:00:00Z""#;
        let at = datetime!(2026-01-01 11:00 UTC);
        let due = at + Duration::minutes(5);
        for (queue, text, kind, expected, is_lag) in [
            (
                "mirror-asset",
                r#"{"v":1,"kind":"assets","name":"a","#,
                Kind::Assets,
                at,
                true,
            ),
            (
                "copy-blobs",
                r#"{"v":1,"kind":"assets","name":"a","share":{},"#,
                Kind::Assets,
                at,
                true,
            ),
            (
                "mirror-filter",
                r#"{"v":1,"kind":"assetFilters","name":"f","parent":"a","#,
                Kind::AssetFilters,
                at,
                true,
            ),
            (
                "mirror-asset",
                r#"{"v":1,"container":"asset-1","account":"weststore","#,
                Kind::Assets,
                at,
                true,
            ),
            (
                "deletions",
                r#"{"v":1,"kind":"streamingLocators","name":"l","cause":"deleted","#,
                Kind::StreamingLocators,
                due,
                true,
            ),
            (
                "backfill",
                r#"{"v":1,"kind":"assets","names":["a"],"cause":"walk","depth":"list","#,
                Kind::Assets,
                at,
                true,
            ),
            (
                "backfill",
                r#"{"v":1,"kind":"assets","names":["a"],"cause":"walk","depth":"bytes","#,
                Kind::Assets,
                at,
                false,
            ),
            (
                "backfill",
                r#"{"v":1,"kind":"assets","names":["a"],"cause":"backfill","depth":"list","#,
                Kind::Assets,
                at,
                false,
            ),
        ] {
            let hint = head(queue, &format!("{text}{since}}}")).hint.unwrap();
            assert_eq!(
                (hint.kind, hint.since, hint.is_lag),
                (kind, expected, is_lag),
                "{queue} {text}"
            );
            let text = text.trim_end_matches(',');
            let hint = head(queue, &format!("{text}}}")).hint.unwrap();
            assert_eq!(hint.since, INSERTED + (expected - at), "{queue} {text}");
        }
        assert_eq!(head("mirror-asset", "not json").hint, None);
    }
}
