//! What happens next.

use std::time::Duration;

use change::{Kind, ResourceId};
use mirror::rules::Backend;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Platform, bodies, named};
use crate::{
    account::Lie,
    host::{
        grid::{PRIMARY_IN_EVENTS, SECONDARY_IN_EVENTS, Target, resource_event},
        webhooks::{self, job_event, locator_event},
    },
    weather::Part,
};

const KEY_POLICIES: &[&str] = &["keys-1", "keys 2", "käys-3"];
const POLICIES: &[&str] = &["stream-1", "stream-2", "str eam-3"];
const FILTERS: &[&str] = &["hd", "sd", "clip 1"];

impl Platform {
    /// The account as the mirror finds it.
    pub(crate) fn begin(&self) {
        for _ in 0..self.chance.between(3, 14) {
            match self.chance.below(6) {
                0 => self.write_key_policy(),
                1 => self.write_streaming_policy(),
                2 => self.write_account_filter(),
                3 => self.write_asset(),
                4 => self.write_asset_filter(),
                _ => self.publish_title(),
            }
        }
    }

    /// Some changes, one after the other, at any pace.
    pub(crate) async fn live(&self, steps: usize) {
        for _ in 0..steps {
            if self.chance.happens(0.3) {
                if let Some(id) = self.world.ambush.wait().await {
                    self.disturb(&id);
                }
                continue;
            }
            let pause = match self.chance.below(10) {
                0..6 => self.chance.millis(0, 3_000),
                6..9 => self.chance.millis(3_000, 60_000),
                _ => self.chance.millis(60_000, 900_000),
            };
            sleep(pause).await;
            self.step();
        }
    }

    /// Changes what the mirror is looking at.
    fn disturb(&self, id: &ResourceId) {
        let chance = &self.chance;
        if chance.happens(0.25) {
            self.delete(id);
            return;
        }
        match id.kind() {
            Kind::ContentKeyPolicies => {
                self.put(id, bodies::content_key_policy(chance, self.world.backend));
            }
            Kind::AccountFilters | Kind::AssetFilters => {
                self.put(id, bodies::filter(chance));
            }
            Kind::StreamingPolicies => {
                self.delete(id);
                let backend = self.world.backend;
                self.put(id, bodies::streaming_policy(chance, backend, &[]));
            }
            Kind::StreamingLocators => self.change_locator(id),
            Kind::Assets => {
                if chance.happens(0.2) {
                    self.delete(id);
                }
                if chance.happens(0.5) {
                    self.put(id, bodies::asset_texts(chance, self.world.backend));
                }
                self.upload_one(id);
            }
        }
    }

    fn step(&self) {
        match self.chance.below(100) {
            0..10 => self.write_key_policy(),
            10..16 => self.write_streaming_policy(),
            16..22 => self.write_account_filter(),
            22..34 => self.write_asset(),
            34..46 => self.change_bytes(),
            46..51 => self.write_asset_filter(),
            51..67 => self.publish_title(),
            67..73 => self.change_some_locator(),
            73..77 => self.rename_locator(),
            77..79 => self.delete_one(Kind::ContentKeyPolicies),
            79..81 => self.delete_one(Kind::StreamingPolicies),
            81..83 => self.delete_one(Kind::AccountFilters),
            83..84 => self.delete_one(Kind::AssetFilters),
            84..86 => self.delete_one(Kind::Assets),
            86..90 => self.withdraw(),
            90..91 => self.lose_container(),
            91..92 => self.encrypt_one(),
            92..94 => self.meddle(),
            94..96 => self.darken(),
            96..98 => self.mislead(),
            98 => self.forget(),
            _ => self.world.weather.turn(),
        }
    }

    fn write_key_policy(&self) {
        let name = *self.chance.pick(KEY_POLICIES);
        let policy = bodies::content_key_policy(&self.chance, self.world.backend);
        let id = named(Kind::ContentKeyPolicies, name);
        // Where options are merged, that is the only way to be rid of one.
        if self.world.backend == Backend::Mkio && self.chance.happens(0.2) {
            self.delete(&id);
        }
        self.put(&id, policy);
    }

    /// A new streaming policy, or one of the same name that is another.
    fn write_streaming_policy(&self) {
        let name = *self.chance.pick(POLICIES);
        let id = named(Kind::StreamingPolicies, name);
        if self.chance.happens(0.3) {
            self.delete(&id);
        }
        let key_policies = self.names(Kind::ContentKeyPolicies);
        let policy = bodies::streaming_policy(&self.chance, self.world.backend, &key_policies);
        self.put(&id, policy);
    }

