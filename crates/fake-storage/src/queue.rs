//! The queue service's operations.

use time::{Duration, OffsetDateTime};

use crate::answer::Answer;
use crate::markers::{self, Marker};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::store::{Message, Queue, http_time};
use crate::turn::Turn;
use crate::xml::{Xml, attribute, leaves};

/// "Put Message": the longest a message may be hidden, in seconds (seven days).
const LONGEST_HIDDEN: i64 = 7 * 24 * 3600;
/// The largest text of a message, in bytes.
const LARGEST_TEXT: usize = 64 * 1024;

/// Serves one request to the queue service.
pub(crate) fn serve(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    match turn.call.operation {
        Operation::ListQueues => list(turn),
        Operation::CreateQueue => create(turn),
        Operation::GetQueueMetadata => metadata(turn),
        Operation::SetQueueMetadata => set_metadata(turn),
        Operation::DeleteQueue => delete(turn),
        Operation::PutMessage => put(turn),
        Operation::GetMessages => get(turn),
        Operation::PeekMessages => peek(turn),
        Operation::UpdateMessage => update(turn),
        Operation::DeleteMessage => delete_message(turn),
        Operation::ClearMessages => clear(turn),
        _ => Err(Refusal::not_implemented()),
    }
}

fn queue<'a>(turn: &'a mut Turn<'_>) -> Result<&'a mut Queue, Refusal> {
    let call = turn.call;
    turn.account_mut()?.queue_mut(&call.container)
}

fn list(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let call = turn.call;
    let account = turn.account()?;
    let limit = markers::limit(&call.query, &account.paging)?;
    let prefix = call.query.get("prefix").unwrap_or_default();
    let start = Marker::of(&call.query)?.map_or_else(|| prefix.to_owned(), |marker| marker.from);
    let mut found = account
        .queues
        .range(start..)
        .filter(|(name, _)| name.starts_with(prefix));
    let page: Vec<_> = found.by_ref().take(limit).collect();
    let next = found.next().map(|(name, _)| {
        Marker {
            empty: false,
            from: name.clone(),
        }
        .to_string()
    });
    let endpoint = attribute(&turn.shared.queue_endpoint(&call.account));
    let with_metadata = call.query.lists("include", "metadata");
    let mut xml = Xml::new();
    xml.element(
        &format!("EnumerationResults ServiceEndpoint=\"{endpoint}\""),
        |xml| {
            xml.element("Queues", |xml| {
                for (name, queue) in &page {
                    xml.element("Queue", |xml| {
                        xml.text("Name", name);
                        if with_metadata {
                            xml.element("Metadata", |xml| {
                                for (name, value) in &queue.metadata {
                                    xml.text(name, value);
                                }
                            });
                        }
                    });
                }
            });
            xml.optional("NextMarker", next.as_deref());
        },
    );
    Ok(Answer::xml(200, xml.finish()))
}

/// Creating a queue that is there already with the same metadata is a success of its own.
fn create(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let metadata = turn.call.metadata()?.unwrap_or_default();
    let call = turn.call;
    let queues = &mut turn.account_mut()?.queues;
    match queues.get(&call.container) {
        Some(queue) if queue.metadata == metadata => Ok(Answer::new(204)),
        Some(_) => Err(Refusal::queue_exists()),
        None => {
            queues.insert(call.container.clone(), Queue::new(metadata));
            Ok(Answer::new(201))
        }
    }
}

fn metadata(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let now = turn.now();
    let queue = queue(turn)?;
    let mut answer = Answer::new(200).with(
        "x-ms-approximate-messages-count",
        queue.count(now).to_string(),
    );
    for (name, value) in &queue.metadata {
        answer = answer.with(&format!("x-ms-meta-{name}"), value.as_str());
    }
    Ok(answer)
}

fn set_metadata(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let metadata = turn.call.metadata()?.unwrap_or_default();
    queue(turn)?.metadata = metadata;
    Ok(Answer::new(204))
}

fn delete(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let call = turn.call;
    turn.account_mut()?
        .queues
        .remove(&call.container)
        .ok_or_else(Refusal::queue_not_found)?;
    Ok(Answer::new(204))
}

