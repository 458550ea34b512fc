use std::{collections::BTreeMap, time::Duration};

use azure_core::credentials::Secret;
use media::AccountId;
use url::Url;

use crate::{Mistakes, parse, reader::Reader, table};

/// Everything the handler needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
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
    /// How old the newest blob of an asset must be before its bytes count as complete.
    pub settle: Duration,
    /// How long one invocation copies.
    pub copy_budget: Duration,
    /// The app's own storage.
    pub app_storage: AppStorage,
}

/// As whom the app signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The app's managed identity; user-assigned if a client ID is given.
    ManagedIdentity {
        /// Client ID of the user-assigned identity.
        client_id: Option<String>,
    },
    /// Azure CLI or Azure Developer CLI.
    DeveloperTools,
}

/// A media-services account and where it answers.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its resource ID.
    pub id: AccountId,
    /// Base URL of the service.
    pub endpoint: Url,
    /// Audience of the tokens.
    pub audience: String,
}

/// The blobs of one side.
#[derive(Clone, Debug)]
pub struct StorageAccess {
    /// Blob endpoint with `{account}` in it, without a slash at the end.
    pub endpoint: String,
    /// A SAS in place of the app's identity, without `?`.
    pub sas: Option<Secret>,
}

/// How the storage service of the secondary reads the blobs of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceAuth {
    /// With a token of the app's identity.
    Bearer,
    /// With a SAS signed by a user delegation key.
    DelegationSas,
    /// With the SAS that is given.
    Sas,
}

/// The app's own storage account. `Debug` leaves the query out, because it can hold a SAS.
#[derive(Clone)]
pub struct AppStorage {
    /// The queue service; with a SAS in it where one is given.
    pub queue_service: Url,
}

impl std::fmt::Debug for AppStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppStorage")
            .field("queue_service", &self.queue_service.host_str())
            .finish()
    }
}

/// Which storage account of the secondary takes the place of which of the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageMap(Vec<(String, String)>);

impl StorageMap {
    /// A map from pairs of primary and secondary account names.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The secondary's account for one of the primary.
    #[must_use]
    pub fn replica_of(&self, primary: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(from, _)| from == primary)
            .map(|(_, to)| to.as_str())
    }

    /// The pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }
}

impl Settings {
    /// Parses the environment of the process.
    ///
    /// # Errors
    /// [`Mistakes`], all of them.
    pub fn from_env() -> Result<Self, Mistakes> {
        // `vars_os`, because another program's variable that is not UTF-8 must not stop this one.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::from_variables(&variables)
    }

    /// Parses variables that are given.
    ///
    /// # Errors
    /// [`Mistakes`], all of them.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(variables);
        reader.one_of(&table::BACKEND, &[("ams", ())]);
        let port = reader.required(&table::PORT, |text| {
            text.parse()
                .map_err(|_| "expected a port number".to_owned())
        });
        let credential = credential(&mut reader);
        let primary = account(
            &mut reader,
            &table::PRIMARY,
            &table::PRIMARY_ENDPOINT,
            &table::PRIMARY_AUDIENCE,
        );
        let secondary = account(
            &mut reader,
            &table::SECONDARY,
            &table::SECONDARY_ENDPOINT,
            &table::SECONDARY_AUDIENCE,
        );
        if let (Some(a), Some(b)) = (&primary, &secondary)
            && a.id == b.id
            && a.endpoint == b.endpoint
        {
            reader.mistake(
                &table::SECONDARY,
                "is the primary itself; name the other account",
            );
        }
        let api_version = reader.required(&table::API_VERSION, api_version);
        let call_timeout = reader.required(&table::CALL_TIMEOUT, parse::duration);
        let storage_map = reader.required(&table::STORAGE_MAP, parse::storage_map);
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
        let settle = reader.required(&table::SETTLE, parse::duration);
        let copy_budget = reader.required(&table::COPY_BUDGET, parse::duration);
        let app_storage = app_storage(&mut reader);
        let settings = (|| {
            Some(Self {
                port: port?,
                credential: credential?,
                primary: primary?,
                secondary: secondary?,
                api_version: api_version?,
                call_timeout: call_timeout?,
                storage_map: StorageMap(storage_map?),
                primary_storage: primary_storage?,
                secondary_storage: secondary_storage?,
                source_auth: source_auth?,
                settle: settle?,
                copy_budget: copy_budget?,
                app_storage: app_storage?,
            })
        })();
        reader.finish(settings)
    }
}

fn credential(reader: &mut Reader<'_>) -> Option<Credential> {
    let client_id = reader.optional(&table::CLIENT_ID, |text| Ok(text.to_owned()));
    let managed = reader.one_of(
        &table::CREDENTIAL,
        &[("managed-identity", true), ("developer-tools", false)],
    )?;
    Some(if managed {
        Credential::ManagedIdentity { client_id }
    } else {
        Credential::DeveloperTools
    })
}

