//! From address, method and headers to the operation.

use axum::http::{HeaderMap, Method};

use crate::call::{Query, Service};
use crate::operation::Operation;
use crate::refusal::Refusal;

/// Account, container and name from a path such as `/account/container/a%2Fb`.
pub(crate) fn address(path: &str) -> Result<(String, String, String), Refusal> {
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let mut next = || -> Result<String, Refusal> { decode(parts.next().unwrap_or_default()) };
    Ok((next()?, next()?, next()?))
}

/// Decodes `%xx`; a `+` in a path is itself.
fn decode(text: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
            let byte = hex
                .and_then(|hex| u8::from_str_radix(hex, 16).ok())
                .ok_or_else(Refusal::invalid_name)?;
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::invalid_name())
}

pub(crate) fn operation(
    service: Service,
    method: &Method,
    container: &str,
    name: &str,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, Refusal> {
    let found = match service {
        Service::Queue => queue(method, container, name, query),
        Service::Blob if container.is_empty() => account(method, query),
        Service::Blob if name.is_empty() => of_container(method, query),
        Service::Blob => blob(method, query, headers),
    };
    // Whatever the mirror does not use is not there, and says so rather than guessing.
    found.ok_or_else(Refusal::not_implemented)
}

fn account(method: &Method, query: &Query) -> Option<Operation> {
    match (method.as_str(), query.get("comp")) {
        ("GET", Some("list")) => Some(Operation::ListContainers),
        ("POST", Some("userdelegationkey")) => Some(Operation::GetUserDelegationKey),
        _ => None,
    }
}

fn of_container(method: &Method, query: &Query) -> Option<Operation> {
    if !query.is("restype", "container") {
        return None;
    }
    match (method.as_str(), query.get("comp")) {
        ("PUT", None) => Some(Operation::CreateContainer),
        ("GET" | "HEAD", None | Some("metadata")) => Some(Operation::GetContainerProperties),
        ("PUT", Some("metadata")) => Some(Operation::SetContainerMetadata),
        ("DELETE", None) => Some(Operation::DeleteContainer),
        ("GET", Some("list")) => Some(Operation::ListBlobs),
        _ => None,
    }
}

fn blob(method: &Method, query: &Query, headers: &HeaderMap) -> Option<Operation> {
    let copies = headers.contains_key("x-ms-copy-source");
    let put = |comp: Option<&str>| match comp {
        None if !copies => Some(Operation::PutBlob),
        None if headers.contains_key("x-ms-blob-type") => Some(Operation::PutBlobFromUrl),
        None if headers
            .get("x-ms-requires-sync")
            .is_some_and(|value| value == "true") =>
        {
            Some(Operation::CopyBlobFromUrl)
        }
        None => Some(Operation::CopyBlob),
        Some("block") if copies => Some(Operation::PutBlockFromUrl),
        Some("block") => Some(Operation::PutBlock),
        Some("blocklist") => Some(Operation::PutBlockList),
        Some("copy") => Some(Operation::AbortCopyBlob),
        Some("metadata") => Some(Operation::SetBlobMetadata),
        Some("properties") => Some(Operation::SetBlobProperties),
        Some("tier") => Some(Operation::SetBlobTier),
        Some(_) => None,
    };
    match (method.as_str(), query.get("comp")) {
        ("GET", None) => Some(Operation::GetBlob),
        ("HEAD", None | Some("metadata")) => Some(Operation::GetBlobProperties),
        ("GET", Some("blocklist")) => Some(Operation::GetBlockList),
        ("DELETE", None) => Some(Operation::DeleteBlob),
        ("PUT", comp) => put(comp),
        _ => None,
    }
}

fn queue(method: &Method, queue: &str, name: &str, query: &Query) -> Option<Operation> {
    let comp = query.get("comp");
    match (method.as_str(), name) {
        ("GET", "") if queue.is_empty() => (comp == Some("list")).then_some(Operation::ListQueues),
        _ if queue.is_empty() => None,
        ("PUT", "") if comp.is_none() => Some(Operation::CreateQueue),
        ("GET" | "HEAD", "") if comp == Some("metadata") => Some(Operation::GetQueueMetadata),
        ("PUT", "") if comp == Some("metadata") => Some(Operation::SetQueueMetadata),
        ("DELETE", "") if comp.is_none() => Some(Operation::DeleteQueue),
        ("POST", "messages") => Some(Operation::PutMessage),
        ("GET", "messages") if query.is("peekonly", "true") => Some(Operation::PeekMessages),
        ("GET", "messages") => Some(Operation::GetMessages),
        ("DELETE", "messages") => Some(Operation::ClearMessages),
        ("PUT", _) if name.starts_with("messages/") => Some(Operation::UpdateMessage),
        ("DELETE", _) if name.starts_with("messages/") => Some(Operation::DeleteMessage),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_once_and_keep_their_slashes() {
        let (account, container, name) = address("/one/asset/a%2Fb%20c+d/%25e").unwrap();
        assert_eq!(
            (account.as_str(), container.as_str(), name.as_str()),
            ("one", "asset", "a/b c+d/%e")
        );
        assert!(address("/one/asset/%zz").is_err());
        assert!(address("/one/asset/%ff").is_err(), "not UTF-8");
    }

    #[test]
    fn the_four_copies_are_told_apart_by_their_headers() {
        let of = |query: &str, headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()))
                .collect();
            operation(
                Service::Blob,
                &Method::PUT,
                "c",
                "b",
                &Query::parse(query),
                &headers,
            )
            .unwrap()
        };
        let source = ("x-ms-copy-source", "https://x/a/c/b");
        assert_eq!(of("", &[source]), Operation::CopyBlob);
        assert_eq!(
            of("", &[source, ("x-ms-requires-sync", "true")]),
            Operation::CopyBlobFromUrl
        );
        assert_eq!(
            of("", &[source, ("x-ms-blob-type", "BlockBlob")]),
            Operation::PutBlobFromUrl
        );
        assert_eq!(
            of("comp=block&blockid=AA", &[source]),
            Operation::PutBlockFromUrl
        );
        assert_eq!(of("comp=block&blockid=AA", &[]), Operation::PutBlock);
    }
}
