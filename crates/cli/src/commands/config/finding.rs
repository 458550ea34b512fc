//! What a check found.

use std::fmt;

use serde_json::{Value, json};

use crate::output::{BAD, FAINT, GOOD};

/// One check and what it found.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    part: String,
    what: String,
    result: Answer,
}

#[derive(Clone, Debug)]
enum Answer {
    Good(Option<String>),
    Bad { detail: String, next: String },
    NotTried(String),
}

impl Finding {
    pub(super) fn good(part: &str, what: impl Into<String>, detail: Option<String>) -> Self {
        Self::new(part, what, Answer::Good(detail))
    }

    /// `next` names the right, setting or deed that is missing.
    pub(super) fn bad(
        part: &str,
        what: impl Into<String>,
        detail: impl fmt::Display,
        next: impl Into<String>,
    ) -> Self {
        let (detail, next) = (detail.to_string(), next.into());
        Self::new(part, what, Answer::Bad { detail, next })
    }

    pub(super) fn not_tried(part: &str, what: impl Into<String>, why: &str) -> Self {
        Self::new(part, what, Answer::NotTried(why.to_owned()))
    }

    fn new(part: &str, what: impl Into<String>, result: Answer) -> Self {
        Self {
            part: part.to_owned(),
            what: what.into(),
            result,
        }
    }

    pub(super) const fn is_bad(&self) -> bool {
        matches!(self.result, Answer::Bad { .. })
    }

    pub(super) fn to_json(&self) -> Value {
        let (result, detail, next) = match &self.result {
            Answer::Good(detail) => ("ok", detail.as_deref(), None),
            Answer::Bad { detail, next } => ("failed", Some(detail.as_str()), Some(next)),
            Answer::NotTried(why) => ("not-tried", Some(why.as_str()), None),
        };
        json!({"part": self.part, "what": self.what, "result": result, "detail": detail, "next": next})
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = format!("{:<19}  {}", self.part, self.what);
        match &self.result {
            Answer::Good(None) => write!(f, "{GOOD}ok{GOOD:#}      {about}"),
            Answer::Good(Some(detail)) => {
                write!(f, "{GOOD}ok{GOOD:#}      {about}  {FAINT}{detail}{FAINT:#}")
            }
            Answer::Bad { detail, next } => write!(
                f,
                "{BAD}failed{BAD:#}  {about}\n          {detail}\n          {next}"
            ),
            Answer::NotTried(why) => write!(f, "{FAINT}-       {about}  {why}{FAINT:#}"),
        }
    }
}
