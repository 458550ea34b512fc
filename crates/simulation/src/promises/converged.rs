//! Convergence: the secondary is what the model says, and what differs has a reason that the mirror gave.

use std::collections::{BTreeMap, BTreeSet};

use change::{Kind, ResourceId};
use media::Side;
use serde_json::Value;

use super::{
    canonical::{Canonical, SUPPRESSED},
    model::Pair,
    terms::terms,
};
use crate::{
    account::Record,
    host::{Entry, Log},
    state::State,
};

/// What the mirror said last about each resource.
pub(crate) struct Said(BTreeMap<String, Entry>);

impl Said {
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.path(), entry));
        Self(entries.collect())
    }

    fn reason(&self, id: &ResourceId) -> Option<&str> {
        self.0.get(&id.to_string())?.reason.as_deref()
    }

    fn words(&self, id: &ResourceId) -> String {
        match self.0.get(&id.to_string()) {
            None => "the mirror said nothing".to_owned(),
            Some(entry) => format!(
                "the mirror said {}({}) {}",
                entry.outcome,
                entry.reason.as_deref().unwrap_or_default(),
                entry.detail
            ),
        }
    }
}

/// The sources whose replicas differ for a good reason.
pub(crate) type Excused = BTreeMap<ResourceId, String>;

/// Looks at every resource of both accounts. What broke a promise is added to the watch's list.
pub(crate) fn check(
    state: &mut State,
    log: &Log,
    said: &Said,
    foreign: &[(ResourceId, Record)],
) -> Excused {
    let mut broken = Vec::new();
    let mut excused = Excused::new();
    for id in state.primary.records.keys() {
        let Some(pair) = Pair::new(state, id) else {
            continue;
        };
        let Some(difference) = pair.difference() else {
            continue;
        };
        let excuses = pair.excuses();
        match said.reason(id).filter(|reason| excuses.contains(reason)) {
            Some(reason) => {
                excused.insert(id.clone(), reason.to_owned());
            }
            None => broken.push(format!(
                "{id}: {difference}; {}; allowed is {excuses:?}",
                said.words(id)
            )),
        }
    }
    for (id, replica) in &state.secondary.records {
        if state.primary.get(id).is_none() && !foreign.iter().any(|(foreign, _)| foreign == id) {
            let of = |side, fields| Canonical::new(state.backend(), id.kind(), side, fields);
            let replica = of(Side::Secondary, &replica.properties);
            let sources = state.chronicle.sources.get(id).into_iter().flatten();
            let found = state.chronicle.found.get(id).into_iter().flatten();
            let known = sources.map(|fields| of(Side::Primary, fields));
            let mut known = known.chain(found.map(|fields| of(Side::Secondary, fields)));
            let ignored = state.watch.ignored.contains(id) || half_done(state, log, id);
            if !ignored && !known.any(|known| known.same(&replica)) {
                broken.push(format!(
                    "{id}: kept after its deletion as something that it never was"
                ));
            }
        }
    }
    broken.extend(published_still(state, log));
    broken.extend(dishonest(state, said));
    for (id, record) in foreign {
        let untouched = state
            .secondary
            .get(id)
            .is_some_and(|now| now.properties == record.properties);
        if !untouched && !state.chronicle.sources.contains_key(id) {
            broken.push(format!(
                "{id}: it belongs to something else and was changed"
            ));
        }
    }
    for what in broken {
        state.watch.breaks("convergence", what);
    }
    excused
}

/// Whether a replica may be something that its source never was, because what came in between could not be finished and nobody
/// is harmed: a locator that nobody is shown, or what the mirror said then that it could not bring about.
fn half_done(state: &State, log: &Log, id: &ResourceId) -> bool {
    let terms = terms(state.backend());
    let replica = state.secondary.get(id);
    let hidden = replica
        .is_some_and(|replica| replica.properties.get(SUPPRESSED) == Some(&Value::Bool(true)));
    let path = id.to_string();
    let stays = ["replica-ignored", "replica-conflict"];
    let said = |entry: &Entry| {
        entry.path() == path
            && entry
                .reason
                .as_deref()
                .is_some_and(|reason| stays.contains(&reason))
    };
    match id.kind() {
        Kind::StreamingLocators => terms.hides_at_first && hidden,
        Kind::ContentKeyPolicies => terms.patches && log.entries(0).iter().any(said),
        _ => false,
    }
}

/// What events told of is as it should be before any walk. Of the bytes of assets no event tells.
pub(crate) fn check_by_events(state: &mut State, said: &Said) {
    let told = state.chronicle.told.iter();
    let broken: Vec<String> = told
        .filter(|id| id.kind() != Kind::Assets)
        .filter_map(|id| {
            let pair = Pair::new(state, id)?;
            let difference = pair.difference()?;
            let excuses = pair.excuses();
            // A locator whose asset went away while it waited for it is told of that by the next walk.
            let words = said.words(id);
            let waits = |reason| reason == "replica-not-ready" && !excuses.is_empty();
            // What it needs was not there yet, or was gone for a while: that is lasting, until the next walk.
            let missed = words.contains("is not in the primary");
            let excused = said
                .reason(id)
                .is_some_and(|reason| excuses.contains(&reason) || waits(reason) || missed);
            (!excused).then(|| format!("{id}: {difference}; {words}; allowed is {excuses:?}"))
        })
        .collect();
    for what in broken {
        state.watch.breaks("convergence by events alone", what);
    }
}

/// Locators that were withdrawn, and the mirror was told, and are published still though nothing failed.
fn published_still(state: &State, log: &Log) -> Vec<String> {
    let withdrawn = state.chronicle.announced.iter();
    let there = withdrawn.filter(|(id, _)| state.secondary.get(id).is_some());
    there
        .filter(|(id, since)| {
            let path = id.to_string();
            let entries = log.entries(**since);
            let failed = |entry: &Entry| entry.path() == path && entry.outcome == "failed";
            !entries.iter().any(failed)
        })
        .map(|(id, _)| format!("{id} was withdrawn, and its replica is published still"))
        .collect()
}

/// Sources of which the documents say something else than the mirror said last.
fn dishonest(state: &State, said: &Said) -> Vec<String> {
    let recorded: BTreeSet<String> = state
        .papers
        .under("exceptions/")
        .filter_map(|(_, value)| {
            let of = |field: &str| value[field].as_str();
            let (kind, name) = (of("kind")?, of("name")?);
            Some(match of("parent") {
                Some(parent) => format!("assets/{parent}/{kind}/{name}"),
                None => format!("{kind}/{name}"),
            })
        })
        .collect();
    let sources = state.primary.records.keys().map(ToString::to_string);
    sources
        .filter_map(|id| {
            let entry = said.0.get(&id)?;
            let wrong = match entry.outcome.as_str() {
                "failed" => !recorded.contains(&id),
                "in-sync" | "applied" | "skipped" => recorded.contains(&id),
                _ => false,
            };
            wrong.then(|| {
                format!(
                    "{id}: the mirror said {}, its documents do not",
                    entry.outcome
                )
            })
        })
        .collect()
}
