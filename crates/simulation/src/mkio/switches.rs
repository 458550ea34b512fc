//! What no published source settles about MK.IO. A seed chooses.

use std::{collections::BTreeMap, time::Duration};

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

/// Which projects a key server serves: deleting a locator takes its content keys away there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyServers {
    PerProject,
    Shared,
}

/// What GET and lists show in place of the secrets of a content key policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    Blank,
    Absent,
    Null,
    Asterisks,
    /// The secrets themselves.
    Shown,
}

/// The form of a next link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextLink {
    Absolute,
    Relative,
}

/// What PUT of an asset that is there changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssetUpdates {
    /// Everything but where the bytes are; what is left out is unset.
    All,
    /// The same, and what is left out stays.
    Merged,
    /// The description and the policy for the end, as the documentation has it. The rest is accepted and not changed.
    Documented,
}

/// The longest that it takes until something new can be used.
const SLOWEST: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    pub(crate) keys_on_predefined: ExplicitKeys,
    pub(crate) options: Options,
    pub(crate) locator_ids: LocatorIds,
    /// Of which the mirror cannot know: it must behave as if they were shared.
    pub(crate) key_servers: KeyServers,
    /// Whether a content key ID serves one locator of a project only.
    pub(crate) key_ids_unique: bool,
    pub(crate) secrets: Secrets,
    /// Whether `getPolicyPropertiesWithSecrets` shows FairPlay's secrets too.
    pub(crate) fair_play_shown: bool,
    pub(crate) next_link: NextLink,
    pub(crate) asset_updates: AssetUpdates,
    /// Whether an asset is refused on a container that another asset has, or that is there while nothing is said of its end.
    pub(crate) containers_checked: bool,
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

/// Every switch with its values, in words.
pub const SWITCHES: &[(&str, &[&str])] = &[
    (
        "keys on predefined policies",
        &["accepted", "refused", "stripped"],
    ),
    ("options", &["replaced", "merged"]),
    ("locator IDs", &["per project", "everywhere"]),
    ("key servers", &["per project", "shared"]),
    ("key IDs", &["unique", "free"]),
    (
        "secrets in GET",
        &["blank", "absent", "null", "asterisks", "shown"],
    ),
    ("FairPlay secrets", &["shown", "hidden"]),
    ("next link", &["absolute", "relative"]),
    ("asset updates", &["all", "merged", "documented"]),
    ("containers", &["checked", "unchecked"]),
    ("streaming policy updates", &["done", "refused"]),
    ("locator changes", &["refused", "ignored"]),
    ("key values in GET", &["shown", "hidden"]),
    ("creation", &["at once", "slow"]),
    ("stamps", &["move", "stay"]),
    ("texts that are not there", &["null", "absent"]),
];

impl Switches {
    /// As the documentation reads most naturally, with everything created at once.
    #[cfg(test)]
    pub(crate) const USUAL: Self = Self {
        keys_on_predefined: ExplicitKeys::Accepted,
        options: Options::Replaced,
        locator_ids: LocatorIds::PerProject,
        key_servers: KeyServers::PerProject,
        key_ids_unique: true,
        secrets: Secrets::Blank,
        fair_play_shown: true,
        next_link: NextLink::Absolute,
        asset_updates: AssetUpdates::All,
        containers_checked: true,
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
            options: *chance.pick(&[Options::Replaced, Options::Merged]),
            // Most of what follows needs replicas of locators.
            locator_ids: *either(
                chance.happens(0.1),
                &[LocatorIds::Everywhere, LocatorIds::PerProject],
            ),
            key_ids_unique: chance.happens(0.5),
            policies_update: chance.happens(0.5),
            locator_changes_refused: chance.happens(0.5),
            key_values_shown: chance.happens(0.5),
            slow: chance.happens(0.5),
            stamps_move: chance.happens(0.8),
            nulls: chance.happens(0.5),
            key_servers: *chance.pick(&[KeyServers::Shared, KeyServers::PerProject]),
            secrets: *chance.pick(&[
                Secrets::Blank,
                Secrets::Blank,
                Secrets::Absent,
                Secrets::Null,
                Secrets::Asterisks,
                Secrets::Shown,
            ]),
            fair_play_shown: chance.happens(0.8),
            next_link: *chance.pick(&[NextLink::Absolute, NextLink::Relative]),
            asset_updates: *chance.pick(&[
                AssetUpdates::All,
                AssetUpdates::All,
                AssetUpdates::Merged,
                AssetUpdates::Documented,
            ]),
            containers_checked: chance.happens(0.6),
        }
    }

    /// How each switch of [`SWITCHES`] stands.
    pub(crate) fn values(self) -> BTreeMap<&'static str, &'static str> {
        let stands = [
            match self.keys_on_predefined {
                ExplicitKeys::Accepted => "accepted",
                ExplicitKeys::Refused => "refused",
                ExplicitKeys::Stripped => "stripped",
            },
            match self.options {
                Options::Replaced => "replaced",
                Options::Merged => "merged",
            },
            match self.locator_ids {
                LocatorIds::PerProject => "per project",
                LocatorIds::Everywhere => "everywhere",
            },
            match self.key_servers {
                KeyServers::PerProject => "per project",
                KeyServers::Shared => "shared",
            },
            *either(self.key_ids_unique, &["unique", "free"]),
            match self.secrets {
                Secrets::Blank => "blank",
                Secrets::Absent => "absent",
                Secrets::Null => "null",
                Secrets::Asterisks => "asterisks",
                Secrets::Shown => "shown",
            },
            *either(self.fair_play_shown, &["shown", "hidden"]),
            match self.next_link {
                NextLink::Absolute => "absolute",
                NextLink::Relative => "relative",
            },
            match self.asset_updates {
                AssetUpdates::All => "all",
                AssetUpdates::Merged => "merged",
                AssetUpdates::Documented => "documented",
            },
            *either(self.containers_checked, &["checked", "unchecked"]),
            *either(self.policies_update, &["done", "refused"]),
            *either(self.locator_changes_refused, &["refused", "ignored"]),
            *either(self.key_values_shown, &["shown", "hidden"]),
            *either(self.slow, &["slow", "at once"]),
            *either(self.stamps_move, &["move", "stay"]),
            *either(self.nulls, &["null", "absent"]),
        ];
        let names = SWITCHES.iter().map(|(name, _)| *name);
        names.zip(stands).collect()
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

/// The first if so, else the second.
const fn either<T>(so: bool, values: &[T; 2]) -> &T {
    if so { &values[0] } else { &values[1] }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_value_of_every_switch_is_drawn() {
        let mut drawn: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for seed in 0..300 {
            let switches = Switches::random(&Chance::new(seed, "switches"));
            for (name, value) in switches.values() {
                drawn.entry(name).or_default().insert(value);
            }
        }
        let all = SWITCHES.iter();
        let all = all.map(|(name, values)| (*name, values.iter().copied().collect()));
        assert_eq!(drawn, all.collect());
    }
}
