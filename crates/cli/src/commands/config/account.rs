//! Whether a media-services account answers, and with the rights to read what the mirror reads.

use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, Page, Primary, Secondary, ServiceError, Side, Storage};
use mirror::rules::Backend;
use settings::{Service, Settings};
use time::{Duration, OffsetDateTime};

use super::finding::Finding;
use crate::configuration::Configured;

/// From then on the end of a token is worth a word.
const SOON: Duration = Duration::days(30);

/// An account as it is checked: read, and nothing else.
pub(super) struct Account<'a> {
    pub(super) side: Side,
    reads: Reads<'a>,
    backend: Backend,
    token_ends: Option<OffsetDateTime>,
}

enum Reads<'a> {
    Primary(&'a Primary),
    Secondary(&'a Secondary),
}

impl<'a> Account<'a> {
    pub(super) fn primary(configured: &'a Configured) -> Self {
        let reads = Reads::Primary(&configured.parts.primary);
        Self::new(configured, Side::Primary, reads)
    }

    pub(super) fn secondary(configured: &'a Configured) -> Self {
        let reads = Reads::Secondary(&configured.parts.secondary);
        Self::new(configured, Side::Secondary, reads)
    }

    fn new(configured: &'a Configured, side: Side, reads: Reads<'a>) -> Self {
        let parts = &configured.parts;
        let token = parts.tokens.iter().find(|token| token.side == side);
        Self {
            side,
            reads,
            backend: parts.options.backend,
            token_ends: token.map(|token| token.at),
        }
    }

    /// The word for it in findings.
    fn part(&self) -> String {
        format!("{} account", self.side)
    }

    async fn list(&self, kind: Kind) -> Result<Page, ServiceError> {
        let request = ListRequest::all(kind);
        match self.reads {
            Reads::Primary(account) => account.list(&request).await,
            Reads::Secondary(account) => account.list(&request).await,
        }
    }

    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        match self.reads {
            Reads::Primary(account) => account.read(id).await,
            Reads::Secondary(account) => account.read(id).await,
        }
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        match self.reads {
            Reads::Primary(account) => account.locators_of(asset).await,
            Reads::Secondary(account) => account.locators_of(asset).await,
        }
    }

    pub(super) async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        match self.reads {
            Reads::Primary(account) => account.storage(name).await,
            Reads::Secondary(account) => account.storage(name).await,
        }
    }

    /// What is missing when a call fails that needs `right`.
    pub(super) fn next(&self, error: &ServiceError, right: &str) -> String {
        let side = self.side;
        let upper = side.as_str().to_uppercase();
        match error.kind {
            ErrorKind::Denied if error.code.as_deref() == Some("no-token") => {
                format!("Make a new token and set MIRROR_{upper}_TOKEN.")
            }
            ErrorKind::Denied => match self.backend {
                Backend::Ams => format!("Missing right on the {side} account: {right}."),
                Backend::Mkio => {
                    format!("Missing capability of MIRROR_{upper}_TOKEN: the one named above.")
                }
            },
            ErrorKind::Throttled => "The service asks to wait. Try again in a minute.".to_owned(),
            ErrorKind::Unavailable if error.code.as_deref() == Some("no-token") => {
                "Sign in with `az login` or `azd auth login`, or set MIRROR_CREDENTIAL.".to_owned()
            }
            _ => format!(
                "Check MIRROR_{upper} and MIRROR_{upper}_ENDPOINT, the network, and the service's health."
            ),
        }
    }
}

/// What writing takes.
pub(super) const fn right_to_write(settings: &Settings) -> &'static str {
    match settings.backend {
        Service::Ams => "Microsoft.Media/mediaservices/*/write and */delete",
        Service::Mkio => "`create`, `update` and `delete` of what is mirrored",
    }
}

