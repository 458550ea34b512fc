//! Who wants which events.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Event;

/// An event subscription with a webhook endpoint. It stands for a subscription to the account's own topic
/// (`Microsoft.Media.*`), to the topic of the Azure subscription (`Microsoft.Resources.*`), or to both.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSubscription {
    /// Its name; making one of the same name again replaces it.
    pub name: String,
    /// The account whose events it wants; `None`: those of every account.
    #[serde(default)]
    pub account: Option<String>,
    /// Where events are posted. Its query may hold a secret, which is shown nowhere.
    pub endpoint: Url,
    /// The event types it wants, for example `Microsoft.Media.JobFinished`; empty: all.
    #[serde(default)]
    pub event_types: Vec<String>,
}

/// Shows no query of the endpoint.
impl std::fmt::Debug for EventSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.shown();
        f.debug_struct("EventSubscription")
            .field("name", &shown.name)
            .field("account", &shown.account)
            .field("endpoint", &shown.endpoint.as_str())
            .field("event_types", &shown.event_types)
            .finish()
    }
}

impl EventSubscription {
    /// Without the secret that the endpoint's query may hold.
    #[must_use]
    pub(crate) fn shown(&self) -> Self {
        let mut shown = self.clone();
        shown.endpoint.set_query(None);
        let _ = shown.endpoint.set_password(None);
        shown
    }

    pub(super) fn wants(&self, event: &Event) -> bool {
        !event.is_cloud_event()
            && self
                .account
                .as_deref()
                .is_none_or(|account| account.eq_ignore_ascii_case(&event.account))
            && (self.event_types.is_empty()
                || self
                    .event_types
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(event.event_type())))
    }
}
