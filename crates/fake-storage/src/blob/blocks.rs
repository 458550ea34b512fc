//! Blocks and block lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::get::parse_range;
use super::put::{check_md5, given_headers, given_md5, given_tier};
use super::source;
use crate::answer::Answer;
use crate::content::Content;
use crate::refusal::Refusal;
use crate::store::{Blob, Block, Slot, md5_to_base64};
use crate::turn::Turn;
use crate::xml::{Xml, leaves};

/// "Put Block List": the most blocks a blob may have.
const MOST_BLOCKS: usize = 50_000;

pub(super) fn put(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    if turn.call.body.is_empty() {
        return Err(Refusal::invalid_header());
    }
    let content = Content::bytes(turn.call.body.clone());
    check_md5(turn.call.header("content-md5"), content.md5())?;
    stage(turn, content)
}

/// Put Block From URL.
pub(super) fn put_from_url(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    turn.container()?;
    let source = source::read(turn)?.blob;
    let (offset, length) = match turn.call.header("x-ms-source-range") {
        Some(range) => parse_range(range)?,
        None => (0, u64::MAX),
    };
    let content = source.content.slice(offset, length);
    if content.is_empty() {
        return Err(Refusal::copy_source(Refusal::invalid_range()));
    }
    if content.len() > turn.shared.limits().put_block_from_url {
        return Err(Refusal::body_too_large());
    }
    check_md5(turn.call.header("x-ms-source-content-md5"), content.md5())?;
    stage(turn, content)
}

fn stage(turn: &mut Turn<'_>, content: Content) -> Result<Answer, Refusal> {
    let id = turn
        .call
        .query
        .get("blockid")
        .ok_or_else(Refusal::invalid_query)?
        .to_owned();
    let decoded = STANDARD.decode(&id).map_err(|_| Refusal::invalid_query())?;
    if decoded.is_empty() || decoded.len() > 64 {
        return Err(Refusal::invalid_query());
    }
    let md5 = content.md5();
    let call = turn.call;
    let container = turn.container_mut()?;
    let slot = container
        .slots
        .entry(call.name.clone())
        .or_insert_with(Slot::default);
    if let Some(blob) = &slot.blob {
        blob.online()?;
    }
    // All uncommitted blocks of a blob have IDs of one length.
    if slot
        .uncommitted
        .keys()
        .next()
        .is_some_and(|other| other.len() != id.len())
    {
        return Err(Refusal::invalid_block());
    }
    slot.uncommitted.insert(id, content);
    Ok(Answer::new(201)
        .with_some("content-md5", md5.as_ref().map(md5_to_base64))
        .with("x-ms-request-server-encrypted", "true"))
}

pub(super) fn put_list(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let created = turn.writable()?;
    let wanted = leaves(&turn.call.body)?;
    if wanted.len() > MOST_BLOCKS {
        return Err(Refusal::block_list_too_long());
    }
    let stamp = turn.stamp();
    let call = turn.call;
    let container = turn.container_mut()?;
    let empty = Slot::default();
    let slot = container.slots.get(&call.name).unwrap_or(&empty);
    if let Some(blob) = &slot.blob {
        blob.online()?;
    }
    let blocks = wanted
        .iter()
        .map(|(list, id)| find(slot, list, id))
        .collect::<Result<Vec<_>, _>>()?;
    let mut content = Content::default();
    for block in &blocks {
        content.append(&block.content);
    }
    let mut blob = Blob::new(content, stamp.clone());
    blob.created = created.unwrap_or(blob.created);
    blob.blocks = blocks;
    blob.headers = given_headers(call);
    blob.metadata = call.metadata()?.unwrap_or_default();
    blob.tier = given_tier(call)?;
    // The service never reads the whole, so it has no hash of it unless it is told one.
    blob.md5 = given_md5(call)?;
    container.put(&call.name, blob);
    Ok(Answer::new(201)
        .stamped(&stamp)
        .with("x-ms-request-server-encrypted", "true"))
}

fn find(slot: &Slot, list: &str, id: &str) -> Result<Block, Refusal> {
    let committed = || {
        slot.blob
            .iter()
            .flat_map(|blob| &blob.blocks)
            .find(|block| block.id == id)
            .cloned()
    };
    let staged = || {
        slot.uncommitted.get(id).map(|content| Block {
            id: id.to_owned(),
            content: content.clone(),
        })
    };
    let found = match list {
        "Committed" => committed(),
        "Uncommitted" => staged(),
        "Latest" => staged().or_else(committed),
        _ => return Err(Refusal::invalid_xml()),
    };
    found.ok_or_else(Refusal::invalid_block_list)
}

pub(super) fn get_list(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let list = turn
        .call
        .query
        .get("blocklisttype")
        .unwrap_or("committed")
        .to_ascii_lowercase();
    let slot = turn
        .container()?
        .slots
        .get(&turn.call.name)
        .ok_or_else(Refusal::blob_not_found)?;
    let mut xml = Xml::new();
    xml.element("BlockList", |xml| {
        let block = |xml: &mut Xml, id: &str, length: u64| {
            xml.element("Block", |xml| {
                xml.text("Name", id).text("Size", &length.to_string());
            });
        };
        if list != "uncommitted" {
            xml.element("CommittedBlocks", |xml| {
                for committed in slot.blob.iter().flat_map(|blob| &blob.blocks) {
                    block(xml, &committed.id, committed.content.len());
                }
            });
        }
        if list != "committed" {
            xml.element("UncommittedBlocks", |xml| {
                for (id, content) in &slot.uncommitted {
                    block(xml, id, content.len());
                }
            });
        }
    });
    let answer = Answer::xml(200, xml.finish());
    Ok(match &slot.blob {
        Some(blob) => answer
            .stamped(&blob.stamp)
            .with("x-ms-blob-content-length", blob.content.len().to_string()),
        None => answer,
    })
}
