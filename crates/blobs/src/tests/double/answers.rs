//! Each operation of the double.

use super::{Double, Op, State, refused};
use crate::{
    Place, Side,
    blob::{Blob, BlobKind, CopyState, CopyStatus, Metadata},
    blocks::{Block, BlockId},
    service::{Answer, BlobService, Blocks, Copying, Page},
};
use async_trait::async_trait;

fn list(state: &mut State, place: &Place, marker: Option<&str>) -> Answer<Page> {
    let (clock, size) = (state.clock, state.page);
    let hierarchical = state.hierarchical.contains(&place.account);
    let key = |name: &str| {
        if hierarchical {
            name.replace('/', "\0")
        } else {
            name.to_owned()
        }
    };
    if size == 0 {
        return Ok(Page {
            next: Some("round".into()),
            ..Page::default()
        });
    }
    let container = state.container(place)?;
    let mut blobs: Vec<Blob> = container
        .blobs
        .values()
        .filter_map(|stored| {
            let name = place.relative(&stored.blob.name)?;
            Some(Blob {
                name,
                ..stored.blob.clone()
            })
        })
        .filter(|blob| marker.is_none_or(|marker| key(&blob.name).as_str() > marker))
        .collect();
    blobs.sort_by_key(|blob| key(&blob.name));
    let more = blobs.len() > size;
    blobs.truncate(size);
    Ok(Page {
        next: more.then(|| key(&blobs.last().unwrap().name)),
        blobs,
        date: Some(clock),
    })
}

#[async_trait]
impl BlobService for Double {
    async fn list(&self, side: Side, place: &Place, marker: Option<&str>) -> Answer<Page> {
        self.call(Op::List, side, "", |state| list(state, place, marker))
            .await
    }

    async fn container_metadata(&self, side: Side, place: &Place) -> Answer<Metadata> {
        self.call(Op::ContainerMetadata, side, "", |state| {
            Ok(state.container(place)?.metadata.clone())
        })
        .await
    }

    async fn create_container(&self, place: &Place, metadata: &Metadata) -> Answer<()> {
        self.call(Op::CreateContainer, Side::Replica, "", |state| {
            if state.container(place).is_ok() {
                return Err(refused(409, "ContainerAlreadyExists"));
            }
            state.create(place);
            state.container(place)?.metadata = metadata.clone();
            Ok(())
        })
        .await
    }

    async fn properties(&self, side: Side, place: &Place, name: &str) -> Answer<Blob> {
        self.call(Op::Properties, side, name, |state| {
            let polls = state.polls;
            state.container(place)?;
            let stored = state
                .get(place, name)
                .ok_or_else(|| refused(404, "BlobNotFound"))?;
            if polls == 0 && stored.blob.is_arriving() {
                stored.blob.copy.as_mut().unwrap().status = CopyStatus::Success;
            }
            let found = Blob {
                name: name.to_owned(),
                ..stored.blob.clone()
            };
            state.polls = polls.saturating_sub(1);
            Ok(found)
        })
        .await
    }

    async fn block_list(&self, place: &Place, name: &str) -> Answer<Blocks> {
        self.call(Op::BlockList, Side::Replica, name, |state| {
            let full = place.full_name(name);
            let container = state.container(place)?;
            let blob = container.blobs.get(&full);
            let etag = blob.map(|stored| stored.blob.etag.clone());
            let committed = blob.map(|stored| stored.committed.clone());
            let staged = container.staged.get(&full);
            if committed.is_none() && staged.is_none() {
                return Err(refused(404, "BlobNotFound"));
            }
            let staged = staged.into_iter().flatten();
            Ok(Blocks {
                etag,
                committed: committed.unwrap_or_default(),
                uncommitted: staged
                    .map(|(id, data)| (id.clone(), data.len() as u64))
                    .collect(),
            })
        })
        .await
    }

    async fn put_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.call(Op::PutBlob, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            state.put(copying, source.data, Vec::new(), None);
            Ok(())
        })
        .await
    }

    async fn put_block_from_url(&self, copying: &Copying, block: &Block) -> Answer<()> {
        let name = format!("{}@{}", copying.blob.name, block.offset);
        self.call(Op::PutBlock, Side::Replica, &name, |state| {
            let source = state.read(copying)?;
            let from = usize::try_from(block.offset).unwrap();
            let to = from + usize::try_from(block.length).unwrap();
            let data = source
                .data
                .get(from..to)
                .ok_or_else(|| refused(416, "InvalidRange"))?;
            let full = copying.replica.full_name(&copying.blob.name);
            let staged = state
                .container(&copying.replica)?
                .staged
                .entry(full)
                .or_default();
            if staged.keys().any(|id| id.len() != block.id.len()) {
                return Err(refused(400, "InvalidBlobOrBlock"));
            }
            staged.insert(block.id.clone(), data.to_vec());
            Ok(())
        })
        .await
    }

    async fn put_block_list(&self, copying: &Copying, ids: Vec<BlockId>) -> Answer<()> {
        self.call(
            Op::PutBlockList,
            Side::Replica,
            &copying.blob.name,
            |state| {
                state.check(copying)?;
                let full = copying.replica.full_name(&copying.blob.name);
                let staged = state
                    .container(&copying.replica)?
                    .staged
                    .remove(&full)
                    .unwrap_or_default();
                let mut data = Vec::new();
                let mut committed = Vec::new();
                for id in ids {
                    let block = staged
                        .get(&id)
                        .ok_or_else(|| refused(400, "InvalidBlockList"))?;
                    data.extend_from_slice(block);
                    committed.push((id, block.len() as u64));
                }
                state.put(copying, data, committed, None);
                Ok(())
            },
        )
        .await
    }

    async fn copy_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.call(Op::SyncCopy, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            if source.blob.kind != BlobKind::Block {
                return Err(refused(409, "InvalidBlobType"));
            }
            let copy = CopyState {
                id: "sync".into(),
                status: CopyStatus::Success,
                failed_with: None,
            };
            state.put(copying, source.data, Vec::new(), Some(copy));
            Ok(())
        })
        .await
    }

    async fn start_copy(&self, copying: &Copying) -> Answer<CopyState> {
        self.call(Op::StartCopy, Side::Replica, &copying.blob.name, |state| {
            state.check(copying)?;
            let source = state.read(copying)?;
            let status = if state.polls == 0 {
                CopyStatus::Success
            } else {
                CopyStatus::Pending
            };
            let copy = CopyState {
                id: state.etag(),
                status,
                failed_with: None,
            };
            state.put(copying, source.data, Vec::new(), Some(copy.clone()));
            Ok(copy)
        })
        .await
    }

    async fn abort_copy(&self, place: &Place, name: &str, id: &str) -> Answer<()> {
        self.call(Op::AbortCopy, Side::Replica, name, |state| {
            let etag = state.etag();
            let stored = state
                .get(place, name)
                .ok_or_else(|| refused(404, "BlobNotFound"))?;
            match stored.blob.copy.as_mut() {
                Some(copy) if copy.id == id && copy.status == CopyStatus::Pending => {
                    copy.status = CopyStatus::Failed;
                    stored.blob.etag = etag;
                    stored.blob.length = 0;
                    stored.data.clear();
                    Ok(())
                }
                _ => Err(refused(409, "NoPendingCopyOperation")),
            }
        })
        .await
    }

    async fn open_source(&self, _place: &Place) -> Answer<()> {
        self.call(Op::OpenSource, Side::Source, "", |_| Ok(()))
            .await
    }

    async fn pause(&self, _polls: u32) {
        tokio::task::yield_now().await;
    }
}
