use blobs::Place;
use change::{Cause, Change, Kind, ResourceId};
use media::{Body, ErrorKind};
use serde_json::Value;

use super::Mirror;
use crate::{
    Difference, Outcome, Plan, Reason, Report,
    plan::{fields, plan, replace_or_report, unconfirmed},
    problem::Problem,
    rules,
};

/// How often a change goes round when the source or the replica changes under it.
const ROUNDS: usize = 3;

/// What a round did.
enum Step {
    /// Something was written and read back.
    Written(String),
    /// Somebody else was faster, it seems: look again.
    Again(String),
}

impl Mirror {
    /// Brings the replica to a source that was just read: compares, provides what it needs, writes, reads back, and reads the source
    /// again; round again if that changed.
    ///
    /// `place`: where an asset's bytes are in the secondary.
    pub(super) async fn converge(
        &self,
        change: &Change,
        source: Body,
        place: Option<&Place>,
    ) -> Result<Report, Problem> {
        let id = source.id().clone();
        let rules = self.rules_of(id.kind());
        let mut source = source;
        let mut written: Vec<String> = Vec::new();
        let mut refused = String::new();
        for _ in 0..ROUNDS {
            let turn = self.writing.take(&id).await;
            let replica = self.secondary.read(&id).await.map_err(Problem::replica)?;
            let plan = plan(
                rules,
                &self.options.maps,
                &self.options.policy,
                &source,
                replica.as_ref(),
            )?;
            let plan = match plan {
                Plan::InSync => return Ok(self.settled(&id, &written)),
                Plan::UnknownOnly(..) if !written.is_empty() || from_walk(change) => {
                    return Ok(self.settled(&id, &written));
                }
                plan => placed(plan, place),
            };
            let created = matches!(plan, Plan::Create(_));
            let result = self.carry_out(change, plan, replica.as_ref()).await;
            drop(turn);
            let (wrote, problem) = match result {
                Ok(Step::Written(what)) => {
                    written.push(what);
                    (true, None)
                }
                Ok(Step::Again(what)) => {
                    refused = what;
                    (false, None)
                }
                // Where a locator that exists can be written as if it were new, it may be that of a newer source, hidden by this now.
                Err(problem) if created && problem.reason == Reason::KeysRefused => {
                    (false, Some(problem))
                }
                Err(problem) => return Err(problem),
            };
            if wrote && created && rules.change == rules::Change::Replace {
                // What cannot be changed can only have been deleted since, and made anew. Whoever is told of that finds this replica, or
                // is told by the service that it exists.
                return Ok(self.settled(&id, &written));
            }
            match self.primary.read(&id).await.map_err(Problem::source)? {
                None => return self.gone(change, &id).await,
                Some(again) if wrote && unconfirmed(rules, &source, &again).is_empty() => {
                    return Ok(self.settled(&id, &written));
                }
                // The bytes that were looked at are those of another asset.
                Some(again) if again.text("assetName") != source.text("assetName") => {
                    return Err(Problem::new(
                        Reason::SourceChanging,
                        "it publishes another asset than a moment ago",
                    ));
                }
                // Whoever was faster may have seen a newer source.
                Some(again) => match problem {
                    Some(problem) if unconfirmed(rules, &source, &again).is_empty() => {
                        return Err(problem);
                    }
                    _ => source = again,
                },
            }
        }
        Err(if !written.is_empty() {
            Problem::new(
                Reason::SourceChanging,
                format!("changed {ROUNDS} times while it was mirrored"),
            )
        } else if let Some(problem) = self.unmade_need(&source, &refused).await? {
            problem
        } else {
            Problem::new(
                Reason::ReplicaConflict,
                format!("{refused}: the secondary says that it is there, and does not show it"),
            )
        })
    }

    async fn carry_out(
        &self,
        change: &Change,
        plan: Plan,
        replica: Option<&Body>,
    ) -> Result<Step, Problem> {
        let conflict = |error: &media::ServiceError| error.kind == ErrorKind::Conflict;
        match plan {
            Plan::InSync => Ok(Step::Again("in sync".to_owned())),
            Plan::Create(wanted) => {
                self.provide_needs(change, &wanted).await?;
                match self.create(&wanted).await? {
                    Ok(()) => Ok(Step::Written("created".to_owned())),
                    // Somebody else made it meanwhile: look again.
                    Err(error) if conflict(&error) => Ok(Step::Again(error.to_string())),
                    Err(error) => Err(Problem::replica(error)),
                }
            }
            Plan::Update(wanted, found) | Plan::UnknownOnly(wanted, found) => {
                self.provide_needs(change, &wanted).await?;
                let may_be_refused = self.rules(&wanted).change == rules::Change::UpdateOrReplace;
                match (self.update(&wanted).await?, replica) {
                    (Ok(()), _) => Ok(Step::Written(format!("updated {}", fields(&found)))),
                    (Err(error), Some(replica))
                        if may_be_refused
                            && matches!(
                                error.kind,
                                ErrorKind::Refused | ErrorKind::Conflict | ErrorKind::Denied
                            ) =>
                    {
                        let policy = &self.options.policy;
                        match replace_or_report(policy, wanted, replica, found) {
                            // The account may not offer it, or the token not permit it: whoever reads of it is to know.
                            Plan::Conflict(_) if error.kind == ErrorKind::Denied => {
                                Err(Problem::replica(error))
                            }
                            plan => Box::pin(self.carry_out(change, plan, Some(replica))).await,
                        }
                    }
                    (Err(error), _) => Err(Problem::replica(error)),
                }
            }
            // Replacing it again would end in the same way.
            Plan::Replace(_, found) if stays_suppressed(replica, &found) => {
                Err(in_conflict(replica, &found))
            }
            Plan::Replace(wanted, found) => {
                self.provide_needs(change, &wanted).await?;
                match self.replace(&wanted, replica).await? {
                    Ok(()) => Ok(Step::Written(format!("replaced, for {}", fields(&found)))),
                    Err(error) => Ok(Step::Again(error.to_string())),
                }
            }
            Plan::Conflict(found) => Err(in_conflict(replica, &found)),
        }
    }

