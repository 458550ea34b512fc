//! `replay`: poisoned messages go back where they came from.

mod groups;
mod message;

use std::{collections::BTreeSet, time::Duration};

use change::Kind;
use clap::Args;
use cloud::{QueueError, Queues};
use futures::future::join_all;
use serde_json::json;

use crate::{
    arguments::Global,
    configuration::configured,
    confirm::confirm,
    failure::{Failure, Verdict},
    interrupt::Interrupt,
    near::did_you_mean,
    output::{Output, counted},
};
use message::Poisoned;

/// How long messages are hidden from others while they are shown and moved. Whatever happens, they come back after it.
const HIDDEN: Duration = Duration::from_secs(300);
/// The most messages that one run takes.
const MOST: usize = 5_000;
/// How many are moved at once.
const AT_ONCE: usize = 16;
/// How the Functions host and the handler name the poison queue of a queue.
const POISON: &str = "-poison";
/// What to do when the app's own storage cannot be used.
const NEXT: &str = "Check the app's own storage with `media-mirror config check`; the messages are still in their poison queues, or come back to them within 5 minutes.";

/// Puts messages from the poison queues back where they came from.
///
/// Shows them first, grouped by reason, and asks. The fields `reason` and `detail` that the handler added are taken off again, and what
/// it had wrapped is unwrapped. A message leaves its poison queue only after it is safely in the other one, so one that is interrupted
/// may be in both: that costs a read and changes nothing.
///
/// With --json the first line has the messages, the second what became of them.
///
/// Find out why first: what made the handler fail five times may do so again, and then the message comes back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror replay\n  \
    media-mirror replay --queue mirror-asset --yes\n  \
    media-mirror replay --queue mirror-locator --drop")]
pub(crate) struct Arguments {
    /// Only this queue's messages; may be given several times. Without it those of all queues.
    #[arg(long, value_name = "QUEUE")]
    queue: Vec<String>,
    /// Remove the messages for good. What they named is not mirrored until something else brings it up.
    #[arg(long)]
    drop: bool,
}

/// What became of the messages.
#[derive(Default)]
struct Done {
    moved: usize,
    /// Not text, so there is no message that could be put back.
    unreadable: usize,
    failed: Option<QueueError>,
    interrupted: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let configured = configured(global)?;
    let queues = &configured.parts.queues;
    let interrupt = Interrupt::listen().await;
    let chosen = match interrupt.or(chosen(queues, &arguments.queue)).await {
        Some(chosen) => chosen?,
        None => return Err(interrupted()),
    };
    let mut taken = Vec::new();
    let result = replay(
        arguments, global, output, queues, &interrupt, &chosen, &mut taken,
    )
    .await;
    // Whatever ended it: what was not moved is visible again at once.
    release(queues, &taken).await;
    result
}

async fn replay(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
    queues: &Queues,
    interrupt: &Interrupt,
    chosen: &[String],
    taken: &mut Vec<Poisoned>,
) -> Result<Verdict, Failure> {
    let more = take(queues, chosen, interrupt, taken).await.map_err(told)?;
    if interrupt.pressed() {
        return Err(interrupted());
    }
    for line in groups::lines(taken) {
        output.text(line)?;
    }
    let total = taken.len();
    output.value(&json!({"messages": total, "groups": groups::values(taken), "more": more}))?;
    if total == 0 {
        output.text("No poison queue holds a message.")?;
        return Ok(Verdict::Good);
    }
    let messages = counted(total, "message");
    let question = if arguments.drop {
        format!("Remove {messages} for good?")
    } else {
        format!("Put {messages} back where they came from?")
    };
    let Some(answer) = interrupt.or(confirm(global.yes, &question)).await else {
        return Err(interrupted());
    };
    if !answer? {
        output.text("Nothing was changed.")?;
        return Ok(Verdict::Good);
    }
    let done = work(queues, arguments.drop, interrupt, taken).await;
    let left = total - done.moved;
    let (moved, dropped) = if arguments.drop {
        (0, done.moved)
    } else {
        (done.moved, 0)
    };
    output.value(&json!({"moved": moved, "dropped": dropped, "left": left}))?;
    let verb = if arguments.drop {
        "Removed"
    } else {
        "Put back"
    };
    output.text(format!("{verb} {}.", counted(done.moved, "message")))?;
    if done.unreadable > 0 {
        output.text(format!(
            "{} cannot be put back, because no function could read them. See them with a storage explorer, or remove them with --drop.",
            counted(done.unreadable, "message")
        ))?;
    }
    if more {
        output.text("There are more; run it again for them.")?;
    }
    match done.failed {
        Some(error) => Err(told(error)),
        None if done.interrupted => Err(interrupted()),
        None if left > 0 => Ok(Verdict::Bad),
        None => Ok(Verdict::Good),
    }
}

