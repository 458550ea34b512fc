//! Content key policies: PUT creates, PATCH changes, and every write makes new option IDs.

use change::ResourceId;
use serde_json::{Value, json};

use super::{Options, Switches};
use crate::account::{Account, Fields, Refused, Writing, of_names, parsed, written};

const GIVEN: &[&str] = &["description", "fairPlayAmsCompatibility"];

pub(super) fn create(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Fields, Refused> {
    if account.get(id).is_some() {
        return Err(Refused::CONFLICT);
    }
    let options = options(wanted, writing)?.ok_or(Refused::BAD_REQUEST)?;
    let mut kept = of_names(wanted, GIVEN);
    kept.insert(
        "policyId".to_owned(),
        json!(writing.chance.uuid().to_string()),
    );
    kept.insert("options".to_owned(), Value::Array(options));
    Ok(kept)
}

/// What is left out stays as it is.
pub(super) fn update(
    account: &Account,
    switches: Switches,
    id: &ResourceId,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Fields, Refused> {
    let old = account.get(id).ok_or(Refused::NOT_FOUND)?;
    let mut kept = old.properties.clone();
    kept.extend(of_names(wanted, GIVEN));
    if let Some(mut options) = options(wanted, writing)? {
        if switches.options == Options::Merged {
            let before = old.properties.get("options").and_then(Value::as_array);
            let named = |name: &Value| options.iter().any(|option| option["name"] == *name);
            let others = before.into_iter().flatten();
            let others: Vec<Value> = others
                .filter(|option| !named(&option["name"]))
                .cloned()
                .collect();
            options.extend(others);
        }
        kept.insert("options".to_owned(), Value::Array(options));
    }
    Ok(kept)
}

/// The options of a request, as they are kept.
fn options(wanted: &Fields, writing: &Writing<'_>) -> Result<Option<Vec<Value>>, Refused> {
    let Some(options) = wanted.get("options") else {
        return Ok(None);
    };
    let options = options.as_array().filter(|options| !options.is_empty());
    let options = options.ok_or(Refused::BAD_REQUEST)?.iter().map(|option| {
        let mut option = option.clone();
        if option.get("policyOptionId").is_some() {
            return Err(Refused::BAD_REQUEST);
        }
        option["policyOptionId"] = json!(writing.chance.uuid().to_string());
        with_whole_times(&mut option);
        Ok(option)
    });
    options.collect::<Result<_, _>>().map(Some)
}

/// Times of licences in one form, however they were written.
fn with_whole_times(option: &mut Value) {
    let licenses = option["configuration"].get_mut("licenses");
    for license in licenses.and_then(Value::as_array_mut).into_iter().flatten() {
        for name in ["beginDate", "expirationDate"] {
            if let Some(time) = license[name].as_str().and_then(parsed) {
                license[name] = json!(written(time));
            }
        }
    }
}