fn put(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let text = message_text(&turn.call.body)?.ok_or_else(Refusal::invalid_xml)?;
    let hidden_for = hidden(turn, 0..=LONGEST_HIDDEN)?.unwrap_or(Duration::ZERO);
    let time_to_live = match turn
        .call
        .query
        .number("messagettl", -1..=i64::from(i32::MAX))?
    {
        Some(-1) => None,
        Some(0) => return Err(Refusal::out_of_range()),
        Some(seconds) => Some(Duration::seconds(seconds)),
        None => Some(Duration::days(7)),
    };
    // A message must not be hidden beyond its own end.
    if time_to_live.is_some_and(|time_to_live| hidden_for >= time_to_live) {
        return Err(Refusal::out_of_range());
    }
    let now = turn.now();
    let message = queue(turn)?
        .put(text, now, hidden_for, time_to_live)
        .clone();
    Ok(Answer::xml(201, messages(&[message], &[Part::Receipt])))
}

fn get(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let count = count(turn)?;
    let hidden_for = hidden(turn, 1..=LONGEST_HIDDEN)?.unwrap_or(Duration::seconds(30));
    let now = turn.now();
    let found = queue(turn)?.get(count, now, hidden_for);
    Ok(Answer::xml(
        200,
        messages(&found, &[Part::Receipt, Part::Text]),
    ))
}

fn peek(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let count = count(turn)?;
    let now = turn.now();
    let found = queue(turn)?.peek(count, now);
    Ok(Answer::xml(200, messages(&found, &[Part::Text])))
}

fn update(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let hidden_for = hidden(turn, 0..=LONGEST_HIDDEN)?.ok_or_else(Refusal::invalid_query)?;
    let text = if turn.call.body.is_empty() {
        None
    } else {
        message_text(&turn.call.body)?
    };
    let (call, now) = (turn.call, turn.now());
    let receipt = call
        .query
        .get("popreceipt")
        .ok_or_else(Refusal::invalid_query)?;
    let message = queue(turn)?.update(&call.name, receipt, now, hidden_for, text)?;
    Ok(Answer::new(204)
        .with("x-ms-popreceipt", message.pop_receipt.as_str())
        .with("x-ms-time-next-visible", http_time(message.visible)))
}

fn delete_message(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let (call, now) = (turn.call, turn.now());
    let receipt = call
        .query
        .get("popreceipt")
        .ok_or_else(Refusal::invalid_query)?;
    queue(turn)?.delete(&call.name, receipt, now)?;
    Ok(Answer::new(204))
}

fn clear(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    queue(turn)?.messages.clear();
    Ok(Answer::new(204))
}

fn count(turn: &Turn<'_>) -> Result<usize, Refusal> {
    let count = turn
        .call
        .query
        .number("numofmessages", 1..=32)?
        .unwrap_or(1);
    Ok(usize::try_from(count).unwrap_or(1))
}

fn hidden(
    turn: &Turn<'_>,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<Duration>, Refusal> {
    Ok(turn
        .call
        .query
        .number("visibilitytimeout", range)?
        .map(Duration::seconds))
}

fn message_text(body: &[u8]) -> Result<Option<String>, Refusal> {
    let text = leaves(body)?
        .into_iter()
        .find(|(name, _)| name == "MessageText")
        .map(|(_, text)| text);
    if text.as_ref().is_some_and(|text| text.len() > LARGEST_TEXT) {
        return Err(Refusal::body_too_large());
    }
    Ok(text)
}

/// What an answer tells of its messages beside the common part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Receipt,
    Text,
}

fn messages(messages: &[Message], parts: &[Part]) -> String {
    let time = |at: OffsetDateTime| http_time(at);
    let mut xml = Xml::new();
    xml.element("QueueMessagesList", |xml| {
        for message in messages {
            xml.element("QueueMessage", |xml| {
                xml.text("MessageId", &message.id)
                    .text("InsertionTime", &time(message.inserted))
                    .text("ExpirationTime", &time(message.expires));
                if parts.contains(&Part::Receipt) {
                    xml.text("PopReceipt", &message.pop_receipt)
                        .text("TimeNextVisible", &time(message.visible));
                }
                if parts.contains(&Part::Text) {
                    xml.text("DequeueCount", &message.dequeue_count.to_string())
                        .text("MessageText", &message.text);
                }
            });
        }
    });
    xml.finish()
}