    fn settled(&self, id: &ResourceId, written: &[String]) -> Report {
        self.seen.note(id);
        if written.is_empty() {
            Report::new(Outcome::InSync)
        } else {
            Report::new(Outcome::Applied).because(written.join("; then "))
        }
    }
}

/// A walk must not let a field that nobody knows start an endless exchange.
const fn from_walk(change: &Change) -> bool {
    matches!(change.cause, Cause::Walk | Cause::Backfill)
}

/// An asset is made, and updated, on the container (and in its folder) that holds its bytes.
fn placed(plan: Plan, place: Option<&Place>) -> Plan {
    let Some(to) = place else {
        return plan;
    };
    let place = |mut wanted: Body| {
        wanted.set_property("container", Value::String(to.container.clone()));
        match &to.prefix {
            Some(folder) => wanted.set_property("subPath", Value::String(folder.clone())),
            None => {
                if let Some(Value::Object(properties)) = wanted.expose_mut().get_mut("properties") {
                    properties.remove("subPath");
                }
            }
        }
        wanted
    };
    match plan {
        Plan::Create(wanted) => Plan::Create(place(wanted)),
        Plan::Update(wanted, found) => Plan::Update(place(wanted), found),
        Plan::UnknownOnly(wanted, found) => Plan::UnknownOnly(place(wanted), found),
        plan => plan,
    }
}

/// Whether a locator was made with other keys than the source's, and for that never released: it is suppressed, the source is not, and
/// nothing differs but that and the keys.
pub(super) fn stays_suppressed(replica: Option<&Body>, found: &[Difference]) -> bool {
    is_hidden_with_other_keys(replica, found) && found.iter().any(is_switch)
}

/// A suppressed locator that differs in nothing else was not refused for any other reason than its keys.
fn is_hidden_with_other_keys(replica: Option<&Body>, found: &[Difference]) -> bool {
    let is_key = |difference: &Difference| difference.path.starts_with("properties.contentKeys");
    let suppressed = replica.is_some_and(|replica| {
        replica.id().kind() == Kind::StreamingLocators
            && replica.property("suppressed") == Some(&Value::Bool(true))
    });
    suppressed && found.iter().any(is_key) && found.iter().all(|one| is_switch(one) || is_key(one))
}

fn is_switch(difference: &Difference) -> bool {
    difference.path == "properties.suppressed"
}

pub(super) fn in_conflict(replica: Option<&Body>, found: &[Difference]) -> Problem {
    let reason = if is_hidden_with_other_keys(replica, found) {
        Reason::KeysRefused
    } else {
        Reason::ReplicaConflict
    };
    Problem::new(reason, format!("differs in {}", fields(found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::Name;
    use serde_json::{Map, json};

    #[test]
    fn only_a_replica_that_was_never_released_counts_as_refused() {
        let replica = |suppressed: bool| {
            let name = Name::new("locator").unwrap();
            let id = ResourceId::new(Kind::StreamingLocators, name);
            let properties = json!({"suppressed": suppressed});
            let properties = Map::from_iter([("properties".to_owned(), properties)]);
            Body::new(id, properties)
        };
        let (hidden, shown) = (replica(true), replica(false));
        let found = |paths: &[&str]| -> Vec<Difference> {
            let paths = paths.iter().map(|path| Difference {
                path: format!("properties.{path}"),
                known: true,
            });
            paths.collect()
        };
        let keys = "contentKeys[].id";
        assert!(stays_suppressed(
            Some(&hidden),
            &found(&[keys, "suppressed"])
        ));
        // Suppressed in both, with other keys since: it may be replaced.
        assert!(!stays_suppressed(Some(&hidden), &found(&[keys])));
        assert!(!stays_suppressed(Some(&hidden), &found(&["suppressed"])));
        let more = found(&[keys, "suppressed", "alternativeMediaId"]);
        assert!(!stays_suppressed(Some(&hidden), &more));
        assert!(!stays_suppressed(
            Some(&shown),
            &found(&[keys, "suppressed"])
        ));
        assert!(!stays_suppressed(None, &found(&[keys, "suppressed"])));
    }
}

#[cfg(test)]
mod races;
