//! Doing what the mirror must not do, or not doing what it must: a promise that is broken has to be noticed.

/// What goes wrong on purpose, between the mirror and the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "promises are broken on purpose in tests only")
)]
pub(crate) enum Sabotage {
    #[default]
    None,
    /// Locators are written under another streaming locator ID.
    OtherLocatorId,
    /// Content keys are written with other values.
    OtherKeys,
    /// The mirror sees source containers as if they were empty.
    BlindToBytes,
    /// The mirror sees filters of the secondary as if there were none.
    BlindToFilters,
    /// Every second message, and every batch of names, is taken out of its queue and not handled.
    LosesMessages,
    /// A secret goes along with every message.
    LeaksSecrets,
    /// A filter of the secondary that is looked at is deleted.
    DeletesFilters,
    /// A locator that is to be hidden until its keys are read back is shown from the beginning.
    PublishesUnread,
    /// Where content keys are refused, the locator is published with whatever keys the service makes.
    PublishesOtherKeys,
    /// The mirror does not see options of a policy that the source has no more.
    BlindToKeptOptions,
    /// Replicas of assets are to take their containers along.
    DeletesContainers,
    /// What a walk misses in the primary's list is deleted, and nobody asks the primary.
    DeletesUnconfirmed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::sabotaged;
    use mirror::rules::Backend;

    /// The promise that a sabotage breaks, in the first of some histories in which it breaks any.
    fn broken_by(backend: Backend, sabotage: Sabotage) -> Vec<String> {
        let histories = (0..150).map(|seed| sabotaged(backend, seed, sabotage));
        let failure = histories.filter_map(Result::err).next();
        failure.map(|failure| failure.broken).unwrap_or_default()
    }

    #[track_caller]
    fn assert_broken_on(backend: Backend, sabotage: Sabotage, promise: &str) {
        let broken = broken_by(backend, sabotage);
        assert!(
            broken.iter().any(|what| what.starts_with(promise)),
            "{backend:?}: {sabotage:?} was not noticed as {promise:?}, but as {broken:?}"
        );
    }

    /// On either service.
    #[track_caller]
    fn assert_broken(sabotage: Sabotage, promise: &str) {
        assert_broken_on(Backend::Ams, sabotage, promise);
        assert_broken_on(Backend::Mkio, sabotage, promise);
    }

    #[test]
    fn another_locator_id_is_noticed() {
        assert_broken(Sabotage::OtherLocatorId, "identity");
    }

    #[test]
    fn another_key_is_noticed() {
        assert_broken(Sabotage::OtherKeys, "identity");
    }

    #[test]
    fn publishing_without_bytes_is_noticed() {
        assert_broken(
            Sabotage::BlindToBytes,
            "nothing is published before its bytes",
        );
    }

    #[test]
    fn writing_twice_is_noticed() {
        assert_broken(Sabotage::BlindToFilters, "nothing is written twice");
    }

    #[test]
    fn a_lost_hint_is_noticed() {
        assert_broken(Sabotage::LosesMessages, "convergence");
    }

    #[test]
    fn a_secret_in_a_message_is_noticed() {
        assert_broken(Sabotage::LeaksSecrets, "no secret leaves the accounts");
    }

    #[test]
    fn a_deletion_that_nobody_asked_for_is_noticed() {
        assert_broken(
            Sabotage::DeletesFilters,
            "nothing is deleted that the settings do not allow",
        );
    }
    #[test]
    fn publishing_before_the_keys_are_read_back_is_noticed() {
        assert_broken_on(
            Backend::Mkio,
            Sabotage::PublishesUnread,
            "nothing is published before its keys are read back",
        );
    }

    #[test]
    fn publishing_with_generated_keys_is_noticed() {
        assert_broken_on(
            Backend::Mkio,
            Sabotage::PublishesOtherKeys,
            "nothing is published with other keys",
        );
    }

    #[test]
    fn an_option_that_was_removed_and_stays_is_noticed() {
        assert_broken_on(Backend::Mkio, Sabotage::BlindToKeptOptions, "convergence");
    }

    #[test]
    fn a_container_that_would_go_with_its_asset_is_noticed() {
        assert_broken_on(
            Backend::Mkio,
            Sabotage::DeletesContainers,
            "no replica takes its container along",
        );
    }

    #[test]
    fn a_walk_that_deletes_without_confirming_is_noticed() {
        assert_broken(
            Sabotage::DeletesUnconfirmed,
            "nothing is deleted that the settings do not allow",
        );
    }
}
