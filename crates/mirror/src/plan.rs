//! The planner: two observations in, a list of what to do out. Pure; dry runs, drift reports and real runs share it.

use std::collections::HashMap;

use media::{Body, Side};
use serde_json::{Map, Value};

use crate::{
    Difference, Reason,
    compare::{differences, present, same_identifier},
    policy::{Conflicts, Policy},
    problem::Problem,
    rules::{Change, Rules, covers},
    translate::{masked_secret, set, translate},
};

/// What is bound to the region, and its counterpart in the secondary's.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    /// Storage accounts (on MK.IO: storage records), by name.
    pub storage: HashMap<String, String>,
    /// Encryption scopes, by name.
    pub encryption_scopes: HashMap<String, String>,
    /// Hosts inside key and licence acquisition URL templates and OpenID documents, in lower case.
    pub hosts: HashMap<String, String>,
}

/// What brings the replica to its source.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// They agree.
    InSync,
    /// They agree in every field that the rules know; these others differ. Worth a write for a hint, not for a walk.
    UnknownOnly(Body, Vec<Difference>),
    /// There is no replica: create it.
    Create(Body),
    /// Write the replica whole.
    Update(Body, Vec<Difference>),
    /// Delete the replica and create it anew.
    Replace(Body, Vec<Difference>),
    /// The replica differs in what cannot be changed, and may not be replaced.
    Conflict(Vec<Difference>),
}

/// Compares a source with its replica.
pub(crate) fn plan(
    rules: &Rules,
    maps: &Maps,
    policy: &Policy,
    source: &Body,
    replica: Option<&Body>,
) -> Result<Plan, Problem> {
    refuse_unfinished(source, Side::Primary)?;
    refuse_masked(rules, source, Side::Primary)?;
    let wanted = Body::new(
        source.id().clone(),
        translate(rules, maps, source.expose())?,
    );
    let Some(replica) = replica else {
        return Ok(Plan::Create(wanted));
    };
    refuse_unfinished(replica, Side::Secondary)?;
    refuse_masked(rules, replica, Side::Secondary)?;
    let found = differences(rules, wanted.expose(), replica.expose());
    if found.is_empty() {
        return Ok(Plan::InSync);
    }
    let unknown_only = found.iter().all(|difference| !difference.known);
    let updatable = match rules.change {
        Change::Update | Change::UpdateOrReplace => true,
        // A field that nobody knows is no reason to touch a published locator.
        Change::Partial(_) | Change::Replace if unknown_only => return Ok(Plan::InSync),
        Change::Partial(paths) => found
            .iter()
            .all(|difference| !difference.known || covers(paths, &difference.path)),
        Change::Replace => false,
    };
    Ok(if !updatable {
        replace_or_report(policy, wanted, replica, found)
    } else if unknown_only {
        Plan::UnknownOnly(wanted, found)
    } else {
        Plan::Update(cleared(rules, wanted, replica), found)
    })
}

/// What the source has no more is taken from the replica by saying so.
fn cleared(rules: &Rules, mut wanted: Body, replica: &Body) -> Body {
    let has = |body: &Body, path| present(rules, path, field(body, path)).is_some();
    for (path, blank) in rules.cleared {
        if has(replica, path) && !has(&wanted, path) {
            set(wanted.expose_mut(), path, blank.value());
        }
    }
    wanted
}

fn field<'b>(body: &'b Body, path: &str) -> Option<&'b Value> {
    let (head, below) = path.split_once('.').unwrap_or((path, ""));
    let mut below = below.split('.').filter(|name| !name.is_empty());
    below.try_fold(body.expose().get(head)?, |value, name| value.get(name))
}

/// What becomes of a replica that differs and cannot be updated.
pub(crate) fn replace_or_report(
    policy: &Policy,
    wanted: Body,
    replica: &Body,
    found: Vec<Difference>,
) -> Plan {
    if may_replace(policy, &wanted, replica) {
        Plan::Replace(wanted, found)
    } else {
        Plan::Conflict(found)
    }
}

