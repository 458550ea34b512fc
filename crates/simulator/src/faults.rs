//! What can be made to go wrong, for each account.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that goes wrong with the requests that match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRule {
    /// The account it befalls; `None`: all of them.
    #[serde(default)]
    pub account: Option<String>,
    /// The methods it befalls (`PUT`, ...); empty: all of them.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Befalls only paths that contain this, in any letter case, for example `/streamingLocators/news`.
    #[serde(default)]
    pub path: Option<String>,
    /// How many matching requests pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests it befalls; `None`: all, until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// What goes wrong.
    pub fault: Fault,
}

impl FaultRule {
    /// A rule for every request of one account, until it is cleared.
    #[must_use]
    pub fn for_account(account: impl Into<String>, fault: Fault) -> Self {
        Self {
            account: Some(account.into()),
            methods: Vec::new(),
            path: None,
            skip: 0,
            times: None,
            fault,
        }
    }

    /// Only requests with these methods.
    #[must_use]
    pub fn methods(mut self, methods: &[&str]) -> Self {
        self.methods = methods.iter().map(|method| (*method).to_owned()).collect();
        self
    }

    /// Only paths that contain this.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after this many matching requests.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    fn matches(&self, account: &str, method: &str, path: &str) -> bool {
        self.account
            .as_deref()
            .is_none_or(|of| of.eq_ignore_ascii_case(account))
            && (self.methods.is_empty()
                || self
                    .methods
                    .iter()
                    .any(|of| of.eq_ignore_ascii_case(method)))
            && self
                .path
                .as_deref()
                .is_none_or(|part| path.to_lowercase().contains(&part.to_lowercase()))
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Fault {
    /// 429 with `Retry-After`; nothing is done.
    Throttle {
        /// The header's value, in seconds.
        retry_after: u64,
    },
    /// An error with this status; nothing is done.
    Status {
        /// The HTTP status.
        status: u16,
        /// The error's code; absent: one that suits the status.
        #[serde(default)]
        code: Option<String>,
        /// The error's message.
        #[serde(default)]
        message: Option<String>,
    },
    /// No reply for so long (seconds), or until the simulator stops; then the connection closes. Nothing is done.
    Hang {
        /// `None`: until the simulator stops.
        #[serde(default)]
        seconds: Option<f64>,
    },
    /// The work is done, and the connection closes without a reply.
    DropReply,
    /// The region is lost: connections close without a reply, or a gateway answers 503. Nothing is done.
    Dark {
        /// Which of the two.
        #[serde(default)]
        how: Darkness,
    },
    /// The account is gone: ARM answers 404 `ResourceNotFound` for it and for all under it, MK.IO 404 for the project
    /// and for all under it. Nothing is done.
    LoseAccount,
    /// The work is done, and the reply is a page of HTML with the status of the real one.
    NonJson,
    /// The work is done, and the connection closes in the middle of the reply's body.
    Truncate,
    /// The work is done, and every resource in the reply has one more property.
    ExtraField {
        /// The property's name.
        name: String,
        /// Its value; ignored when it counts.
        #[serde(default)]
        value: Value,
        /// A number that is greater each time it is shown.
        #[serde(default)]
        counter: bool,
    },
    /// Reads of secrets answer as if the right to see them were missing: masked.
    MaskSecrets,
    /// PUT and PATCH are answered as usual, and nothing is changed.
    IgnoreWrite,
}

/// How a lost region looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Darkness {
    /// Connections close.
    #[default]
    Closed,
    /// 503 without a JSON body.
    Unavailable,
}

impl Fault {
    /// As the journal calls it.
    pub(crate) fn name(&self) -> String {
        let name = match self {
            Self::Throttle { .. } => "throttle",
            Self::Status { .. } => "status",
            Self::Hang { .. } => "hang",
            Self::DropReply => "dropReply",
            Self::Dark { .. } => "dark",
            Self::LoseAccount => "loseAccount",
            Self::NonJson => "nonJson",
            Self::Truncate => "truncate",
            Self::ExtraField { .. } => "extraField",
            Self::MaskSecrets => "maskSecrets",
            Self::IgnoreWrite => "ignoreWrite",
        };
        name.to_owned()
    }

    /// Whether nothing is done when it strikes, so that no other fault can matter.
    fn ends_it(&self) -> bool {
        matches!(
            self,
            Self::Throttle { .. }
                | Self::Status { .. }
                | Self::Hang { .. }
                | Self::Dark { .. }
                | Self::LoseAccount
        )
    }
}

/// A rule with the number it is cleared by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    /// Given by the simulator.
    pub id: u64,
    /// As it stands now: `skip` and `times` count down.
    #[serde(flatten)]
    pub rule: FaultRule,
}

/// The rules in force.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    last: u64,
    active: Vec<ActiveFault>,
}

impl Faults {
    pub(crate) fn add(&self, rule: FaultRule) -> u64 {
        let mut rules = self.rules();
        rules.last += 1;
        let id = rules.last;
        rules.active.push(ActiveFault { id, rule });
        id
    }

    pub(crate) fn list(&self) -> Vec<ActiveFault> {
        self.rules().active.clone()
    }

    /// Clears one rule, or with `None` all of them.
    pub(crate) fn clear(&self, id: Option<u64>) {
        self.rules()
            .active
            .retain(|active| id.is_some_and(|id| id != active.id));
    }

    pub(crate) fn clear_account(&self, account: &str) {
        self.rules().active.retain(|active| {
            !active
                .rule
                .account
                .as_deref()
                .is_some_and(|of| of.eq_ignore_ascii_case(account))
        });
    }

    /// The faults that befall a request, oldest rule first, up to one after which nothing is done. Counts them.
    pub(crate) fn strike(&self, account: &str, method: &str, path: &str) -> Vec<Fault> {
        let mut struck = Vec::new();
        let mut rules = self.rules();
        for active in &mut rules.active {
            let rule = &mut active.rule;
            if !rule.matches(account, method, path) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times = times.saturating_sub(1);
            }
            struck.push(rule.fault.clone());
            if rule.fault.ends_it() {
                break;
            }
        }
        rules.active.retain(|active| active.rule.times != Some(0));
        struck
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_as_often_as_it_says_and_is_gone() {
        let faults = Faults::default();
        faults.add(
            FaultRule::for_account("A", Fault::DropReply)
                .methods(&["put"])
                .path("/assets/")
                .after(1)
                .times(1),
        );
        let strike = || faults.strike("a", "PUT", "/x/Assets/y");
        assert!(faults.strike("a", "GET", "/x/assets/y").is_empty());
        assert!(faults.strike("b", "PUT", "/x/assets/y").is_empty());
        assert!(strike().is_empty());
        assert_eq!(strike(), [Fault::DropReply]);
        assert!(strike().is_empty());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn nothing_strikes_after_a_fault_that_ends_it() {
        let faults = Faults::default();
        let dark = Fault::Dark {
            how: Darkness::Closed,
        };
        faults.add(FaultRule::for_account("a", dark.clone()));
        faults.add(FaultRule::for_account("a", Fault::Truncate));
        assert_eq!(faults.strike("a", "GET", "/"), [dark]);
        faults.clear_account("A");
        assert!(faults.list().is_empty());
    }
}
