//! Storage records of a project: the names under which it knows storage.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;

use crate::{ServiceError, Storage, resource::unlike};

/// How long a record is believed. Its type and URL cannot change, but it can be deleted, and made anew under its name.
const BELIEVED: Duration = Duration::from_secs(300);

/// The storage behind each record that was asked for lately.
#[derive(Default)]
pub(super) struct StorageRecords(Mutex<HashMap<String, (Storage, Instant)>>);

impl StorageRecords {
    pub(super) fn known(&self, name: &str) -> Option<Storage> {
        let records = self.records();
        let (storage, asked) = records.get(name)?;
        (asked.elapsed() < BELIEVED).then(|| storage.clone())
    }

    pub(super) fn note(&self, name: &str, storage: Storage) {
        self.records()
            .insert(name.to_owned(), (storage, Instant::now()));
    }

    fn records(&self) -> MutexGuard<'_, HashMap<String, (Storage, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a record says that it stands for.
pub(super) fn storage_of(
    record: &Map<String, Value>,
    operation: &str,
) -> Result<Storage, ServiceError> {
    let spec = record.get("spec").unwrap_or(&Value::Null);
    match spec["type"].as_str() {
        Some("Microsoft.Storage") => {
            let url = spec["url"].as_str().and_then(|url| Url::parse(url).ok());
            let url = url.ok_or_else(|| unlike(operation, "storage-record-without-url"))?;
            let host = || format!("Microsoft.Storage at {}", url.host_str().unwrap_or("?"));
            Ok(account_of(&url).map_or_else(|| Storage::Other(host()), Storage::Azure))
        }
        other => Ok(Storage::Other(other.unwrap_or("unknown").to_owned())),
    }
}

/// The storage account in the URL of a record. A domain of the customer's own does not tell it.
fn account_of(url: &Url) -> Option<String> {
    let name = match url.host()? {
        url::Host::Domain(host) if host.contains('.') => {
            let (account, service) = host.split_once('.')?;
            let mut parts = service.split('.');
            // Also behind a zone or a private link: `account.z12.blob...`, `account.privatelink.blob...`.
            parts
                .any(|part| part == "blob" || part == "dfs")
                .then_some(account)?
        }
        // An emulator has the account in the path.
        _ => url.path_segments()?.next()?,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(spec: Value) -> Result<Storage, ServiceError> {
        let record = [("spec".to_owned(), spec)].into_iter().collect();
        storage_of(&record, "GET storage/s")
    }

    #[test]
    fn the_storage_account_is_read_from_a_record_s_url() {
        for url in [
            "https://acct.blob.core.windows.net/",
            "https://acct.blob.core.chinacloudapi.cn",
            "https://acct.dfs.core.windows.net",
            "https://acct.z12.blob.storage.azure.net",
            "https://acct.privatelink.blob.core.windows.net",
            "https://127.0.0.1:10000/acct",
            "https://localhost:10000/acct/",
        ] {
            let storage = read(json!({"type": "Microsoft.Storage", "url": url})).unwrap();
            assert_eq!(storage, Storage::Azure("acct".to_owned()), "{url}");
        }
    }

    #[test]
    fn a_domain_of_the_customers_own_names_no_storage_account() {
        let storage =
            read(json!({"type": "Microsoft.Storage", "url": "https://media.example.com"}));
        assert_eq!(
            storage.unwrap(),
            Storage::Other("Microsoft.Storage at media.example.com".to_owned())
        );
    }

    #[test]
    fn a_record_without_a_url_is_no_answer_of_the_service() {
        for spec in [
            json!({"type": "Microsoft.Storage"}),
            json!({"type": "Microsoft.Storage", "url": "nonsense"}),
        ] {
            assert!(read(spec).is_err());
        }
        let bucket = read(json!({"type": "AWS.S3", "url": "https://b.s3.amazonaws.com"}));
        assert_eq!(bucket.unwrap(), Storage::Other("AWS.S3".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_is_asked_for_again_after_a_while() {
        let records = StorageRecords::default();
        let storage = Storage::Azure("acct".to_owned());
        records.note("record", storage.clone());
        tokio::time::advance(BELIEVED - Duration::from_secs(1)).await;
        assert_eq!(records.known("record"), Some(storage));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(records.known("record"), None);
    }
}
