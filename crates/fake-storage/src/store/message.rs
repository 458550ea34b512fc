//! Queues and their messages.

use time::{Duration, OffsetDateTime};

use super::Metadata;
use crate::refusal::Refusal;

/// One queue, oldest message first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) metadata: Metadata,
    pub(crate) messages: Vec<Message>,
    receipts: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) inserted: OffsetDateTime,
    pub(crate) expires: OffsetDateTime,
    pub(crate) visible: OffsetDateTime,
    pub(crate) dequeue_count: u32,
    pub(crate) pop_receipt: String,
}

impl Queue {
    pub(crate) fn new(metadata: Metadata) -> Self {
        Self {
            metadata,
            ..Self::default()
        }
    }

    /// Adds a message. `time_to_live` is `None` for one that never expires.
    pub(crate) fn put(
        &mut self,
        text: String,
        now: OffsetDateTime,
        hidden_for: Duration,
        time_to_live: Option<Duration>,
    ) -> &Message {
        let never = time::macros::datetime!(9999-12-31 23:59:59 UTC);
        let message = Message {
            id: uuid::Uuid::new_v4().to_string(),
            text,
            inserted: now,
            expires: time_to_live.map_or(never, |time_to_live| now + time_to_live),
            visible: now + hidden_for,
            dequeue_count: 0,
            pop_receipt: self.receipt(),
        };
        self.messages.push(message);
        // It was just pushed.
        &self.messages[self.messages.len() - 1]
    }

    /// Hides up to `count` visible messages and returns them.
    pub(crate) fn get(
        &mut self,
        count: usize,
        now: OffsetDateTime,
        hidden_for: Duration,
    ) -> Vec<Message> {
        self.expire(now);
        let visible: Vec<usize> = (0..self.messages.len())
            .filter(|i| self.messages[*i].visible <= now)
            .take(count)
            .collect();
        visible
            .into_iter()
            .map(|i| {
                let receipt = self.receipt();
                let message = &mut self.messages[i];
                message.dequeue_count += 1;
                message.visible = now + hidden_for;
                message.pop_receipt = receipt;
                message.clone()
            })
            .collect()
    }

    pub(crate) fn peek(&mut self, count: usize, now: OffsetDateTime) -> Vec<Message> {
        self.expire(now);
        self.messages
            .iter()
            .filter(|message| message.visible <= now)
            .take(count)
            .cloned()
            .collect()
    }

    /// Changes when a message becomes visible, and its text if one is given; it gets a new receipt.
    pub(crate) fn update(
        &mut self,
        id: &str,
        receipt: &str,
        now: OffsetDateTime,
        hidden_for: Duration,
        text: Option<String>,
    ) -> Result<&Message, Refusal> {
        let i = self.find(id, receipt, now)?;
        let receipt = self.receipt();
        let message = &mut self.messages[i];
        message.pop_receipt = receipt;
        message.visible = now + hidden_for;
        if let Some(text) = text {
            message.text = text;
        }
        Ok(message)
    }

    pub(crate) fn delete(
        &mut self,
        id: &str,
        receipt: &str,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let i = self.find(id, receipt, now)?;
        self.messages.remove(i);
        Ok(())
    }

    /// How many messages there are, visible or not.
    pub(crate) fn count(&mut self, now: OffsetDateTime) -> usize {
        self.expire(now);
        self.messages.len()
    }

    fn find(&mut self, id: &str, receipt: &str, now: OffsetDateTime) -> Result<usize, Refusal> {
        self.expire(now);
        let i = self
            .messages
            .iter()
            .position(|message| message.id == id)
            .ok_or_else(Refusal::message_not_found)?;
        if self.messages[i].pop_receipt == receipt {
            Ok(i)
        } else {
            Err(Refusal::pop_receipt_mismatch())
        }
    }

    fn expire(&mut self, now: OffsetDateTime) {
        self.messages.retain(|message| message.expires > now);
    }

    fn receipt(&mut self) -> String {
        use base64::Engine as _;
        self.receipts += 1;
        base64::engine::general_purpose::STANDARD.encode(self.receipts.to_be_bytes())
    }
}
