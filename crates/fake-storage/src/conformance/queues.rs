//! Queues and messages.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use azure_core::http::headers::HeaderName;
use azure_storage_queue::QueueClient;
use azure_storage_queue::models::{
    QueueClientGetPropertiesResultHeaders, QueueClientReceiveMessagesOptions,
    QueueClientSendMessageOptions, QueueClientUpdateMessageOptions, QueueMessage,
    QueueServiceClientListQueuesOptions, ReceivedMessage,
};
use futures::TryStreamExt;

use super::scene::{Scene, refused};
use super::{Check, check};

type Outcome = anyhow::Result<()>;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "a queue is made, made again without complaint, listed and deleted",
        queues
    ),
    check!("a message comes back as it went, once", messages),
    check!("a peek and a count change nothing", peek),
    check!("a hidden message waits, and still counts", hidden),
    check!(
        "an updated message has a new text, a new receipt and its old one no more",
        updated
    ),
    check!("a message that is gone is 404", gone),
    check!(
        "messages come in the order they were sent, up to as many as were asked for",
        several
    ),
    check!("what is not there is 404 with the service's code", missing),
];

async fn queue(scene: &Scene) -> anyhow::Result<QueueClient> {
    let queue = scene.clients.queues.queue_client(&scene.name)?;
    queue.create(None).await?;
    Ok(queue)
}

/// How many messages the queue says it holds, hidden ones among them.
async fn count(queue: &QueueClient) -> anyhow::Result<Option<i64>> {
    let properties = queue.get_properties(None).await?;
    Ok(properties.approximate_messages_count()?)
}

async fn send(
    queue: &QueueClient,
    text: &str,
    options: QueueClientSendMessageOptions<'static>,
) -> Outcome {
    let message = QueueMessage {
        message_text: Some(text.to_owned()),
    };
    let sent = queue
        .send_message(message.try_into()?, Some(options))
        .await?
        .into_model()?
        .into_message()?;
    ensure!(
        sent.message_id.is_some() && sent.pop_receipt.is_some() && sent.time_next_visible.is_some()
    );
    Ok(())
}

async fn receive(queue: &QueueClient, count: i32) -> anyhow::Result<Vec<ReceivedMessage>> {
    let options = QueueClientReceiveMessagesOptions {
        number_of_messages: Some(count),
        visibility_timeout: Some(60),
        ..Default::default()
    };
    Ok(queue
        .receive_messages(Some(options))
        .await?
        .into_model()?
        .items
        .unwrap_or_default())
}

/// The ID and the receipt of a message.
fn handles(message: &ReceivedMessage) -> anyhow::Result<(&str, &str)> {
    Ok((
        message.message_id.as_deref().context("no ID")?,
        message.pop_receipt.as_deref().context("no receipt")?,
    ))
}

async fn queues(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    queue.create(None).await?;
    let options = QueueServiceClientListQueuesOptions {
        prefix: Some(scene.name.clone()),
        ..Default::default()
    };
    let found: Vec<_> = scene
        .clients
        .queues
        .list_queues(Some(options))?
        .try_collect()
        .await?;
    ensure!(found.len() == 1 && found[0].name.as_deref() == Some(scene.name.as_str()));
    queue.delete(None).await?;
    ensure!(!queue.exists().await?);
    Ok(())
}

async fn messages(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    let text = "{\"name\":\"<&> é\"}";
    send(
        &queue,
        text,
        QueueClientSendMessageOptions {
            message_time_to_live: Some(-1),
            ..Default::default()
        },
    )
    .await?;
    let found = receive(&queue, 32).await?;
    ensure!(
        found.len() == 1 && found[0].message_text.as_deref() == Some(text),
        "{found:?}"
    );
    ensure!(found[0].dequeue_count == Some(1) && found[0].time_next_visible.is_some());
    ensure!(receive(&queue, 32).await?.is_empty(), "it is hidden now");
    let (id, receipt) = handles(&found[0])?;
    queue.delete_message(id, receipt, None).await?;
    ensure!(count(&queue).await? == Some(0));
    Ok(())
}

async fn peek(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    send(&queue, "one", QueueClientSendMessageOptions::default()).await?;
    for _ in 0..2 {
        let found = queue
            .peek_messages(None)
            .await?
            .into_model()?
            .items
            .unwrap_or_default();
        ensure!(found.len() == 1 && found[0].message_text.as_deref() == Some("one"));
        ensure!(found[0].dequeue_count == Some(0) && found[0].insertion_time.is_some());
        ensure!(count(&queue).await? == Some(1));
    }
    Ok(())
}

async fn hidden(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    send(
        &queue,
        "later",
        QueueClientSendMessageOptions {
            visibility_timeout: Some(600),
            ..Default::default()
        },
    )
    .await?;
    ensure!(receive(&queue, 32).await?.is_empty());
    ensure!(count(&queue).await? == Some(1));
    queue.clear(None).await?;
    ensure!(count(&queue).await? == Some(0));
    Ok(())
}

async fn updated(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    send(&queue, "before", QueueClientSendMessageOptions::default()).await?;
    let first = receive(&queue, 1)
        .await?
        .into_iter()
        .next()
        .context("nothing received")?;
    let (id, receipt) = handles(&first)?;
    let message = QueueMessage {
        message_text: Some("after".to_owned()),
    };
    let options = QueueClientUpdateMessageOptions {
        queue_message: Some(message.try_into()?),
        ..Default::default()
    };
    let answer = queue.update_message(id, receipt, 0, Some(options)).await?;
    ensure!(
        answer
            .headers()
            .get_optional_string(&HeaderName::from_static("x-ms-popreceipt"))
            .is_some()
    );
    refused(
        queue.delete_message(id, receipt, None).await,
        400,
        "PopReceiptMismatch",
    )?;
    let again = receive(&queue, 1)
        .await?
        .into_iter()
        .next()
        .context("nothing received again")?;
    ensure!(again.message_text.as_deref() == Some("after") && again.dequeue_count == Some(2));
    let (id, receipt) = handles(&again)?;
    queue.delete_message(id, receipt, None).await?;
    Ok(())
}

async fn gone(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    send(&queue, "one", QueueClientSendMessageOptions::default()).await?;
    let message = receive(&queue, 1)
        .await?
        .into_iter()
        .next()
        .context("nothing received")?;
    let (id, receipt) = handles(&message)?;
    queue.delete_message(id, receipt, None).await?;
    refused(
        queue.delete_message(id, receipt, None).await,
        404,
        "MessageNotFound",
    )
}

async fn several(scene: Arc<Scene>) -> Outcome {
    let queue = queue(&scene).await?;
    for text in ["1", "2", "3"] {
        send(&queue, text, QueueClientSendMessageOptions::default()).await?;
    }
    let texts = |found: Vec<ReceivedMessage>| {
        found
            .into_iter()
            .filter_map(|m| m.message_text)
            .collect::<Vec<_>>()
    };
    ensure!(texts(receive(&queue, 2).await?) == ["1", "2"]);
    ensure!(texts(receive(&queue, 32).await?) == ["3"]);
    Ok(())
}

async fn missing(scene: Arc<Scene>) -> Outcome {
    let queue = scene.clients.queues.queue_client("conformance-nowhere")?;
    refused(queue.get_properties(None).await, 404, "QueueNotFound")?;
    refused(queue.receive_messages(None).await, 404, "QueueNotFound")
}