    fn write_account_filter(&self) {
        let name = *self.chance.pick(FILTERS);
        let filter = bodies::filter(&self.chance);
        self.put(&named(Kind::AccountFilters, name), filter);
    }

    fn delete_one(&self, kind: Kind) {
        let ids = self.ids(kind);
        if let Some(id) = self.chance.any(&ids) {
            self.delete(id);
        }
    }

    /// Locators are withdrawn, now and then of a whole season at once.
    fn withdraw(&self) {
        let season = self.chance.happens(0.5);
        let titles = if season { self.chance.between(2, 4) } else { 1 };
        for _ in 0..titles {
            self.delete_one(Kind::StreamingLocators);
        }
    }

    /// The primary's lists say for a while that most of it is gone.
    fn lie(&self) {
        let lie = *self.chance.pick(&[Lie::Empty, Lie::Half]);
        let time = self.chance.millis(60_000, 3_600_000);
        self.world.say(format_args!(
            "the primary's lists are wrong for {time:?}: {lie:?}"
        ));
        self.world.state().primary.lists.lie = Some((lie, Instant::now() + time));
    }

    /// A region, or part of one, is lost for a while.
    fn darken(&self) {
        if self.chance.happens(0.3) {
            return self.lie();
        }
        let part = *self.chance.pick(&[
            Part::Primary,
            Part::Primary,
            Part::Secondary,
            Part::SourceStorage,
            Part::ReplicaStorage,
            Part::Queues,
        ]);
        let time = self.chance.millis(1_000, 1_200_000);
        self.world.say(format_args!(
            "{} does not answer for {time:?}",
            part.as_str()
        ));
        self.world.weather.darken(part, time);
        // A walk named everything just before; where events must be enough, none does.
        if part == Part::Primary && !self.world.by_events && self.chance.happens(0.8) {
            self.walk();
        }
    }

    /// Somebody empties the container of the app's state.
    fn forget(&self) {
        self.world
            .say(format_args!("somebody  deletes every document"));
        self.world.state().papers.forget();
    }

    /// Messages and events that mean nothing, or nothing good.
    fn mislead(&self) {
        let world = &self.world;
        let queues = &world.queues;
        let name = *self.chance.pick(&["asset-1", "loc-1", "hd", "nobody"]);
        let (queue, text) = match self.chance.below(6) {
            0 => ("mirror-asset", "not json at all".to_owned()),
            1 => (
                "mirror-locator",
                json!({"v": 9, "kind": "assets", "name": name}).to_string(),
            ),
            // A hint of the platform's own, as short as can be, in a queue that is not its kind's.
            2 => (
                "mirror-filter",
                json!({"v": 1, "kind": "streamingLocators", "name": name}).to_string(),
            ),
            3 => (
                "mirror-asset",
                json!({"v": 1, "kind": "assets", "name": name}).to_string(),
            ),
            other => {
                match world.backend {
                    Backend::Ams => self.mislead_by_event(other == 4, name),
                    Backend::Mkio => self.mislead_by_webhook(other == 4, name),
                }
                return;
            }
        };
        world.say(format_args!("somebody  sends to {queue}: {text}"));
        queues.send(queue, &text, Duration::ZERO);
    }

    /// About another account, or about something that is not mirrored.
    fn mislead_by_event(&self, elsewhere: bool, name: &str) {
        let world = &self.world;
        let (account, path) = if elsewhere {
            (SECONDARY_IN_EVENTS, format!("assets/{name}"))
        } else {
            (PRIMARY_IN_EVENTS, format!("streamingEndpoints/{name}"))
        };
        let event = resource_event(world, account, &path, false);
        world.publish(&self.hosts, Target::Function("resource-changed"), event);
    }

    /// About another project, about a job that only began, or from somebody who does not know the secret.
    fn mislead_by_webhook(&self, elsewhere: bool, name: &str) {
        let world = &self.world;
        let locator = named(Kind::StreamingLocators, name);
        let shown = json!({"name": name});
        let (secret, event) = if elsewhere {
            let event = locator_event(world, webhooks::SECONDARY, &locator, shown);
            (webhooks::SECRET, event)
        } else if self.chance.happens(0.5) {
            (webhooks::SECRET, job_event(world, "Processing", &[name]))
        } else {
            let event = locator_event(world, webhooks::PRIMARY, &locator, shown);
            ("guessed", event)
        };
        world.publish(&self.hosts, Target::Webhook(secret), event);
    }
}
