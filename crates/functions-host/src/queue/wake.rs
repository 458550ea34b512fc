//! Listeners that sleep are woken by what the same host writes into their queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Who listens to which queue. As in the real host the key is the queue's name alone, whatever its account.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    listeners: Mutex<HashMap<String, Vec<Arc<Notify>>>>,
}

impl Wake {
    pub(crate) fn listen(&self, queue: &str) -> Arc<Notify> {
        let notify = Arc::new(Notify::new());
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners
            .entry(queue.to_owned())
            .or_default()
            .push(Arc::clone(&notify));
        notify
    }

    pub(crate) fn wake(&self, queue: &str) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for notify in listeners.get(queue).into_iter().flatten() {
            notify.notify_one();
        }
    }
}
