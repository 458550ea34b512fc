//! The options of a content key policy: what they must have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body;
use super::call::Call;
use super::reply::Reply;

/// The options as they are kept: with new option IDs.
pub(super) fn checked(call: &Call<'_>, given: &Value) -> Result<Value, Reply> {
    let mut options = given.as_array().cloned().unwrap_or_default();
    if options.is_empty() {
        return Err(Reply::bad_request("'options' must not be empty."));
    }
    for option in &mut options {
        let Some(option) = option.as_object_mut() else {
            return Err(Reply::bad_request("An option is not an object."));
        };
        if option.contains_key("policyOptionId") {
            return Err(Reply::bad_request(
                "Unknown field: 'policyOptionId' cannot be set.",
            ));
        }
        for name in ["configuration", "restriction"] {
            let part = option
                .get_mut(name)
                .ok_or_else(|| Reply::bad_request(format!("'{name}' is required.")))?;
            check(call, part)?;
        }
        let id = json!(Uuid::new_v4().to_string());
        option.insert("policyOptionId".to_owned(), id);
    }
    Ok(Value::Array(options))
}

/// What the published schema requires of each type, and which of that is base64.
const TYPES: [(&str, &[&str], &[&str]); 11] = [
    ("ClearKeyConfiguration", &[], &[]),
    ("UnknownConfiguration", &[], &[]),
    ("WidevineConfiguration", &["widevineTemplate"], &[]),
    ("PlayReadyConfiguration", &["licenses"], &[]),
    (
        "FairPlayConfiguration",
        &[
            "ask",
            "fairPlayPfx",
            "fairPlayPfxPassword",
            "rentalAndLeaseKeyType",
            "rentalDuration",
        ],
        &["ask", "fairPlayPfx"],
    ),
    ("OpenRestriction", &[], &[]),
    ("UnknownRestriction", &[], &[]),
    (
        "TokenRestriction",
        &[
            "audience",
            "issuer",
            "primaryVerificationKey",
            "restrictionTokenType",
        ],
        &[],
    ),
    ("SymmetricTokenKey", &["keyValue"], &["keyValue"]),
    (
        "RsaTokenKey",
        &["exponent", "modulus"],
        &["exponent", "modulus"],
    ),
    ("X509CertificateTokenKey", &["rawBody"], &["rawBody"]),
];

/// What a PlayReady licence must have.
const LICENCE: [&str; 4] = [
    "allowTestDevices",
    "contentKeyLocation",
    "contentType",
    "licenseType",
];

fn check(call: &Call<'_>, part: &mut Value) -> Result<(), Reply> {
    let kind = part["@odata.type"]
        .as_str()
        .and_then(|of| of.strip_prefix("#Microsoft.Media.ContentKeyPolicy"))
        .unwrap_or_default();
    let (name, required, bytes) =
        TYPES
            .iter()
            .find(|(name, ..)| *name == kind)
            .ok_or_else(|| {
                Reply::bad_request(format!(
                    "'@odata.type' {} is not known here.",
                    part["@odata.type"]
                ))
            })?;
    for field in *required {
        if part.get(*field).is_none() {
            return Err(Reply::bad_request(format!("'{field}' is required.")));
        }
    }
    // An empty or null secret is taken as it comes: that is what makes a copy of a masked policy harmful.
    for field in *bytes {
        let text = part[*field].as_str().unwrap_or_default();
        if STANDARD.decode(text).is_err() {
            return Err(Reply::bad_request(format!("'{field}' is not base64.")));
        }
    }
    match *name {
        "PlayReadyConfiguration" => {
            for licence in items(part, "licenses") {
                check_licence(call, licence)?;
            }
        }
        "TokenRestriction" => {
            let first = part.get_mut("primaryVerificationKey");
            if let Some(key) = first.filter(|key| !key.is_null()) {
                check(call, key)?;
            }
            for key in items(part, "alternateVerificationKeys") {
                check(call, key)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The items of a list; none if there is no list.
fn items<'a>(part: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    part.get_mut(name)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

fn check_licence(call: &Call<'_>, licence: &mut Value) -> Result<(), Reply> {
    for field in LICENCE {
        if licence.get(field).is_none() {
            return Err(Reply::bad_request(format!("'{field}' is required.")));
        }
    }
    for field in ["beginDate", "expirationDate"] {
        if let Some(time) = licence.get_mut(field) {
            *time = body::time(call, field, time)?;
        }
    }
    Ok(())
}
