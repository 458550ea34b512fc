//! What the operator decides: which assets are mirrored, what becomes of deletions and conflicts.

use std::collections::HashMap;

use change::{Kind, ResourceId};
use wildmatch::WildMatch;

use crate::rules::Backend;

/// Which assets are mirrored.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// All of them, and not only those with a locator or made by a finished job.
    pub all: bool,
    /// Where there are any: only assets whose names match one.
    pub include: Vec<WildMatch>,
    /// Assets whose names match one are left out.
    pub exclude: Vec<WildMatch>,
}

/// What the scope says of an asset by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InScope {
    Always,
    IfPublished,
    Never,
}

impl Scope {
    pub(crate) fn of_asset(&self, name: &str) -> InScope {
        let matches = |patterns: &[WildMatch]| patterns.iter().any(|pattern| pattern.matches(name));
        if matches(&self.exclude) || !(self.include.is_empty() || matches(&self.include)) {
            InScope::Never
        } else if self.all {
            InScope::Always
        } else {
            InScope::IfPublished
        }
    }
}

/// What becomes of a replica whose source is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletes {
    /// It stays; that it has no source is reported.
    #[default]
    Off,
    /// It is deleted when the primary announced the deletion, after a grace period.
    Events,
    /// It is also deleted when a whole walk did not find the source, unless that would be too many.
    Converge,
}

/// What becomes of a replica that cannot be changed and differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// It stays; the conflict is reported.
    #[default]
    Report,
    /// It is replaced if it has no content keys.
    ReplaceWithoutKeys,
    /// It is replaced.
    Replace,
}

/// The operator's decisions, per kind.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// What becomes of replicas without source; absent: they stay.
    pub deletes: HashMap<Kind, Deletes>,
    /// What becomes of replicas in conflict; absent: they stay.
    pub conflicts: HashMap<Kind, Conflicts>,
    /// Replicas that are never deleted: patterns of `kind/name`.
    pub keep: Vec<WildMatch>,
}

impl Policy {
    /// The decisions in force when nobody made others: a withdrawn locator is withdrawn, and one without content keys is replaced when it
    /// changes; everything else is reported.
    #[must_use]
    pub fn usual(backend: Backend) -> Self {
        // MK.IO announces no deletion.
        let deletes = match backend {
            Backend::Ams => Deletes::Events,
            Backend::Mkio => Deletes::Converge,
        };
        Self {
            deletes: [(Kind::StreamingLocators, deletes)].into(),
            conflicts: [(Kind::StreamingLocators, Conflicts::ReplaceWithoutKeys)].into(),
            keep: Vec::new(),
        }
    }

    pub(crate) fn deletes(&self, id: &ResourceId) -> Deletes {
        self.deletes.get(&id.kind()).copied().unwrap_or_default()
    }

    pub(crate) fn conflicts(&self, kind: Kind) -> Conflicts {
        self.conflicts.get(&kind).copied().unwrap_or_default()
    }

    pub(crate) fn keeps(&self, id: &ResourceId) -> bool {
        let path = id.to_string();
        self.keep.iter().any(|pattern| pattern.matches(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::Name;

    #[test]
    fn a_scope_leaves_out_what_is_excluded_or_not_included() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| WildMatch::new(text)).collect();
        let scope = Scope {
            all: false,
            include: patterns(&["film-*"]),
            exclude: patterns(&["*-raw"]),
        };
        assert_eq!(scope.of_asset("film-1"), InScope::IfPublished);
        assert_eq!(scope.of_asset("film-1-raw"), InScope::Never);
        assert_eq!(scope.of_asset("clip"), InScope::Never);
        let all = Scope {
            all: true,
            ..Scope::default()
        };
        assert_eq!(all.of_asset("clip"), InScope::Always);
    }

    #[test]
    fn a_pattern_keeps_by_kind_and_name() {
        let policy = Policy {
            keep: vec![WildMatch::new("streamingLocators/live-*")],
            ..Policy::usual(Backend::Ams)
        };
        let id = |kind, name: &str| ResourceId::new(kind, Name::new(name).unwrap());
        assert!(policy.keeps(&id(Kind::StreamingLocators, "live-1")));
        assert!(!policy.keeps(&id(Kind::Assets, "live-1")));
    }
}
