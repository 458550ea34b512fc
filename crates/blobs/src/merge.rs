//! Brings the two listings together, name by name, in memory that does not grow with them.
//!
//! Accounts with a flat namespace list names in the order of their bytes, so two cursors are
//! enough. Accounts with a hierarchical namespace put `/` before everything else, and emulators have
//! their own ideas; where the names of a listing do not ascend, the replica's listing is put
//! into a table of bounded size instead.

use crate::{
    BlobError, Side,
    blob::Blob,
    listing::{ListFault, Listing},
    run::Run,
};
use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

/// How many blobs the table may hold (about 100 MB).
const TABLE_LIMIT: usize = 200_000;

/// One name, on one side or both.
#[derive(Debug)]
pub(crate) struct Found {
    pub source: Option<Blob>,
    pub replica: Option<Blob>,
}

pub(crate) struct Merge {
    pub source: Listing,
    pub replica: Listing,
    table: Option<BTreeMap<String, Blob>>,
}

impl Merge {
    /// Reads the first page of both sides; with `table`, all pages of the replica.
    pub(crate) async fn open(run: &Arc<Run>, table: bool) -> Result<Self, ListFault> {
        let mut source = Listing::new(run.clone(), Side::Source, table);
        let mut replica = Listing::new(run.clone(), Side::Replica, table);
        let (first, second) = tokio::join!(source.fill(), replica.fill());
        first?;
        second?;
        let mut merge = Self {
            source,
            replica,
            table: None,
        };
        if table {
            merge.table = Some(merge.read_table().await?);
        }
        Ok(merge)
    }

    async fn read_table(&mut self) -> Result<BTreeMap<String, Blob>, ListFault> {
        let mut table = BTreeMap::new();
        loop {
            self.replica.fill().await?;
            let Some(blob) = self.replica.take() else {
                return Ok(table);
            };
            if table.len() == TABLE_LIMIT {
                return Err(ListFault::Error(BlobError::Unreadable {
                    side: Side::Replica,
                    what: format!(
                        "more than {TABLE_LIMIT} blobs in an order that is not the other account's"
                    ),
                }));
            }
            table.insert(blob.name.clone(), blob);
        }
    }

    /// The next name, or `None` at the end of both listings.
    pub(crate) async fn next(&mut self) -> Result<Option<Found>, ListFault> {
        self.source.fill().await?;
        if self.table.is_some() {
            return Ok(self.next_of_table());
        }
        self.replica.fill().await?;
        let order = match (self.source.head(), self.replica.head()) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(replica)) => source.name.cmp(&replica.name),
        };
        Ok(Some(Found {
            source: (order != Ordering::Greater)
                .then(|| self.source.take())
                .flatten(),
            replica: (order != Ordering::Less)
                .then(|| self.replica.take())
                .flatten(),
        }))
    }

    fn next_of_table(&mut self) -> Option<Found> {
        let table = self.table.as_mut()?;
        let source = self.source.take();
        let name = match &source {
            Some(source) => source.name.clone(),
            None => table.first_key_value()?.0.clone(),
        };
        Some(Found {
            source,
            replica: table.remove(&name),
        })
    }
}
