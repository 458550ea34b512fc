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
    /// A locator is shown as soon as it is made, as if what was sent were what is there.
    ReleasesUnread,
    /// Where content keys are refused, the locator is published with whatever keys the service makes.
    PublishesOtherKeys,
    /// The mirror does not see options of a policy that the source has no more.
    BlindToKeptOptions,
    /// Replicas of assets are to take their containers along.
    DeletesContainers,
    /// Nobody says what is to become of the container of a replica.
    ForgetsContainers,
    /// A content key policy that is there is written as if it were new.
    PutsPolicies,
    /// The mirror does not see who else in the primary has the content keys of a locator.
    BlindToUsers,
    /// What is not found counts as gone, though the project itself was not asked for.
    TrustsLostProjects,
    /// A locator of the primary is as the last webhook had it, and nobody asks the primary.
    TrustsWebhooks,
    /// Walks know no cap.
    ExceedsTheCap,
    /// What a walk misses in the primary's list is deleted, and nobody asks the primary.
    DeletesUnconfirmed,
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use change::Kind;
    use mirror::rules::Backend;
    use serde_json::json;
    use tokio::{runtime::Builder, time::sleep};

    use super::*;
    use crate::{
        chance::Chance,
        history::{Platform, bodies, named},
        host::Host,
        run::sabotaged,
        weather::Part,
        world::World,
    };

    /// How many histories at most: what some sabotages need is rare.
    const MOST: u64 = 200;

    /// What a sabotage breaks, in the first of some histories in which it breaks this promise; else all that it broke in any.
    fn broken_by(backend: Backend, sabotage: Sabotage, promise: &str) -> Vec<String> {
        let mut others = Vec::new();
        for seed in 0..MOST {
            let Err(failure) = sabotaged(backend, seed, sabotage) else {
                continue;
            };
            if failure.broken.iter().any(|what| what.starts_with(promise)) {
                return failure.broken;
            }
            others.extend(failure.broken);
        }
        others
    }

    #[track_caller]
    fn assert_broken_on(backend: Backend, sabotage: Sabotage, promise: &str) {
        let broken = broken_by(backend, sabotage, promise);
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
    fn releasing_before_the_keys_are_read_back_is_noticed() {
        assert_broken_on(
            Backend::Mkio,
            Sabotage::ReleasesUnread,
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
    fn a_container_of_which_nothing_is_said_is_noticed() {
        assert_broken_on(
            Backend::Mkio,
            Sabotage::ForgetsContainers,
            "no replica takes its container along",
        );
    }

    #[test]
    fn a_put_of_a_content_key_policy_that_is_there_is_noticed() {
        assert_broken_on(Backend::Mkio, Sabotage::PutsPolicies, "convergence");
    }

    /// What is broken when something befalls a title that is mirrored, where walks may delete. For what histories seldom have.
    fn broken_when<F: Future<Output = ()>>(
        sabotage: Sabotage,
        happens: impl FnOnce(Platform) -> F,
    ) -> Vec<String> {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = World::quiet(Backend::Mkio, 1);
            world.sabotage = sabotage;
            world.converges = true;
            world.state().watch.converges = true;
            let world = Arc::new(world);
            let host = Host::new(Arc::clone(&world), 1);
            tokio::spawn(Arc::clone(&host).serve());
            let platform = Platform {
                world: Arc::clone(&world),
                hosts: vec![host],
                chance: Chance::new(1, "history"),
                raises_events: false,
            };
            let keys = bodies::content_key_policy(&platform.chance, Backend::Mkio);
            platform.put(&named(Kind::ContentKeyPolicies, "keys"), keys);
            platform.put(&named(Kind::Assets, "asset"), json!({}));
            for (name, policy) in [("clear", "ClearStreamingOnly"), ("keyed", "ClearKey")] {
                platform.put(
                    &named(Kind::StreamingLocators, name),
                    json!({
                        "assetName": "asset",
                        "streamingPolicyName": format!("Predefined_{policy}"),
                        "defaultContentKeyPolicyName": "keys",
                    }),
                );
            }
            platform.walk();
            assert!(world.rest(Duration::from_secs(3_600)).await);
            let locators = world
                .state()
                .secondary
                .of_kind(Kind::StreamingLocators)
                .count();
            assert_eq!(locators, 2);
            happens(platform).await;
            sleep(Duration::from_secs(3_600)).await;
            std::mem::take(&mut world.state().watch.broken)
        })
    }

    /// It is noticed, and nothing is without the sabotage.
    #[track_caller]
    fn assert_broken_when<F: Future<Output = ()>>(
        sabotage: Sabotage,
        promise: &str,
        happens: impl Fn(Platform) -> F,
    ) {
        let broken = broken_when(sabotage, &happens);
        assert!(
            broken.iter().any(|what| what.starts_with(promise)),
            "{sabotage:?}: {broken:?}"
        );
        let broken = broken_when(Sabotage::None, &happens);
        assert!(broken.is_empty(), "{broken:?}");
    }

    /// Another locator takes over the keys of one that is withdrawn, and a walk misses that.
    #[test]
    fn taking_keys_that_the_primary_uses_is_noticed() {
        let promise = "no key is taken away that the primary uses";
        assert_broken_when(Sabotage::BlindToUsers, promise, async |platform| {
            let locator = named(Kind::StreamingLocators, "keyed");
            let mut other = json!(platform.delete(&locator));
            other["streamingLocatorId"] = json!("other");
            assert!(platform.put(&named(Kind::StreamingLocators, "other"), other));
            let hint =
                json!({"v": 1, "kind": "streamingLocators", "name": "keyed", "cause": "walk"});
            let queues = &platform.world.queues;
            queues.send("mirror-locator", &hint.to_string(), Duration::ZERO);
        });
    }

    /// The primary's project is lost for a while, just after a walk named everything.
    #[test]
    fn taking_a_lost_project_for_an_empty_one_is_noticed() {
        let promise = "nothing is deleted that the settings do not allow";
        assert_broken_when(Sabotage::TrustsLostProjects, promise, async |platform| {
            let weather = &platform.world.weather;
            weather.darken(Part::Primary, Duration::from_secs(3_600));
            platform.walk();
        });
    }

    #[test]
    fn a_webhook_that_is_taken_for_the_state_is_noticed() {
        assert_broken_on(Backend::Mkio, Sabotage::TrustsWebhooks, "convergence");
    }

    #[test]
    fn a_walk_that_deletes_above_the_cap_is_noticed() {
        assert_broken(Sabotage::ExceedsTheCap, "no walk deletes above the cap");
    }

    #[test]
    fn a_walk_that_deletes_without_confirming_is_noticed() {
        assert_broken(
            Sabotage::DeletesUnconfirmed,
            "nothing is deleted that the settings do not allow",
        );
    }
}
