//! The subscriptions, the deliveries, and the switches that make them worse.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::seq::SliceRandom as _;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::post::{self, Attempt};
use super::subscriber::Subscriber;
use super::{Delivery, DeliveryState, Event, EventSubscription, RedeliveryOrder, Webhook};
use crate::settings::DeliverySettings;

/// How many posts are under way at once.
const POSTS_AT_ONCE: usize = 16;

/// How long deliveries are held back for `reorder`.
const LONGEST_HOLD: Duration = Duration::from_millis(200);

/// A cheap handle.
#[derive(Clone)]
pub(crate) struct Grid {
    inner: Arc<Inner>,
}

struct Inner {
    books: Mutex<Books>,
    changed: Notify,
    http: reqwest::Client,
    slots: Semaphore,
    settings: watch::Sender<DeliverySettings>,
    stopped: watch::Receiver<bool>,
}

#[derive(Default)]
struct Books {
    subscribers: Vec<Subscriber>,
    deliveries: Vec<Delivery>,
    last: u64,
    /// How many of the deliveries are pending.
    pending: usize,
    /// The sequence numbers held back for `reorder`.
    held: Vec<u64>,
}

impl Grid {
    pub(crate) fn new(
        http: reqwest::Client,
        settings: DeliverySettings,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let inner = Inner {
            books: Mutex::default(),
            changed: Notify::new(),
            http,
            slots: Semaphore::new(POSTS_AT_ONCE),
            settings: watch::Sender::new(settings),
            stopped,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn settings(&self) -> DeliverySettings {
        self.inner.settings.borrow().clone()
    }

    pub(crate) fn set_settings(&self, settings: DeliverySettings) {
        let flush = settings.reorder < 2;
        self.inner.settings.send_replace(settings);
        if flush {
            self.let_go();
        }
    }

    /// Does the handshake and, once that succeeded, delivers what is raised from now on.
    pub(crate) async fn subscribe(&self, subscription: EventSubscription) -> anyhow::Result<()> {
        post::handshake(&self.inner.http, &subscription).await?;
        self.books().replace(Subscriber::Grid(subscription));
        Ok(())
    }

    /// Delivers to a webhook from now on; one of the same name is replaced. MK.IO does no handshake.
    pub(crate) fn set_webhook(&self, webhook: Webhook) {
        self.books().replace(Subscriber::Webhook(webhook));
    }

    pub(crate) fn unsubscribe(&self, name: &str) {
        self.books()
            .subscribers
            .retain(|subscriber| subscriber.name() != name);
    }

    /// What became of the events of a webhook, repetitions left out.
    pub(crate) fn history(&self, webhook: &str) -> Vec<Delivery> {
        self.books()
            .deliveries
            .iter()
            .filter(|delivery| delivery.subscription == webhook && !delivery.repeated)
            .cloned()
            .collect()
    }

    /// Forgets what became of the events of a webhook, those on their way included.
    pub(crate) fn forget(&self, webhook: &str) {
        let mut books = self.books();
        let gone = |delivery: &Delivery| delivery.subscription == webhook;
        let pending = |delivery: &&Delivery| delivery.state == DeliveryState::Pending;
        let under_way = books
            .deliveries
            .iter()
            .filter(|one| gone(one))
            .filter(pending);
        books.pending -= under_way.count();
        books.deliveries.retain(|delivery| !gone(delivery));
        drop(books);
        self.inner.changed.notify_waiters();
    }

    pub(crate) fn subscriptions(&self) -> Vec<EventSubscription> {
        self.books()
            .subscribers
            .iter()
            .filter_map(Subscriber::grid)
            .map(EventSubscription::shown)
            .collect()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.books().deliveries.clone()
    }

    /// Forgets the deliveries that are over.
    pub(crate) fn clear(&self) {
        self.books()
            .deliveries
            .retain(|delivery| delivery.state == DeliveryState::Pending);
    }

    /// Raises an event: every subscription that wants it gets it, unless a switch says otherwise.
    pub(crate) fn raise(&self, event: &Event) {
        let settings = self.settings();
        let mut due = Vec::new();
        {
            let mut books = self.books();
            let wanting: Vec<String> = books
                .subscribers
                .iter()
                .filter(|subscriber| subscriber.wants(event))
                .map(|subscriber| subscriber.name().to_owned())
                .collect();
            for subscription in wanting {
                for copy in 0..=settings.duplicate {
                    let lost = copy == 0 && self.lose_one();
                    let state = if lost {
                        DeliveryState::Lost
                    } else {
                        DeliveryState::Pending
                    };
                    let sequence = books.note(&subscription, event, state, copy > 0);
                    if lost {
                        break;
                    }
                    due.push(sequence);
                }
            }
            if settings.reorder > 1 {
                let first = books.held.is_empty() && !due.is_empty();
                books.held.append(&mut due);
                if books.held.len() >= settings.reorder {
                    due = books.shuffled();
                } else if first {
                    let grid = self.clone();
                    tokio::spawn(async move {
                        sleep(LONGEST_HOLD).await;
                        grid.let_go();
                    });
                }
            }
        }
        self.send(due);
    }

    /// Waits until nothing is on its way. Err: something still is after that time.
    pub(crate) async fn wait_delivered(&self, longest: Duration) -> anyhow::Result<()> {
        self.let_go();
        let quiet = async {
            loop {
                let changed = self.inner.changed.notified();
                if self.pending() == 0 {
                    return;
                }
                changed.await;
            }
        };
        timeout(longest, quiet).await.map_err(|_| {
            anyhow::anyhow!(
                "{} deliveries are still on their way after {longest:?}",
                self.pending()
            )
        })
    }

    /// Delivers again, one after the other in the given order, everything that was delivered. The number of events
    /// that their endpoints took again.
    pub(crate) async fn redeliver(&self, order: RedeliveryOrder) -> usize {
        let again: Vec<u64> = {
            let mut books = self.books();
            let mut delivered: Vec<Delivery> = books
                .deliveries
                .iter()
                .filter(|delivery| delivery.state == DeliveryState::Delivered && !delivery.repeated)
                .cloned()
                .collect();
            match order {
                RedeliveryOrder::Same => {}
                RedeliveryOrder::Reversed => delivered.reverse(),
                RedeliveryOrder::Shuffled => delivered.shuffle(&mut rand::rng()),
            }
            delivered
                .into_iter()
                .map(|delivery| {
                    let event = Event {
                        account: String::new(),
                        body: delivery.event,
                    };
                    books.note(&delivery.subscription, &event, DeliveryState::Pending, true)
                })
                .collect()
        };
        let mut taken = 0;
        for sequence in again {
            self.deliver(sequence).await;
            taken += usize::from(self.state_of(sequence) == Some(DeliveryState::Delivered));
        }
        taken
    }

    fn let_go(&self) {
        let due = self.books().shuffled();
        self.send(due);
    }

    fn send(&self, due: Vec<u64>) {
        for sequence in due {
            let grid = self.clone();
            let mut stopped = self.inner.stopped.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = grid.deliver(sequence) => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
            });
        }
    }

