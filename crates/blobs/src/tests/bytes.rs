//! Blobs that are read and hashed.

use super::wire::{Identity, Sent, Wire, is_listing, listing};
use crate::{
    Access, BlobError, Bytes, EndpointTemplate, Place, Settings, Side, SourceAuth, StorageSide,
};
use azure_core::http::{RetryOptions, Transport};
use std::sync::Arc;

/// A blob in a listing, with or without an MD5.
fn listed(name: &str, md5: Option<&str>) -> String {
    let md5 = md5.map_or_else(String::new, |md5| {
        format!("<Content-MD5>{md5}</Content-MD5>")
    });
    format!(
        "<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 07:00:00 GMT</Last-Modified>\
         <Etag>0x8DE</Etag><Content-Length>4</Content-Length><Content-Type>video/mp4</Content-Type>{md5}\
         <BlobType>BlockBlob</BlobType></Properties></Blob>"
    )
}

/// What each side has: the listing, and what reading a blob brings.
fn bytes(content: impl Fn(&Sent) -> (u16, String) + Send + Sync + 'static) -> (Arc<Wire>, Bytes) {
    let wire = Arc::new(Wire {
        sent: std::sync::Mutex::default(),
        script: Box::new(move |sent| {
            let (status, body) = content(sent);
            let length = body.len();
            let mut headers = vec![("etag", "\"0x8DE\"".to_owned())];
            if status == 206 {
                headers.push(("content-range", format!("bytes 0-{}/{length}", length - 1)));
            }
            headers.push(("content-length", length.to_string()));
            (status, headers, body)
        }),
    });
    let side = |host: &str| StorageSide {
        endpoint: EndpointTemplate::new(format!("https://{{account}}.{host}")).unwrap(),
        access: Access::Identity(Arc::new(Identity)),
        transport: Transport::new(wire.clone()),
        retry: RetryOptions::none(),
    };
    let (source, replica) = (side("source.example"), side("replica.example"));
    let settings = Settings::default();
    let bytes = Bytes::new(source, replica, SourceAuth::Bearer, settings).unwrap();
    (wire, bytes)
}

#[tokio::test]
async fn only_what_has_no_md5_is_read_and_what_differs_is_named() {
    let (one, other) = (
        Some("AQEBAQEBAQEBAQEBAQEBAQ=="),
        Some("AgICAgICAgICAgICAgICAg=="),
    );
    let (wire, bytes) = bytes(move |sent| {
        let source = sent.url.contains("source");
        let replicas = if source { one } else { other };
        if is_listing(sent) {
            let blobs = [
                listed("alike", None),
                listed("half", if source { one } else { None }),
                listed("known", one),
                listed("marked", replicas),
                listed("spoilt", None),
            ];
            (200, listing(&blobs.concat(), ""))
        } else if sent.url.contains("spoilt") && !source {
            (206, "evil".to_owned())
        } else {
            (206, "good".to_owned())
        }
    });
    let (source, replica) = (Place::new("src", "c"), Place::new("dst", "c"));
    let compared = bytes.compare(&source, &replica).await.unwrap();
    assert_eq!(compared.different, ["marked", "spoilt"]);
    assert_eq!((compared.read, compared.bytes), (3, 8));
    let sent = wire.sent.lock().unwrap().clone();
    let read: Vec<&Sent> = sent.iter().filter(|sent| !is_listing(sent)).collect();
    assert_eq!(read.len(), 6);
    assert!(
        read.iter()
            .all(|sent| sent.method == "GET" && sent.header("if-match") == Some("\"0x8DE\""))
    );
}

#[tokio::test]
async fn what_may_not_be_read_is_an_error_of_its_side() {
    let (_, bytes) = bytes(|sent| {
        if is_listing(sent) {
            (200, listing(&listed("a", None), ""))
        } else if sent.url.contains("replica") {
            (403, String::new())
        } else {
            (206, "good".to_owned())
        }
    });
    let (source, replica) = (Place::new("src", "c"), Place::new("dst", "c"));
    let error = bytes.compare(&source, &replica).await.unwrap_err();
    assert!(
        matches!(
            error,
            BlobError::Denied {
                side: Side::Replica,
                ..
            }
        ),
        "{error:?}"
    );
}
