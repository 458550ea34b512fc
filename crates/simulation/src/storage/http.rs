//! The transport of the storage SDK: every request is answered from memory, after whatever befalls it on the way.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use azure_core::{
    Error,
    error::ErrorKind,
    http::{AsyncRawResponse, Body, HttpClient, Request as Raw, Url},
};
use percent_encoding::percent_decode_str;

use super::{Answer, operations::Done, part_of};
use crate::{
    line::{Call, Line},
    sabotage::Sabotage,
    weather::{Part, Trouble},
};

/// The signature in every SAS: a secret like any other.
pub(crate) const SIGNATURE: &str = "CANARYsignature";

/// A page of a listing with nothing on it.
const EMPTY: &str = "<?xml version=\"1.0\"?><EnumerationResults><Blobs></Blobs><NextMarker></NextMarker></EnumerationResults>";

/// What stands behind the account's name in every host name.
const DOMAIN: &str = ".blob.test";

/// A container or a blob.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) account: String,
    pub(crate) container: String,
    pub(crate) blob: Option<String>,
    /// Whether the URL carries the SAS.
    pub(crate) signed: bool,
}

/// A request as the service reads it.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) to: Address,
    pub(crate) from: Option<Address>,
    pub(crate) query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Address {
    fn parse(url: &Url) -> Option<Self> {
        let mut path = url.path().trim_start_matches('/').splitn(2, '/');
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some(Self {
            account: url.host_str()?.strip_suffix(DOMAIN)?.to_owned(),
            container: decoded(path.next()?),
            blob: path.next().filter(|blob| !blob.is_empty()).map(decoded),
            signed: url
                .query_pairs()
                .any(|(name, value)| name == "sig" && value == SIGNATURE),
        })
    }
}

impl Request {
    fn parse(raw: &Raw) -> Option<Self> {
        let headers: BTreeMap<String, String> = raw
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_ascii_lowercase(),
                    value.as_str().to_owned(),
                )
            })
            .collect();
        let from = match headers.get("x-ms-copy-source") {
            None => None,
            Some(from) => Some(Address::parse(&Url::parse(from).ok()?)?),
        };
        Some(Self {
            method: match raw.method().as_str() {
                "GET" => "GET",
                "HEAD" => "HEAD",
                "PUT" => "PUT",
                "DELETE" => "DELETE",
                _ => "POST",
            },
            to: Address::parse(raw.url())?,
            from,
            query: raw.url().query_pairs().into_owned().collect(),
            headers,
            body: match raw.body() {
                Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Body::SeekableStream(_) => String::new(),
            },
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        self.headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix("x-ms-meta-")?.to_owned(), value.clone()))
            })
            .collect()
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address {
            account,
            container,
            blob,
            ..
        } = &self.to;
        write!(f, "{} {account}/{container}", self.method)?;
        if let Some(blob) = blob {
            write!(f, "/{blob}")?;
        }
        match self.query.get("comp") {
            Some(comp) => write!(f, " {comp}"),
            None => Ok(()),
        }
    }
}

/// The way to the storage accounts of both regions.
pub(crate) struct Transport(pub(crate) Line);

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Raw) -> azure_core::Result<AsyncRawResponse> {
        let world = &self.0.world;
        let request = Request::parse(request).ok_or_else(|| {
            Error::with_message(ErrorKind::Other, "a request that the service cannot read")
        })?;
        let part = part_of(&request.to.account);
        let call = Call {
            part,
            what: request.to_string(),
            writes: !matches!(request.method, "GET" | "HEAD"),
        };
        // A listing belongs to the invocation that made it, and the SDK makes it in that invocation's own task.
        let task = tokio::task::try_id();
        let answer = self
            .0
            .call(call, |state, _| {
                if !request.to.signed {
                    return Answer::refused(403, "AuthenticationFailed");
                }
                state.watch_request(part, &request);
                let (mut answer, done) = state.storage.execute(&request, world.clock.now());
                let blind = world.sabotage == Sabotage::BlindToBytes;
                if blind && part == Part::SourceStorage && matches!(done, Done::Listed { .. }) {
                    answer.body = EMPTY.to_owned();
                }
                state.watch.listed(task, &request.to, done);
                if answer.status >= 400 {
                    world.say(format_args!(
                        "          {request}: answers {}",
                        answer.status
                    ));
                    state.journal.in_vain();
                }
                answer
            })
            .await;
        match answer {
            Ok(answer) => Ok(answer.into_response(world.clock.now())),
            Err(trouble) => failed(trouble).map(|answer| answer.into_response(world.clock.now())),
        }
    }
}

/// A failure as the wire shows it: an answer, or none.
fn failed(trouble: Trouble) -> azure_core::Result<Answer> {
    let answer = match trouble {
        Trouble::Throttled(seconds) => {
            let busy = Answer::refused(503, "ServerBusy");
            match seconds {
                Some(seconds) => busy.with("retry-after", &seconds.to_string()),
                None => busy,
            }
        }
        Trouble::Failed(status) => Answer::refused(status, "InternalError"),
        Trouble::Denied => Answer::refused(403, "AuthorizationFailure"),
        Trouble::Broken | Trouble::TimedOut | Trouble::Lost => {
            return Err(Error::with_message(
                ErrorKind::Io,
                "the connection was reset",
            ));
        }
    };
    Ok(answer)
}

/// The template of the blob endpoints.
pub(crate) fn endpoint() -> String {
    format!("https://{{account}}{DOMAIN}")
}
