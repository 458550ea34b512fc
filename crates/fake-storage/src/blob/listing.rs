//! List Containers and List Blobs.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::describe;
use crate::answer::Answer;
use crate::call::Call;
use crate::markers::Marker;
use crate::refusal::Refusal;
use crate::store::{Container, Metadata, Slot, http_time};
use crate::turn::Turn;
use crate::xml::{Xml, attribute, is_plain};
use crate::{Paging, markers};

pub(super) fn containers(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let account = turn.account()?;
    let page = Page::of(turn.call, &account.paging, &account.containers, |_| true)?;
    let metadata = turn.call.query.lists("include", "metadata");
    let mut xml = Xml::new();
    let endpoint = attribute(&turn.shared.blob_endpoint(&turn.call.account));
    xml.element(
        &format!("EnumerationResults ServiceEndpoint=\"{endpoint}\""),
        |xml| {
            head(xml, turn.call);
            xml.element("Containers", |xml| {
                for (name, container) in &page.items {
                    container_item(xml, name, container, metadata);
                }
            });
            xml.optional("NextMarker", page.next.as_deref());
        },
    );
    Ok(Answer::xml(200, xml.finish()))
}

pub(super) fn blobs(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let call = turn.call;
    if call.query.get("delimiter").is_some() {
        // The official client has no listing by hierarchy, so nobody here asks for one.
        return Err(Refusal::not_implemented());
    }
    let container = turn.container()?;
    let uncommitted = call.query.lists("include", "uncommittedblobs");
    let listed = |slot: &Slot| slot.blob.is_some() || uncommitted;
    let page = Page::of(call, &turn.account()?.paging, &container.slots, listed)?;
    let include = Include {
        metadata: call.query.lists("include", "metadata"),
        copy: call.query.lists("include", "copy"),
    };
    let mut xml = Xml::new();
    let endpoint = attribute(&turn.shared.blob_endpoint(&call.account));
    let tag = format!(
        "EnumerationResults ServiceEndpoint=\"{endpoint}\" ContainerName=\"{}\"",
        attribute(&call.container)
    );
    xml.element(&tag, |xml| {
        head(xml, call);
        xml.element("Blobs", |xml| {
            for (name, slot) in &page.items {
                blob_item(xml, name, slot, include);
            }
        });
        xml.optional("NextMarker", page.next.as_deref());
    });
    Ok(Answer::xml(200, xml.finish()))
}

/// What the listing repeats of its request; what was not asked for is left out.
fn head(xml: &mut Xml, call: &Call) {
    for (parameter, tag) in [
        ("prefix", "Prefix"),
        ("marker", "Marker"),
        ("maxresults", "MaxResults"),
    ] {
        if let Some(value) = call.query.get(parameter).filter(|value| !value.is_empty()) {
            xml.text(tag, value);
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Include {
    metadata: bool,
    copy: bool,
}

fn container_item(xml: &mut Xml, name: &str, container: &Container, with_metadata: bool) {
    xml.element("Container", |xml| {
        xml.text("Name", name).element("Properties", |xml| {
            xml.text("Last-Modified", &http_time(container.stamp.modified))
                .text("Etag", &container.stamp.quoted())
                .text("LeaseStatus", "unlocked")
                .text("LeaseState", "available")
                .text("HasImmutabilityPolicy", "false")
                .text("HasLegalHold", "false");
        });
        if with_metadata {
            metadata(xml, &container.metadata);
        }
    });
}

fn blob_item(xml: &mut Xml, name: &str, slot: &Slot, include: Include) {
    xml.element("Blob", |xml| {
        blob_name(xml, name);
        let Some(blob) = &slot.blob else {
            // Blocks without a blob: it has no version yet.
            xml.element("Properties", |xml| {
                xml.text("Content-Length", "0")
                    .text("BlobType", "BlockBlob");
            });
            return;
        };
        xml.element("Properties", |xml| {
            let given = &blob.headers;
            // The ETag has no quotes here, unlike in headers; and what a blob lacks is an empty element.
            xml.text("Creation-Time", &http_time(blob.created))
                .text("Last-Modified", &http_time(blob.stamp.modified))
                .text("Etag", &blob.stamp.etag)
                .text("Content-Length", &blob.content.len().to_string())
                .text("Content-Type", given.content_type())
                .optional("Content-Encoding", given.encoding.as_deref())
                .optional("Content-Language", given.language.as_deref())
                .optional("Content-CRC64", None)
                .optional("Content-MD5", describe::md5(blob).as_deref())
                .optional("Cache-Control", given.cache_control.as_deref())
                .optional("Content-Disposition", given.disposition.as_deref())
                .text("BlobType", "BlockBlob")
                .text(
                    "AccessTier",
                    blob.tier.map_or("Hot", crate::store::Tier::name),
                );
            if blob.tier.is_none() {
                xml.text("AccessTierInferred", "true");
            }
            xml.text("LeaseStatus", "unlocked")
                .text("LeaseState", "available")
                .text("ServerEncrypted", "true");
            if let Some(copy) = blob.copy.as_ref().filter(|_| include.copy) {
                xml.text("CopyId", &copy.id)
                    .text("CopySource", &copy.source)
                    .text("CopyStatus", copy.status.name())
                    .text("CopyProgress", &copy.progress());
                if let Some(completed) = copy.completed {
                    xml.text("CopyCompletionTime", &http_time(completed));
                }
                if let Some(description) = &copy.description {
                    xml.text("CopyStatusDescription", description);
                }
            }
        });
        if include.metadata {
            metadata(xml, &blob.metadata);
        }
        xml.optional("OrMetadata", None);
    });
}

/// A name that XML cannot carry is percent-encoded and marked so.
fn blob_name(xml: &mut Xml, name: &str) {
    if is_plain(name) {
        xml.text("Name", name);
        return;
    }
    let encoded: String = name
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    xml.text("Name Encoded=\"true\"", &encoded);
}

fn metadata(xml: &mut Xml, metadata: &Metadata) {
    if metadata.is_empty() {
        xml.optional("Metadata", None);
        return;
    }
    xml.element("Metadata", |xml| {
        for (name, value) in metadata {
            xml.text(name, value);
        }
    });
}

/// One page of a listing in the order of names.
struct Page<'a, T> {
    items: Vec<(&'a String, &'a T)>,
    next: Option<String>,
}

impl<'a, T> Page<'a, T> {
    fn of(
        call: &Call,
        paging: &Paging,
        all: &'a BTreeMap<String, T>,
        listed: impl Fn(&T) -> bool,
    ) -> Result<Self, Refusal> {
        let prefix = call.query.get("prefix").unwrap_or_default();
        let marker = Marker::of(&call.query)?;
        let limit = markers::limit(&call.query, paging)?;
        let start = marker
            .as_ref()
            .map_or(prefix, |marker| marker.from.as_str());
        if let Some(marker) = marker.as_ref().filter(|marker| marker.empty) {
            let next = Marker {
                empty: false,
                from: marker.from.clone(),
            };
            return Ok(Self {
                items: Vec::new(),
                next: Some(next.to_string()),
            });
        }
        let mut items: Vec<_> = all
            .range::<str, _>((Bound::Included(start), Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(prefix))
            .filter(|(_, item)| listed(item))
            .take(limit + 1)
            .collect();
        let next = (items.len() > limit).then(|| {
            // The item the next page begins with: the first beyond this one, or some before it.
            let first = limit - paging.repeat.min(limit - 1);
            Marker {
                empty: paging.empty_pages,
                from: items[first].0.clone(),
            }
            .to_string()
        });
        items.truncate(limit);
        Ok(Self { items, next })
    }
}
