//! One function: its folder's name and its `function.json`.

use std::time::Duration;

use serde_json::Value;

use super::binding::{self, Output, OutputKind, Trigger};
use super::names;
use super::section::Section;

/// One function of the app.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<Output>,
    pub(crate) disabled: bool,
    pub(crate) retry: Option<Retry>,
    /// The file as it stands, for `GET /admin/functions`.
    pub(crate) document: Value,
}

/// A retry policy: how often a failed invocation is tried again, and after what pause.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    /// `None` is for ever.
    pub(crate) max: Option<u32>,
    pub(crate) first: Duration,
    /// Doubling up to this, or the same pause each time.
    pub(crate) up_to: Option<Duration>,
}

impl Retry {
    /// Reads a `retry` section.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let section = Section::new(value);
        let max = section.get("maxRetryCount").integer()?.unwrap_or(0);
        let max = if max == -1 {
            None
        } else {
            Some(u32::try_from(max).map_err(|_| "retry.maxRetryCount".to_owned())?)
        };
        let span = |name: &str| {
            section
                .get(name)
                .timespan()?
                .ok_or_else(|| format!("retry.{name} is missing"))
        };
        match section
            .get("strategy")
            .text()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "fixeddelay" => Ok(Self {
                max,
                first: span("delayInterval")?,
                up_to: None,
            }),
            "exponentialbackoff" => Ok(Self {
                max,
                first: span("minimumInterval")?,
                up_to: Some(span("maximumInterval")?),
            }),
            other => Err(format!(
                "retry.strategy {other:?} is neither fixedDelay nor exponentialBackoff"
            )),
        }
    }

    /// The pause before try number `count + 1`.
    pub(crate) fn pause(&self, count: u32) -> Duration {
        match self.up_to {
            None => self.first,
            Some(up_to) => self.first.saturating_mul(1_u32 << count.min(20)).min(up_to),
        }
    }
}

impl Function {
    /// Reads a folder's `function.json`; every mistake is returned.
    pub(crate) fn read(
        name: &str,
        document: Value,
        setting: &dyn Fn(&str) -> Result<String, String>,
        default_retry: Option<&Value>,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if !names::is_function_name(name) {
            problems.push(format!("'{name}' is not a valid function name."));
        }
        let section = Section::new(&document);
        let retry = match section
            .get("retry")
            .value()
            .or(default_retry)
            .map(Retry::read)
        {
            Some(Err(problem)) => {
                problems.push(problem);
                None
            }
            Some(Ok(retry)) => Some(retry),
            None => None,
        };
        let bindings = match binding::read(section, setting) {
            Ok(bindings) if problems.is_empty() => bindings,
            Ok(_) => return Err(problems),
            Err(more) => {
                problems.extend(more);
                return Err(problems);
            }
        };
        let disabled = ["AzureWebJobs.{}.Disabled", "AzureWebJobs__{}__Disabled"]
            .iter()
            .any(|form| {
                setting(&form.replace("{}", name))
                    .is_ok_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
            });
        let (trigger, outputs) = (bindings.trigger, bindings.outputs);
        Ok(Self {
            name: name.to_owned(),
            trigger,
            outputs,
            disabled,
            retry,
            document,
        })
    }

    /// Whether a request may be handed to the handler as it is: one HTTP trigger in, one HTTP response out, and
    /// nothing else.
    pub(crate) fn is_http_only(&self) -> bool {
        matches!(self.trigger, Trigger::Http(_))
            && self.outputs.len() == 1
            && matches!(self.outputs[0].kind, OutputKind::Http)
    }
}
