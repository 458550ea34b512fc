//! How many calls an invocation made to each side, for its log line.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use crate::Side;

/// Calls sent to each account, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// To the primary.
    pub primary: u32,
    /// To the secondary.
    pub secondary: u32,
}

#[derive(Default)]
struct Tally {
    primary: AtomicU32,
    secondary: AtomicU32,
    answered: [AtomicBool; 2],
}

tokio::task_local! {
    static TALLY: Arc<Tally>;
}

/// Runs a future and counts the calls that it makes to the media services in its own task.
pub async fn counted<F: Future>(future: F) -> (F::Output, Calls) {
    let tally = Arc::new(Tally::default());
    let output = TALLY.scope(Arc::clone(&tally), future).await;
    let calls = Calls {
        primary: tally.primary.load(Ordering::Relaxed),
        secondary: tally.secondary.load(Ordering::Relaxed),
    };
    (output, calls)
}

/// Counts one call, where [`counted`] is listening.
pub fn record(side: Side) {
    let _ = TALLY.try_with(|tally| {
        match side {
            Side::Primary => &tally.primary,
            Side::Secondary => &tally.secondary,
        }
        .fetch_add(1, Ordering::Relaxed)
    });
}

/// Whether the account itself was seen to answer in this invocation.
pub(crate) fn answered(side: Side) -> bool {
    TALLY
        .try_with(|tally| tally.answered[side as usize].load(Ordering::Relaxed))
        .unwrap_or(false)
}

/// Notes that the account itself answered.
pub(crate) fn note_answer(side: Side) {
    let _ = TALLY.try_with(|tally| tally.answered[side as usize].store(true, Ordering::Relaxed));
}
