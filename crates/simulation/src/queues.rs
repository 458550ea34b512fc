//! The queues of the app in memory: visibility, dequeue counts, and nothing ever expires.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use change::{Cause, Change, ResourceId};
use cloud::QueueError;
use handlers::Enqueue;
use media::Side;
use tokio::{sync::Notify, time::Instant};

use crate::{
    line::{Call, Line},
    sabotage::Sabotage,
    storage::http::SIGNATURE,
    weather::Part,
};

/// How long a message that was handed out stays invisible, if nothing is heard of it.
const LEASE: Duration = Duration::from_secs(600);

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) dequeued: u64,
    visible: Instant,
    /// Whether it was handed out and is not back.
    leased: bool,
}

pub(crate) struct Queues {
    state: Mutex<State>,
    /// Counts changes, so that those who wait for one miss none.
    changes: AtomicU64,
    changed: Notify,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<String, VecDeque<Message>>,
    last: u64,
    /// Every message ever sent, in order.
    sent: Vec<(String, String)>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            changes: AtomicU64::new(0),
            changed: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for a change, in the order in which they came.
    pub(crate) fn change(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// How many changes there have been.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Returns when there have been more.
    pub(crate) async fn changed(&self, since: u64) {
        let mut changed = pin!(self.changed.notified());
        changed.as_mut().enable();
        if self.changes() == since {
            changed.await;
        }
    }

    pub(crate) fn send(&self, queue: &str, text: &str, delay: Duration) {
        let mut state = self.lock();
        state.last += 1;
        let message = Message {
            id: state.last,
            text: text.to_owned(),
            dequeued: 0,
            visible: Instant::now() + delay,
            leased: false,
        };
        state.sent.push((queue.to_owned(), text.to_owned()));
        let messages = state.queues.entry(queue.to_owned()).or_default();
        messages.push_back(message);
        drop(state);
        self.change();
    }

    /// Hands out visible messages, at most `most`.
    pub(crate) fn receive(&self, queue: &str, most: usize) -> Vec<Message> {
        let now = Instant::now();
        let mut state = self.lock();
        let messages = state.queues.entry(queue.to_owned()).or_default();
        messages
            .iter_mut()
            .filter(|message| message.visible <= now)
            .take(most)
            .map(|message| {
                message.visible = now + LEASE;
                message.dequeued += 1;
                message.leased = true;
                message.clone()
            })
            .collect()
    }

    /// Takes a message out, unless it has been handed out to somebody else meanwhile.
    pub(crate) fn delete(&self, queue: &str, message: &Message) {
        if let Some(messages) = self.lock().queues.get_mut(queue) {
            messages.retain(|other| other.id != message.id || other.dequeued != message.dequeued);
        }
        self.change();
    }

    /// Makes a message visible again, after a while.
    pub(crate) fn release(&self, queue: &str, message: &Message, after: Duration) {
        if let Some(messages) = self.lock().queues.get_mut(queue) {
            let same =
                |other: &&mut Message| other.id == message.id && other.dequeued == message.dequeued;
            if let Some(message) = messages.iter_mut().find(same) {
                message.visible = Instant::now() + after;
                message.leased = false;
            }
        }
        self.change();
    }

    /// When the next message of a queue can be handed out.
    pub(crate) fn next_visible(&self, queue: &str) -> Option<Instant> {
        let state = self.lock();
        let messages = state.queues.get(queue)?;
        messages.iter().map(|message| message.visible).min()
    }

    /// Whether no message waits, visible or not, other than in poison queues.
    pub(crate) fn dry(&self) -> bool {
        self.waiting().is_empty()
    }

    /// The messages that wait, other than in poison queues.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let state = self.lock();
        let queues = state.queues.iter();
        queues
            .filter(|(queue, _)| !queue.ends_with("-poison"))
            .flat_map(|(queue, messages)| {
                messages
                    .iter()
                    .map(move |message| format!("{queue}: {}", message.text))
            })
            .collect()
    }

    /// Every message ever sent.
    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        self.lock().sent.clone()
    }
}

/// The way from a handler process to the queues.
pub(crate) struct Sender(pub(crate) Line);

#[async_trait]
impl Enqueue for Sender {
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        let call = Call {
            part: Part::Queues,
            what: format!("SEND {queue} {} s", delay.as_secs()),
            writes: true,
        };
        let queues = &self.0.world.queues;
        let leaked = format!("{text} {SIGNATURE}");
        let leaks = self.0.world.sabotage == Sabotage::LeaksSecrets;
        let text = if leaks { leaked.as_str() } else { text };
        let world = &self.0.world;
        let sent = self.0.call(call, |state, _| {
            if let Some(id) = missed_by_a_walk(queue, text, delay) {
                state.watch.deletion_asked(world.delete_cap, text);
                if world.sabotage == Sabotage::DeletesUnconfirmed {
                    state.watch_delete(Side::Secondary, &id);
                    let (account, storage) = state.account_and_storage(Side::Secondary);
                    account.delete(&id, storage);
                }
            }
            queues.send(queue, text, delay);
        });
        let sent = sent.await;
        sent.map_err(|trouble| QueueError::new(queue, format!("{trouble:?}")))
    }
}

/// What a walk wants deleted. That it is due at once tells it from a deletion that has a grace.
fn missed_by_a_walk(queue: &str, text: &str, delay: Duration) -> Option<ResourceId> {
    let change = Change::parse(text.as_bytes()).ok()?;
    let of_walk = queue == "deletions" && change.cause == Cause::Walk && change.attempt == 0;
    (of_walk && delay.is_zero()).then_some(change.id)
}
