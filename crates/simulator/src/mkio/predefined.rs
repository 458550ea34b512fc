//! The streaming policies that exist in every project, as MK.IO shows them.

use serde_json::{Map, Value};

use crate::state::Record;

/// The labels of AMS and those of MK.IO in their place: a client of the former reports that `cencKeyDefault` is refused
/// and `cencDefaultKey` wanted, and others use `ContentKey_AES`. The third follows from the first.
const LABELS: [(&str, &str); 3] = [
    ("cencKeyDefault", "cencDefaultKey"),
    ("cbcsKeyDefault", "cbcsDefaultKey"),
    ("clearKeyDefault", "ContentKey_AES"),
];

/// The name that begins the names of the predefined policies.
pub(super) const PREFIX: &str = "Predefined_";

/// A streaming policy's properties.
pub(super) fn properties(policy: &Record) -> Map<String, Value> {
    let mut properties = policy.fields.clone();
    if policy.predefined {
        for encryption in properties.values_mut() {
            let Some(label) = encryption.pointer_mut("/contentKeys/defaultKey/label") else {
                continue;
            };
            let own = LABELS
                .iter()
                .find(|(of_ams, _)| label.as_str() == Some(of_ams));
            if let Some((_, own)) = own {
                *label = (*own).into();
            }
        }
    }
    properties
}

/// What the content key policy of a locator must have for a predefined streaming policy.
pub(super) fn systems(policy_name: &str) -> &'static [&'static str] {
    match policy_name {
        "Predefined_MultiDrmStreaming" => &["Widevine", "PlayReady", "FairPlay"],
        "Predefined_MultiDrmCencStreaming" => &["Widevine", "PlayReady"],
        _ => &[],
    }
}
