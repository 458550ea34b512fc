//! Waiting for the mirror to look at something, to change it behind its back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use change::ResourceId;
use tokio::{sync::Notify, time::timeout};

/// How long it is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Ambush {
    state: Mutex<State>,
    sprung: Notify,
}

#[derive(Default)]
struct State {
    laid: bool,
    prey: Option<ResourceId>,
}

impl Ambush {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mirror has just read a source. Whoever waits goes on before the answer arrives.
    pub(crate) fn seen(&self, id: &ResourceId) {
        let mut state = self.lock();
        if state.laid {
            state.laid = false;
            state.prey = Some(id.clone());
            self.sprung.notify_one();
        }
    }

    /// The next source that the mirror reads, if it reads one soon.
    pub(crate) async fn wait(&self) -> Option<ResourceId> {
        self.lock().laid = true;
        let _ = timeout(PATIENCE, self.sprung.notified()).await;
        let mut state = self.lock();
        state.laid = false;
        state.prey.take()
    }
}
