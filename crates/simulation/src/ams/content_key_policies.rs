//! Content key policies: their secrets are masked everywhere but in one answer, and every write makes new option IDs.

use change::ResourceId;
use serde_json::{Value, json};

use crate::account::{Account, Fields, Refused, Writing, text};

pub(super) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Fields, Refused> {
    let chance = writing.chance;
    let options = wanted.get("options").and_then(Value::as_array);
    let Some(options) = options.filter(|options| !options.is_empty()) else {
        return Err(Refused::BAD_REQUEST);
    };
    let options = options.iter().map(|option| {
        let mut option = option.clone();
        option["policyOptionId"] = json!(chance.uuid().to_string());
        normalised(&mut option);
        option
    });
    let policy_id = account
        .get(id)
        .and_then(|old| text(&old.properties, "policyId"))
        .map_or_else(|| chance.uuid().to_string(), ToOwned::to_owned);
    let mut kept = Fields::new();
    kept.insert("policyId".to_owned(), json!(policy_id));
    if let Some(description) = text(wanted, "description") {
        kept.insert("description".to_owned(), json!(description));
    }
    kept.insert("options".to_owned(), options.collect());
    Ok(kept)
}

/// What the service fills in and rewrites.
fn normalised(option: &mut Value) {
    if let Some(restriction) = option["restriction"].as_object_mut()
        && restriction.contains_key("issuer")
    {
        for list in ["alternateVerificationKeys", "requiredClaims"] {
            restriction.entry(list).or_insert_with(|| json!([]));
        }
    }
    let licenses = option["configuration"].get_mut("licenses");
    for license in licenses.and_then(Value::as_array_mut).into_iter().flatten() {
        for time in ["beginDate", "expirationDate"] {
            let short = license[time]
                .as_str()
                .and_then(|text| text.strip_suffix(".000Z"))
                .map(|text| json!(format!("{text}Z")));
            if let Some(short) = short {
                license[time] = short;
            }
        }
    }
}
