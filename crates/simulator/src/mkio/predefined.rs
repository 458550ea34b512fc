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

/// Whether a streaming policy is one of those that exist in every project. Case does not tell names apart.
pub(super) fn is_predefined(name: &str) -> bool {
    let prefix = "predefined_";
    name.to_ascii_lowercase().starts_with(prefix)
}

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
