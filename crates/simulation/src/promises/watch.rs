//! Never worse, and identity: every write is looked at as it arrives, whatever becomes of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use change::{Kind, Name, ResourceId};
use media::Side;
use mirror::rules::Backend;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::task;

use super::{
    canonical::{Canonical, SUPPRESSED, keys},
    terms::terms,
};
use crate::{
    account::{Fields, caller::properties_of, text},
    state::State,
    storage::{
        http::{Address, Request},
        operations::Done,
    },
    weather::Part,
};

/// How long the bytes of an asset must have been left alone before it counts as complete.
pub(crate) const SETTLE: std::time::Duration = std::time::Duration::from_secs(120);

/// Somebody else's locator that no walk may take away.
pub(crate) const KEPT: &str = "streamingLocators/their locator";

#[derive(Default)]
pub(crate) struct Watch {
    /// Promises that were broken, in the order in which it was noticed.
    pub(crate) broken: Vec<String>,
    /// Containers of the secondary's region that belong to something else.
    pub(crate) foreign: BTreeSet<(String, String)>,
    /// Replicas of which the secondary left something out.
    pub(crate) ignored: BTreeSet<ResourceId>,
    /// Whether walks delete locators that were withdrawn.
    pub(crate) converges: bool,
    /// Whether locators are replaced that have content keys.
    pub(crate) replaces: bool,
    /// Whether an operator confirmed the deletions that wait.
    pub(crate) confirmed: bool,
    /// How many deletions each walk asked for.
    asked: BTreeMap<Option<task::Id>, usize>,
    /// What an invocation saw in a container of the source when it looked last.
    listings: HashMap<(Option<task::Id>, Place), Blobs>,
    /// Whether an invocation found a source there when it looked last.
    sources: HashMap<(Option<task::Id>, ResourceId), bool>,
    /// Which invocations read the keys of a replica since it was created.
    keys_read: BTreeSet<(Option<task::Id>, ResourceId)>,
    /// Which invocations an account itself has answered.
    answered: BTreeSet<(Option<task::Id>, &'static str)>,
    /// Which invocation made a locator last.
    makers: HashMap<ResourceId, Option<task::Id>>,
    /// Replicas that the mirror deleted last, as they were.
    deleted: BTreeMap<ResourceId, Fields>,
}

/// A storage account and a container in it.
type Place = (String, String);

/// Blobs and the state they were in.
type Blobs = Vec<(String, u64)>;

impl Watch {
    pub(crate) fn breaks(&mut self, promise: &str, what: impl AsRef<str>) {
        self.broken.push(format!("{promise}: {}", what.as_ref()));
    }

    /// An account answers an invocation; whether it has, which it has now.
    pub(crate) fn note_answer(&mut self, side: Side) -> bool {
        self.answered.insert((task::try_id(), side.as_str()));
        true
    }

    /// A walk asks for a deletion.
    pub(crate) fn deletion_asked(&mut self, cap: usize, text: &str) {
        let asked = self.asked.entry(task::try_id()).or_default();
        *asked += 1;
        if *asked > cap && !self.confirmed {
            let what = format!("the cap is {cap}, and it asks for one more: {text}");
            self.breaks("no walk deletes above the cap", what);
        }
    }

    /// Whether this invocation found a locator gone.
    pub(crate) fn found_gone(&self) -> bool {
        let task = task::try_id();
        let locator = |id: &ResourceId| id.kind() == Kind::StreamingLocators;
        let mut sources = self.sources.iter();
        sources.any(|((of, id), there)| *of == task && locator(id) && !there)
    }

    /// Whether an account has answered this invocation.
    pub(crate) fn answered(&self, side: Side) -> bool {
        self.answered.contains(&(task::try_id(), side.as_str()))
    }

    /// An invocation read a page of a source container's listing.
    pub(crate) fn listed(&mut self, task: Option<task::Id>, of: &Address, done: Done) {
        let Done::Listed { first, page } = done else {
            return;
        };
        if crate::storage::part_of(&of.account) != Part::SourceStorage {
            return;
        }
        let place = (of.account.clone(), of.container.clone());
        let listing = self.listings.entry((task, place)).or_default();
        if first {
            listing.clear();
        }
        listing.extend(page);
    }
}

impl State {
    /// A PUT or PATCH arrives at an account.
    pub(crate) fn watch_write(
        &mut self,
        side: Side,
        id: &ResourceId,
        body: &Fields,
        now: OffsetDateTime,
    ) {
        if side == Side::Primary {
            return self
                .watch
                .breaks("the primary is only read", format!("PUT {id}"));
        }
        let mut properties = properties_of(body);
        let there = self.secondary.get(id).is_some();
        if !there {
            self.watch.makers.insert(id.clone(), task::try_id());
        }
        if let Some(replica) = self.secondary.get(id)
            && id.kind() == Kind::StreamingLocators
            && let Some(keys) = replica.properties.get("contentKeys")
        {
            // Whoever changes a locator where it is leaves its keys alone.
            properties.entry("contentKeys").or_insert(keys.clone());
        }
        let properties = &properties;
        if let Some(problem) = self.shown_early(id, properties) {
            let promise = "nothing is published before its keys are read back";
            self.watch.breaks(promise, problem);
        }
        if !there {
            self.watch.keys_read.retain(|(_, read)| read != id);
        }
        let retains = terms(self.backend()).retains_containers;
        let retained = text(properties, "containerDeletionPolicy") == Some("Retain");
        if id.kind() == Kind::Assets && retains && !retained {
            let promise = "no replica takes its container along";
            self.watch.breaks(promise, format!("PUT {id}"));
        }
        if self.puts_back(id, properties) {
            return;
        }
        if let Some(problem) = self.unlike_any_source(id, properties) {
            self.watch.breaks("identity", problem);
        }
        let problem = match id.kind() {
            Kind::StreamingLocators => {
                let asset = text(properties, "assetName").unwrap_or_default();
                self.published_early(asset, now)
            }
            Kind::Assets if !there => self
                .incomplete(id, properties, now)
                .or_else(|| self.unsettled(id, now)),
            _ => None,
        };
        if let Some(problem) = problem {
            self.watch.breaks(
                "nothing is published before its bytes",
                format!("PUT {id}: {problem}"),
            );
        }
    }

