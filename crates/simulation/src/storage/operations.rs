//! What a request does. Copies read their source at one moment, on the condition that it is as it was seen.

use std::collections::BTreeMap;

use azure_core::time::to_rfc7231;
use base64::{Engine, engine::general_purpose::STANDARD};
use time::OffsetDateTime;

use super::{
    Answer, Blob, COPYING, Copy, Operation, Storage,
    answer::element,
    http::{Address, Request},
    list::list,
};

/// What a request did, as far as anybody watches.
#[derive(Debug)]
pub(crate) enum Done {
    Nothing,
    /// A page of a listing was read, the first one or a later one.
    Listed {
        first: bool,
        page: Vec<(String, u64)>,
    },
}

impl Storage {
    pub(crate) fn execute(&mut self, request: &Request, now: OffsetDateTime) -> (Answer, Done) {
        let place = (request.to.account.as_str(), request.to.container.as_str());
        let of = |name: &str| request.query.get(name).map(String::as_str);
        let done = |answer| (answer, Done::Nothing);
        match (request.method, request.to.blob.as_deref(), of("comp")) {
            ("GET", None, Some("list")) => {
                let marker = of("marker");
                let prefix = of("prefix").unwrap_or_default();
                let (answer, page) = list(self, place, prefix, marker, now);
                let first = marker.is_none();
                (answer, Done::Listed { first, page })
            }
            ("GET" | "HEAD", None, _) => done(self.container_properties(place)),
            ("PUT", None, _) => done(self.create_container(request)),
            ("GET", Some(blob), Some("blocklist")) => done(self.block_list(place, blob)),
            ("HEAD", Some(blob), None) => done(self.properties(place, blob, now)),
            ("PUT", Some(blob), Some("block")) => done(self.put_block(request, blob)),
            ("PUT", Some(blob), Some("blocklist")) => done(self.put_block_list(request, blob, now)),
            ("PUT", Some(blob), Some("copy")) => done(self.abort(place, blob, now)),
            ("PUT", Some(blob), None) => done(self.copy(request, blob, now)),
            _ => done(Answer::refused(400, "UnsupportedHttpVerb")),
        }
    }

    fn container_properties(&self, (account, container): (&str, &str)) -> Answer {
        match self.container(account, container) {
            None => Answer::refused(404, "ContainerNotFound"),
            Some(found) => with_metadata(Answer::of(200).with("etag", "\"0x1\""), &found.metadata),
        }
    }

    fn create_container(&mut self, request: &Request) -> Answer {
        let (account, container) = (&request.to.account, &request.to.container);
        if self.container(account, container).is_some() {
            return Answer::refused(409, "ContainerAlreadyExists");
        }
        self.provide_container(account, container);
        if let Some(made) = self.container_mut(account, container) {
            made.metadata = request.metadata();
        }
        Answer::of(201).with("etag", "\"0x1\"")
    }

    fn block_list(&self, (account, container): (&str, &str), blob: &str) -> Answer {
        let Some(found) = self.container(account, container) else {
            return Answer::refused(404, "ContainerNotFound");
        };
        let there = found.blobs.get(blob);
        let committed = there.map(|blob| blob.blocks.as_slice());
        let staged = found.staged.get(blob);
        if committed.is_none() && staged.is_none() {
            return Answer::refused(404, "BlobNotFound");
        }
        let staged = staged.into_iter().flatten();
        let staged: Vec<_> = staged
            .map(|(id, bytes)| (id.clone(), bytes.len()))
            .collect();
        let answer = blocks(committed.unwrap_or_default(), &staged);
        match there {
            Some(there) => answer
                .with("etag", &format!("\"{}\"", there.etag()))
                .with("x-ms-blob-content-length", &there.content.len().to_string()),
            None => answer,
        }
    }

    fn properties(
        &self,
        (account, container): (&str, &str),
        blob: &str,
        now: OffsetDateTime,
    ) -> Answer {
        let found = self.container(account, container);
        let Some(blob) = found.and_then(|found| found.blobs.get(blob)) else {
            return Answer::refused(404, "BlobNotFound");
        };
        let answer = Answer::of(200)
            .with("etag", &format!("\"{}\"", blob.etag()))
            .with("content-length", &blob.content.len().to_string())
            .with("last-modified", &to_rfc7231(&blob.modified))
            .with("x-ms-blob-type", "BlockBlob");
        let mut answer = with_metadata(answer, &blob.metadata);
        for (name, value) in &blob.headers {
            answer = answer.with(name, value);
        }
        if let Some(digest) = &blob.digest {
            answer = answer.with("content-md5", &STANDARD.encode(digest));
        }
        if let Some(tier) = &blob.tier {
            answer = answer.with("x-ms-access-tier", tier);
        }
        if let Some(copy) = &blob.copy {
            answer = answer
                .with("x-ms-copy-id", &copy.id)
                .with("x-ms-copy-status", copy.status(now));
        }
        answer
    }

