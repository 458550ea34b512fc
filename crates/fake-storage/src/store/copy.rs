//! What a blob remembers of the last copy it was the destination of.

use time::OffsetDateTime;

use super::Blob;
use crate::copies::CopyEnd;

/// The last copy onto a blob.
#[derive(Debug, Clone)]
pub(crate) struct CopyRecord {
    pub(crate) id: String,
    /// The source's address, without its SAS.
    pub(crate) source: String,
    pub(crate) status: CopyStatus,
    pub(crate) description: Option<String>,
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) completed: Option<OffsetDateTime>,
    pub(crate) pending: Option<Box<Pending>>,
}

impl CopyRecord {
    pub(crate) fn is_pending(&self) -> bool {
        self.status == CopyStatus::Pending
    }

    pub(crate) fn progress(&self) -> String {
        format!("{}/{}", self.done, self.total)
    }
}

/// What a pending copy will become.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// The destination as it will be.
    pub(crate) result: Blob,
    /// How many more looks at the destination find it pending; `None`: until it is told to end.
    pub(crate) looks: Option<u32>,
    pub(crate) end: CopyEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CopyStatus {
    Pending,
    Success,
    Aborted,
    Failed,
}

impl CopyStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
        }
    }
}