fn account(
    reader: &mut Reader<'_>,
    id: &table::Setting,
    endpoint: &table::Setting,
    audience: &table::Setting,
) -> Option<Account> {
    let id = reader.required(id, |text| {
        text.parse().map_err(|e: media::BadAccountId| e.to_string())
    });
    let endpoint = reader.required(endpoint, parse::https);
    let audience = reader.required(audience, |text| parse::https(text).map(|_| text.to_owned()));
    Some(Account {
        id: id?,
        endpoint: endpoint?,
        audience: audience?,
    })
}

fn storage(
    reader: &mut Reader<'_>,
    endpoint: &table::Setting,
    sas: &table::Setting,
) -> Option<StorageAccess> {
    let endpoint = reader.required(endpoint, parse::endpoint_template);
    let sas = reader.optional(sas, |text| {
        let text = text.trim_start_matches('?');
        if text.contains("sig=") {
            Ok(Secret::from(text.to_owned()))
        } else {
            Err("expected a SAS: a query string with sig=".to_owned())
        }
    });
    Some(StorageAccess {
        endpoint: endpoint?,
        sas,
    })
}

fn app_storage(reader: &mut Reader<'_>) -> Option<AppStorage> {
    let queue_service = match reader.optional(&table::STORAGE_ACCOUNT, parse::storage_account) {
        Some(account) if reader.text(&table::QUEUE_SERVICE).is_none() => {
            parse::https(&format!("https://{account}.queue.core.windows.net")).ok()
        }
        _ => reader.required(&table::QUEUE_SERVICE, parse::https),
    };
    Some(AppStorage {
        queue_service: queue_service?,
    })
}

fn api_version(text: &str) -> Result<String, String> {
    let dated = text.len() >= 10
        && text
            .bytes()
            .take(10)
            .all(|b| b.is_ascii_digit() || b == b'-');
    dated
        .then(|| text.to_owned())
        .ok_or_else(|| "expected a date such as 2023-01-01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/";

    fn good() -> BTreeMap<String, String> {
        [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", "7001".to_owned()),
            ("MIRROR_PRIMARY", format!("{ACCOUNT}east")),
            ("MIRROR_SECONDARY", format!("{ACCOUNT}west")),
            ("MIRROR_STORAGE_MAP", "eaststore=weststore".to_owned()),
            ("AzureWebJobsStorage__accountName", "appstore".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    #[test]
    fn five_variables_are_enough() {
        let settings = Settings::from_variables(&good()).unwrap();
        assert_eq!(settings.settle, Duration::from_secs(120));
        assert_eq!(settings.source_auth, SourceAuth::Bearer);
        assert_eq!(
            settings.storage_map.replica_of("eaststore"),
            Some("weststore")
        );
        assert_eq!(
            settings.app_storage.queue_service.as_str(),
            "https://appstore.queue.core.windows.net/"
        );
    }

    #[test]
    fn every_mistake_is_reported_at_once_and_no_value_repeated() {
        let mut variables = good();
        for (name, value) in [
            ("MIRROR_PRIMARY", "SECRET"),
            ("MIRROR_SETTLE", "SECRET"),
            ("MIRROR_PRIMARY_STORAGE_SAS", "SECRET"),
            ("MIRROR_SECONDARY_ENDPOINT", "http://SECRET"),
            ("MIRROR_SETLE", "SECRET"),
            ("MIRROR_SOURCE_AUTH", "SECRET"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        variables.remove("MIRROR_STORAGE_MAP");
        let mistakes = Settings::from_variables(&variables).unwrap_err();
        assert_eq!(mistakes.count(), 7, "{mistakes}");
        for name in [
            "MIRROR_PRIMARY",
            "MIRROR_SETTLE",
            "MIRROR_SETLE",
            "MIRROR_STORAGE_MAP",
        ] {
            assert!(mistakes.names(name), "{name}: {mistakes}");
        }
        let line = mistakes.to_string();
        assert!(!line.contains("SECRET") && !line.contains('\n'), "{line}");
    }

    #[test]
    fn one_account_cannot_be_both() {
        let mut variables = good();
        variables.insert("MIRROR_SECONDARY".to_owned(), format!("{ACCOUNT}EAST"));
        let mistakes = Settings::from_variables(&variables).unwrap_err();
        assert!(mistakes.names("MIRROR_SECONDARY"), "{mistakes}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let mut variables = good();
        variables.insert(
            "MIRROR_PRIMARY_STORAGE_SAS".to_owned(),
            "?sv=1&sig=CANARY".to_owned(),
        );
        let settings = Settings::from_variables(&variables).unwrap();
        assert!(!format!("{settings:?}").contains("CANARY"));
    }
}
