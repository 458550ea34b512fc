//! What an unsuccessful answer means. Pure: the services' codes are read here and nowhere else.

use crate::{BlobError, Denial, Side, Told};
use std::time::Duration;

/// An unsuccessful call as the service or the transport reported it, free of secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub told: Told,
    pub retry_after: Option<Duration>,
    /// What the copy source answered the storage service (`x-ms-copy-source-status-code` and
    /// `x-ms-copy-source-error-code`), for a copy.
    pub source_status: Option<u16>,
    pub source_code: Option<String>,
    /// The account that refused, where it is not the one the call was made to.
    pub at: Option<Side>,
    /// What failed if there was no answer.
    pub below_http: Option<BelowHttp>,
}

/// Failures without an HTTP answer of the storage service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BelowHttp {
    /// The connection failed or broke.
    Transport(String),
    /// No token could be had, and trying again will not change it.
    NoToken,
    /// No token could be had just now.
    NoTokenNow,
    /// The answer could not be read.
    Unreadable(String),
    /// The request could not even be built.
    Request(String),
}

/// What a caller has to do about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Source or replica is no longer as it was seen: look again. The service's words are for the
    /// case that looking again does not help.
    Changed(Told),
    /// There is no such blob.
    Missing,
    /// There is no such container.
    Gone(Side),
    /// The container to be created is there.
    Exists,
    /// A copy into the replica blob is still under way.
    Busy,
    /// The endpoint does not have this operation.
    Lacks,
    /// The source blob is archived.
    Archived,
    /// Nothing the copier can do.
    Fatal(BlobError),
}

impl Refusal {
    /// The refusal of a call that got no HTTP answer.
    pub(crate) fn below(below: BelowHttp) -> Box<Self> {
        Box::new(Self {
            below_http: Some(below),
            ..Self::default()
        })
    }

    /// Reads the refusal of a call to `side`, about the blob `name` if it was about one.
    pub(crate) fn trouble(self, side: Side, name: Option<&str>) -> Trouble {
        let side = self.at.unwrap_or(side);
        if let Some(below) = self.below_http {
            return Trouble::Fatal(below.error(side, self.told));
        }
        let status = self.told.status.unwrap_or(0);
        let code = self.told.code.clone().unwrap_or_default();
        if self.source_status.is_some()
            || self.source_code.is_some()
            || code == "CannotVerifyCopySource"
        {
            return self.source_trouble(status, name);
        }
        match (status, code.as_str()) {
            // Only the account that was to copy can lack a copying operation.
            (501, _) if self.at.is_none() => Trouble::Lacks,
            (401 | 403, _) => denied(side, self.told, &code),
            (404, "ContainerNotFound") => Trouble::Gone(side),
            (404, "BlobNotFound" | "ResourceNotFound" | "") => Trouble::Missing,
            (409, "ContainerAlreadyExists") => Trouble::Exists,
            (409, "PendingCopyOperation") => Trouble::Busy,
            (409, "BlobAlreadyExists" | "NoPendingCopyOperation") => Trouble::Changed(self.told),
            // Blocks that were there are not: another run has committed or discarded them.
            (400, "InvalidBlockList") => Trouble::Changed(self.told),
            (412, code) if !code.starts_with("Lease") => Trouble::Changed(self.told),
            (304, _) => Trouble::Changed(self.told),
            (409, "ContainerBeingDeleted" | "AccountBeingCreated") => self.unavailable(side),
            (429 | 503, _) => self.throttled(side),
            (408 | 500 | 502 | 504, _) => self.unavailable(side),
            _ => self.refused(side, name),
        }
    }

