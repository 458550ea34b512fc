//! Settings that more than one variable, or more than a parser, decides.

use std::{collections::BTreeMap, time::Duration};

use azure_core::credentials::Secret;
use change::{Depth, UnknownDepth};
use mirror::{Conflicts, Deletes, Policy, Scope, rules::Backend};

use super::parts::{AppStorage, Credential, EventTopics, StorageAccess, Webhook};
use crate::{Service, parse, reader::Reader, table};

pub(super) fn credential(reader: &mut Reader<'_>) -> Option<Credential> {
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

pub(super) fn storage(
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

pub(super) fn app_storage(reader: &mut Reader<'_>) -> Option<AppStorage> {
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
pub(super) fn some_or_empty<T>(
    reader: &mut Reader<'_>,
    setting: &table::Setting,
    parse: impl Fn(&str) -> Result<Vec<T>, String>,
) -> Option<Vec<T>> {
    if reader.text(setting).is_none() {
        return Some(Vec::new());
    }
    reader.optional(setting, parse)
}

pub(super) fn scope(reader: &mut Reader<'_>) -> Option<Scope> {
    let all = reader.one_of(&table::SCOPE, &[("published", false), ("all", true)]);
    let include = some_or_empty(reader, &table::INCLUDE, parse::patterns);
    let exclude = some_or_empty(reader, &table::EXCLUDE, parse::patterns);
    Some(Scope {
        all: all?,
        include: include?,
        exclude: exclude?,
    })
}

pub(super) fn webhook(reader: &mut Reader<'_>) -> Option<Webhook> {
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

pub(super) fn policy(reader: &mut Reader<'_>, service: Service) -> Option<Policy> {
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

pub(super) fn sweep(
    reader: &mut Reader<'_>,
    service: Service,
) -> Option<BTreeMap<Depth, Duration>> {
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

pub(super) fn event_topics(text: &str) -> Result<EventTopics, String> {
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

pub(super) fn blob_debounce(text: &str) -> Result<Duration, String> {
    match parse::duration(text) {
        // A message in a queue can be delayed by a week, but nobody means that.
        Ok(delay) if delay > Duration::from_secs(3600) => Err("expected at most 1h".to_owned()),
        result => result,
    }
}

pub(super) fn api_version(text: &str) -> Result<String, String> {
    let dated = text.len() >= 10
        && text
            .bytes()
            .take(10)
            .all(|b| b.is_ascii_digit() || b == b'-');
    dated
        .then(|| text.to_owned())
        .ok_or_else(|| "expected a date such as 2023-01-01".to_owned())
}
