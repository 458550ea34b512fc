//! The functions, one file each, and what runs them.

mod backfill;
mod blob_changed;
mod copy_blobs;
mod deletions;
mod heartbeat;
mod job_finished;
mod mirror_asset;
mod mirror_content_key_policy;
mod mirror_filter;
mod mirror_locator;
mod mirror_streaming_policy;
mod resource_changed;
pub(crate) mod status;
mod sweep;
mod walk;
pub(crate) mod webhook;

mod arrival;
mod container;
mod event;
mod mirroring;
mod queue;
mod route;

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use change::{Change, Kind};
use mirror::Reason;

use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

/// After this many faults of its own the handler moves a message to the poison queue itself.
const MAX_FAULTS: u64 = 5;

/// The name of the trigger's binding in every `function.json`: of queues.
pub(crate) const MESSAGE: &str = "message";

/// The name of the trigger's binding in every `function.json`: of Event Grid.
pub(crate) const EVENT: &str = "event";

/// What a function does with its invocation.
pub(crate) type Work =
    for<'a> fn(&'a App, &'a Invocation) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// A function of the app.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// Validates an event and says what is to be looked at.
    Event(&'static str, fn(&App, &Invocation) -> event::Verdict),
    /// Validates an event of a storage account, and sees to it that the container is looked at in a while.
    BlobChanged(&'static str),
    /// Carries out one change of these kinds.
    Mirror(&'static str, &'static [Kind]),
    /// Copies one share of a large asset.
    CopyBlobs(&'static str),
    /// Does a deletion whose grace is over.
    Deletions(&'static str),
    /// Works on a message of the queue of its name.
    Queue(&'static str, Work),
    /// Does what is due at its time. The host never runs it twice at once, unless somebody starts it by hand. It takes what it can get: an
    /// invocation that fails is an error in the log and no second try.
    Timer(&'static str, Work),
}

/// Every function; each has a folder of its name with its `function.json`.
pub(crate) const FUNCTIONS: &[Function] = &[
    job_finished::FUNCTION,
    resource_changed::FUNCTION,
    blob_changed::FUNCTION,
    mirror_asset::FUNCTION,
    mirror_locator::FUNCTION,
    mirror_content_key_policy::FUNCTION,
    mirror_streaming_policy::FUNCTION,
    mirror_filter::FUNCTION,
    copy_blobs::FUNCTION,
    deletions::FUNCTION,
    sweep::FUNCTION,
    walk::FUNCTION,
    backfill::FUNCTION,
    heartbeat::FUNCTION,
];

impl Function {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Event(name, _)
            | Self::BlobChanged(name)
            | Self::Mirror(name, _)
            | Self::Queue(name, _)
            | Self::Timer(name, _)
            | Self::CopyBlobs(name)
            | Self::Deletions(name) => name,
        }
    }
}

/// The function of a name; the host does not always keep the letter case.
pub(crate) fn find(name: &str) -> Option<Function> {
    FUNCTIONS
        .iter()
        .copied()
        .find(|function| function.name().eq_ignore_ascii_case(name))
}

/// Runs an invocation in a task of its own, so that a panic fails this invocation and nothing else.
pub(crate) async fn run(app: Arc<App>, function: Function, invocation: Invocation) -> Reply {
    let invocation = Arc::new(invocation);
    let task = {
        let (app, invocation) = (Arc::clone(&app), Arc::clone(&invocation));
        tokio::spawn(async move {
            match function {
                Function::Event(_, judge) => event::run(&app, &invocation, judge),
                Function::BlobChanged(_) => blob_changed::run(&app, &invocation).await,
                Function::Mirror(_, kinds) => mirroring::run(&app, &invocation, kinds).await,
                Function::CopyBlobs(_) => copy_blobs::run(&app, &invocation).await,
                Function::Deletions(_) => deletions::run(&app, &invocation).await,
                Function::Queue(_, work) | Function::Timer(_, work) => {
                    work(&app, &invocation).await
                }
            }
        })
    };
    match task.await {
        Ok(reply) => reply,
        Err(_) => after_fault(&app, function, &invocation).await,
    }
}

/// A fault of the handler's own: the message is tried again a few times and then kept in the poison queue with its reason.
async fn after_fault(app: &App, function: Function, invocation: &Invocation) -> Reply {
    log::fault(invocation, Reason::Bug, "the function panicked");
    match function {
        Function::Mirror(..)
        | Function::CopyBlobs(_)
        | Function::Deletions(_)
        | Function::Queue(..)
            if invocation.dequeue_count() >= MAX_FAULTS =>
        {
            let detail = "the function panicked every time";
            queue::poison(app, invocation, Reason::Bug, detail).await
        }
        _ => Reply::Failed("the function panicked; see the log for where"),
    }
}

/// The output binding whose queue is for a kind. The bindings stand in the `function.json` of the event functions.
pub(crate) fn binding(kind: Kind) -> &'static str {
    match kind {
        Kind::Assets => "mirrorAsset",
        Kind::StreamingLocators => "mirrorLocator",
        Kind::ContentKeyPolicies => "mirrorContentKeyPolicy",
        Kind::StreamingPolicies => "mirrorStreamingPolicy",
        Kind::AccountFilters | Kind::AssetFilters => "mirrorFilter",
    }
}

/// Changes as messages for the output bindings.
pub(crate) fn outputs(changes: &[Change]) -> BTreeMap<&'static str, Vec<String>> {
    let mut outputs: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for change in changes {
        outputs
            .entry(binding(change.id.kind()))
            .or_default()
            .push(change.to_text());
    }
    outputs
}
