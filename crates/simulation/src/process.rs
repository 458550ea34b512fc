//! The life of one handler process. A killed one does nothing any more: whatever it calls never answers.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

pub(crate) struct Process {
    /// What it is called in the trace.
    pub(crate) name: String,
    dead: AtomicBool,
    died: Notify,
}

impl Process {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            dead: AtomicBool::new(false),
            died: Notify::new(),
        }
    }

    pub(crate) fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_waiters();
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Returns when it is dead.
    pub(crate) async fn died(&self) {
        let died = self.died.notified();
        if !self.is_dead() {
            died.await;
        }
    }

    /// Never returns if it is dead.
    pub(crate) async fn lives(&self) {
        if self.is_dead() {
            pending::<()>().await;
        }
    }
}