    /// The source blob of a copy, if it may be read and is as the request expects.
    fn source(&self, source: &Address, state: Option<&str>) -> Result<Blob, Answer> {
        let Some(found) = self.container(&source.account, &source.container) else {
            return Err(Answer::source_refused(404, "ContainerNotFound"));
        };
        let blob = source.blob.as_ref().and_then(|blob| found.blobs.get(blob));
        let Some(blob) = blob else {
            return Err(Answer::source_refused(404, "BlobNotFound"));
        };
        if blob.tier.as_deref() == Some("Archive") {
            return Err(Answer::source_refused(409, "BlobArchived"));
        }
        if state.is_some_and(|state| state.trim_matches('"') != blob.etag()) {
            return Err(Answer::refused(412, "SourceConditionNotMet"));
        }
        Ok(blob.clone())
    }

    /// Abort Copy Blob: leaves a blob without content.
    fn abort(
        &mut self,
        (account, container): (&str, &str),
        blob: &str,
        now: OffsetDateTime,
    ) -> Answer {
        let found = self.container_mut(account, container);
        let Some(blob) = found.and_then(|found| found.blobs.get_mut(blob)) else {
            return Answer::refused(404, "BlobNotFound");
        };
        match &mut blob.copy {
            Some(copy) if now < copy.ends => {
                copy.aborted = true;
                copy.ends = now;
                blob.content.clear();
                Answer::of(204)
            }
            _ => Answer::refused(409, "NoPendingCopyOperation"),
        }
    }

    /// Whether the blob that is to be written is as the request expects.
    fn replaces(&self, request: &Request, blob: &str, now: OffsetDateTime) -> Result<(), Answer> {
        let (account, container) = (&request.to.account, &request.to.container);
        let Some(found) = self.container(account, container) else {
            return Err(Answer::refused(404, "ContainerNotFound"));
        };
        let there = found.blobs.get(blob);
        if there.is_some_and(|there| there.is_arriving(now)) {
            return Err(Answer::refused(409, "PendingCopyOperation"));
        }
        let there = there.map(Blob::etag);
        if request.header("if-none-match") == Some("*") && there.is_some() {
            return Err(Answer::refused(409, "BlobAlreadyExists"));
        }
        match request.header("if-match") {
            Some(wanted) if Some(wanted.trim_matches('"')) != there.as_deref() => {
                Err(Answer::refused(412, "ConditionNotMet"))
            }
            _ => Ok(()),
        }
    }

    fn put_block(&mut self, request: &Request, blob: &str) -> Answer {
        let source = match self.read_source(request) {
            Ok(source) => source,
            Err(refused) => return refused,
        };
        let range = request
            .header("x-ms-source-range")
            .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
            .and_then(|(from, to)| Some((from.parse().ok()?, to.parse::<usize>().ok()?)));
        let bytes = range.and_then(|(from, to): (usize, usize)| source.content.get(from..=to));
        let (Some(bytes), Some(id)) = (bytes, request.query.get("blockid")) else {
            return Answer::refused(400, "InvalidQueryParameterValue");
        };
        let bytes = bytes.to_vec();
        let Some(container) = self.container_mut(&request.to.account, &request.to.container) else {
            return Answer::refused(404, "ContainerNotFound");
        };
        let staged = container.staged.entry(blob.to_owned()).or_default();
        staged.insert(id.clone(), bytes);
        Answer::of(201)
    }

    fn put_block_list(&mut self, request: &Request, blob: &str, now: OffsetDateTime) -> Answer {
        if let Err(refused) = self.replaces(request, blob, now) {
            return refused;
        }
        let (account, container) = (&request.to.account, &request.to.container);
        let staged = self
            .container(account, container)
            .and_then(|found| found.staged.get(blob));
        let mut content = Vec::new();
        let mut parts = Vec::new();
        for part in request.body.split("<Latest>").skip(1) {
            let id = part.split("</Latest>").next().unwrap_or_default();
            match staged.and_then(|staged| staged.get(id)) {
                Some(bytes) => {
                    content.extend(bytes);
                    parts.push((id.to_owned(), bytes.len()));
                }
                None => return Answer::refused(400, "InvalidBlockList"),
            }
        }
        let (account, container) = (account.clone(), container.clone());
        let made = Blob {
            blocks: parts,
            ..request.blob(content, None)
        };
        self.write(&account, &container, blob, made, now);
        Answer::of(201).with("etag", "\"0x2\"")
    }

