use std::{collections::BTreeMap, time::Duration};

use azure_core::credentials::Secret;
use change::{Depth, UnknownDepth};
use mirror::{Conflicts, Deletes, Policy, Scope, rules::Backend};
use url::Url;

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

/// Who may send webhooks.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// What must stand in the header; without it nobody may.
    pub secret: Option<Secret>,
    /// The header, in lower case.
    pub header: String,
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
    /// The blob service; with a SAS in it where one is given.
    pub blob_service: Url,
    /// The container of the state documents.
    pub state_container: String,
}

/// Whose events are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTopics {
    /// The system topics of the primary, its resource group and its subscription.
    System,
    /// Custom topics, by resource ID.
    Custom(Vec<String>),
    /// Nobody's.
    None,
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
                storage_map: StorageMap(storage_map?),
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
    let account = reader.optional(&table::STORAGE_ACCOUNT, parse::storage_account);
    let mut service = |setting, service: &str| match &account {
        Some(account) if reader.text(setting).is_none() => {
            parse::https(&format!("https://{account}.{service}.core.windows.net")).ok()
        }
        _ => reader.required(setting, parse::https),
    };
    let queue_service = service(&table::QUEUE_SERVICE, "queue");
    let blob_service = service(&table::BLOB_SERVICE, "blob");
    let state_container = reader.required(&table::STATE_CONTAINER, parse::container);
    Some(AppStorage {
        queue_service: queue_service?,
        blob_service: blob_service?,
        state_container: state_container?,
    })
}

/// An absent list is an empty one; a wrong one is a mistake.
fn some_or_empty<T>(
    reader: &mut Reader<'_>,
    setting: &table::Setting,
    parse: impl Fn(&str) -> Result<Vec<T>, String>,
) -> Option<Vec<T>> {
    if reader.text(setting).is_none() {
        return Some(Vec::new());
    }
    reader.optional(setting, parse)
}

fn scope(reader: &mut Reader<'_>) -> Option<Scope> {
    let all = reader.one_of(&table::SCOPE, &[("published", false), ("all", true)]);
    let include = some_or_empty(reader, &table::INCLUDE, parse::patterns);
    let exclude = some_or_empty(reader, &table::EXCLUDE, parse::patterns);
    Some(Scope {
        all: all?,
        include: include?,
        exclude: exclude?,
    })
}

fn webhook(reader: &mut Reader<'_>) -> Option<Webhook> {
    let secret = reader.optional(&table::WEBHOOK_SECRET, |text| {
        if text.len() < 16 {
            Err("use a secret of at least 16 characters".to_owned())
        } else {
            Ok(Secret::from(text.to_owned()))
        }
    });
    let header = reader.required(&table::WEBHOOK_HEADER, |text| {
        let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| text.to_ascii_lowercase())
            .ok_or_else(|| "expected the name of a header".to_owned())
    });
    Some(Webhook {
        secret,
        header: header?,
    })
}

fn policy(reader: &mut Reader<'_>, service: Service) -> Option<Policy> {
    let usual = Policy::usual(match service {
        Service::Ams => Backend::Ams,
        Service::Mkio => Backend::Mkio,
    });
    let deletes = match reader.text(&table::DELETES) {
        None => Some(usual.deletes),
        Some(_) => reader.required(&table::DELETES, |text| {
            let words = [
                ("off", Deletes::Off),
                ("events", Deletes::Events),
                ("converge", Deletes::Converge),
            ];
            let deletes = parse::per_kind(text, &words)?;
            let announced = deletes.values().any(|deletes| *deletes == Deletes::Events);
            if announced && service == Service::Mkio {
                return Err(
                    "MK.IO announces no deletion, so `events` would never delete; use `converge`"
                        .to_owned(),
                );
            }
            Ok(deletes)
        }),
    };
    let conflicts = reader.required(&table::CONFLICTS, |text| {
        let words = [
            ("report", Conflicts::Report),
            ("replace-without-keys", Conflicts::ReplaceWithoutKeys),
            ("replace", Conflicts::Replace),
        ];
        parse::per_kind(text, &words)
    });
    let keep = some_or_empty(reader, &table::KEEP, parse::patterns);
    Some(Policy {
        deletes: deletes?,
        conflicts: conflicts?,
        keep: keep?,
    })
}

/// How often each depth is walked, unless the setting says otherwise.
const SWEEPS: [(Depth, u64); 5] = [
    (Depth::Updated, 60),
    (Depth::List, 300),
    (Depth::Children, 86_400),
    (Depth::Keys, 86_400),
    (Depth::Bytes, 86_400),
];

fn sweep(reader: &mut Reader<'_>, service: Service) -> Option<BTreeMap<Depth, Duration>> {
    let usual = SWEEPS.map(|(depth, seconds)| (depth, Duration::from_secs(seconds)));
    let mut sweeps = BTreeMap::from(usual);
    if service == Service::Ams {
        // Its lists cannot be asked for what was updated.
        sweeps.remove(&Depth::Updated);
    }
    match reader.text(&table::SWEEP) {
        None => return Some(sweeps),
        Some("off") => return Some(BTreeMap::new()),
        Some(_) => {}
    }
    let given = reader.optional(&table::SWEEP, |text| {
        let of = |(depth, every): (String, String)| {
            let depth: Depth = depth.parse().map_err(|bad: UnknownDepth| bad.to_string())?;
            if depth == Depth::Updated && service == Service::Ams {
                return Err("`updated` is for MK.IO only".to_owned());
            }
            Ok((depth, parse::interval(&every)?))
        };
        parse::pairs(text)?
            .into_iter()
            .map(of)
            .collect::<Result<Vec<_>, String>>()
    })?;
    for (depth, every) in given {
        match every {
            Some(every) => sweeps.insert(depth, every),
            None => sweeps.remove(&depth),
        };
    }
    Some(sweeps)
}

