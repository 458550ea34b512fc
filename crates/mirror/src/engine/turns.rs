use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use change::ResourceId;
use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

/// How long a live change lets another go first: that may be one that waits for spare calls.
const PATIENCE: Duration = Duration::from_secs(1);

/// From how many resources on those are forgotten that nobody is at.
const CAPACITY: usize = 256;

/// Lets changes of this process look at a resource of the secondary and write it one after the other. Two that find it missing at the same time
/// would both create it; that does no harm, and is a write too many.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<ResourceId, Weak<Turn<()>>>>);

impl Turns {
    /// Waits until nobody else is at a resource, or for long enough: in the background until its calls are refused, else for a second. `None`
    /// is no failure.
    pub(super) async fn take(&self, id: &ResourceId) -> Option<OwnedMutexGuard<()>> {
        let until = media::background_until().unwrap_or_else(|| Instant::now() + PATIENCE);
        timeout_at(until, self.of(id).lock_owned()).await.ok()
    }

    fn of(&self, id: &ResourceId) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= CAPACITY {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(id.clone(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use change::{Kind, Name};
    use tokio::time::timeout;

    use super::*;

    fn id(name: &str) -> ResourceId {
        ResourceId::new(Kind::Assets, Name::new(name).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_is_at_a_resource_and_a_live_change_does_not_wait_for_long() {
        let turns = Turns::default();
        let first = turns.take(&id("one")).await;
        let started = Instant::now();
        assert!(turns.take(&id("two")).await.is_some());
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert!(turns.take(&id("one")).await.is_none());
        assert_eq!(started.elapsed(), PATIENCE);
        let held = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(first);
        };
        let waiting = media::in_background(started + Duration::from_secs(300), async {
            turns.take(&id("one")).await.is_some()
        });
        assert!(tokio::join!(held, waiting).1);
        assert_eq!(started.elapsed(), PATIENCE + Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_past_the_time_of_an_invocation() {
        let turns = Turns::default();
        let _for_ever = turns.take(&id("one")).await;
        let until = Instant::now() + Duration::from_secs(300);
        let turn = media::in_background(until, async { turns.take(&id("one")).await });
        let turn = timeout(Duration::from_secs(3600), turn).await;
        assert!(turn.expect("an end").is_none());
        assert_eq!(Instant::now(), until);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_remembered_for_ever() {
        let turns = Turns::default();
        let held = turns.take(&id("held")).await;
        for number in 0..10_000 {
            turns.take(&id(&number.to_string())).await;
        }
        assert!(turns.0.lock().unwrap().len() <= CAPACITY);
        assert!(turns.take(&id("held")).await.is_none());
        drop(held);
    }
}
