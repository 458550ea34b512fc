//! What storage accounts tell Event Grid. The emulator tells nothing, so who changes a blob here sends the event too.

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::World;

impl World {
    /// The resource ID of a storage account, which is the topic of its events.
    #[must_use]
    pub fn storage_account_id(account: &str) -> String {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/media/providers/Microsoft.Storage/storageAccounts/{account}"
        )
    }
}

/// Something that happened to a blob just now.
#[derive(Clone, Copy, Debug)]
pub struct BlobEvent<'a> {
    /// `Microsoft.Storage.BlobCreated`, `Microsoft.Storage.BlobDeleted` ...
    pub kind: &'a str,
    /// The storage account.
    pub account: &'a str,
    /// The container.
    pub container: &'a str,
    /// The blob.
    pub blob: &'a str,
}

impl BlobEvent<'_> {
    /// In Event Grid's own schema (Azure documentation, "Azure Blob Storage as an Event Grid source").
    #[must_use]
    pub fn event_grid(self) -> Value {
        json!({
            "topic": World::storage_account_id(self.account),
            "subject": self.subject(),
            "eventType": self.kind,
            "eventTime": now(),
            "id": Uuid::new_v4(),
            "data": self.data(),
            "dataVersion": "",
            "metadataVersion": "1",
        })
    }

    /// As a CloudEvent 1.0.
    #[must_use]
    pub fn cloud_event(self) -> Value {
        json!({
            "specversion": "1.0",
            "source": World::storage_account_id(self.account),
            "subject": self.subject(),
            "type": self.kind,
            "time": now(),
            "id": Uuid::new_v4(),
            "data": self.data(),
        })
    }

    /// What both forms say it is about.
    #[must_use]
    pub fn subject(self) -> String {
        format!(
            "/blobServices/default/containers/{}/blobs/{}",
            self.container, self.blob
        )
    }

    fn data(self) -> Value {
        json!({
            "api": "PutBlob",
            "requestId": Uuid::new_v4(),
            "eTag": "0x8D4BCC2E4835CD0",
            "contentType": "application/octet-stream",
            "contentLength": 1,
            "blobType": "BlockBlob",
            "url": format!(
                "https://{}.blob.core.windows.net/{}/{}",
                self.account, self.container, self.blob
            ),
            "sequencer": "00000000000004420000000000028963",
            "storageDiagnostics": {"batchId": Uuid::new_v4()},
        })
    }
}

fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.format(&Rfc3339).unwrap_or_default()
}
