//! Two places, a copier between them, and what the tests ask of them.

use super::double::{Double, Op, Stored};
use crate::{BlobError, Budget, Copied, Copier, Look, Place, Settings, Settle, blob::MARK};
use std::sync::Arc;
use time::Duration;

/// A source with an empty container, a replica without one, and a copier with small limits.
pub(in crate::tests) struct Scene {
    pub(in crate::tests) service: Arc<Double>,
    pub(in crate::tests) copier: Copier,
    pub(in crate::tests) source: Place,
    pub(in crate::tests) replica: Place,
}

pub(in crate::tests) fn settings() -> Settings {
    Settings {
        one_call_limit: 100,
        block_size: 10,
        concurrency: 4,
        share_bytes: 300,
        ..Settings::default()
    }
}

impl Scene {
    pub(in crate::tests) fn new() -> Self {
        Self::with(settings())
    }

    pub(in crate::tests) fn with(settings: Settings) -> Self {
        let service = Double::new();
        let (source, replica) = (Place::new("src", "asset-1"), Place::new("dst", "asset-1"));
        service.state().create(&source);
        Self {
            copier: Copier::with_service(service.clone(), settings),
            service,
            source,
            replica,
        }
    }

    pub(in crate::tests) fn write(&self, name: &str, data: &[u8]) -> String {
        self.service.state().write(&self.source, name, data)
    }

    /// The service lacks these operations.
    pub(in crate::tests) fn lacks(&self, operations: impl IntoIterator<Item = Op>) {
        self.service.state().lacks.extend(operations);
    }

    /// Lets the service's clock run, so that what was written is no longer new.
    pub(in crate::tests) fn later(&self, seconds: i64) {
        self.service.state().clock += Duration::seconds(seconds);
    }

    pub(in crate::tests) async fn mirror(&self) -> Result<Copied, BlobError> {
        self.copier
            .mirror(
                &self.source,
                &self.replica,
                Settle::AfterJob,
                &Budget::unlimited(),
            )
            .await
    }

    pub(in crate::tests) async fn look(&self) -> Look {
        self.copier
            .look(&self.source, &self.replica, Settle::AfterJob)
            .await
            .unwrap()
    }

    /// Every source blob must be in the replica with its bytes and its mark.
    pub(in crate::tests) fn assert_mirrored(&self) {
        let mut state = self.service.state();
        let blobs: Vec<Stored> = state
            .container(&self.source)
            .unwrap()
            .blobs
            .values()
            .cloned()
            .collect();
        for source in blobs.iter().filter(|stored| !stored.blob.is_directory()) {
            let name = self.source.relative(&source.blob.name).unwrap();
            let replica = state
                .get(&self.replica, &name)
                .unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(replica.data, source.data, "{name}");
            assert_eq!(
                replica.blob.mark.as_deref(),
                Some(source.blob.etag.as_str()),
                "{MARK} of {name}"
            );
            assert_eq!(replica.blob.metadata, source.blob.metadata, "{name}");
            assert_eq!(replica.blob.headers, source.blob.headers, "{name}");
            assert_eq!(replica.blob.md5, source.blob.md5, "{name}");
        }
    }

    /// The names of one operation's calls, in order.
    pub(in crate::tests) fn names(&self, op: Op) -> Vec<String> {
        let state = self.service.state();
        let calls = state.calls.iter().filter(|call| call.op == op);
        calls.map(|call| call.name.clone()).collect()
    }

    pub(in crate::tests) fn count(&self, op: Op) -> usize {
        self.service.state().count(op)
    }
}
