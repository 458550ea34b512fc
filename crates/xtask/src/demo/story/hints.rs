//! What the service does not announce, the platform tells the mirror itself: a documented message in a documented queue.

use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Story;

/// A message that a platform puts into one of the app's queues.
pub(in crate::demo) struct Hint {
    pub(in crate::demo) queue: &'static str,
    pub(in crate::demo) message: String,
}

impl Story<'_> {
    /// Lets the mirror follow what Azure Media Services announces and MK.IO does not, and what the mirror finds by itself as soon as
    /// something needs it.
    pub(super) async fn follow_or_wait(&mut self, what: &str) -> anyhow::Result<()> {
        self.follow(what).await?;
        if self.is_mkio() {
            println!("  (MK.IO announces nothing of this: it is mirrored with what needs it)");
        }
        Ok(())
    }

    /// Lets the mirror follow what Azure Media Services announces and MK.IO does not: there the platform gives a hint. Sooner or later
    /// the mirror would find it without.
    pub(super) async fn follow_hint(
        &mut self,
        what: &str,
        kind: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        if !self.is_mkio() {
            return self.follow(what).await;
        }
        let hint = Hint {
            queue: match kind {
                "contentKeyPolicies" => "mirror-content-key-policy",
                "accountFilters" => "mirror-filter",
                _ => "mirror-locator",
            },
            message: json!({"v": 1, "kind": kind, "name": name}).to_string(),
        };
        self.world
            .enqueue(hint.queue, hint.message.as_bytes())
            .await?;
        let what = format!(
            "{what}\n  (MK.IO announces nothing of this: the platform puts {} into the queue {})",
            hint.message, hint.queue
        );
        self.hints.push(hint);
        self.follow(&what).await
    }

    /// Lets the mirror follow a deletion, which Azure Media Services announces. On MK.IO a walk finds it.
    pub(super) async fn follow_walk(&mut self, what: &str, kind: &str) -> anyhow::Result<()> {
        if !self.is_mkio() {
            return self.follow(what).await;
        }
        let since = OffsetDateTime::now_utc().format(&Rfc3339)?;
        // As the function `sweep` orders one.
        let order = json!({
            "v": 1, "kind": kind, "depth": "list", "cause": "walk", "run": "sweep-list", "since": since,
        });
        self.world
            .enqueue("walk", order.to_string().as_bytes())
            .await?;
        self.follow(&format!(
            "{what}\n  (MK.IO announces nothing of this: a walk through the lists of both projects finds it, here at once, else every 5 minutes)"
        ))
        .await
    }
}