fn told(error: QueueError) -> Failure {
    Failure::new(error, NEXT)
}

fn interrupted() -> Failure {
    Failure::Interrupted {
        next: "every message that was not moved is still in its poison queue".to_owned(),
    }
}

/// The poison queues that are there and were asked for.
async fn chosen(queues: &Queues, asked: &[String]) -> Result<Vec<String>, Failure> {
    let there = queues.names().await.map_err(told)?;
    if asked.is_empty() {
        let poison = there.into_iter().filter(|name| name.ends_with(POISON));
        return Ok(poison.collect());
    }
    let plain = there.iter().map(|name| name.trim_end_matches(POISON));
    let known: BTreeSet<&str> = plain.chain(Kind::ALL.map(Kind::queue)).collect();
    let mut chosen = BTreeSet::new();
    for name in asked {
        let plain = name.trim_end_matches(POISON);
        if !known.contains(plain) {
            let near = did_you_mean(plain, known.iter().copied());
            let known: Vec<&str> = known.into_iter().collect();
            return Err(Failure::new(
                format!("there is no queue {plain:?}; {near}").trim_end_matches("; "),
                format!("The queues are {}.", known.join(", ")),
            ));
        }
        chosen.insert(format!("{plain}{POISON}"));
    }
    Ok(chosen.into_iter().collect())
}

/// Takes what is there; says whether there may be more.
async fn take(
    queues: &Queues,
    chosen: &[String],
    interrupt: &Interrupt,
    taken: &mut Vec<Poisoned>,
) -> Result<bool, QueueError> {
    for queue in chosen {
        loop {
            if interrupt.pressed() || taken.len() >= MOST {
                return Ok(true);
            }
            let messages = queues.receive(queue, 32, HIDDEN).await?;
            if messages.is_empty() {
                break;
            }
            taken.extend(messages.into_iter().map(Poisoned::new));
        }
    }
    Ok(false)
}

/// Moves or removes the messages. Those that are done are taken out of `taken`.
async fn work(
    queues: &Queues,
    drop: bool,
    interrupt: &Interrupt,
    taken: &mut Vec<Poisoned>,
) -> Done {
    let mut done = Done::default();
    let mut left = Vec::new();
    let mut waiting = std::mem::take(taken).into_iter();
    loop {
        done.interrupted = interrupt.pressed();
        if done.interrupted || done.failed.is_some() {
            break;
        }
        let batch: Vec<Poisoned> = waiting.by_ref().take(AT_ONCE).collect();
        if batch.is_empty() {
            break;
        }
        let results = join_all(batch.iter().map(|message| one(queues, drop, message))).await;
        for (message, result) in batch.into_iter().zip(results) {
            match result {
                Ok(true) => done.moved += 1,
                Ok(false) => {
                    done.unreadable += 1;
                    left.push(message);
                }
                Err(error) => {
                    done.failed.get_or_insert(error);
                    left.push(message);
                }
            }
        }
    }
    left.extend(waiting);
    *taken = left;
    done
}

/// Whether a message is where it belongs now: first it is put there, and only then it is removed here.
async fn one(queues: &Queues, drop: bool, message: &Poisoned) -> Result<bool, QueueError> {
    if !drop {
        let Some(text) = &message.original else {
            return Ok(false);
        };
        queues.send(message.origin(), text, Duration::ZERO).await?;
    }
    // One that somebody else has taken meanwhile is that one's; twice does no harm.
    queues.delete(&message.received).await?;
    Ok(true)
}

async fn release(queues: &Queues, taken: &[Poisoned]) {
    for batch in taken.chunks(AT_ONCE) {
        let released = batch
            .iter()
            .map(|message| queues.release(&message.received));
        // One that cannot be released comes back by itself.
        join_all(released).await;
    }
}