    /// Posts one event until it is taken, refused or given up.
    async fn deliver(&self, sequence: u64) {
        let mut settings = self.inner.settings.subscribe();
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            if settings
                .wait_for(|settings| !settings.paused)
                .await
                .is_err()
            {
                return;
            }
            let Some((to, event)) = self.find(sequence) else {
                return self.conclude(sequence, DeliveryState::Dropped, attempts, None);
            };
            let attempt = {
                let Ok(_slot) = self.inner.slots.acquire().await else {
                    return;
                };
                let settings = self.settings();
                to.notify(&self.inner.http, &event, attempts, &settings)
                    .await
            };
            attempts += 1;
            let scale = self.inner.settings.borrow().time_scale;
            match attempt {
                Attempt::Taken(status) => {
                    return self.conclude(
                        sequence,
                        DeliveryState::Delivered,
                        attempts,
                        Some(status),
                    );
                }
                Attempt::Refused(status) => {
                    return self.conclude(sequence, DeliveryState::Dropped, attempts, Some(status));
                }
                Attempt::Failed(status) => {
                    let too_late = started.elapsed().as_secs_f64() > post::TIME_TO_LIVE * scale;
                    if attempts >= post::MOST_ATTEMPTS || too_late {
                        return self.conclude(sequence, DeliveryState::Dropped, attempts, status);
                    }
                    self.conclude(sequence, DeliveryState::Pending, attempts, status);
                }
            }
            sleep(Duration::from_secs_f64(
                (post::wait_after(attempts) * scale).max(0.0),
            ))
            .await;
        }
    }

    fn find(&self, sequence: u64) -> Option<(Subscriber, serde_json::Value)> {
        let books = self.books();
        let delivery = books.delivery(sequence)?;
        let to = books
            .subscribers
            .iter()
            .find(|subscriber| subscriber.name() == delivery.subscription)?;
        Some((to.clone(), delivery.event.clone()))
    }

    fn conclude(&self, sequence: u64, state: DeliveryState, attempts: u32, status: Option<u16>) {
        let mut books = self.books();
        let Some(at) = books.place(sequence) else {
            return;
        };
        let delivery = &mut books.deliveries[at];
        let over = delivery.state == DeliveryState::Pending && state != DeliveryState::Pending;
        delivery.state = state;
        delivery.attempts = attempts;
        delivery.status = status;
        if over {
            books.pending -= 1;
        }
        drop(books);
        self.inner.changed.notify_waiters();
    }

    fn state_of(&self, sequence: u64) -> Option<DeliveryState> {
        self.books()
            .delivery(sequence)
            .map(|delivery| delivery.state)
    }

    fn pending(&self) -> usize {
        self.books().pending
    }

    /// Whether the switch `lose` takes this delivery; it counts down.
    fn lose_one(&self) -> bool {
        let mut lost = false;
        self.inner.settings.send_if_modified(|settings| {
            lost = settings.lose > 0;
            let counts = lost && settings.lose != u32::MAX;
            if counts {
                settings.lose -= 1;
            }
            counts
        });
        lost
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.inner
            .books
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn replace(&mut self, subscriber: Subscriber) {
        self.subscribers
            .retain(|other| other.name() != subscriber.name());
        self.subscribers.push(subscriber);
    }

    fn note(
        &mut self,
        subscription: &str,
        event: &Event,
        state: DeliveryState,
        repeated: bool,
    ) -> u64 {
        self.last += 1;
        self.pending += usize::from(state == DeliveryState::Pending);
        self.deliveries.push(Delivery {
            sequence: self.last,
            subscription: subscription.to_owned(),
            event_type: event.event_type().to_owned(),
            subject: event.subject().to_owned(),
            state,
            attempts: 0,
            status: None,
            repeated,
            event: event.body.clone(),
        });
        self.last
    }

    fn place(&self, sequence: u64) -> Option<usize> {
        self.deliveries
            .binary_search_by_key(&sequence, |delivery| delivery.sequence)
            .ok()
    }

    fn delivery(&self, sequence: u64) -> Option<&Delivery> {
        self.deliveries.get(self.place(sequence)?)
    }

    /// What was held back, in a new order.
    fn shuffled(&mut self) -> Vec<u64> {
        let mut due = std::mem::take(&mut self.held);
        due.shuffle(&mut rand::rng());
        due
    }
}
