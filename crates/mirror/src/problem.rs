use std::time::Duration;

use media::{ErrorKind, ServiceError, Side};

use crate::{Outcome, Reason, Report, outcome::Again};

/// Why a change could not be carried out: an error that is already an outcome.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}: {detail}")]
pub(crate) struct Problem {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
    pub(crate) retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// A failed call to an account.
    pub(crate) fn service(side: Side, error: &ServiceError) -> Self {
        let of = |primary, secondary| match side {
            Side::Primary => primary,
            Side::Secondary => secondary,
        };
        let reason = match error.kind {
            ErrorKind::Denied => of(Reason::SourceDenied, Reason::ReplicaDenied),
            ErrorKind::WrongPath => Reason::Configuration,
            ErrorKind::Throttled => of(Reason::SourceThrottled, Reason::ReplicaThrottled),
            ErrorKind::Unavailable => of(Reason::SourceUnavailable, Reason::ReplicaUnavailable),
            // The primary is only read, so it has nothing to refuse but a read that it does not know.
            ErrorKind::Refused | ErrorKind::ContainerTaken => {
                of(Reason::SourceUnsupported, Reason::ReplicaRefused)
            }
            ErrorKind::Conflict => of(Reason::SourceChanging, Reason::ReplicaConflict),
            ErrorKind::NotReady => of(Reason::SourceNotReady, Reason::ReplicaNotReady),
            ErrorKind::KeyIdTaken => Reason::KeyIdTaken,
            ErrorKind::Quota => of(Reason::SourceThrottled, Reason::ReplicaQuota),
        };
        let mut detail = error.to_string();
        if error.kind == ErrorKind::WrongPath {
            let endpoint = match side {
                Side::Primary => "MIRROR_PRIMARY_ENDPOINT",
                Side::Secondary => "MIRROR_SECONDARY_ENDPOINT",
            };
            detail.push_str(&format!(
                ": {endpoint} must be the service's base URL, such as https://app.mk.io or https://management.azure.com, without a path"
            ));
        }
        Self {
            reason,
            detail,
            retry_after: error.retry_after,
        }
    }

    pub(crate) fn source(error: ServiceError) -> Self {
        Self::service(Side::Primary, &error)
    }

    pub(crate) fn replica(error: ServiceError) -> Self {
        Self::service(Side::Secondary, &error)
    }

    /// The report to the change itself.
    pub(crate) fn report(self) -> Report {
        let mut report = if self.reason.is_transient() {
            Report {
                again: Some(self.retry_after.map_or(Again::BackOff, Again::After)),
                ..Report::new(Outcome::Waiting(self.reason))
            }
        } else {
            Report::new(Outcome::Failed(self.reason))
        };
        report.detail = Some(self.detail);
        report
    }
}