fn event_topics(text: &str) -> Result<EventTopics, String> {
    match text {
        "system" => Ok(EventTopics::System),
        "none" => Ok(EventTopics::None),
        ids => {
            let ids: Vec<String> = parse::items(ids).map(ToOwned::to_owned).collect();
            if ids.iter().all(|id| id.starts_with('/')) {
                Ok(EventTopics::Custom(ids))
            } else {
                Err("expected system, none, or resource IDs of topics".to_owned())
            }
        }
    }
}

fn blob_debounce(text: &str) -> Result<Duration, String> {
    match parse::duration(text) {
        // A message in a queue can be delayed by a week, but nobody means that.
        Ok(delay) if delay > Duration::from_secs(3600) => Err("expected at most 1h".to_owned()),
        result => result,
    }
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
        assert_eq!(settings.blob_debounce, Duration::from_secs(60));
        assert_eq!(settings.source_auth, SourceAuth::Bearer);
        assert_eq!(
            settings.storage_map.replica_of("eaststore"),
            Some("weststore")
        );
        assert_eq!(
            settings.app_storage.queue_service.as_str(),
            "https://appstore.queue.core.windows.net/"
        );
        assert_eq!(
            settings
                .policy
                .deletes
                .get(&change::Kind::StreamingLocators),
            Some(&Deletes::Events)
        );
        assert_eq!(settings.event_topics, EventTopics::System);
        assert_eq!(settings.sweep[&Depth::List], Duration::from_secs(300));
        assert!(!settings.sweep.contains_key(&Depth::Updated));
    }

    #[test]
    fn sweeps_are_set_depth_by_depth() {
        let with = |text: &str| {
            let mut variables = good();
            variables.insert("MIRROR_SWEEP".to_owned(), text.to_owned());
            Settings::from_variables(&variables)
        };
        let sweep = with("list=15m, bytes=off").unwrap().sweep;
        assert_eq!(sweep[&Depth::List], Duration::from_secs(900));
        assert_eq!(sweep[&Depth::Keys], Duration::from_secs(86_400));
        assert!(!sweep.contains_key(&Depth::Bytes));
        assert!(with("off").unwrap().sweep.is_empty());
        for bad in ["lists=5m", "list=5", "list=10s", "updated=1m"] {
            assert!(with(bad).unwrap_err().names("MIRROR_SWEEP"), "{bad}");
        }
    }

    #[test]
    fn lists_are_parsed_and_their_mistakes_reported() {
        let mut variables = good();
        for (name, value) in [
            ("MIRROR_HOST_MAP", "Keys.One.example=keys.two.example"),
            ("MIRROR_DELETES", "assets=events, streamingLocators=off"),
            ("MIRROR_EXCLUDE", "*-raw, tmp-?"),
            (
                "MIRROR_EVENT_TOPICS",
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/t",
            ),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let settings = Settings::from_variables(&variables).unwrap();
        assert_eq!(settings.host_map[0].0, "keys.one.example");
        assert_eq!(
            settings.policy.deletes[&change::Kind::Assets],
            Deletes::Events
        );
        assert_eq!(settings.scope.exclude.len(), 2);
        for (name, value) in [
            ("MIRROR_HOST_MAP", "a b=c"),
            ("MIRROR_DELETES", "jobs=events"),
            ("MIRROR_CONFLICTS", "assets=perhaps"),
            ("MIRROR_EVENT_TOPICS", "everything"),
            ("MIRROR_STATE_CONTAINER", "Not--Good"),
            ("MIRROR_BLOB_DEBOUNCE", "2h"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let mistakes = Settings::from_variables(&variables).unwrap_err();
        assert_eq!(mistakes.count(), 6, "{mistakes}");
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
    fn mkio_takes_projects_and_tokens() {
        let mut variables = good();
        for (name, value) in [
            ("MIRROR_BACKEND", "mkio"),
            ("MIRROR_PRIMARY", "east"),
            ("MIRROR_SECONDARY", "west"),
            ("MIRROR_PRIMARY_TOKEN", "e30.e30.x"),
            ("MIRROR_SECONDARY_TOKEN", "e30.e30.y"),
            ("MIRROR_STORAGE_MAP", "East storage=West storage"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let settings = Settings::from_variables(&variables).unwrap();
        assert_eq!(settings.primary.endpoint.as_str(), "https://app.mk.io/");
        let deletes = &settings.policy.deletes;
        assert_eq!(deletes[&change::Kind::StreamingLocators], Deletes::Converge);
        assert_eq!(settings.sweep[&Depth::Updated], Duration::from_secs(60));
        assert!(!format!("{settings:?}").contains("e30"));
        for (name, value) in [
            ("MIRROR_SECONDARY", "east"),
            ("MIRROR_PRIMARY_TOKEN", "opaque"),
            ("MIRROR_DELETES", "streamingLocators=events"),
            ("MIRROR_WEBHOOK_SECRET", "short"),
            (
                "MIRROR_WEBHOOK_SECRET",
                "@Microsoft.KeyVault(SecretUri=https://v/secrets/s)",
            ),
        ] {
            let mut variables = variables.clone();
            variables.insert(name.to_owned(), value.to_owned());
            let mistakes = Settings::from_variables(&variables).unwrap_err();
            assert!(mistakes.names(name), "{name}: {mistakes}");
        }
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
