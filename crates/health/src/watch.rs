use std::{
    collections::BTreeMap,
    fmt::Display,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use change::Kind;
use futures::future::join_all;
use media::{ErrorKind, ListRequest};
use mirror::Reason;
use state::{
    Arrivals, Documents, Exceptions, Figures, Heartbeat, Heartbeats, Listed, Primary, Time,
    Watermarks,
};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{
    entries::map,
    heads::Head,
    queues::{QUEUES, ReadQueues},
    seen::{QueueSeen, Seen},
};

/// How many exceptions of each kind are read; more are counted.
pub const EXCEPTIONS_READ: usize = 100;

/// How long one look at one thing may take: a heartbeat is over before the next one.
const LONGEST: Duration = Duration::from_secs(20);

/// The most messages that the queue service shows at once.
const HEADS: usize = 32;

/// The most dead letters that are counted.
const MOST_LETTERS: usize = 1000;

/// What a [`Watch`] looks at beside queues, state and primary.
#[derive(Clone, Default)]
pub struct WatchOptions {
    /// How long an announced deletion waits.
    pub grace: Duration,
    /// Where Event Grid puts what it cannot deliver; `None` where nobody knows.
    pub dead_letters: Option<Arc<dyn Documents>>,
    /// When the API token of a side expires.
    pub tokens: BTreeMap<String, Time>,
}

/// Looks at everything that lag and health are measured by.
pub struct Watch {
    primary: media::Primary,
    queues: Arc<dyn ReadQueues>,
    exceptions: Exceptions,
    watermarks: Watermarks,
    arrivals: Arrivals,
    heartbeats: Heartbeats,
    options: WatchOptions,
    /// What was measured last, for when the document of it cannot be read.
    last: Mutex<Option<Figures>>,
}

impl Watch {
    /// What looks at these.
    #[must_use]
    pub fn new(
        primary: media::Primary,
        queues: Arc<dyn ReadQueues>,
        documents: &Arc<dyn Documents>,
        options: WatchOptions,
    ) -> Self {
        Self {
            primary,
            queues,
            exceptions: Exceptions::new(Arc::clone(documents)),
            watermarks: Watermarks::new(Arc::clone(documents)),
            arrivals: Arrivals::new(Arc::clone(documents)),
            heartbeats: Heartbeats::new(Arc::clone(documents)),
            options,
            last: Mutex::default(),
        }
    }

    /// Measures, and writes it into `heartbeat.json`. What cannot be reached is among the figures' problems.
    pub async fn beat(&self, now: OffsetDateTime) -> Figures {
        let (mut figures, _) = self.look(now).await;
        if let Err(why) = within("heartbeat.json", self.heartbeats.beat(&figures)).await {
            figures.problems.push(why);
        }
        self.remember(&figures);
        figures
    }

    /// What the heartbeat has kept, and no look at anything: one call.
    ///
    /// # Errors
    /// What is wrong, when it cannot be read.
    pub async fn kept(&self) -> Result<Heartbeat, String> {
        within("heartbeat.json", self.heartbeats.read()).await
    }

    /// Measures, and writes nothing: the figures now, and what the heartbeat has kept.
    pub async fn look(&self, now: OffsetDateTime) -> (Figures, Heartbeat) {
        let queues = QUEUES.iter().map(|queue| self.queue(queue));
        let poison = QUEUES.iter().map(|queue| self.poison(queue));
        let exceptions = Kind::ALL.iter().map(|kind| self.exceptions(*kind));
        let (heartbeat, primary, queues, poisoned, exceptions, marks, arrivals, dead_letters) = tokio::join!(
            within("heartbeat.json", self.heartbeats.read()),
            self.primary(),
            join_all(queues),
            join_all(poison),
            join_all(exceptions),
            within("the watermarks", self.watermarks.read()),
            within("the arrivals", self.arrivals.read()),
            self.dead_letters(),
        );
        let problems = heartbeat.as_ref().err().cloned();
        let heartbeat = heartbeat.unwrap_or_default();
        let seen = Seen {
            at: now,
            before: self.before(&heartbeat),
            verified: heartbeat.verified.clone(),
            primary,
            queues: map(queues.into_iter().flatten()),
            poisoned: map(poisoned.into_iter().flatten()),
            exceptions: map(exceptions),
            marks,
            arrivals,
            dead_letters,
            tokens: self.options.tokens.clone(),
            problems: problems.into_iter().collect(),
        };
        (seen.figures(), heartbeat)
    }

    /// One cheap read: a page of the shortest list. An account that asks for fewer calls answers, so it is there.
    async fn primary(&self) -> Primary {
        let request = ListRequest::all(Kind::AccountFilters);
        let dark = |reason: Reason, detail: String| Primary::Dark {
            unreadable: reason.as_str().to_owned(),
            detail,
        };
        match timeout(LONGEST, self.primary.list(&request)).await {
            Ok(Ok(_)) => Primary::READABLE,
            Ok(Err(error)) => match error.kind {
                ErrorKind::Throttled => Primary::READABLE,
                ErrorKind::Denied => dark(Reason::SourceDenied, error.to_string()),
                _ => dark(Reason::SourceUnavailable, error.to_string()),
            },
            Err(_) => dark(Reason::SourceUnavailable, late()),
        }
    }

    async fn queue(
        &self,
        queue: &'static str,
    ) -> Option<(&'static str, Result<QueueSeen, String>)> {
        let look = async {
            let Some(messages) = self.queues.count(queue).await? else {
                return Ok(None);
            };
            let peeked = match messages {
                0 => Vec::new(),
                _ => self.queues.peek(queue, HEADS).await?,
            };
            let grace = time::Duration::try_from(self.options.grace).unwrap_or_default();
            let heads = peeked.iter().map(|one| Head::of(queue, one, grace));
            Ok::<_, cloud::QueueError>(Some(QueueSeen {
                messages,
                heads: heads.collect(),
            }))
        };
        let seen = within(&format!("queue {queue}"), look).await.transpose()?;
        Some((queue, seen))
    }

    async fn poison(&self, queue: &'static str) -> Option<(&'static str, Result<u64, String>)> {
        let poison = format!("{queue}-poison");
        let what = format!("queue {poison}");
        let count = within(&what, self.queues.count(&poison)).await;
        Some((queue, count.transpose()?))
    }

    async fn exceptions(&self, kind: Kind) -> (Kind, Result<Listed, String>) {
        let what = format!("the exceptions of {kind}");
        let listed = async {
            let listed = self.exceptions.of(kind, EXCEPTIONS_READ).await;
            // The path of a record is the name of a resource, and this is seen by more people than the log.
            listed.map_err(|error| error.what)
        };
        (kind, within(&what, listed).await)
    }

    async fn dead_letters(&self) -> Option<Result<u64, String>> {
        let letters = self.options.dead_letters.as_ref()?;
        let listed = within("the dead letters", letters.list("", MOST_LETTERS)).await;
        Some(listed.map(|paths| u64::try_from(paths.len()).unwrap_or(u64::MAX)))
    }

    /// What was measured before this: by any process, or by this one when the document is lost.
    fn before(&self, heartbeat: &Heartbeat) -> Option<Figures> {
        let own = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        heartbeat.latest.clone().or_else(|| own.clone())
    }

    fn remember(&self, figures: &Figures) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(figures.clone());
    }
}

/// A look at something, in time or not at all. The error says what it was about.
async fn within<T, E: Display>(
    what: &str,
    look: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(LONGEST, look).await {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(error)) => Err(format!("{what}: {error}")),
        Err(_) => Err(format!("{what}: {}", late())),
    }
}

fn late() -> String {
    format!("no answer within {} s", LONGEST.as_secs())
}

#[cfg(test)]
mod tests;