/// Whether what was written reads back as it should. What the source has and the rules know must be there.
pub(crate) fn unconfirmed(rules: &Rules, wanted: &Body, written: &Body) -> Vec<Difference> {
    differences(rules, wanted.expose(), written.expose())
        .into_iter()
        .filter(|difference| difference.known)
        .collect()
}

/// A locator is never replaced by one with another streaming locator ID: the URL would change.
fn may_replace(policy: &Policy, wanted: &Body, replica: &Body) -> bool {
    let kind = wanted.id().kind();
    if kind == ::change::Kind::StreamingLocators && !same_locator_id(wanted, replica) {
        return false;
    }
    match policy.conflicts(kind) {
        Conflicts::Report => false,
        Conflicts::ReplaceWithoutKeys => !has_keys(wanted) && !has_keys(replica),
        Conflicts::Replace => true,
    }
}

/// Whether a locator has content keys.
pub(crate) fn has_keys(locator: &Body) -> bool {
    locator
        .property("contentKeys")
        .and_then(Value::as_array)
        .is_some_and(|keys| !keys.is_empty())
}

fn same_locator_id(a: &Body, b: &Body) -> bool {
    match (a.text("streamingLocatorId"), b.text("streamingLocatorId")) {
        (Some(a), Some(b)) => same_identifier(a, b),
        _ => false,
    }
}

/// A service that makes and deletes in its own time says of a locator how far it is. One that it cannot make, or is about to lose, is no
/// replica, however equal.
fn refuse_unfinished(body: &Body, side: Side) -> Result<(), Problem> {
    let failed = body.text("provisioningState") == Some("Failed");
    let state = body.text("resourceState").unwrap_or_default();
    let reason = match (side, state) {
        (Side::Primary, "Creating") => Reason::SourceNotReady,
        (Side::Primary, "Deleting" | "Deleted") => Reason::SourceChanging,
        (Side::Secondary, "Error") => Reason::ReplicaRefused,
        (Side::Secondary, _) if failed => Reason::ReplicaRefused,
        (Side::Secondary, "Creating" | "Updating" | "Deleting" | "Deleted") => {
            Reason::ReplicaNotReady
        }
        _ => return Ok(()),
    };
    let detail = if reason == Reason::ReplicaRefused {
        "could not be made there, as its state says; delete it, and it is made anew".to_owned()
    } else {
        format!("its state is {state}")
    };
    Err(Problem::new(
        reason,
        format!("{} in the {side}: {detail}", body.id()),
    ))
}

fn refuse_masked(rules: &Rules, body: &Body, side: Side) -> Result<(), Problem> {
    match masked_secret(rules, body.expose()) {
        None => Ok(()),
        Some(path) => Err(Problem::new(
            Reason::SecretMasked,
            format!(
                "{path} reads masked in the {side}; the identity needs {}",
                rules.secret_right
            ),
        )),
    }
}

/// The names of the resources that a body depends on, at a path of the rules.
pub(crate) fn named_at(body: &Map<String, Value>, path: &str) -> Vec<String> {
    let mut found: Vec<&Value> = Vec::new();
    collect(&mut found, body, path);
    found
        .into_iter()
        .filter_map(Value::as_str)
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn collect<'v>(found: &mut Vec<&'v Value>, map: &'v Map<String, Value>, path: &str) {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    let (key, is_array) = match head.strip_suffix("[]") {
        Some(key) => (key, true),
        None => (head, false),
    };
    let Some(value) = map.get(key) else { return };
    let items: Vec<&Value> = match (is_array, value) {
        (true, Value::Array(items)) => items.iter().collect(),
        (false, value) => vec![value],
        _ => return,
    };
    for item in items {
        match (rest, item) {
            (None, item) => found.push(item),
            (Some(rest), Value::Object(map)) => collect(found, map, rest),
            _ => {}
        }
    }
}

/// The field paths of a list of differences, for a detail.
pub(crate) fn fields(found: &[Difference]) -> String {
    let paths: Vec<&str> = found.iter().map(|d| d.path.as_str()).take(8).collect();
    let more = found.len().saturating_sub(paths.len());
    if more == 0 {
        paths.join(", ")
    } else {
        format!("{} and {more} more", paths.join(", "))
    }
}

#[cfg(test)]
mod tests;
