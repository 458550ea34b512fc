//! Streaming locators: PUT creates them, and changes when they play and whether they do.

use std::collections::BTreeSet;

use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{ExplicitKeys, LocatorIds, Switches};
use crate::account::{
    Account, Fields, PREDEFINED, Record, Refused, Writing, filters,
    keys::{in_use, keys_of_new},
    of_names, parsed, text, written,
};

/// Kept as they were given.
const GIVEN: &[&str] = &[
    "assetName",
    "streamingPolicyName",
    "defaultContentKeyPolicyName",
    "startTime",
    "endTime",
    "alternativeMediaId",
    "suppressed",
    "contentId",
    "defaultManifestFilename",
    "filters",
];

const TIMES: [&str; 2] = ["startTime", "endTime"];

pub(super) fn create(
    account: &Account,
    switches: Switches,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Fields, Refused> {
    check_references(account, wanted, writing.now)?;
    let mut kept = of_names(wanted, GIVEN);
    set_times(&mut kept)?;
    let locator_id = match text(wanted, "streamingLocatorId") {
        Some(id) if id.is_empty() || id.contains('/') => return Err(Refused::BAD_REQUEST),
        Some(id) => id.to_owned(),
        None => writing.chance.uuid().to_string(),
    };
    let mut used = account.locator_ids();
    if switches.locator_ids == LocatorIds::Everywhere {
        used.extend(writing.ids_elsewhere.iter().cloned());
    }
    if used.contains(&locator_id.to_ascii_lowercase()) {
        return Err(conflict("LocatorIdInUse"));
    }
    kept.insert("streamingLocatorId".to_owned(), json!(locator_id));
    let keys = content_keys(account, switches, wanted, writing)?;
    kept.insert("contentKeys".to_owned(), Value::Array(keys));
    Ok(kept)
}

/// Times that are left out stay; `suppressed` that is left out is false.
pub(super) fn update(
    switches: Switches,
    there: &Record,
    wanted: &Fields,
) -> Result<Fields, Refused> {
    let mut asked = of_names(wanted, &["startTime", "endTime", "suppressed"]);
    set_times(&mut asked)?;
    if switches.locator_changes_refused && changes_more(&there.properties, wanted) {
        return Err(conflict("CannotBeChanged"));
    }
    let mut kept = there.properties.clone();
    kept.insert("suppressed".to_owned(), json!(false));
    // An end that is given as the end of time is none.
    if text(wanted, "endTime").is_some() {
        kept.remove("endTime");
    }
    kept.extend(asked);
    Ok(kept)
}

/// A client sees no more than the status: which codes there are nobody has written down.
const fn conflict(code: &'static str) -> Refused {
    Refused {
        code,
        ..Refused::CONFLICT
    }
}

/// Whether anything is asked for that cannot be changed.
fn changes_more(there: &Fields, wanted: &Fields) -> bool {
    let changeable = ["startTime", "endTime", "suppressed"];
    let others = wanted.iter().filter(|(name, value)| {
        !changeable.contains(&name.as_str()) && !value.is_null() && *name != "contentKeys"
    });
    let mut others =
        others.filter(|(name, _)| GIVEN.contains(&name.as_str()) || *name == "streamingLocatorId");
    let keys = wanted.get("contentKeys").and_then(Value::as_array);
    others.any(|(name, value)| there.get(name) != Some(value))
        || keys.is_some_and(|keys| !keys.iter().all(|key| has_key(there, key)))
}

fn has_key(there: &Fields, given: &Value) -> bool {
    let keys = there.get("contentKeys").and_then(Value::as_array);
    keys.into_iter().flatten().any(|own| {
        let same = |name: &str| given[name].is_null() || given[name] == own[name];
        own["id"] == given["id"]
            && ["value", "labelReferenceInStreamingPolicy"]
                .into_iter()
                .all(same)
    })
}

/// What a locator names must be there, and in use.
fn check_references(
    account: &Account,
    wanted: &Fields,
    now: OffsetDateTime,
) -> Result<(), Refused> {
    let (Some(asset), Some(policy)) = (
        text(wanted, "assetName"),
        text(wanted, "streamingPolicyName"),
    ) else {
        return Err(Refused::BAD_REQUEST);
    };
    if !account.has_policy(policy) {
        return Err(Refused::BAD_REQUEST);
    }
    let key_policy = text(wanted, "defaultContentKeyPolicyName");
    let needs = [
        (Kind::Assets, Some(asset)),
        (Kind::ContentKeyPolicies, key_policy),
    ];
    for (kind, name) in needs {
        let Some(name) = name else { continue };
        let name = Name::new(name).map_err(|_| Refused::BAD_REQUEST)?;
        let record = account.get(&ResourceId::new(kind, name));
        if now < record.ok_or(Refused::BAD_REQUEST)?.usable {
            return Err(conflict("NotReady"));
        }
    }
    let asset = Name::new(asset).map_err(|_| Refused::BAD_REQUEST)?;
    let known = |filter: &str| {
        let Ok(filter) = Name::new(filter) else {
            return false;
        };
        let of_asset = ResourceId::asset_filter(asset.clone(), filter.clone());
        account.get(&of_asset).is_some()
            || account
                .get(&ResourceId::new(Kind::AccountFilters, filter))
                .is_some()
    };
    if filters::named(wanted).all(known) {
        Ok(())
    } else {
        Err(Refused::BAD_REQUEST)
    }
}

/// Times have at most two digits of fraction; an end at the end of time is none.
fn set_times(fields: &mut Fields) -> Result<(), Refused> {
    for name in TIMES {
        let Some(time) = text(fields, name) else {
            continue;
        };
        let digits = time.split_once('.').map_or("", |(_, digits)| digits);
        if digits.bytes().filter(u8::is_ascii_digit).count() > 2 {
            return Err(Refused::BAD_REQUEST);
        }
        if time.starts_with("9999-12-31") {
            fields.remove(name);
            continue;
        }
        let time = parsed(time).ok_or(Refused::BAD_REQUEST)?;
        fields.insert(name.to_owned(), json!(written(time)));
    }
    Ok(())
}

fn content_keys(
    account: &Account,
    switches: Switches,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Vec<Value>, Refused> {
    let given = wanted.get("contentKeys").and_then(Value::as_array);
    let mut given = given.cloned().unwrap_or_default();
    let predefined =
        text(wanted, "streamingPolicyName").is_some_and(|name| name.starts_with(PREDEFINED));
    if !given.is_empty() && predefined {
        match switches.keys_on_predefined {
            ExplicitKeys::Accepted => {}
            ExplicitKeys::Refused => return Err(Refused::BAD_REQUEST),
            ExplicitKeys::Stripped => given.clear(),
        }
    }
    let keys = keys_of_new(account, wanted, &given, writing.chance)?;
    let mut used = if switches.key_ids_unique {
        in_use(account)
    } else {
        BTreeSet::new()
    };
    let ids = keys.iter().filter_map(|key| key["id"].as_str());
    for id in ids.map(str::to_ascii_lowercase) {
        if !used.insert(id) {
            return Err(conflict("KeyInUse"));
        }
    }
    Ok(keys)
}
