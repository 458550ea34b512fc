mod parts;
mod read;

use std::{collections::BTreeMap, time::Duration};

use change::Depth;
use mirror::{Policy, Scope};

pub use self::parts::{
    AppStorage, Credential, EventTopics, SourceAuth, StorageAccess, StorageMap, Webhook,
};
use self::read::{
    api_version, app_storage, blob_debounce, credential, event_topics, policy, scope,
    some_or_empty, storage, sweep, webhook,
};
use crate::{Account, Mistakes, Service, account::accounts, parse, reader::Reader, table};

/// Everything the handler needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The service that both accounts speak.
    pub backend: Service,
    /// Who may send webhooks.
    pub webhook: Webhook,
    /// The port of the handler on 127.0.0.1.
    pub port: u16,
    /// As whom the app signs in.
    pub credential: Credential,
    /// The account that is mirrored.
    pub primary: Account,
    /// The account that is kept ready.
    pub secondary: Account,
    /// `api-version` of every call to a media service.
    pub api_version: String,
    /// How long one call to a media service may take.
    pub call_timeout: Duration,
    /// Which storage account stands for which.
    pub storage_map: StorageMap,
    /// The primary's blobs.
    pub primary_storage: StorageAccess,
    /// The secondary's blobs.
    pub secondary_storage: StorageAccess,
    /// How the secondary's storage service reads the primary's blobs.
    pub source_auth: SourceAuth,
    /// Counterparts of hosts inside URLs, in lower case.
    pub host_map: Vec<(String, String)>,
    /// Counterparts of encryption scopes.
    pub encryption_scope_map: Vec<(String, String)>,
    /// Which assets are mirrored.
    pub scope: Scope,
    /// What becomes of deletions and conflicts.
    pub policy: Policy,
    /// How long an announced deletion waits.
    pub delete_grace: Duration,
    /// How many announced deletions may wait at once.
    pub delete_cap: usize,
    /// How often everything is walked, by depth; depths that are not here are not walked.
    pub sweep: BTreeMap<Depth, Duration>,
    /// Whose events are accepted.
    pub event_topics: EventTopics,
    /// How long after the first blob event of a container its asset is looked at.
    pub blob_debounce: Duration,
    /// How old the newest blob of an asset must be before its bytes count as complete.
    pub settle: Duration,
    /// How long one invocation copies.
    pub copy_budget: Duration,
    /// The app's own storage.
    pub app_storage: AppStorage,
}

impl Settings {
    /// Parses the environment of the process.
    ///
    /// # Errors
    /// [`Mistakes`], all of them.
    pub fn from_env() -> Result<Self, Mistakes> {
        // `vars_os`, because another program's variable that is not UTF-8 must not stop this one.
        let given = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut variables = BTreeMap::new();
        variables.extend(given);
        Self::from_variables(&variables)
    }

    /// Parses variables that are given.
    ///
    /// # Errors
    /// [`Mistakes`], all of them.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(variables);
        let backend = reader.one_of(
            &table::BACKEND,
            &[("ams", Service::Ams), ("mkio", Service::Mkio)],
        );
        let service = backend.unwrap_or(Service::Ams);
        let port = reader.required(&table::PORT, |text| {
            text.parse()
                .map_err(|_| "expected a port number".to_owned())
        });
        let credential = credential(&mut reader);
        let (primary, secondary) = accounts(&mut reader, service);
        let api_version = reader.required(&table::API_VERSION, api_version);
        let call_timeout = reader.required(&table::CALL_TIMEOUT, parse::duration);
        let storage_map = reader.required(&table::STORAGE_MAP, |text| match service {
            Service::Ams => parse::storage_map(text),
            Service::Mkio => parse::pairs(text),
        });
        let primary_storage = storage(
            &mut reader,
            &table::PRIMARY_BLOB_ENDPOINT,
            &table::PRIMARY_STORAGE_SAS,
        );
        let secondary_storage = storage(
            &mut reader,
            &table::SECONDARY_BLOB_ENDPOINT,
            &table::SECONDARY_STORAGE_SAS,
        );
        let source_auth = reader.one_of(
            &table::SOURCE_AUTH,
            &[
                ("bearer", SourceAuth::Bearer),
                ("delegation-sas", SourceAuth::DelegationSas),
                ("sas", SourceAuth::Sas),
            ],
        );
        if source_auth == Some(SourceAuth::Sas)
            && reader.text(&table::PRIMARY_STORAGE_SAS).is_none()
        {
            reader.mistake(
                &table::PRIMARY_STORAGE_SAS,
                "missing; MIRROR_SOURCE_AUTH=sas needs it",
            );
        }
        let host_map = some_or_empty(&mut reader, &table::HOST_MAP, parse::host_map);
        let encryption_scope_map =
            some_or_empty(&mut reader, &table::ENCRYPTION_SCOPE_MAP, parse::pairs);
        let scope = scope(&mut reader);
        let policy = policy(&mut reader, service);
        let webhook = webhook(&mut reader);
        let delete_grace = reader.required(&table::DELETE_GRACE, parse::duration);
        let delete_cap = reader.required(&table::DELETE_CAP, |text| {
            text.parse().map_err(|_| "expected a number".to_owned())
        });
        let sweep = sweep(&mut reader, service);
        let event_topics = reader.required(&table::EVENT_TOPICS, event_topics);
        let blob_debounce = reader.required(&table::BLOB_DEBOUNCE, blob_debounce);
        let settle = reader.required(&table::SETTLE, parse::duration);
        let copy_budget = reader.required(&table::COPY_BUDGET, parse::duration);
        let app_storage = app_storage(&mut reader);
        let settings = (|| {
            Some(Self {
                backend: backend?,
                webhook: webhook?,
                port: port?,
                credential: credential?,
                primary: primary?,
                secondary: secondary?,
                api_version: api_version?,
                call_timeout: call_timeout?,
                storage_map: StorageMap::new(storage_map?),
                primary_storage: primary_storage?,
                secondary_storage: secondary_storage?,
                source_auth: source_auth?,
                host_map: host_map?,
                encryption_scope_map: encryption_scope_map?,
                scope: scope?,
                policy: policy?,
                delete_grace: delete_grace?,
                delete_cap: delete_cap?,
                sweep: sweep?,
                event_topics: event_topics?,
                blob_debounce: blob_debounce?,
                settle: settle?,
                copy_budget: copy_budget?,
                app_storage: app_storage?,
            })
        })();
        reader.finish(settings)
    }
}

#[cfg(test)]
mod tests;