    /// Whether a replica that was deleted a moment ago, to be replaced, is made again as it was.
    fn puts_back(&self, id: &ResourceId, properties: &Fields) -> bool {
        let of = |fields| Canonical::new(self.backend(), id.kind(), Side::Secondary, fields);
        self.watch
            .deleted
            .get(id)
            .is_some_and(|deleted| of(deleted).same_but_for(&of(properties), &[SUPPRESSED]))
    }

    /// A locator that is written to be seen though nobody has looked at its keys since it was created.
    fn shown_early(&self, id: &ResourceId, properties: &Fields) -> Option<String> {
        let hidden = properties.get(SUPPRESSED) == Some(&Value::Bool(true));
        let matters = id.kind() == Kind::StreamingLocators && terms(self.backend()).hides_at_first;
        if !matters || hidden || keys(properties).is_empty() {
            return None;
        }
        match self.secondary.get(id) {
            None => Some(format!("PUT {id} creates it for all to see")),
            Some(replica) => {
                let was_hidden = replica.properties.get(SUPPRESSED) == Some(&Value::Bool(true));
                let read = self.watch.keys_read.contains(&(task::try_id(), id.clone()));
                (was_hidden && !read).then(|| format!("PUT {id} releases it unread"))
            }
        }
    }

    /// An invocation reads the keys of a locator.
    pub(crate) fn watch_keys_read(&mut self, side: Side, id: &ResourceId) {
        if side == Side::Secondary {
            self.watch.keys_read.insert((task::try_id(), id.clone()));
        }
    }

    /// A write was done.
    pub(crate) fn watch_written(&mut self, side: Side, id: &ResourceId) {
        let matters = id.kind() == Kind::StreamingLocators && terms(self.backend()).hides_at_first;
        let Some(replica) = self.account(side).get(id).filter(|_| matters) else {
            return;
        };
        let replica = &replica.properties;
        let hidden = replica.get(SUPPRESSED) == Some(&Value::Bool(true));
        let known = |of: &BTreeMap<ResourceId, Vec<Fields>>| {
            let mut known = of.get(id).into_iter().flatten();
            known.any(|known| keys(known) == keys(replica))
        };
        if !hidden && !known(&self.chronicle.sources) && !known(&self.chronicle.found) {
            let promise = "nothing is published with other keys";
            self.watch.breaks(promise, id.to_string());
        }
    }

    /// Everything that is written is some state of the source, whole: the same IDs, keys and values.
    fn unlike_any_source(&self, id: &ResourceId, properties: &Fields) -> Option<String> {
        let Some(sources) = self.chronicle.sources.get(id) else {
            return Some(format!("PUT {id}, which the primary never had"));
        };
        let of = |side, fields| Canonical::new(self.backend(), id.kind(), side, fields);
        let written = of(Side::Secondary, properties);
        // That a locator is hidden for a while is no other state of it.
        let hidden = properties.get(SUPPRESSED) == Some(&Value::Bool(true));
        let same = |source: &Canonical| match hidden {
            true => source.same_but_for(&written, &[SUPPRESSED]),
            false => source.same(&written),
        };
        let known = sources
            .iter()
            .any(|source| same(&of(Side::Primary, source)));
        (!known).then(|| format!("PUT {id} with what the source never was"))
    }

    fn published_early(&self, asset: &str, now: OffsetDateTime) -> Option<String> {
        let id = ResourceId::new(Kind::Assets, Name::new(asset).ok()?);
        // Without the asset the service refuses the locator itself.
        let replica = self.secondary.get(&id)?;
        self.incomplete(&id, &replica.properties, now)
    }

