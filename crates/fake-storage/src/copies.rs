//! How asynchronous copies go.

/// How an asynchronous copy ends when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CopyEnd {
    /// With the source's bytes.
    #[default]
    Success,
    /// With this `x-ms-copy-status-description`, such as `404 BlobNotFound "Copy failed when reading the source."`.
    Failed(String),
}

/// How asynchronous copies that start from now on go. By default they end at once, successfully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyPace {
    /// How many looks at the destination (Get Blob Properties) find the copy pending. `None`: all of them,
    /// until [`AccountHandle::end_copy`](crate::AccountHandle::end_copy).
    pub pending_looks: Option<u32>,
    /// How they end.
    pub end: CopyEnd,
}

impl Default for CopyPace {
    fn default() -> Self {
        Self {
            pending_looks: Some(0),
            end: CopyEnd::Success,
        }
    }
}

impl CopyPace {
    /// Copies end at once, successfully.
    #[must_use]
    pub fn at_once() -> Self {
        Self::default()
    }

    /// The first `looks` looks find a copy pending, with progress; the next finds it ended.
    #[must_use]
    pub fn pending_for(looks: u32) -> Self {
        Self {
            pending_looks: Some(looks),
            end: CopyEnd::Success,
        }
    }

    /// Copies stay pending until they are told to end.
    #[must_use]
    pub fn held() -> Self {
        Self {
            pending_looks: None,
            end: CopyEnd::Success,
        }
    }

    /// The same pace, but copies end in failure with this description.
    #[must_use]
    pub fn failing(self, description: impl Into<String>) -> Self {
        Self {
            end: CopyEnd::Failed(description.into()),
            ..self
        }
    }
}
