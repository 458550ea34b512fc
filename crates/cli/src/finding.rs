//! What is said of one resource, for people and for programs.

use std::fmt;

use mirror::{Finding, Reason, Verdict};
use serde_json::{Value, json};

use crate::output::{BAD, FAINT, GOOD, NOTE, plain};

/// A finding as one line.
pub(crate) struct Line<'a>(pub(crate) &'a Finding);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.0.id;
        let why = |reason: &Reason, detail: &str| match detail {
            "" => reason.as_str().to_owned(),
            _ => format!("{}: {}", reason.as_str(), plain(detail)),
        };
        match &self.0.verdict {
            Verdict::Same => write!(f, "{FAINT}= same    {id}{FAINT:#}"),
            Verdict::Create => write!(f, "{GOOD}+ create{GOOD:#}  {id}"),
            Verdict::Change(fields) => {
                write!(f, "{NOTE}* change{NOTE:#}  {id} ({})", fields.join(", "))
            }
            Verdict::Delete { allowed: true } => write!(f, "{BAD}- delete{BAD:#}  {id} (allowed)"),
            Verdict::Delete { allowed: false } => {
                write!(
                    f,
                    "{FAINT}- delete  {id} (held back by the setting){FAINT:#}"
                )
            }
            Verdict::Conflict(reason, detail) => {
                write!(f, "{BAD}! conflict{BAD:#} {id} ({})", why(reason, detail))
            }
            Verdict::Skipped(reason, detail) => {
                write!(
                    f,
                    "{FAINT}. skipped {id} ({}){FAINT:#}",
                    why(reason, detail)
                )
            }
            Verdict::Unknown(reason, detail) => {
                write!(f, "{BAD}? unknown{BAD:#} {id} ({})", why(reason, detail))
            }
        }
    }
}

/// The word for a verdict.
pub(crate) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Create => "create",
        Verdict::Change(_) => "change",
        Verdict::Delete { .. } => "delete",
        Verdict::Conflict(..) => "conflict",
        Verdict::Skipped(..) => "skipped",
        Verdict::Unknown(..) => "unknown",
    }
}

/// A finding as JSON. Secrets are never in it, only the paths of fields.
pub(crate) fn value(finding: &Finding) -> Value {
    let id = &finding.id;
    let mut value =
        json!({"resource": id.to_string(), "kind": id.kind(), "plan": word(&finding.verdict)});
    match &finding.verdict {
        Verdict::Same | Verdict::Create => {}
        Verdict::Change(fields) => value["fields"] = json!(fields),
        Verdict::Delete { allowed } => value["allowed"] = json!(allowed),
        Verdict::Conflict(reason, detail)
        | Verdict::Skipped(reason, detail)
        | Verdict::Unknown(reason, detail) => {
            value["reason"] = json!(reason.as_str());
            value["detail"] = json!(detail);
        }
    }
    value
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) same: u64,
    pub(crate) create: u64,
    pub(crate) change: u64,
    pub(crate) delete: u64,
    pub(crate) held_back: u64,
    pub(crate) conflict: u64,
    pub(crate) skipped: u64,
    pub(crate) unknown: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, verdict: &Verdict) {
        let count = match verdict {
            Verdict::Same => &mut self.same,
            Verdict::Create => &mut self.create,
            Verdict::Change(_) => &mut self.change,
            Verdict::Delete { allowed: true } => &mut self.delete,
            Verdict::Delete { allowed: false } => &mut self.held_back,
            Verdict::Conflict(..) => &mut self.conflict,
            Verdict::Skipped(..) => &mut self.skipped,
            Verdict::Unknown(..) => &mut self.unknown,
        };
        *count += 1;
    }

    /// What differs. A replica that the operator keeps without its source is not among it.
    pub(crate) const fn drift(&self) -> u64 {
        self.create + self.change + self.delete + self.conflict
    }

    fn each(&self) -> [(&'static str, u64); 8] {
        [
            ("same", self.same),
            ("create", self.create),
            ("change", self.change),
            ("delete", self.delete),
            ("held back", self.held_back),
            ("conflict", self.conflict),
            ("skipped", self.skipped),
            ("unknown", self.unknown),
        ]
    }

    pub(crate) fn to_json(self) -> Value {
        let each = self.each().into_iter();
        each.map(|(word, count)| (word.replace(' ', "_"), json!(count)))
            .collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.each().into_iter();
        let some: Vec<String> = each
            .filter(|(word, count)| *count > 0 || *word == "same")
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        f.write_str(&some.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{Kind, Name, ResourceId};

    #[test]
    fn a_line_says_what_would_be_done_and_why() {
        let line = |verdict| {
            let id = ResourceId::new(Kind::Assets, Name::new("film").unwrap());
            let line = Line(&Finding { id, verdict }).to_string();
            anstream::adapter::strip_str(&line).to_string()
        };
        assert_eq!(line(Verdict::Same), "= same    assets/film");
        let fields = vec!["properties.description".to_owned(), "blobs".to_owned()];
        assert_eq!(
            line(Verdict::Change(fields)),
            "* change  assets/film (properties.description, blobs)"
        );
        assert_eq!(
            line(Verdict::Delete { allowed: false }),
            "- delete  assets/film (held back by the setting)"
        );
        let conflict = Verdict::Conflict(Reason::SecretMasked, "x".to_owned());
        assert_eq!(line(conflict), "! conflict assets/film (secret-masked: x)");
    }

    #[test]
    fn what_the_operator_keeps_is_no_drift() {
        let mut counts = Counts::default();
        for verdict in [Verdict::Same, Verdict::Delete { allowed: false }] {
            counts.add(&verdict);
        }
        assert_eq!(
            (counts.drift(), counts.to_string()),
            (0, "1 same, 1 held back".to_owned())
        );
        counts.add(&Verdict::Create);
        assert_eq!(counts.drift(), 1);
    }
}
