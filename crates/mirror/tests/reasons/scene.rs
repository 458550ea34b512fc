//! Two accounts and their storage, and the mirror between them.

use std::sync::Arc;

use media::{Primary, Secondary};
use mirror::{Maps, Mirror, MirrorOptions};
use state::MemoryDocuments;

use crate::{
    account::Account,
    bodies::{PRIMARY_STORAGE, SECONDARY_STORAGE, asset},
    bytes::Bytes,
};

pub(crate) struct Scene {
    pub(crate) primary: Account,
    pub(crate) secondary: Account,
    pub(crate) bytes: Bytes,
    pub(crate) options: MirrorOptions,
}

impl Default for Scene {
    fn default() -> Self {
        let storage = (PRIMARY_STORAGE.to_owned(), SECONDARY_STORAGE.to_owned());
        Self {
            primary: Account::default(),
            secondary: Account::default(),
            bytes: Bytes::default(),
            options: MirrorOptions {
                maps: Maps {
                    storage: [storage].into(),
                    ..Maps::default()
                },
                ..MirrorOptions::default()
            },
        }
    }
}

impl Scene {
    pub(crate) fn mirror(&self) -> Mirror {
        Mirror::new(
            Primary::new(Arc::new(self.primary.clone())),
            Secondary::new(Arc::new(self.secondary.clone())),
            Arc::new(self.bytes.clone()),
            Arc::new(MemoryDocuments::default()),
            self.options.clone(),
        )
    }

    /// The asset is mirrored, bytes and all.
    pub(crate) fn asset_is_mirrored(&self) {
        self.primary.put(asset(PRIMARY_STORAGE));
        self.secondary.put(asset(SECONDARY_STORAGE));
        self.bytes.are_complete();
    }
}