    /// What this invocation saw of an asset's bytes in the source, and where: the asset may have been in more than one place.
    fn seen(&self, asset: &ResourceId) -> Option<(Place, &[(String, u64)])> {
        let sources = self.chronicle.sources.get(asset)?.iter().rev();
        let mut places = sources.filter_map(|source| self.primary.place(source));
        places.find_map(|place| {
            let key = (task::try_id(), place);
            let seen = self.watch.listings.get(&key)?;
            Some((key.1, seen.as_slice()))
        })
    }

    /// What the invocation saw in the source must be in the replica, in that state or a later one.
    fn incomplete(
        &self,
        asset: &ResourceId,
        replica: &Fields,
        now: OffsetDateTime,
    ) -> Option<String> {
        let Some(place) = self.secondary.place(replica) else {
            return Some(format!("{asset} is in storage that nobody knows"));
        };
        let Some((source, seen)) = self.seen(asset) else {
            return Some(format!("nobody looked at the bytes of {asset}"));
        };
        if self.watch.foreign.contains(&place) {
            return Some(format!(
                "the container {} belongs to something else",
                place.1
            ));
        }
        let container = self.storage.container(&place.0, &place.1);
        let missing = seen.iter().find(|(name, state)| {
            let there = container.and_then(|container| container.blobs.get(name));
            there.is_none_or(|blob| {
                blob.is_arriving(now)
                    || !self
                        .storage
                        .is_since((&source.0, &source.1, name), *state, &blob.content)
            })
        });
        missing.map(|(name, _)| format!("the blob {name} of {asset} is not there"))
    }

    fn unsettled(&self, asset: &ResourceId, now: OffsetDateTime) -> Option<String> {
        if self.chronicle.jobs.contains(asset) {
            return None;
        }
        let (source, seen) = self.seen(asset)?;
        let source = self.storage.container(&source.0, &source.1)?;
        let newest = seen
            .iter()
            .filter_map(|(name, state)| {
                let blob = source.blobs.get(name)?;
                (blob.state == *state).then_some(blob.modified)
            })
            .max()?;
        // The service tells times in whole seconds.
        (now - newest + Duration::seconds(2) < SETTLE)
            .then(|| format!("the bytes of {asset} were written {} ago", now - newest))
    }

    /// An invocation reads a resource.
    pub(crate) fn watch_read(&mut self, side: Side, id: &ResourceId) {
        if side == Side::Primary {
            let there = self.primary.get(id).is_some();
            let key = (task::try_id(), id.clone());
            self.watch.sources.insert(key, there);
        }
    }

    /// A DELETE arrives at an account.
    pub(crate) fn watch_delete(&mut self, side: Side, id: &ResourceId) {
        if side == Side::Primary {
            return self
                .watch
                .breaks("the primary is only read", format!("DELETE {id}"));
        }
        let Some(replica) = self.secondary.get(id) else {
            return;
        };
        let replica = replica.properties.clone();
        let sources = self.chronicle.sources.get(id).into_iter().flatten();
        let ids: Vec<_> = sources
            .filter_map(|source| text(source, "streamingLocatorId"))
            .collect();
        let same_id = text(&replica, "streamingLocatorId").is_some_and(|id| ids.contains(&id));
        // What it made itself a moment ago, and turned out to have other keys, it may take back.
        let own = self.watch.makers.get(id) == Some(&task::try_id());
        // What nobody is shown is missed by nobody.
        let hidden = replica.get(SUPPRESSED) == Some(&Value::Bool(true));
        let allowed = own
            || (hidden && terms(self.backend()).hides_at_first)
            || match self.watch.sources.get(&(task::try_id(), id.clone())) {
                // It changed: to be replaced.
                Some(true) => (keys(&replica).is_empty() || self.watch.replaces) && same_id,
                // It was withdrawn.
                Some(false) => {
                    let decided = terms(self.backend()).deletes.contains(&id.kind());
                    (decided || self.watch.converges) && id.to_string() != KEPT
                }
                None => false,
            };
        if id.kind() != Kind::StreamingLocators || !allowed {
            self.watch.breaks(
                "nothing is deleted that the settings do not allow",
                format!("DELETE {id}"),
            );
        }
        let used = self.primary.of_kind(Kind::StreamingLocators);
        let mut used = used.flat_map(|(_, locator)| keys(&locator.properties).into_keys());
        let taken = used.any(|key| keys(&replica).contains_key(&key));
        if taken && self.backend() == Backend::Mkio {
            let promise = "no key is taken away that the primary uses";
            self.watch.breaks(promise, format!("DELETE {id}"));
        }
        self.watch.deleted.insert(id.clone(), replica);
    }

    /// A request arrives at a storage account.
    pub(crate) fn watch_request(&mut self, part: Part, request: &Request) {
        if matches!(request.method, "GET" | "HEAD") {
            return;
        }
        if part == Part::SourceStorage {
            self.watch
                .breaks("the primary is only read", request.to_string());
        }
        let container = (request.to.account.clone(), request.to.container.clone());
        let writes_blob = request.to.blob.is_some() && self.watch.foreign.contains(&container);
        if writes_blob || request.method == "DELETE" {
            self.watch.breaks(
                "nothing is overwritten that belongs to something else",
                request.to_string(),
            );
        }
    }
}
