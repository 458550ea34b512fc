//! What each kind is made of, as tables: one per back end.
//!
//! A path names a field from the resource's root, `[]` stands for any element of an array:
//! `properties.options[].policyOptionId`. A path stands for everything below it too.

mod ams;
mod mkio;

use change::Kind;
use serde_json::{Map, Value};

/// The rules of one kind.
#[derive(Debug)]
pub struct Rules {
    /// The kind.
    pub kind: Kind,
    /// Fields that the service owns: never compared, never sent.
    pub owned: &'static [&'static str],
    /// Fields sent when the replica is made and not compared afterwards: the replica's own then stand.
    pub placement: &'static [&'static str],
    /// Fields bound to the region, and by which map they are translated.
    pub mapped: &'static [(&'static str, Mapping)],
    /// Which objects hold secrets, by their `@odata.type` or path, and in which fields.
    pub secrets: &'static [Secret],
    /// The right that shows the secrets.
    pub secret_right: &'static str,
    /// Times: equal within 10 ms; every time on 9999-12-31 is the same, and the same as none.
    pub times: &'static [&'static str],
    /// Identifiers: equal whatever their letter case.
    pub identifiers: &'static [&'static str],
    /// Arrays without order, with the field that tells their elements apart (none where the elements are plain).
    pub unordered: &'static [(&'static str, Option<&'static str>)],
    /// Objects and texts that mean nothing when empty.
    pub empty: &'static [&'static str],
    /// Fields that have one value in every replica, whatever the source says.
    pub constants: &'static [(&'static str, &'static str)],
    /// Switches: `false` is the same as none.
    pub switches: &'static [&'static str],
    /// What an update sends for a field that the replica has and the source has not: left out, the service may keep it.
    pub cleared: &'static [(&'static str, Blank)],
    /// Every field that the rules know. Others are sent along and alone never cause more than one write.
    pub known: &'static [&'static str],
    /// Fields that name other resources, which must be there first.
    pub needs: &'static [(&'static str, Need)],
    /// How it can change.
    pub change: Change,
}

/// By which map of the configuration a field is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// The name of a storage account.
    StorageAccount,
    /// The name of an encryption scope of the storage account.
    EncryptionScope,
    /// A URL whose host may have a counterpart.
    Host,
}

/// Where secrets are.
#[derive(Debug)]
pub enum Secret {
    /// In objects whose `@odata.type` ends so.
    Typed(&'static str, &'static [&'static str]),
    /// In the objects at this path.
    At(&'static str, &'static [&'static str]),
}

/// What stands for nothing in a field, and compares as nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// No text.
    Text,
    /// No labels.
    Object,
    /// A switch that is off.
    Off,
    /// The end of time.
    Never,
}

/// What a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A resource of this kind.
    Kind(Kind),
    /// A filter of the account, or else of the asset that the resource publishes.
    Filter,
}

/// How a replica is brought to differ less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// By writing it whole.
    Update,
    /// By writing it whole where the account allows it, else as [`Change::Replace`].
    UpdateOrReplace,
    /// These fields by writing it whole; the others as [`Change::Replace`].
    Partial(&'static [&'static str]),
    /// Only by deleting and creating it.
    Replace,
}

/// Which service both accounts speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The Azure Media Services v3 ARM API.
    #[default]
    Ams,
    /// MK.IO by MediaKind.
    Mkio,
}

impl Backend {
    /// The rules of a kind.
    #[must_use]
    pub const fn rules(self, kind: Kind) -> &'static Rules {
        match self {
            Self::Ams => ams(kind),
            Self::Mkio => mkio(kind),
        }
    }
}

const fn ams(kind: Kind) -> &'static Rules {
    match kind {
        Kind::Assets => &ams::ASSETS,
        Kind::AssetFilters => &ams::ASSET_FILTERS,
        Kind::AccountFilters => &ams::ACCOUNT_FILTERS,
        Kind::ContentKeyPolicies => &ams::CONTENT_KEY_POLICIES,
        Kind::StreamingPolicies => &ams::STREAMING_POLICIES,
        Kind::StreamingLocators => &ams::STREAMING_LOCATORS,
    }
}

const fn mkio(kind: Kind) -> &'static Rules {
    match kind {
        Kind::Assets => &mkio::ASSETS,
        Kind::AssetFilters => &mkio::ASSET_FILTERS,
        Kind::AccountFilters => &mkio::ACCOUNT_FILTERS,
        Kind::ContentKeyPolicies => &mkio::CONTENT_KEY_POLICIES,
        Kind::StreamingPolicies => &mkio::STREAMING_POLICIES,
        Kind::StreamingLocators => &mkio::STREAMING_LOCATORS,
    }
}

/// Whether `path` is, or lies below, one of `paths`.
pub(crate) fn covers(paths: &[&str], path: &str) -> bool {
    paths.iter().any(|rule| {
        path.strip_prefix(rule)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

impl Rules {
    /// Whether the rules know a field, or something below it.
    pub(crate) fn knows(&self, path: &str) -> bool {
        covers(self.known, path)
            || self.known.iter().any(|known| {
                known
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
            })
    }
}

impl Blank {
    /// As it is sent.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Text => Value::String(String::new()),
            Self::Object => Value::Object(Map::new()),
            Self::Off => Value::Bool(false),
            Self::Never => Value::String("9999-12-31T23:59:59Z".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::present;

    #[test]
    fn what_stands_for_nothing_compares_as_nothing() {
        for kind in Kind::ALL {
            let rules = Backend::Mkio.rules(kind);
            for (path, blank) in rules.cleared {
                let value = blank.value();
                assert_eq!(present(rules, path, Some(&value)), None, "{kind} {path}");
            }
        }
    }

    #[test]
    fn a_path_covers_what_is_below_it() {
        assert!(covers(&["properties.a"], "properties.a"));
        assert!(covers(&["properties.a"], "properties.a.b"));
        assert!(covers(&["properties.a[].b"], "properties.a[].b"));
        assert!(covers(&["properties.a"], "properties.a[].b"));
        assert!(!covers(&["properties.a"], "properties.ab"));
        assert!(!covers(&["properties.a.b"], "properties.a"));
    }

    #[test]
    fn every_field_with_a_rule_is_known() {
        let backends = [Backend::Ams, Backend::Mkio];
        for (backend, kind) in backends.into_iter().flat_map(|b| Kind::ALL.map(|k| (b, k))) {
            let rules = backend.rules(kind);
            assert_eq!(rules.kind, kind);
            let with_rule = rules
                .placement
                .iter()
                .chain(rules.times)
                .chain(rules.identifiers)
                .chain(rules.empty)
                .chain(rules.switches)
                .chain(rules.constants.iter().map(|(path, _)| path))
                .chain(rules.cleared.iter().map(|(path, _)| path))
                .chain(rules.mapped.iter().map(|(path, _)| path))
                .chain(rules.needs.iter().map(|(path, _)| path))
                .chain(rules.unordered.iter().map(|(path, _)| path));
            for path in with_rule {
                assert!(
                    rules.knows(path) || covers(rules.owned, path),
                    "{backend:?} {kind}: {path}"
                );
            }
        }
    }
}
