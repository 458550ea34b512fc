//! Every error of either storage account.

use std::time::Duration;

use blobs::{BlobError, Denial, Side, Told};
use change::Cause;
use mirror::{Again, Reason};

use crate::{
    bodies::{PRIMARY_STORAGE, asset, asset_id},
    row::Row,
};

const ASKED: Duration = Duration::from_secs(7);

/// What is expected of an error.
enum Expected {
    Fails(Reason),
    Waits(Reason, Again),
}

use Expected::{Fails, Waits};

fn of_a_side(side: Side) -> Vec<(BlobError, Expected)> {
    let of = |source, replica| match side {
        Side::Source => source,
        Side::Replica => replica,
    };
    let told = Told::default;
    let throttled = of(
        Reason::SourceStorageThrottled,
        Reason::ReplicaStorageThrottled,
    );
    let unavailable = of(
        Reason::SourceStorageUnavailable,
        Reason::ReplicaStorageUnavailable,
    );
    let denied = BlobError::Denied {
        side,
        cause: Denial::Firewall,
        told: told(),
    };
    let busy = |retry_after| BlobError::Throttled {
        side,
        retry_after,
        told: told(),
    };
    let away = BlobError::Unavailable {
        side,
        told: told(),
        detail: "scripted".to_owned(),
    };
    let unreadable = BlobError::Unreadable {
        side,
        what: "scripted".to_owned(),
    };
    let gone = BlobError::ContainerGone {
        side,
        container: "asset-1".to_owned(),
    };
    let refused = BlobError::Refused {
        side,
        told: told(),
        name: None,
    };
    vec![
        (
            denied,
            Fails(of(
                Reason::SourceStorageDenied,
                Reason::ReplicaStorageDenied,
            )),
        ),
        (busy(None), Waits(throttled, Again::BackOff)),
        (busy(Some(ASKED)), Waits(throttled, Again::After(ASKED))),
        (away, Waits(unavailable, Again::BackOff)),
        (unreadable, Waits(unavailable, Again::BackOff)),
        (
            gone,
            match side {
                Side::Source => Fails(Reason::SourceGone),
                Side::Replica => Waits(unavailable, Again::BackOff),
            },
        ),
        (
            refused,
            Fails(of(Reason::SourceUnsupported, Reason::ReplicaRefused)),
        ),
    ]
}

fn of_neither() -> Vec<(BlobError, Expected)> {
    let name = || "video.mp4".to_owned();
    let why = "scripted";
    vec![
        (
            BlobError::SourceArchived { name: name() },
            Fails(Reason::SourceArchived),
        ),
        (
            BlobError::SourceChanging {
                name: name(),
                rounds: 3,
                told: Told::default(),
            },
            Waits(Reason::SourceChanging, Again::BackOff),
        ),
        (
            BlobError::CopyMismatch { name: name() },
            Fails(Reason::CopyMismatch),
        ),
        (
            BlobError::SourceUnsupported { name: name(), why },
            Fails(Reason::SourceUnsupported),
        ),
        (
            BlobError::Name { name: name(), why },
            Fails(Reason::SourceUnsupported),
        ),
        (
            BlobError::Configuration { what: name() },
            Fails(Reason::Configuration),
        ),
    ]
}

/// Each error three times: when the replica's container is made, when both are listed, and when a blob is copied.
pub(crate) fn rows() -> Vec<Row> {
    type Step = (&'static str, fn(&crate::bytes::Bytes, BlobError));
    const STEPS: [Step; 3] = [
        ("claim", |bytes, error| bytes.claim_fails(error)),
        ("look", |bytes, error| bytes.look_fails(error)),
        ("copy", |bytes, error| bytes.copy_fails(error)),
    ];
    let mut rows = Vec::new();
    for (step, fail) in STEPS {
        let mut errors = of_a_side(Side::Source);
        errors.extend(of_a_side(Side::Replica));
        errors.extend(of_neither());
        for (error, expected) in errors {
            let what = format!("{step}: {error}");
            let row = Row::new(what, asset_id(), Cause::JobFinished);
            let row = row.given(move |scene| {
                scene.primary.put(asset(PRIMARY_STORAGE));
                fail(&scene.bytes, error);
            });
            // The replica asset is the mark that the bytes are there.
            let row = row.and_then(|scene| scene.secondary.get(&asset_id()).is_none());
            rows.push(match expected {
                Fails(reason) => row.fails(reason),
                Waits(reason, again) => row.waits(reason, again),
            });
        }
    }
    rows
}
