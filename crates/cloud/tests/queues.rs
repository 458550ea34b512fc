//! The app's queues through the official client, against the fake storage service.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::time::Duration;

use cloud::Queues;
use fake_storage::{Effect, FakeStorage, Fault, Operation, Refusal};

const ACCOUNT: &str = "appstore";
const HOUR: Duration = Duration::from_secs(3600);

async fn stage() -> (FakeStorage, Queues) {
    fake_storage::install_ring();
    let storage = FakeStorage::start(&[ACCOUNT]).await.unwrap();
    let mut service = storage.queue_endpoint(ACCOUNT);
    service.set_query(Some(
        "sv=2022-11-02&ss=q&srt=sco&sp=rwdlacup&se=2999-01-01T00:00:00Z&sig=c2ln",
    ));
    let client = cloud::http_client().unwrap();
    let credential = cloud::credential(&cloud::Identity::DeveloperTools, &client).unwrap();
    let queues = Queues::new(service, credential, &client).unwrap();
    (storage, queues)
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_none_and_has_nothing() {
    let (_storage, queues) = stage().await;
    assert_eq!(queues.count("work").await.unwrap(), None);
    assert_eq!(queues.peek("work", 32).await.unwrap(), []);
    assert_eq!(queues.receive("work", 32, HOUR).await.unwrap(), []);
    assert_eq!(queues.names().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn hidden_messages_count_and_are_not_peeked_and_a_peek_changes_nothing() {
    let (storage, queues) = stage().await;
    queues.send("work", "now", Duration::ZERO).await.unwrap();
    queues.send("work", "later", HOUR).await.unwrap();
    for _ in 0..2 {
        let peeked = queues.peek("work", 32).await.unwrap();
        assert_eq!(peeked.len(), 1);
        assert_eq!(
            (
                peeked[0].text.as_str(),
                peeked[0].unencoded,
                peeked[0].dequeue_count
            ),
            ("now", false, 0)
        );
        let age = storage.account(ACCOUNT).now() - peeked[0].inserted;
        assert!(age.whole_seconds() < 60, "{age}");
    }
    assert_eq!(queues.count("work").await.unwrap(), Some(2));
    assert_eq!(queues.names().await.unwrap(), ["work"]);
}

#[tokio::test]
async fn a_text_that_the_host_could_not_read_is_handed_on_with_a_mark() {
    let (storage, queues) = stage().await;
    storage.account(ACCOUNT).send("work", "{\"v\":1}");
    let peeked = queues.peek("work", 1).await.unwrap();
    assert_eq!(
        (peeked[0].text.as_str(), peeked[0].unencoded),
        ("{\"v\":1}", true)
    );
    let received = queues.receive("work", 1, HOUR).await.unwrap();
    assert_eq!(
        (received[0].text.as_str(), received[0].unencoded),
        ("{\"v\":1}", true)
    );
}

#[tokio::test]
async fn what_is_received_is_gone_when_deleted_and_comes_back_when_not() {
    let (storage, queues) = stage().await;
    for n in 0..40 {
        let text = n.to_string();
        queues.send("work", &text, Duration::ZERO).await.unwrap();
    }
    // One call hands out 32, whatever was asked for.
    let received = queues.receive("work", 100, HOUR).await.unwrap();
    assert_eq!(received.len(), 32);
    assert_eq!(
        (received[0].queue(), received[0].dequeue_count),
        ("work", 1)
    );
    assert!(queues.delete(&received[0]).await.unwrap());
    assert!(!queues.delete(&received[0]).await.unwrap());
    assert_eq!(queues.count("work").await.unwrap(), Some(39));

    // The time of the second is over, and another receiver has it now.
    let account = storage.account(ACCOUNT);
    account.set_clock_offset(azure_core::time::Duration::hours(2));
    let again = queues.receive("work", 32, HOUR).await.unwrap();
    assert!(again.iter().any(|m| m.text == "1" && m.dequeue_count == 2));
    assert!(!queues.delete(&received[1]).await.unwrap());
    assert_eq!(queues.count("work").await.unwrap(), Some(39));
}

#[tokio::test]
async fn what_is_released_is_visible_at_once_and_unchanged() {
    let (_storage, queues) = stage().await;
    queues.send("work", "a", Duration::ZERO).await.unwrap();
    let received = queues.receive("work", 1, HOUR).await.unwrap();
    assert_eq!(queues.peek("work", 1).await.unwrap(), []);
    assert!(queues.release(&received[0]).await.unwrap());
    let peeked = queues.peek("work", 1).await.unwrap();
    assert_eq!((peeked[0].text.as_str(), peeked[0].dequeue_count), ("a", 1));
    // Whoever has released it has it no more.
    assert!(!queues.release(&received[0]).await.unwrap());
}

#[tokio::test]
async fn a_queue_that_cannot_be_read_is_an_error_and_not_an_empty_queue() {
    let (storage, queues) = stage().await;
    queues.send("work", "a", Duration::ZERO).await.unwrap();
    for operation in [
        Operation::GetQueueMetadata,
        Operation::PeekMessages,
        Operation::GetMessages,
        Operation::ListQueues,
    ] {
        let refusal = Refusal::new(403, "AuthorizationPermissionMismatch", "no role");
        let refused = Effect::Refuse(refusal);
        storage.faults().add(Fault::of(operation, refused));
    }
    assert!(queues.count("work").await.is_err());
    let error = queues.peek("work", 1).await.unwrap_err().to_string();
    assert!(error.contains("work") && error.contains("403"), "{error}");
    assert!(queues.receive("work", 1, HOUR).await.is_err());
    assert!(queues.names().await.is_err());
}
