//! The app with queues in memory, between accounts that fail in a way that nobody foresaw, or between those that a test brings.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::http::HeaderMap;
use blobs::{BlobError, Budget, Claim, Copied, Look, Place, Settle, Share, ShareCopied, Sharing};
use change::{Name, ResourceId};
use cloud::QueueError;
use handlers::{App, BlobEvents, Enqueue, Invocation, Walks};
use health::{NoQueues, Watch, WatchOptions};
use media::{Body, ListRequest, MediaService, Page, Primary, Secondary, ServiceError, Storage};
use mirror::{AssetBytes, Maps, Mirror, MirrorOptions};
use serde_json::{Value, json};
use settings::{AccountIdentity, EventTopics, StorageMap, Webhook};
use state::{Arrivals, Documents, Exceptions, MemoryDocuments};

pub(crate) const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/account";

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) queue: String,
    pub(crate) text: String,
    pub(crate) delay: Duration,
}

#[derive(Clone, Default)]
struct Queues {
    sent: Arc<Mutex<Vec<Sent>>>,
    refuses: Arc<AtomicBool>,
}

#[async_trait]
impl Enqueue for Queues {
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(QueueError::new(queue, "refused"));
        }
        self.sent.lock().unwrap().push(Sent {
            queue: queue.to_owned(),
            text: text.to_owned(),
            delay,
        });
        Ok(())
    }
}

pub(crate) struct Scene {
    pub(crate) app: Arc<App>,
    queues: Queues,
}

impl Default for Scene {
    fn default() -> Self {
        let storage = ("primarystore".to_owned(), "secondarystore".to_owned());
        let maps = Maps {
            storage: [storage].into(),
            ..Maps::default()
        };
        let options = MirrorOptions {
            maps,
            ..MirrorOptions::default()
        };
        Self::between([Arc::new(Broken), Arc::new(Broken)], options)
    }
}

impl Scene {
    pub(crate) fn between(
        [primary, secondary]: [Arc<dyn MediaService>; 2],
        options: MirrorOptions,
    ) -> Self {
        let queues = Queues::default();
        let documents: Arc<dyn Documents> = Arc::new(MemoryDocuments::default());
        let clock = options.clock;
        let identity = AccountIdentity::Ams {
            id: ACCOUNT.parse().unwrap(),
            audience: String::new(),
        };
        let app = App {
            mirror: Mirror::new(
                Primary::new(Arc::clone(&primary)),
                Secondary::new(secondary),
                Arc::new(Broken),
                documents.clone(),
                options,
            ),
            queues: Box::new(queues.clone()),
            walks: Walks::new(&documents, BTreeMap::new(), 8),
            watch: Watch::new(
                Primary::new(primary),
                Arc::new(NoQueues),
                &documents,
                WatchOptions::default(),
            ),
            arrivals: Arrivals::new(Arc::clone(&documents)),
            exceptions: Exceptions::new(documents),
            primary: identity.clone(),
            webhook: Webhook {
                secret: None,
                header: String::new(),
            },
            event_topics: EventTopics::System,
            blob_events: BlobEvents::new(
                &identity,
                &StorageMap::new(vec![("weststore".to_owned(), "northstore".to_owned())]),
                Duration::from_secs(60),
            ),
            clock,
            jitter: Box::new(|| 0.5),
        };
        Self {
            app: Arc::new(app),
            queues,
        }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.queues.sent.lock().unwrap().clone()
    }

    pub(crate) fn refuse_messages(&self) {
        self.queues.refuses.store(true, Ordering::Relaxed);
    }
}

/// What the host sends.
pub(crate) fn invocation(function: &str, data: &Value, dequeue_count: u32) -> Invocation {
    let metadata = json!({"DequeueCount": dequeue_count.to_string()});
    let body = json!({"Data": data, "Metadata": metadata}).to_string();
    Invocation::parse(function, &HeaderMap::new(), body.as_bytes()).unwrap()
}

/// Panics whatever it is asked, as code with a bug in it does.
struct Broken;

fn bug<T>() -> T {
    panic!("a bug, made for this test")
}

#[async_trait]
impl MediaService for Broken {
    async fn read(&self, _: &ResourceId) -> Result<Option<Body>, ServiceError> {
        bug()
    }

    async fn exists(&self, _: &ResourceId) -> Result<bool, ServiceError> {
        bug()
    }

    async fn list(&self, _: &ListRequest) -> Result<Page, ServiceError> {
        bug()
    }

    async fn locators_of(&self, _: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        bug()
    }

    async fn storage(&self, _: &str) -> Result<Option<Storage>, ServiceError> {
        bug()
    }

    async fn create(&self, _: &Body) -> Result<Body, ServiceError> {
        bug()
    }

    async fn update(&self, _: &Body) -> Result<Body, ServiceError> {
        bug()
    }

    async fn delete(&self, _: &ResourceId) -> Result<(), ServiceError> {
        bug()
    }
}

#[async_trait]
impl AssetBytes for Broken {
    async fn look(&self, _: &Place, _: &Place, _: Settle) -> Result<Look, BlobError> {
        bug()
    }

    async fn claim(&self, _: &Place, _: &Place, _: &str) -> Result<Claim, BlobError> {
        bug()
    }

    async fn shares(&self, _: &Place, _: &Place, _: Settle) -> Result<Sharing, BlobError> {
        bug()
    }

    fn is_large(&self, _: &Look) -> bool {
        bug()
    }

    async fn mirror(
        &self,
        _: &Place,
        _: &Place,
        _: Settle,
        _: &Budget,
    ) -> Result<Copied, BlobError> {
        bug()
    }

    async fn copy_share(&self, _: &Share, _: &Budget) -> Result<ShareCopied, BlobError> {
        bug()
    }
}
