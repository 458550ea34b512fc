//! What the host relies on, asked of every queue service: the one in memory always, a real one when there is one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use functions_host::{AzureQueues, MemoryQueues, QueueError, QueueService};

use crate::app::DEADLINE;

/// Receives until something comes.
async fn receive(
    service: &dyn QueueService,
    queue: &str,
    visibility: Duration,
) -> functions_host::ReceivedMessage {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(message) = service.receive(queue, 32, visibility).await.unwrap().pop() {
            return message;
        }
        assert!(Instant::now() < deadline, "no message came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn conforms(service: &dyn QueueService) {
    let queue = format!("conformance-{}", uuid::Uuid::new_v4().simple());
    let minute = Duration::from_secs(60);
    assert!(!service.exists(&queue).await.unwrap());
    assert!(matches!(
        service.send(&queue, "x").await,
        Err(QueueError::NoQueue)
    ));
    assert!(matches!(
        service.receive(&queue, 1, minute).await,
        Err(QueueError::NoQueue)
    ));
    assert!(matches!(
        service.count(&queue).await,
        Err(QueueError::NoQueue)
    ));
    service.create(&queue).await.unwrap();
    service.create(&queue).await.unwrap();
    assert!(service.exists(&queue).await.unwrap());
    assert!(
        service
            .receive(&queue, 32, minute)
            .await
            .unwrap()
            .is_empty()
    );

    let text = "{\"a\":\"<&> é\"}";
    service.send(&queue, text).await.unwrap();
    let first = receive(service, &queue, Duration::from_secs(1)).await;
    assert_eq!((first.text.as_str(), first.dequeue_count), (text, 1));
    assert!(
        first.inserted.is_some()
            && first.expires > first.inserted
            && first.next_visible > first.inserted
    );
    assert_eq!(
        service.count(&queue).await.unwrap(),
        1,
        "hidden messages count"
    );

    let second = receive(service, &queue, minute).await;
    assert_eq!((&second.id, second.dequeue_count), (&first.id, 2));
    assert!(matches!(
        service.delete(&queue, &first.id, &first.pop_receipt).await,
        Err(QueueError::StaleReceipt)
    ));
    let renewed = service
        .update(&queue, &second.id, &second.pop_receipt, minute)
        .await
        .unwrap();
    assert_ne!(renewed, second.pop_receipt);
    let stale = service
        .update(&queue, &second.id, &second.pop_receipt, minute)
        .await;
    assert!(matches!(stale, Err(QueueError::StaleReceipt)), "{stale:?}");
    assert!(
        service
            .receive(&queue, 32, minute)
            .await
            .unwrap()
            .is_empty()
    );
    service
        .update(&queue, &second.id, &renewed, Duration::ZERO)
        .await
        .unwrap();

    let third = receive(service, &queue, minute).await;
    assert_eq!(third.dequeue_count, 3);
    service
        .delete(&queue, &third.id, &third.pop_receipt)
        .await
        .unwrap();
    assert!(matches!(
        service.delete(&queue, &third.id, &third.pop_receipt).await,
        Err(QueueError::StaleReceipt)
    ));
    assert_eq!(service.count(&queue).await.unwrap(), 0);
    for number in 0..5 {
        service.send(&queue, &number.to_string()).await.unwrap();
    }
    assert_eq!(service.receive(&queue, 3, minute).await.unwrap().len(), 3);
}

#[tokio::test]
async fn queues_in_memory_conform() {
    conforms(&MemoryQueues::new()).await;
}

/// A token from elsewhere.
#[derive(Debug)]
struct Token(String);

#[async_trait::async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
        Ok(AccessToken::new(Secret::from(self.0.clone()), expires))
    }
}

#[tokio::test]
#[ignore = "needs a queue service: QUEUE_URL, with a SAS or with QUEUE_TOKEN, and QUEUE_TRUST if its certificate is its own"]
async fn a_real_queue_service_conforms() {
    let setting = |name: &str| std::env::var(name).ok();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder();
    if let Some(path) = setting("QUEUE_TRUST") {
        let certificate = reqwest::Certificate::from_pem(&std::fs::read(path).unwrap()).unwrap();
        http = http.tls_certs_only([certificate]);
    }
    let url = setting("QUEUE_URL").expect("QUEUE_URL").parse().unwrap();
    let credential =
        setting("QUEUE_TOKEN").map(|token| Arc::new(Token(token)) as Arc<dyn TokenCredential>);
    conforms(&AzureQueues::new(url, credential, http.build().unwrap()).unwrap()).await;
}
