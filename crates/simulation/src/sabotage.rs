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
    /// Every second message is taken out of its queue and not handled.
    LosesMessages,
    /// A secret goes along with every message.
    LeaksSecrets,
    /// A filter of the secondary that is looked at is deleted.
    DeletesFilters,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::sabotaged;

    /// The promise that a sabotage breaks, in the first of some histories in which it breaks any.
    fn broken_by(sabotage: Sabotage) -> Vec<String> {
        let histories = (0..40).map(|seed| sabotaged(seed, sabotage));
        let failure = histories.filter_map(Result::err).next();
        failure.map(|failure| failure.broken).unwrap_or_default()
    }

    #[track_caller]
    fn assert_broken(sabotage: Sabotage, promise: &str) {
        let broken = broken_by(sabotage);
        assert!(
            broken.iter().any(|what| what.starts_with(promise)),
            "{sabotage:?} was not noticed as {promise:?}, but as {broken:?}"
        );
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
}
