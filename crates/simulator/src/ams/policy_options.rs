//! The options of a content key policy: how the service checks and rewrites them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body;
use super::reply::Reply;

/// The options as they are kept: with new option IDs, whatever they had before.
pub(super) fn normalised(options: &Value) -> Result<Value, Reply> {
    let Some(options) = options.as_array() else {
        return Err(Reply::bad_request("The property 'options' is required."));
    };
    options
        .iter()
        .map(option)
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

/// The same options with new IDs: every change of a policy gives them.
pub(super) fn renumber(options: &mut Value) {
    for option in options.as_array_mut().into_iter().flatten() {
        option["policyOptionId"] = json!(Uuid::new_v4().to_string());
    }
}

fn option(given: &Value) -> Result<Value, Reply> {
    let mut option = Map::new();
    option.insert(
        "policyOptionId".to_owned(),
        json!(Uuid::new_v4().to_string()),
    );
    if let Some(name) = given.get("name").filter(|name| !name.is_null()) {
        option.insert("name".to_owned(), name.clone());
    }
    option.insert(
        "configuration".to_owned(),
        configuration(&given["configuration"])?,
    );
    option.insert(
        "restriction".to_owned(),
        restriction(&given["restriction"])?,
    );
    Ok(Value::Object(option))
}

fn configuration(given: &Value) -> Result<Value, Reply> {
    let mut configuration = given.clone();
    match odata_type(given, "configuration")? {
        "ContentKeyPolicyClearKeyConfiguration" | "ContentKeyPolicyUnknownConfiguration" => {}
        "ContentKeyPolicyWidevineConfiguration" => {
            if !given["widevineTemplate"].is_string() {
                return Err(Reply::bad_request(
                    "The property 'widevineTemplate' is required.",
                ));
            }
        }
        "ContentKeyPolicyFairPlayConfiguration" => {
            let dual = given["rentalAndLeaseKeyType"] == "DualExpiry";
            if dual && given["offlineRentalConfiguration"].is_object() {
                configuration["rentalDuration"] = json!(0);
            }
        }
        "ContentKeyPolicyPlayReadyConfiguration" => {
            let licences = configuration["licenses"].as_array_mut();
            for licence in licences
                .ok_or_else(|| Reply::bad_request("The property 'licenses' is required."))?
            {
                check_licence(licence)?;
            }
        }
        other => return Err(unknown_type(other)),
    }
    Ok(configuration)
}

fn check_licence(licence: &mut Value) -> Result<(), Reply> {
    for name in ["beginDate", "expirationDate"] {
        if let Some(date) = licence.get_mut(name).filter(|date| !date.is_null()) {
            *date = body::time(name, date)?;
        }
    }
    let right = &licence["playRight"];
    if right["digitalVideoOnlyContentRestriction"] == true
        && right["allowPassingVideoContentToUnknownOutput"]
            .as_str()
            .is_some_and(|passing| passing != "NotAllowed")
    {
        return Err(Reply::bad_request(
            "PlayReady does not allow passing to unknown outputs if the DigitalVideoOnlyContentRestriction is enabled.",
        ));
    }
    Ok(())
}

fn restriction(given: &Value) -> Result<Value, Reply> {
    match odata_type(given, "restriction")? {
        "ContentKeyPolicyOpenRestriction" | "ContentKeyPolicyUnknownRestriction" => {
            Ok(given.clone())
        }
        "ContentKeyPolicyTokenRestriction" => {
            let mut shown = Map::new();
            let given_fields = given.as_object().cloned().unwrap_or_default();
            for name in ["@odata.type", "issuer", "audience"] {
                if let Some(value) = given_fields.get(name) {
                    shown.insert(name.to_owned(), value.clone());
                }
            }
            shown.insert(
                "primaryVerificationKey".to_owned(),
                key(&given["primaryVerificationKey"])?,
            );
            let alternate = given["alternateVerificationKeys"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let alternate = alternate.iter().map(key).collect::<Result<Vec<_>, _>>()?;
            shown.insert(
                "alternateVerificationKeys".to_owned(),
                Value::Array(alternate),
            );
            let claims = given["requiredClaims"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            shown.insert("requiredClaims".to_owned(), Value::Array(claims));
            for (name, value) in given_fields {
                if !value.is_null() && !shown.contains_key(&name) {
                    shown.insert(name, value);
                }
            }
            Ok(Value::Object(shown))
        }
        other => Err(unknown_type(other)),
    }
}

/// A null secret is taken as it comes: that is what makes a copy of a masked policy harmful.
fn key(given: &Value) -> Result<Value, Reply> {
    let mut key = given.clone();
    match odata_type(given, "primaryVerificationKey")? {
        "ContentKeyPolicySymmetricTokenKey" => check_base64(given, &["keyValue"])?,
        "ContentKeyPolicyRsaTokenKey" => check_base64(given, &["exponent", "modulus"])?,
        "ContentKeyPolicyX509CertificateTokenKey" => {
            check_base64(given, &["rawBody"])?;
            if let Some(der) = given["rawBody"].as_str().and_then(der_of_pem) {
                key["rawBody"] = json!(der);
            }
        }
        other => return Err(unknown_type(other)),
    }
    Ok(key)
}

fn check_base64(given: &Value, names: &[&str]) -> Result<(), Reply> {
    for name in names {
        if given[*name]
            .as_str()
            .is_some_and(|text| body::bytes(text).is_none())
        {
            return Err(Reply::bad_request(format!(
                "The property '{name}' is not base64."
            )));
        }
    }
    Ok(())
}

/// A certificate sent as PEM comes back as DER (recorded).
fn der_of_pem(base64: &str) -> Option<String> {
    let pem = String::from_utf8(body::bytes(base64)?).ok()?;
    let inner = pem
        .split("-----BEGIN CERTIFICATE-----")
        .nth(1)?
        .split("-----END")
        .next()?;
    let inner: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
    Some(STANDARD.encode(STANDARD.decode(inner).ok()?))
}

fn odata_type<'a>(value: &'a Value, name: &str) -> Result<&'a str, Reply> {
    value["@odata.type"]
        .as_str()
        .and_then(|of| of.strip_prefix("#Microsoft.Media."))
        .ok_or_else(|| {
            Reply::bad_request(format!("The property '{name}' has no known '@odata.type'."))
        })
}

fn unknown_type(name: &str) -> Reply {
    Reply::bad_request(format!(
        "The type '#Microsoft.Media.{name}' is not known here."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pem_certificate_is_kept_as_der() {
        let pem =
            STANDARD.encode("-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n");
        assert_eq!(
            der_of_pem(&pem).unwrap(),
            STANDARD.encode([0, 1, 2, 3, 4, 5])
        );
        assert_eq!(der_of_pem(&STANDARD.encode([0, 1, 2])), None);
    }
}