    /// The replica account says that its reading of the source failed.
    fn source_trouble(mut self, status: u16, name: Option<&str>) -> Trouble {
        let status = self.source_status.unwrap_or(status);
        self.told.status = Some(status);
        if let Some(code) = self.source_code.take() {
            self.told.code = Some(code);
        }
        let code = self.told.code.clone().unwrap_or_default();
        match (status, code.as_str()) {
            (_, "BlobArchived" | "BlobBeingRehydrated") => Trouble::Archived,
            (401 | 403, _) | (409, "PublicAccessNotPermitted") => {
                denied(Side::Source, self.told, &code)
            }
            (404, "ContainerNotFound") => Trouble::Gone(Side::Source),
            (304 | 404 | 412, _) => Trouble::Changed(self.told),
            (429 | 503, _) => self.throttled(Side::Source),
            (408 | 500 | 502 | 504, _) => self.unavailable(Side::Source),
            _ => self.refused(Side::Source, name),
        }
    }

    fn throttled(self, side: Side) -> Trouble {
        Trouble::Fatal(BlobError::Throttled {
            side,
            retry_after: self.retry_after,
            told: self.told,
        })
    }

    fn unavailable(self, side: Side) -> Trouble {
        Trouble::Fatal(BlobError::Unavailable {
            side,
            told: self.told,
            detail: "the service failed".into(),
        })
    }

    fn refused(self, side: Side, name: Option<&str>) -> Trouble {
        Trouble::Fatal(BlobError::Refused {
            side,
            told: self.told,
            name: name.map(str::to_owned),
        })
    }
}

impl BelowHttp {
    fn error(self, side: Side, told: Told) -> BlobError {
        match self {
            Self::Transport(detail) => BlobError::Unavailable { side, told, detail },
            Self::NoTokenNow => BlobError::Unavailable {
                side,
                told,
                detail: "no token could be had".into(),
            },
            Self::NoToken => BlobError::Denied {
                side,
                cause: Denial::Credential,
                told,
            },
            Self::Unreadable(what) => BlobError::Unreadable { side, what },
            Self::Request(what) => BlobError::Configuration { what },
        }
    }
}

