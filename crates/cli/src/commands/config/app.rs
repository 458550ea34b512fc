//! Whether the app's own storage answers: queues and state documents.

use wiring::Parts;

use super::finding::Finding;
use crate::output::counted;

pub(super) async fn check(parts: &Parts) -> Vec<Finding> {
    let (queues, documents) =
        tokio::join!(parts.queues.names(), parts.documents.list("exceptions/", 1));
    let queues = match queues {
        Ok(names) => Finding::good(
            "app's queues",
            "list the queues",
            Some(counted(names.len(), "queue")),
        ),
        Err(error) => Finding::bad(
            "app's queues",
            "list the queues",
            error,
            "Missing role on the app's storage account: Storage Queue Data Contributor; or check AzureWebJobsStorage__queueServiceUri.",
        ),
    };
    let documents = match documents {
        Ok(_) => Finding::good("state documents", "list the documents", None),
        Err(error) => Finding::bad(
            "state documents",
            "list the documents",
            error,
            "Missing role on the app's storage account: Storage Blob Data Contributor; or check AzureWebJobsStorage__blobServiceUri and MIRROR_STATE_CONTAINER.",
        ),
    };
    vec![queues, documents]
}
