//! User delegation keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::answer::Answer;
use crate::call::iso_time;
use crate::refusal::Refusal;
use crate::turn::Turn;
use crate::xml::{Xml, leaves};

/// The object and tenant the keys are made out to; nobody checks them.
const OBJECT: &str = "11059fcc-5514-4800-b5f8-49808b9cfab6";
const TENANT: &str = "ab1f708d-50f6-404c-a006-d71b2ac7a606";

/// Any key will do, because signatures are not verified. Its validity is, as `ske` of the SAS it signs.
pub(super) fn key(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let leaves = leaves(&turn.call.body)?;
    let find = |name: &str| {
        leaves
            .iter()
            .find(|(leaf, _)| leaf == name)
            .map(|(_, value)| value.as_str())
    };
    let now = turn.now();
    let start = find("Start")
        .map_or(Some(now), iso_time)
        .ok_or_else(Refusal::invalid_xml)?;
    let expiry = find("Expiry")
        .and_then(iso_time)
        .ok_or_else(Refusal::invalid_xml)?;
    // "Get User Delegation Key": at most seven days ahead, and after its start.
    if expiry <= start || expiry > now + time::Duration::days(7) {
        return Err(Refusal::new(
            400,
            "InvalidXmlNodeValue",
            "The value for one of the XML nodes is not in the correct format.",
        ));
    }
    let second = |at: time::OffsetDateTime| crate::store::iso_time_7(at).replace(".0000000Z", "Z");
    let whole =
        |at: time::OffsetDateTime| at.replace_nanosecond(0).map_or_else(|_| second(at), second);
    let xml = Xml::new()
        .element("UserDelegationKey", |xml| {
            xml.text("SignedOid", OBJECT)
                .text("SignedTid", TENANT)
                .text("SignedStart", &whole(start))
                .text("SignedExpiry", &whole(expiry))
                .text("SignedService", "b")
                .text(
                    "SignedVersion",
                    turn.call.header("x-ms-version").unwrap_or("2026-04-06"),
                )
                .text(
                    "Value",
                    &STANDARD.encode(uuid::Uuid::new_v4().as_bytes().repeat(2)),
                );
        })
        .finish();
    Ok(Answer::xml(200, xml))
}
