use async_trait::async_trait;
use change::{Name, ResourceId};
use cloud::{Peeked, QueueError};
use media::{Body, MediaService, Page, ServiceError, Storage};
use state::{Lag, MemoryDocuments, QueueFigures, Walked};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// An account that answers a list with this error, or with an empty page.
struct Account(Mutex<Option<ErrorKind>>);

impl Account {
    fn answer(&self, kind: Option<ErrorKind>) {
        *self.0.lock().unwrap() = kind;
    }
}

fn unexpected<T>() -> T {
    panic!("a heartbeat reads one page of a list")
}

#[async_trait]
impl MediaService for Account {
    async fn list(&self, _: &ListRequest) -> Result<Page, ServiceError> {
        match *self.0.lock().unwrap() {
            Some(kind) => Err(ServiceError::new(kind, "GET accountFilters", "why")),
            None => Ok(Page {
                items: Vec::new(),
                next: None,
            }),
        }
    }
    async fn read(&self, _: &ResourceId) -> Result<Option<Body>, ServiceError> {
        unexpected()
    }
    async fn exists(&self, _: &ResourceId) -> Result<bool, ServiceError> {
        unexpected()
    }
    async fn locators_of(&self, _: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        unexpected()
    }
    async fn storage(&self, _: &str) -> Result<Option<Storage>, ServiceError> {
        unexpected()
    }
    async fn create(&self, _: &Body) -> Result<Body, ServiceError> {
        unexpected()
    }
    async fn update(&self, _: &Body) -> Result<Body, ServiceError> {
        unexpected()
    }
    async fn delete(&self, _: &ResourceId) -> Result<(), ServiceError> {
        unexpected()
    }
}

/// Queues of which one never answers.
struct Hanging(Option<&'static str>);

#[async_trait]
impl ReadQueues for Hanging {
    async fn count(&self, queue: &str) -> Result<Option<u64>, QueueError> {
        if self.0 == Some(queue) {
            std::future::pending::<()>().await;
        }
        Ok(match queue {
            "mirror-asset" => Some(0),
            "mirror-asset-poison" => Some(2),
            _ => None,
        })
    }
    async fn peek(&self, queue: &str, _: usize) -> Result<Vec<Peeked>, QueueError> {
        panic!("{queue} is empty")
    }
}

fn watch(account: &Arc<Account>, hanging: Option<&'static str>) -> (Watch, Arc<dyn Documents>) {
    let documents: Arc<dyn Documents> = Arc::new(MemoryDocuments::default());
    let primary = media::Primary::new(Arc::clone(account) as _);
    let queues = Arc::new(Hanging(hanging));
    let watch = Watch::new(primary, queues, &documents, WatchOptions::default());
    (watch, documents)
}

fn account() -> Arc<Account> {
    Arc::new(Account(Mutex::new(None)))
}

#[tokio::test(start_paused = true)]
async fn one_queue_that_never_answers_is_reported_and_the_rest_is_measured() {
    let (watch, _documents) = watch(&account(), Some("mirror-locator"));
    let started = tokio::time::Instant::now();
    let figures = watch.beat(NOW).await;
    assert!(started.elapsed() < Duration::from_secs(60), "a minute");
    assert_eq!(figures.lag["streamingLocators"], Lag::UnknownSince(NOW));
    assert_eq!(figures.lag["assets"], Lag::Seconds(0));
    let locators = &figures.queues["mirror-locator"];
    assert!(
        matches!(locators, QueueFigures::Unread { .. }),
        "{locators:?}"
    );
    assert_eq!(figures.poisoned, [("mirror-asset".to_owned(), 2)].into());
    assert_eq!(
        figures.problems,
        ["queue mirror-locator: no answer within 20 s"]
    );
    // A queue that does not exist is none of them.
    assert_eq!(figures.queues.len(), 2);
}

#[tokio::test]
async fn a_primary_that_asks_for_fewer_calls_is_there_and_one_that_refuses_is_not() {
    let account = account();
    let (watch, _documents) = watch(&account, None);
    for (answer, readable) in [
        (None, true),
        (Some(ErrorKind::Throttled), true),
        (Some(ErrorKind::Denied), false),
        (Some(ErrorKind::Unavailable), false),
    ] {
        account.answer(answer);
        let figures = watch.beat(NOW).await;
        assert_eq!(figures.primary.is_readable(), readable, "{answer:?}");
        assert_eq!(figures.lag["assets"].seconds().is_some(), readable);
    }
}

#[tokio::test]
async fn since_when_it_is_unknown_outlives_the_process_and_the_document() {
    let account = account();
    let (first, documents) = watch(&account, None);
    first.beat(NOW).await;
    account.answer(Some(ErrorKind::Unavailable));
    let minute = |minutes| NOW + time::Duration::minutes(minutes);
    let unknown = Lag::UnknownSince(NOW);
    assert_eq!(first.beat(minute(1)).await.lag["assets"], unknown);
    // Another process.
    let primary = media::Primary::new(Arc::clone(&account) as _);
    let queues = Arc::new(Hanging(None));
    let second = Watch::new(primary, queues, &documents, WatchOptions::default());
    assert_eq!(second.beat(minute(2)).await.lag["assets"], unknown);
    documents.remove("heartbeat.json").await.unwrap();
    assert_eq!(second.beat(minute(3)).await.lag["assets"], unknown);
    // Whoever only looks changes nothing.
    let (figures, heartbeat) = second.look(minute(9)).await;
    assert_eq!(figures.lag["assets"], unknown);
    assert_eq!(heartbeat.latest.unwrap().at, minute(3));
}

#[tokio::test]
async fn blind_is_counted_from_the_start_of_the_latest_walk_that_compared_lists() {
    let (watch, documents) = watch(&account(), None);
    let marks = Watermarks::new(Arc::clone(&documents));
    for (kind, depth, minutes) in [
        (Kind::Assets, change::Depth::Updated, 1),
        (Kind::Assets, change::Depth::List, 5),
        (Kind::Assets, change::Depth::Children, 90),
    ] {
        let started = NOW - time::Duration::minutes(minutes);
        let walked = Walked {
            started,
            finished: started,
            primary: 1,
        };
        marks.walked(kind, depth, &walked).await.unwrap();
    }
    let figures = watch.beat(NOW).await;
    let blind = |kind: Kind| figures.blind[kind.as_str()];
    assert_eq!(blind(Kind::Assets), state::Blind::Seconds(300));
    assert_eq!(blind(Kind::AssetFilters), state::Blind::Seconds(90 * 60));
    assert_eq!(blind(Kind::StreamingLocators), state::Blind::Never);
    assert_eq!(figures.walks.len(), 3);
}
