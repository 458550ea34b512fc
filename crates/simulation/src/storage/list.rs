//! List Blobs.

use azure_core::time::to_rfc7231;
use base64::{Engine, engine::general_purpose::STANDARD};
use time::OffsetDateTime;

use super::{Answer, Blob, Storage, answer::element};

/// A page, and what is on it: names and states.
pub(super) fn list(
    storage: &Storage,
    (account, container): (&str, &str),
    prefix: &str,
    marker: Option<&str>,
    now: OffsetDateTime,
) -> (Answer, Vec<(String, u64)>) {
    let Some(found) = storage.container(account, container) else {
        return (Answer::refused(404, "ContainerNotFound"), Vec::new());
    };
    let mut names = found
        .blobs
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .filter(|(name, _)| marker.is_none_or(|marker| name.as_str() >= marker));
    let page: Vec<_> = names.by_ref().take(storage.page).collect();
    let next = names.next().map(|(name, _)| name.as_str());
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    for (name, blob) in &page {
        xml.push_str("<Blob>");
        element(&mut xml, "Name", name);
        properties(&mut xml, blob, now);
        xml.push_str("<Metadata>");
        for (key, value) in &blob.metadata {
            element(&mut xml, key, value);
        }
        xml.push_str("</Metadata></Blob>");
    }
    xml.push_str("</Blobs>");
    element(&mut xml, "NextMarker", next.unwrap_or_default());
    xml.push_str("</EnumerationResults>");
    let mut answer = Answer::of(200);
    answer.body = xml;
    let listed = page
        .into_iter()
        .map(|(name, blob)| (name.clone(), blob.state))
        .collect();
    (answer, listed)
}

fn properties(xml: &mut String, blob: &Blob, now: OffsetDateTime) {
    xml.push_str("<Properties>");
    element(xml, "Last-Modified", &to_rfc7231(&blob.modified));
    element(xml, "Etag", &blob.etag());
    element(xml, "Content-Length", &blob.content.len().to_string());
    for (name, shown) in [
        ("content-type", "Content-Type"),
        ("content-encoding", "Content-Encoding"),
        ("content-language", "Content-Language"),
        ("cache-control", "Cache-Control"),
        ("content-disposition", "Content-Disposition"),
    ] {
        let value = blob.headers.get(name).map(String::as_str);
        element(xml, shown, value.unwrap_or_default());
    }
    if let Some(digest) = &blob.digest {
        element(xml, "Content-MD5", &STANDARD.encode(digest));
    }
    element(xml, "BlobType", "BlockBlob");
    if let Some(tier) = &blob.tier {
        element(xml, "AccessTier", tier);
    }
    if let Some(copy) = &blob.copy {
        element(xml, "CopyId", &copy.id);
        element(xml, "CopyStatus", copy.status(now));
    }
    xml.push_str("</Properties>");
}
