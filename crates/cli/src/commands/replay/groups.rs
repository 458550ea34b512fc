//! Poisoned messages grouped by queue and reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::message::Poisoned;
use crate::output::{columns, plain};

/// How many resources of a group are named to people.
const NAMED: usize = 3;

fn groups(messages: &[Poisoned]) -> BTreeMap<(&str, &str), Vec<&Poisoned>> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Poisoned>> = BTreeMap::new();
    for message in messages {
        groups
            .entry((message.received.queue(), &message.reason))
            .or_default()
            .push(message);
    }
    groups
}

/// For people: each group with a detail and some of the resources that it is about.
pub(super) fn lines(messages: &[Poisoned]) -> Vec<String> {
    let mut rows = vec![["queue", "messages", "reason", "for instance"].map(ToOwned::to_owned)];
    for ((queue, reason), group) in groups(messages) {
        let detail = group.first().map(|message| plain(&message.detail));
        let about = about(&group);
        let detail = detail.unwrap_or_default();
        rows.push([
            queue.to_owned(),
            group.len().to_string(),
            plain(reason),
            if about.is_empty() {
                detail
            } else {
                format!("{about}: {detail}")
            },
        ]);
    }
    if messages.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    columns(&rows)
}

/// For programs: each group with every detail and every resource.
pub(super) fn values(messages: &[Poisoned]) -> Vec<Value> {
    let value = |((queue, reason), group): ((&str, &str), Vec<&Poisoned>)| {
        let messages: Vec<Value> = group
            .iter()
            .map(|one| json!({"about": one.about, "detail": one.detail}))
            .collect();
        json!({"queue": queue, "reason": reason, "count": group.len(), "messages": messages})
    };
    groups(messages).into_iter().map(value).collect()
}

/// Some of the resources of a group.
fn about(group: &[&Poisoned]) -> String {
    let names = group.iter().filter_map(|one| one.about.as_deref());
    let names: BTreeSet<&str> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let named: Vec<&str> = names.into_iter().take(NAMED).collect();
    match more {
        0 => named.join(", "),
        _ => format!("{} and {more} more", named.join(", ")),
    }
}
