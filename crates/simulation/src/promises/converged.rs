//! Convergence: the secondary is what the model says, and what differs has a reason that the mirror gave.

use std::collections::{BTreeMap, BTreeSet};

use change::{Kind, ResourceId};
use media::Side;
use serde_json::Value;

use super::{
    canonical::{Canonical, SUPPRESSED},
    model::{Pair, UNCHANGED},
    terms::terms,
    watch::KEPT,
};
use crate::{
    account::Record,
    host::{Entry, Log},
    state::State,
};

/// What the mirror said about each resource: its last words, and every reason that it gave.
pub(crate) struct Said {
    last: BTreeMap<String, Entry>,
    reasons: BTreeMap<String, BTreeSet<String>>,
}

impl Said {
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let mut said = Self {
            last: BTreeMap::new(),
            reasons: BTreeMap::new(),
        };
        for entry in entries {
            // That a share of blobs is there says nothing about its asset, which can be another one by now.
            if entry.function == "copy-blobs" && entry.reason.is_none() {
                continue;
            }
            let reasons = said.reasons.entry(entry.path()).or_default();
            reasons.extend(entry.reason.clone());
            said.last.insert(entry.path(), entry);
        }
        said
    }

    fn reason(&self, id: &ResourceId) -> Option<&str> {
        self.last.get(&id.to_string())?.reason.as_deref()
    }

    /// One of these reasons, if the mirror gave it: each walk looks at something else, and has its own words. What is out of scope it
    /// need not even name.
    fn one_of(&self, id: &ResourceId, excuses: &[&'static str]) -> Option<&'static str> {
        let reasons = self.reasons.get(&id.to_string());
        let given = |reason: &str| match reasons {
            Some(reasons) => reasons.contains(reason),
            None => reason == "out-of-scope",
        };
        excuses.iter().copied().find(|reason| given(reason))
    }

    /// An option that a policy keeps though its source has it no more, and that the mirror did not name when it gave up.
    fn kept_unnamed(&self, pair: &Pair<'_>) -> Option<String> {
        let entry = self.last.get(&pair.id().to_string())?;
        let gave_up = entry.reason.as_deref() == Some("replica-conflict");
        let kept = pair.kept_options();
        let unnamed = |name: &&String| !entry.detail.contains(name.as_str());
        let unnamed = kept.iter().find(|name| gave_up && unnamed(name))?;
        Some(format!("{unnamed:?} is kept and not named"))
    }

    fn words(&self, id: &ResourceId) -> String {
        match self.last.get(&id.to_string()) {
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
        let unnamed = said.kept_unnamed(&pair);
        broken.extend(unnamed.map(|what| format!("{id}: {what}; {}", said.words(id))));
        match said.one_of(id, &excuses) {
            Some(UNCHANGED) if pair.bytes_differ().is_some() => {
                let bytes = pair.bytes_differ().unwrap_or_default();
                broken.push(format!("{id}: {bytes}; {}", said.words(id)));
            }
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
    broken.extend(without_licences(state));
    broken.extend(left_by_walks(state, said));
    broken.extend(dishonest(state, said));
    for (id, record) in foreign {
        let untouched = state
            .secondary
            .get(id)
            .is_some_and(|now| now.properties == record.properties);
        let taken = state.watch.converges && id.kind() == Kind::StreamingLocators;
        let untouched = untouched || (taken && id.to_string() != KEPT);
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
        Kind::Assets => terms.patches && log.entries(0).iter().any(said),
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

/// Locators of the primary whose viewers get no licence any more, on whichever servers there are.
fn without_licences(state: &State) -> Vec<String> {
    let Some(switches) = state.switches() else {
        return Vec::new();
    };
    let locators = state.primary.of_kind(Kind::StreamingLocators);
    locators
        .filter(|(_, of)| {
            let served = &state.served;
            !served.has_all(switches, Side::Primary, &of.properties)
        })
        .map(|(id, _)| format!("{id} plays no more: its content keys were taken away"))
        .collect()
}

/// Locators without a source that the walks left although they are to delete them, and nothing was in their way.
fn left_by_walks(state: &State, said: &Said) -> Vec<String> {
    let locators = state.secondary.of_kind(Kind::StreamingLocators);
    locators
        .filter(|(id, _)| state.watch.converges && id.to_string() != KEPT)
        .filter(|(id, _)| state.primary.get(id).is_none())
        .filter(|(id, _)| said.reason(id) != Some("keys-shared"))
        .map(|(id, _)| format!("{id} has no source, and walks left it; {}", said.words(id)))
        .collect()
}

/// What the pages of lists show is as it should be before any deeper walk: that a replica is there, and filters as they are.
pub(crate) fn check_by_lists(state: &mut State) {
    let ids = state.primary.records.keys();
    let broken: Vec<String> = ids
        .filter(|id| id.kind() != Kind::AssetFilters)
        .filter_map(|id| {
            let pair = Pair::new(state, id)?;
            let difference = pair.difference()?;
            let shown = id.kind() == Kind::AccountFilters || state.secondary.get(id).is_none();
            let excused = !shown || !pair.excuses().is_empty();
            (!excused).then(|| format!("{id}: {difference}"))
        })
        .collect();
    for what in broken {
        state.watch.breaks("convergence by lists alone", what);
    }
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
    let differs = |path: &str| {
        let mut ids = state.primary.records.keys();
        let id = ids.find(|id| id.to_string() == path);
        id.is_some_and(|id| Pair::new(state, id).is_some_and(|pair| pair.difference().is_some()))
    };
    let sources = state.primary.records.keys().map(ToString::to_string);
    sources
        .filter_map(|id| {
            let entry = said.last.get(&id)?;
            let wrong = match entry.outcome.as_str() {
                // Of what is in sync by now a batch says so in sum only, and a walk that did not look at the bytes knows nothing of them.
                "failed" => !recorded.contains(&id) && differs(&id),
                "in-sync" | "applied" | "skipped" => recorded.contains(&id) && !differs(&id),
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
