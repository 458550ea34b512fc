//! The headers that say how many requests are left, one count each, as recorded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::version::ApiVersion;
use crate::state::{Action, Kind};

/// The counts of one simulator; they start again from the top when they are used up.
#[derive(Default)]
pub(crate) struct Rates {
    used: Mutex<HashMap<(&'static str, u64), u64>>,
}

impl Rates {
    /// Counts a request: the name of its header and what is left.
    pub(super) fn count(
        &self,
        method: &str,
        kind: Option<Kind>,
        action: Option<Action>,
        version: Option<ApiVersion>,
    ) -> (&'static str, u64) {
        let newer = version.is_none_or(ApiVersion::counts_resource_requests);
        let resources = "x-ms-ratelimit-remaining-subscription-resource-requests";
        let (header, cap) = match (method, kind, action) {
            ("GET" | "HEAD", ..) => ("x-ms-ratelimit-remaining-subscription-reads", 12_000),
            (_, _, Some(Action::GetPolicyPropertiesWithSecrets)) if newer => (resources, 3_000),
            (_, _, Some(Action::ListContainerSas | Action::ListStreamingLocators)) if newer => {
                (resources, 12_000)
            }
            ("PUT" | "DELETE", Some(Kind::Assets | Kind::StreamingLocators), None) => {
                (resources, 12_000)
            }
            ("DELETE", ..) => ("x-ms-ratelimit-remaining-subscription-deletes", 15_000),
            _ => ("x-ms-ratelimit-remaining-subscription-writes", 1_200),
        };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = used.entry((header, cap)).or_default();
        *used = *used % cap + 1;
        (header, cap - *used)
    }
}