    /// Put Blob From URL, Copy Blob From URL, Copy Blob: told apart by their headers.
    fn copy(&mut self, request: &Request, blob: &str, now: OffsetDateTime) -> Answer {
        let asynchronous = request.header("x-ms-blob-type").is_none()
            && request.header("x-ms-requires-sync").is_none();
        let operation = if request.header("x-ms-blob-type").is_some() {
            Some(Operation::PutBlobFromUrl)
        } else if asynchronous {
            None
        } else {
            Some(Operation::CopyBlobFromUrl)
        };
        if operation.is_some_and(|operation| self.lacks.contains(&operation)) {
            return Answer::refused(501, "NotImplemented");
        }
        let source = match self
            .replaces(request, blob, now)
            .and_then(|()| self.read_source(request))
        {
            Ok(source) => source,
            Err(refused) => return refused,
        };
        let mut made = request.blob(source.content.clone(), Some(&source));
        if operation != Some(Operation::PutBlobFromUrl) {
            made.headers = source.headers.clone();
            made.digest = source.digest.clone();
        }
        let put = operation == Some(Operation::PutBlobFromUrl);
        let mut answer = Answer::of(if put { 201 } else { 202 });
        if operation != Some(Operation::PutBlobFromUrl) {
            let id = format!("copy-{}", self.last_state + 1);
            let ends = if asynchronous { now + COPYING } else { now };
            let status = if ends > now { "pending" } else { "success" };
            answer = answer
                .with("x-ms-copy-id", &id)
                .with("x-ms-copy-status", status);
            if asynchronous {
                made.copy = Some(Copy {
                    id,
                    ends,
                    aborted: false,
                });
            }
        }
        let (account, container) = (&request.to.account, &request.to.container);
        self.write(account, container, blob, made, now);
        answer.with("etag", "\"0x2\"")
    }

    fn read_source(&self, request: &Request) -> Result<Blob, Answer> {
        match &request.from {
            None => Err(Answer::refused(400, "MissingRequiredHeader")),
            Some(from) if !from.signed => Err(Answer::source_refused(403, "AuthenticationFailed")),
            Some(from) => self.source(from, request.header("x-ms-source-if-match")),
        }
    }
}

fn with_metadata(mut answer: Answer, metadata: &BTreeMap<String, String>) -> Answer {
    for (key, value) in metadata {
        answer = answer.with(&format!("x-ms-meta-{key}"), value);
    }
    answer
}

fn blocks(committed: &[(String, usize)], staged: &[(String, usize)]) -> Answer {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (list, blocks) in [
        ("CommittedBlocks", committed),
        ("UncommittedBlocks", staged),
    ] {
        xml.push_str(&format!("<{list}>"));
        for (id, length) in blocks {
            xml.push_str("<Block>");
            element(&mut xml, "Name", id);
            element(&mut xml, "Size", &length.to_string());
            xml.push_str("</Block>");
        }
        xml.push_str(&format!("</{list}>"));
    }
    xml.push_str("</BlockList>");
    let mut answer = Answer::of(200);
    answer.body = xml;
    answer
}

impl Request {
    /// The blob that the request's own headers describe; what they leave out, and only that, comes from the source.
    fn blob(&self, content: Vec<u8>, source: Option<&Blob>) -> Blob {
        let mut headers: BTreeMap<String, String> = source
            .map(|source| source.headers.clone())
            .unwrap_or_default();
        for name in [
            "content-type",
            "content-encoding",
            "content-language",
            "cache-control",
            "content-disposition",
        ] {
            if let Some(value) = self.header(&format!("x-ms-blob-{name}")) {
                headers.insert(name.to_owned(), value.to_owned());
            }
        }
        Blob {
            digest: self
                .header("x-ms-blob-content-md5")
                .and_then(|md5| STANDARD.decode(md5).ok()),
            headers,
            metadata: self.metadata(),
            tier: self.header("x-ms-access-tier").map(ToOwned::to_owned),
            ..Blob::new(content)
        }
    }
}