fn denied(side: Side, told: Told, code: &str) -> Trouble {
    let has = |part: &str| code.to_ascii_lowercase().contains(part);
    let cause =
        if has("copyscope") || has("crosstenant") || code == "CopyAcrossAccountsNotSupported" {
            Denial::CopyScope
        } else if has("tenant") || code == "InvalidAuthenticationInfo" {
            Denial::Tenant
        } else {
            match code {
                "AuthorizationPermissionMismatch"
                | "UnauthorizedBlobOverwrite"
                | "InsufficientAccountPermissions"
                | "AuthorizationResourceTypeMismatch"
                | "AuthorizationServiceMismatch" => Denial::Role,
                "AuthorizationFailure"
                | "AuthorizationSourceIPMismatch"
                | "IpAuthorizationError" => Denial::Firewall,
                "AuthenticationFailed"
                | "AuthorizationProtocolMismatch"
                | "NoAuthenticationInformation"
                | "PublicAccessNotPermitted" => Denial::Credential,
                _ => Denial::Unknown,
            }
        };
    Trouble::Fatal(BlobError::Denied { side, cause, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str) -> Refusal {
        Refusal {
            told: Told {
                status: Some(status),
                code: (!code.is_empty()).then(|| code.to_owned()),
                request_id: Some("id-1".into()),
            },
            ..Refusal::default()
        }
    }

    fn of_source(status: u16, code: &str, source_status: u16, source_code: &str) -> Refusal {
        Refusal {
            source_status: Some(source_status),
            source_code: Some(source_code.to_owned()),
            ..refusal(status, code)
        }
    }

    fn changed() -> Trouble {
        Trouble::Changed(Told::default())
    }

    fn without_words(trouble: Trouble) -> Trouble {
        match trouble {
            Trouble::Changed(told) => {
                assert!(told.status.is_some());
                changed()
            }
            other => other,
        }
    }

    #[test]
    fn a_refusal_elsewhere_is_that_accounts_and_teaches_nothing() {
        for status in [501, 403, 500] {
            let refusal = Refusal {
                at: Some(Side::Source),
                ..refusal(status, "X")
            };
            let Trouble::Fatal(error) = refusal.trouble(Side::Replica, None) else {
                panic!("{status}");
            };
            assert_eq!(error.side(), Some(Side::Source));
        }
    }

    #[test]
    fn control_flow_is_read_from_status_and_code() {
        for (status, code, expected) in [
            (501, "APINotImplemented", Trouble::Lacks),
            (404, "ContainerNotFound", Trouble::Gone(Side::Replica)),
            (404, "BlobNotFound", Trouble::Missing),
            (404, "", Trouble::Missing),
            (409, "ContainerAlreadyExists", Trouble::Exists),
            (409, "BlobAlreadyExists", changed()),
            (409, "PendingCopyOperation", Trouble::Busy),
            (412, "ConditionNotMet", changed()),
            (412, "", changed()),
            (400, "InvalidBlockList", changed()),
            (404, "CannotVerifyCopySource", changed()),
            (412, "CannotVerifyCopySource", changed()),
        ] {
            let trouble = refusal(status, code).trouble(Side::Replica, None);
            assert_eq!(without_words(trouble), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_denial_names_its_wall_and_its_side() {
        for (code, expected) in [
            ("AuthorizationPermissionMismatch", Denial::Role),
            ("AuthorizationFailure", Denial::Firewall),
            ("InvalidAuthenticationInfo", Denial::Tenant),
            ("AuthenticationFailed", Denial::Credential),
            ("CrossTenantCopyNotAllowed", Denial::CopyScope),
            ("SomethingNew", Denial::Unknown),
        ] {
            for (refusal, side) in [
                (refusal(403, code), Side::Replica),
                (
                    of_source(403, "CannotVerifyCopySource", 403, code),
                    Side::Source,
                ),
            ] {
                let Trouble::Fatal(BlobError::Denied {
                    side: found,
                    cause,
                    told,
                }) = refusal.trouble(Side::Replica, None)
                else {
                    panic!("{code} is no denial");
                };
                assert_eq!((found, cause), (side, expected), "{code}");
                assert_eq!(told.code.as_deref(), Some(code));
                assert_eq!(told.request_id.as_deref(), Some("id-1"));
            }
        }
    }

    #[test]
    fn trouble_of_the_copy_source_is_the_sources() {
        let trouble = |status, code| {
            let refusal = of_source(409, "CannotVerifyCopySource", status, code);
            without_words(refusal.trouble(Side::Replica, Some("a")))
        };
        assert_eq!(trouble(409, "BlobArchived"), Trouble::Archived);
        assert_eq!(
            trouble(404, "ContainerNotFound"),
            Trouble::Gone(Side::Source)
        );
        assert_eq!(trouble(404, "BlobNotFound"), changed());
        assert_eq!(trouble(412, "ConditionNotMet"), changed());
        for (status, transient) in [(503, true), (500, true), (400, false)] {
            let Trouble::Fatal(error) = trouble(status, "X") else {
                panic!("{status}");
            };
            assert_eq!(error.side(), Some(Side::Source));
            assert_eq!(error.is_transient(), transient);
        }
    }

    #[test]
    fn a_busy_service_says_for_how_long() {
        let busy = Refusal {
            retry_after: Some(Duration::from_secs(7)),
            ..refusal(503, "ServerBusy")
        };
        let Trouble::Fatal(BlobError::Throttled {
            side, retry_after, ..
        }) = busy.trouble(Side::Source, None)
        else {
            panic!("not throttled");
        };
        assert_eq!(
            (side, retry_after),
            (Side::Source, Some(Duration::from_secs(7)))
        );
    }

    #[test]
    fn a_leased_replica_is_not_a_race() {
        let trouble = refusal(412, "LeaseIdMissing").trouble(Side::Replica, Some("a"));
        assert!(matches!(
            trouble,
            Trouble::Fatal(BlobError::Refused {
                side: Side::Replica,
                name: Some(_),
                ..
            })
        ));
    }

    #[test]
    fn a_500_teaches_nothing_and_is_unavailable() {
        for status in [500, 502, 504, 408] {
            assert!(matches!(
                refusal(status, "InternalError").trouble(Side::Replica, None),
                Trouble::Fatal(BlobError::Unavailable { .. })
            ));
        }
    }
}
