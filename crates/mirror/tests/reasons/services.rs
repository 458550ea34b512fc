//! Every error of either service.

use std::time::Duration;

use change::Cause;
use media::{ErrorKind, ServiceError, Side};
use mirror::{Again, Reason};

use crate::{
    bodies::{filter, filter_id},
    row::Row,
};

const ASKED: Duration = Duration::from_secs(9);

/// The kind, and the reason when the primary answers so to a read, and when the secondary answers so to a write.
const TABLE: [(ErrorKind, Reason, Reason); 10] = [
    (
        ErrorKind::Denied,
        Reason::SourceDenied,
        Reason::ReplicaDenied,
    ),
    (
        ErrorKind::WrongPath,
        Reason::Configuration,
        Reason::Configuration,
    ),
    (
        ErrorKind::Throttled,
        Reason::SourceThrottled,
        Reason::ReplicaThrottled,
    ),
    (
        ErrorKind::Unavailable,
        Reason::SourceUnavailable,
        Reason::ReplicaUnavailable,
    ),
    (
        ErrorKind::Refused,
        Reason::SourceUnsupported,
        Reason::ReplicaRefused,
    ),
    (
        ErrorKind::ContainerTaken,
        Reason::SourceUnsupported,
        Reason::ReplicaRefused,
    ),
    (
        ErrorKind::Conflict,
        Reason::SourceChanging,
        Reason::ReplicaConflict,
    ),
    (
        ErrorKind::NotReady,
        Reason::SourceNotReady,
        Reason::ReplicaNotReady,
    ),
    (
        ErrorKind::KeyIdTaken,
        Reason::KeyIdTaken,
        Reason::KeyIdTaken,
    ),
    (
        ErrorKind::Quota,
        Reason::SourceThrottled,
        Reason::ReplicaQuota,
    ),
];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, source, replica) in TABLE {
        for (side, reason) in [(Side::Primary, source), (Side::Secondary, replica)] {
            for retry_after in [None, Some(ASKED)] {
                rows.push(row(side, kind, retry_after, reason));
            }
        }
    }
    rows
}

fn row(side: Side, kind: ErrorKind, retry_after: Option<Duration>, reason: Reason) -> Row {
    let what = format!("{side} answers {kind:?}, asking for {retry_after:?}");
    let row = Row::new(what, filter_id(), Cause::Written).given(move |scene| {
        scene.primary.put(filter(2));
        scene.secondary.put(filter(1));
        let (account, method) = match side {
            Side::Primary => (&scene.primary, "read"),
            Side::Secondary => (&scene.secondary, "update"),
        };
        let error = ServiceError {
            retry_after,
            ..ServiceError::new(kind, method, "scripted")
        };
        account.fail(method, error);
    });
    let row = row.and_then(|scene| scene.secondary.get(&filter_id()) == Some(filter(1)));
    match (passes(kind, side), retry_after) {
        (false, _) => row.fails(reason),
        (true, None) => row.waits(reason, Again::BackOff),
        (true, Some(asked)) => row.waits(reason, Again::After(asked)),
    }
}

/// Whether it goes by itself. A primary that is only read has no other conflict than that of a moment, and no quota but that of calls.
fn passes(kind: ErrorKind, side: Side) -> bool {
    match kind {
        ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::NotReady => true,
        ErrorKind::Conflict | ErrorKind::Quota => side == Side::Primary,
        ErrorKind::Denied
        | ErrorKind::WrongPath
        | ErrorKind::Refused
        | ErrorKind::KeyIdTaken
        | ErrorKind::ContainerTaken => false,
    }
}
