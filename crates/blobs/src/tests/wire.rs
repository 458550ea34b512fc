//! What goes over the wire through the SDK, and what comes back.

mod answers;
mod requests;

use crate::{
    Access, BlobError, Budget, Copied, Copier, Denial, EndpointTemplate, Place, SasTokens,
    Settings, Settle, Side, SourceAuth, StorageSide,
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    http::{
        AsyncRawResponse, ExponentialRetryOptions, HttpClient, Request, RetryOptions, Transport,
        headers::Headers,
    },
    time::{Duration, OffsetDateTime},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Sent {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

pub(super) type Answer = (u16, Vec<(&'static str, String)>, String);
pub(super) type Script = Box<dyn Fn(&Sent) -> Answer + Send + Sync>;

pub(super) struct Wire {
    pub(super) sent: Mutex<Vec<Sent>>,
    pub(super) script: Script,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let sent = Sent {
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()))
                .collect(),
            body: match request.body() {
                azure_core::http::Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                _ => String::new(),
            },
        };
        let (status, given, body) = (self.script)(&sent);
        let url = sent.url.clone();
        self.sent.lock().unwrap().push(sent);
        if status == 0 {
            // As the HTTP client reports a broken connection: with the whole URL in its message.
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Io,
                format!("error sending request for url ({url})"),
            ));
        }
        let mut headers = Headers::new();
        for (name, value) in given {
            headers.insert(name, value);
        }
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
    }
}

#[derive(Debug)]
pub(super) struct Identity;

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::now_utc() + Duration::hours(1);
        Ok(AccessToken::new(
            Secret::new("the-token".to_owned()),
            expires,
        ))
    }
}

pub(super) const DATE: &str = "Sun, 22 Nov 2026 08:00:00 GMT";

pub(super) fn ok(body: impl Into<String>) -> Answer {
    (200, vec![("date", DATE.to_owned())], body.into())
}

pub(super) fn listing(blobs: &str, next: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://x/\" \
         ContainerName=\"c\"><Blobs>{blobs}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
    )
}

pub(super) fn listed(name: &str, length: u64) -> String {
    format!(
        "<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 07:00:00 GMT</Last-Modified>\
         <Etag>0x8DE</Etag><Content-Length>{length}</Content-Length><Content-Type>video/mp4</Content-Type>\
         <Content-Encoding /><Content-Language /><Content-MD5>AQEBAQEBAQEBAQEBAQEBAQ==</Content-MD5>\
         <Cache-Control>max-age=5</Cache-Control><Content-Disposition /><BlobType>BlockBlob</BlobType>\
         <AccessTier>Cool</AccessTier></Properties><Metadata><Owner>t</Owner></Metadata></Blob>"
    )
}

pub(super) struct Setup {
    pub(super) wire: Arc<Wire>,
    pub(super) copier: Copier,
}

impl Setup {
    pub(super) fn new(
        access: impl Fn() -> Access,
        auth: SourceAuth,
        script: impl Fn(&Sent) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let wire = Arc::new(Wire {
            sent: Mutex::default(),
            script: Box::new(script),
        });
        let side = |host: &str| StorageSide {
            endpoint: EndpointTemplate::new(format!("https://{{account}}.{host}")).unwrap(),
            access: access(),
            transport: Transport::new(wire.clone()),
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                max_retries: 3,
                initial_delay: Duration::milliseconds(1),
                max_delay: Duration::milliseconds(2),
                ..ExponentialRetryOptions::default()
            }),
        };
        let settings = Settings {
            one_call_limit: 100,
            block_size: 60,
            ..Settings::default()
        };
        let copier = Copier::new(
            side("source.example"),
            side("replica.example"),
            auth,
            settings,
        )
        .unwrap();
        Self { wire, copier }
    }

    pub(super) fn identity(
        auth: SourceAuth,
        script: impl Fn(&Sent) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::new(|| Access::Identity(Arc::new(Identity)), auth, script)
    }

    pub(super) async fn mirror(&self) -> Result<Copied, BlobError> {
        self.copier
            .mirror(
                &Place::new("src", "c"),
                &Place::new("dst", "c"),
                Settle::AfterJob,
                &Budget::unlimited(),
            )
            .await
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.wire.sent.lock().unwrap().clone()
    }

    pub(super) fn sent_with(&self, part: &str) -> Vec<Sent> {
        self.sent()
            .into_iter()
            .filter(|sent| sent.url.contains(part))
            .collect()
    }
}

pub(super) fn is_listing(sent: &Sent) -> bool {
    sent.url.contains("comp=list")
}

/// The source has `blobs`, the replica nothing, and every write succeeds.
pub(super) fn accepting(blobs: String) -> impl Fn(&Sent) -> Answer + Send + Sync {
    move |sent| {
        if is_listing(sent) && sent.url.contains("source") {
            ok(listing(&blobs, ""))
        } else if is_listing(sent) {
            ok(listing("", ""))
        } else if sent.url.contains("comp=blocklist") && sent.method == "GET" {
            (
                404,
                vec![("x-ms-error-code", "BlobNotFound".to_owned())],
                String::new(),
            )
        } else if sent.url.contains("userdelegationkey") {
            ok(delegation_key(
                OffsetDateTime::now_utc() + Duration::hours(12),
            ))
        } else {
            (201, vec![("date", DATE.to_owned())], String::new())
        }
    }
}

pub(super) fn delegation_key(expiry: OffsetDateTime) -> String {
    let time = |t: OffsetDateTime| azure_core::time::to_rfc3339(&t.replace_nanosecond(0).unwrap());
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t</SignedTid>\
         <SignedStart>{}</SignedStart><SignedExpiry>{}</SignedExpiry><SignedService>b</SignedService>\
         <SignedVersion>2026-04-06</SignedVersion><Value>c2VjcmV0</Value></UserDelegationKey>",
        time(expiry - Duration::hours(12)),
        time(expiry)
    )
}

/// A script that never shows the copied blob cannot complete; one round is all that is looked at.
pub(super) async fn one_round(setup: &Setup) {
    assert!(matches!(
        setup.mirror().await,
        Err(BlobError::SourceChanging { .. })
    ));
}
