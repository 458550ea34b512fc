//! Containers.

use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::store::Container;
use crate::turn::Turn;

pub(super) fn create(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    check_name(&turn.call.container)?;
    let metadata = turn.call.metadata()?.unwrap_or_default();
    let stamp = turn.stamp();
    let call = turn.call;
    let account = turn.account_mut()?;
    if account.containers.contains_key(&call.container) {
        return Err(Refusal::container_exists());
    }
    account.containers.insert(
        call.container.clone(),
        Container::new(metadata, stamp.clone()),
    );
    Ok(Answer::new(201).stamped(&stamp))
}

pub(super) fn properties(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let container = turn.container()?;
    let mut answer = Answer::new(200)
        .stamped(&container.stamp)
        .with("x-ms-lease-status", "unlocked")
        .with("x-ms-lease-state", "available")
        .with("x-ms-has-immutability-policy", "false")
        .with("x-ms-has-legal-hold", "false");
    for (name, value) in &container.metadata {
        answer = answer.with(&format!("x-ms-meta-{name}"), value.as_str());
    }
    Ok(answer)
}

pub(super) fn set_metadata(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let metadata = turn.call.metadata()?.unwrap_or_default();
    let stamp = turn.stamp();
    let container = turn.container_mut()?;
    container.metadata = metadata;
    container.stamp = stamp.clone();
    Ok(Answer::new(200).stamped(&stamp))
}

pub(super) fn delete(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let call = turn.call;
    turn.account_mut()?
        .containers
        .remove(&call.container)
        .ok_or_else(Refusal::container_not_found)?;
    Ok(Answer::new(202))
}

/// "Naming and referencing containers, blobs, and metadata": 3 to 63 lower-case letters, digits and single
/// hyphens, with a letter or digit at both ends; `$root`, `$web` and `$logs` beside them.
fn check_name(name: &str) -> Result<(), Refusal> {
    if ["$root", "$web", "$logs"].contains(&name) {
        return Ok(());
    }
    if !(3..=63).contains(&name.len()) {
        return Err(Refusal::name_out_of_range());
    }
    let allowed = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if allowed && !name.starts_with('-') && !name.ends_with('-') && !name.contains("--") {
        Ok(())
    } else {
        Err(Refusal::invalid_name())
    }
}
