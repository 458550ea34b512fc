//! What no published source settles about MK.IO. A seed chooses.

use std::time::Duration;

use change::Kind;

use crate::chance::Chance;

/// What becomes of content keys that come with a predefined streaming policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExplicitKeys {
    Accepted,
    Refused,
    /// Left out, and others made in their place.
    Stripped,
}

/// What PATCH does with the options of a content key policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Options {
    Replaced,
    /// Those of the same name are replaced, others added, and none is removed.
    Merged,
}

/// Where a streaming locator ID is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocatorIds {
    PerProject,
    Everywhere,
}

/// The longest that it takes until something new can be used.
const SLOWEST: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    pub(crate) keys_on_predefined: ExplicitKeys,
    pub(crate) options: Options,
    pub(crate) locator_ids: LocatorIds,
    /// Whether a content key ID serves one locator of a project only.
    pub(crate) key_ids_unique: bool,
    /// Whether PUT updates a streaming policy.
    pub(crate) policies_update: bool,
    /// Whether PUT of a locator with changes that cannot be made is refused, or makes the others.
    pub(crate) locator_changes_refused: bool,
    /// Whether GET and list show the values of content keys.
    pub(crate) key_values_shown: bool,
    /// Whether what was created may take a while until it can be used.
    pub(crate) slow: bool,
    /// Whether an update moves the stamps.
    pub(crate) stamps_move: bool,
    /// Whether texts that an asset does not have are shown as null.
    pub(crate) nulls: bool,
}

impl Switches {
    /// As the documentation reads most naturally, with everything created at once.
    #[cfg(test)]
    pub(crate) const USUAL: Self = Self {
        keys_on_predefined: ExplicitKeys::Accepted,
        options: Options::Replaced,
        locator_ids: LocatorIds::PerProject,
        key_ids_unique: true,
        policies_update: false,
        locator_changes_refused: true,
        key_values_shown: false,
        slow: false,
        stamps_move: true,
        nulls: true,
    };

    pub(crate) fn random(chance: &Chance) -> Self {
        Self {
            keys_on_predefined: *chance.pick(&[
                ExplicitKeys::Accepted,
                ExplicitKeys::Refused,
                ExplicitKeys::Stripped,
            ]),
            options: *chance.pick(&[Options::Replaced, Options::Replaced, Options::Merged]),
            locator_ids: if chance.happens(0.1) {
                LocatorIds::Everywhere
            } else {
                LocatorIds::PerProject
            },
            key_ids_unique: chance.happens(0.5),
            policies_update: chance.happens(0.5),
            locator_changes_refused: chance.happens(0.5),
            key_values_shown: chance.happens(0.5),
            slow: chance.happens(0.5),
            stamps_move: chance.happens(0.8),
            nulls: chance.happens(0.5),
        }
    }

    /// How long it takes until something new can be used: now and then longer than anybody waits for it.
    pub(crate) fn creation(self, kind: Kind, chance: &Chance) -> Duration {
        let stateful = matches!(
            kind,
            Kind::Assets | Kind::ContentKeyPolicies | Kind::StreamingLocators
        );
        if !self.slow || !stateful {
            return Duration::ZERO;
        }
        match chance.below(10) {
            0..5 => Duration::ZERO,
            5..9 => chance.millis(1, 2_500),
            _ => chance.millis(4_000, 20_000).min(SLOWEST),
        }
    }
}
