//! Event Grid: a blob was created or deleted in a storage account of the primary. The asset whose container it is is to be looked at.
//!
//! An encoder writes hundreds of blobs, so the message waits for a while, and the events of that time are dropped.

use std::time::Instant;

use change::{ContainerChange, Kind};
use mirror::{Outcome, Reason};

use super::{
    Function, arrival,
    event::{self, Event, Verdict},
    queue::enqueued,
};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function = Function::BlobChanged("blob-changed");

/// The events that say that an asset's blobs may differ.
const TYPES: [&str; 2] = [
    "Microsoft.Storage.BlobCreated",
    "Microsoft.Storage.BlobDeleted",
];

pub(super) async fn run(app: &App, invocation: &Invocation) -> Reply {
    let started = Instant::now();
    let (hint, subject, event_type) = match judge(app, invocation) {
        Ok(judged) => judged,
        Err(verdict) => return event::conclude(invocation, &verdict, started.elapsed()),
    };
    arrival::note(app, event_type);
    let debounce = &app.blob_events.debounce;
    // The output binding could not delay the message.
    let text = hint.to_text();
    let send = app
        .queues
        .send(Kind::Assets.queue(), &text, debounce.delay());
    let container = format!("{}/{}", hint.account(), hint.container());
    match debounce.once(&container, app.clock, send).await {
        Ok(sent) => {
            let took = started.elapsed();
            log::event(
                invocation,
                Outcome::Applied,
                &subject,
                usize::from(sent),
                took,
            );
            Reply::done()
        }
        Err(error) => enqueued(invocation, Err(error)),
    }
}

fn judge(
    app: &App,
    invocation: &Invocation,
) -> Result<(ContainerChange, String, &'static str), Verdict> {
    let event =
        Event::of(invocation).ok_or_else(|| Verdict::bad("the event is not a JSON object"))?;
    let subject = event.subject();
    let account = app
        .blob_events
        .accepted(&app.event_topics, event.topic())
        .ok_or_else(|| Verdict::skip(Reason::NotPrimary, subject))?;
    let mut types = TYPES.iter().copied();
    let event_type = types
        .find(|known| *known == event.kind())
        .ok_or_else(|| Verdict::skip(Reason::NotMirroredKind, subject))?;
    let container = container_of(subject).ok_or_else(|| Verdict::bad(subject))?;
    // Containers of the storage service itself are no asset's.
    if container.starts_with('$') {
        return Err(Verdict::skip(Reason::NotMirroredKind, subject));
    }
    let hint = ContainerChange::new(account, container, event.time());
    let hint = hint.map_err(|_| Verdict::bad(subject))?;
    Ok((hint, subject.to_owned(), event_type))
}

/// The container in `/blobServices/default/containers/<container>/blobs/<blob>`. A blob's name may have slashes.
fn container_of(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix("/blobServices/default/containers/")?;
    let (container, rest) = rest.split_once('/')?;
    let blob = rest.strip_prefix("blobs/")?;
    (!blob.is_empty()).then_some(container)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_is_read_from_the_subject() {
        let at = "/blobServices/default/containers/";
        for (rest, container) in [
            ("films/blobs/film.mp4", Some("films")),
            ("films/blobs/a/b/blobs/c", Some("films")),
            ("$web/blobs/index.html", Some("$web")),
            ("films/blobs/", None),
            ("films/blobs", None),
            ("films", None),
            ("films/other/film.mp4", None),
            ("", None),
        ] {
            assert_eq!(container_of(&format!("{at}{rest}")), container, "{rest}");
        }
        assert_eq!(container_of("/fileServices/default/x/blobs/y"), None);
    }
}