/// Reads a page of each list, and secrets where there are some. Also gives the assets that were seen.
pub(super) async fn check(account: &Account<'_>) -> (Vec<Finding>, Vec<Body>) {
    let mut findings = Vec::new();
    findings.extend(token(account));
    let mut assets = Vec::new();
    for kind in Kind::ALL {
        if kind.parent().is_some() {
            continue;
        }
        let what = format!("list {kind}");
        match account.list(kind).await {
            Err(error) => {
                let right = format!("Microsoft.Media/mediaservices/{kind}/read");
                let next = account.next(&error, &right);
                let silent = matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Throttled);
                findings.push(Finding::bad(&account.part(), what, error, next));
                if silent {
                    // It would only take as long again to hear the same.
                    return (findings, assets);
                }
            }
            Ok(page) => {
                let more = if page.next.is_some() { " or more" } else { "" };
                let seen = format!("{}{more} there", page.items.len());
                findings.push(Finding::good(&account.part(), what, Some(seen)));
                findings.extend(deeper(account, kind, &page.items).await);
                if kind == Kind::Assets {
                    assets = page.items;
                }
            }
        }
    }
    (findings, assets)
}

/// What of a kind is not in its list: secrets, and the locators of an asset.
async fn deeper(account: &Account<'_>, kind: Kind, items: &[Body]) -> Option<Finding> {
    match kind {
        Kind::ContentKeyPolicies => {
            let what = "read a content key policy with its secrets";
            Some(secrets(account, what, items.first()).await)
        }
        Kind::StreamingLocators => {
            let what = "read a locator with its content keys";
            let encrypted = items.iter().find(|locator| is_encrypted(locator));
            Some(secrets(account, what, encrypted).await)
        }
        Kind::Assets => Some(locators(account, items.first()).await),
        _ => None,
    }
}

async fn secrets(account: &Account<'_>, what: &str, example: Option<&Body>) -> Finding {
    let part = account.part();
    let Some(example) = example else {
        return Finding::not_tried(&part, what, "there is none");
    };
    let id = example.id();
    let rules = account.backend.rules(id.kind());
    match account.read(id).await {
        Ok(Some(body)) => match rules.masked(&body) {
            None => Finding::good(&part, what, Some(id.to_string())),
            Some(path) => Finding::bad(
                &part,
                what,
                format!("{id}: {path} reads masked"),
                format!("Missing right on the {part}: {}.", rules.secret_right),
            ),
        },
        Ok(None) => Finding::not_tried(&part, what, "the one that was there is gone"),
        Err(error) => {
            let next = account.next(&error, rules.secret_right);
            Finding::bad(&part, what, error, next)
        }
    }
}

async fn locators(account: &Account<'_>, asset: Option<&Body>) -> Finding {
    let (part, what) = (account.part(), "list the locators of an asset");
    let Some(asset) = asset else {
        return Finding::not_tried(&part, what, "there is no asset");
    };
    match account.locators_of(asset.id().name()).await {
        Ok(_) => Finding::good(&part, what, Some(asset.id().to_string())),
        Err(error) => {
            let right = "Microsoft.Media/mediaservices/assets/listStreamingLocators/action";
            let next = account.next(&error, right);
            Finding::bad(&part, what, error, next)
        }
    }
}

/// Whether a locator's policy encrypts: clear streaming and downloads do not.
fn is_encrypted(locator: &Body) -> bool {
    let policy = locator.text("streamingPolicyName").unwrap_or_default();
    !matches!(
        policy,
        "Predefined_ClearStreamingOnly"
            | "Predefined_DownloadOnly"
            | "Predefined_DownloadAndClearStreaming"
    )
}

/// An API token that has ended, or does soon.
fn token(account: &Account<'_>) -> Option<Finding> {
    let ends = account.token_ends?;
    let left = ends - OffsetDateTime::now_utc();
    let upper = account.side.as_str().to_uppercase();
    let (part, what) = (account.part(), "the API token is valid");
    let next = format!("Make a new token and set MIRROR_{upper}_TOKEN.");
    Some(if left.is_negative() {
        Finding::bad(&part, what, "it has ended", next)
    } else {
        let word = if left < SOON {
            "; make a new one soon"
        } else {
            ""
        };
        Finding::good(
            &part,
            what,
            Some(format!("{} days left{word}", left.whole_days())),
        )
    })
}
