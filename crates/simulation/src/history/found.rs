//! What the secondary has before the mirror comes, and what others do to it later.

use change::{Kind, ResourceId};
use media::Side;
use serde_json::{Value, json};

use super::{Platform, bodies, named, request};
use crate::{account::Record, storage::REPLICAS};

impl Platform {
    /// Things of other people, and things that bear the name of a source.
    pub(crate) fn furnish_secondary(&self) {
        let chance = &self.chance;
        if chance.happens(0.3) {
            self.put_secondary(
                &named(Kind::ContentKeyPolicies, "their keys"),
                bodies::content_key_policy(chance, self.world.backend),
            );
        }
        if chance.happens(0.3) {
            let asset = named(Kind::Assets, "their asset");
            self.put_secondary(&asset, json!({"container": "c-one"}));
            self.put_secondary(
                &named(Kind::StreamingLocators, "their locator"),
                json!({"assetName": "their asset", "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
            );
            // Withdrawn while no mirror was there.
            for name in ["old 1", "old 2", "old 3"] {
                if chance.happens(0.7) {
                    self.put_secondary(
                        &named(Kind::StreamingLocators, name),
                        json!({"assetName": "their asset", "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
                    );
                }
            }
        }
        if chance.happens(0.2) {
            // A container without an asset.
            let now = self.world.clock.now();
            let mut state = self.world.state();
            state.storage.provide_container(REPLICAS[0], "c-two");
            let blob = bodies::blob(chance);
            state
                .storage
                .write(REPLICAS[0], "c-two", "video.mp4", blob, now);
        }
        if chance.happens(0.2) {
            self.put_secondary(
                &named(Kind::StreamingPolicies, "stream-1"),
                bodies::streaming_policy(chance, self.world.backend, &[]),
            );
        }
        if chance.happens(0.2) {
            self.put_secondary(&named(Kind::AccountFilters, "hd"), bodies::filter(chance));
        }
        if chance.happens(0.1) {
            self.put_secondary(
                &named(Kind::Assets, "asset-4"),
                json!({"description": "older"}),
            );
            self.put_secondary(
                &named(Kind::StreamingLocators, "loc-1"),
                json!({"assetName": "asset-4", "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
            );
        }
        let mut state = self.world.state();
        let foreign: Vec<_> = state
            .storage
            .containers()
            .filter(|(account, ..)| REPLICAS.contains(account))
            .filter(|(_, name, _)| name.starts_with("c-"))
            .map(|(account, name, _)| (account.to_owned(), name.to_owned()))
            .collect();
        state.watch.foreign.extend(foreign);
    }

    /// Everything that is in the secondary now.
    pub(crate) fn of_others(&self) -> Vec<(ResourceId, Record)> {
        let state = self.world.state();
        let records = state.secondary.records.iter();
        records
            .map(|(id, record)| (id.clone(), record.clone()))
            .collect()
    }

    fn put_secondary(&self, id: &ResourceId, properties: Value) {
        let world = &self.world;
        let mut state = world.state();
        let (verb, body) = request(&state.secondary, id, properties);
        let now = world.clock.now();
        let written = state.write(Side::Secondary, verb, id, &body, now, &self.chance);
        if let Ok(record) = written {
            let found = state.chronicle.found.entry(id.clone()).or_default();
            found.push(record.properties);
            drop(state);
            world.say(format_args!("others    PUT {id} in the secondary"));
        }
    }

    /// Somebody changes a replica or takes it away.
    pub(super) fn meddle(&self) {
        if self.world.by_events {
            return;
        }
        let kind = *self.chance.pick(&[
            Kind::ContentKeyPolicies,
            Kind::AccountFilters,
            Kind::AssetFilters,
            Kind::StreamingLocators,
        ]);
        let ids: Vec<ResourceId> = {
            let state = self.world.state();
            let of_kind = state.secondary.of_kind(kind).map(|(id, _)| id.clone());
            let sources = &state.chronicle.sources;
            of_kind.filter(|id| sources.contains_key(id)).collect()
        };
        let Some(id) = self.chance.any(&ids) else {
            return;
        };
        if self.chance.happens(0.5) {
            match kind {
                Kind::ContentKeyPolicies => {
                    let backend = self.world.backend;
                    self.put_secondary(id, bodies::content_key_policy(&self.chance, backend));
                }
                Kind::StreamingLocators => {}
                _ => self.put_secondary(id, bodies::filter(&self.chance)),
            }
            return;
        }
        let mut state = self.world.state();
        // What that does to licences is not the mirror's doing.
        let (account, storage) = state.account_and_storage(Side::Secondary);
        account.delete(id, storage);
        drop(state);
        self.world
            .say(format_args!("others    DELETE {id} in the secondary"));
    }
}
