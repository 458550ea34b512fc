use change::{Cause, Change, Kind};
use media::{Body, ErrorKind, ServiceError};
use serde_json::Value;

use super::Mirror;
use crate::{
    Difference, Outcome, Plan, Reason, Report,
    plan::{fields, plan, rules_of, unconfirmed},
    problem::Problem,
    rules,
    translate::{translate, without_unknown},
};

/// How often a change goes round when the source or the replica changes under it.
const ROUNDS: usize = 3;

impl Mirror {
    /// Brings the replica to a source that was just read: compares, provides what it needs, writes, reads back, and reads the source
    /// again; round again if that changed.
    ///
    /// `container`: where an asset's bytes are in the secondary.
    pub(super) async fn converge(
        &self,
        change: &Change,
        source: Body,
        container: Option<&str>,
    ) -> Result<Report, Problem> {
        let id = source.id().clone();
        let rules = rules_of(id.kind());
        let mut source = source;
        let mut written: Vec<String> = Vec::new();
        for _ in 0..ROUNDS {
            let replica = self.secondary.read(&id).await.map_err(Problem::replica)?;
            let step = plan(
                rules,
                &self.options.maps,
                &self.options.policy,
                &source,
                replica.as_ref(),
            )?;
            let (wanted, what) = match step {
                Plan::InSync => return Ok(self.settled(&id, &written)),
                Plan::UnknownOnly(..) if !written.is_empty() || from_walk(change) => {
                    return Ok(self.settled(&id, &written));
                }
                Plan::Conflict(found) => {
                    return Err(Problem::new(
                        Reason::ReplicaConflict,
                        format!("differs in {}", fields(&found)),
                    ));
                }
                Plan::Create(wanted) => (wanted, "created".to_owned()),
                Plan::Update(wanted, found) | Plan::UnknownOnly(wanted, found) => {
                    (wanted, format!("updated {}", fields(&found)))
                }
                Plan::Replace(wanted, found) => {
                    self.provide_needs(change, &wanted).await?;
                    let old = replica
                        .as_ref()
                        .map(|old| self.as_it_was(old))
                        .transpose()?;
                    self.replace(&wanted, old).await?;
                    self.seen.note(&id);
                    return Ok(Report::new(Outcome::Applied)
                        .because(format!("replaced, for {}", fields(&found))));
                }
            };
            let wanted = placed(wanted, container);
            self.provide_needs(change, &wanted).await?;
            let answer = match self.write(&wanted).await {
                // Somebody else made it meanwhile: look again.
                Err(error) if error.kind == ErrorKind::Conflict => {
                    written.clear();
                    continue;
                }
                answer => answer.map_err(Problem::replica)?,
            };
            confirm(&wanted, &answer)?;
            written.push(what);
            if rules.change == rules::Change::Replace {
                // What cannot be changed cannot have changed in the primary either.
                return Ok(self.settled(&id, &written));
            }
            match self.primary.read(&id).await.map_err(Problem::source)? {
                None => return self.gone(change, &id).await,
                Some(again) if same(&source, &again) => return Ok(self.settled(&id, &written)),
                Some(again) => source = again,
            }
        }
        if written.is_empty() {
            Err(Problem::new(
                Reason::ReplicaConflict,
                format!(
                    "{id} exists in the secondary, says its answer to PUT, and does not, says GET"
                ),
            ))
        } else {
            Err(Problem::new(
                Reason::SourceChanging,
                format!("changed {ROUNDS} times while it was mirrored"),
            ))
        }
    }

    fn settled(&self, id: &change::ResourceId, written: &[String]) -> Report {
        self.seen.note(id);
        if written.is_empty() {
            Report::new(Outcome::InSync)
        } else {
            Report::new(Outcome::Applied).because(written.join("; then "))
        }
    }

    /// A write that is refused is tried once more without the fields that nobody knows.
    async fn write(&self, wanted: &Body) -> Result<Body, ServiceError> {
        let error = match self.secondary.put(wanted).await {
            Err(error) if error.kind == ErrorKind::Refused => error,
            result => return result,
        };
        let known = without_unknown(rules_of(wanted.id().kind()), wanted.expose());
        if known == *wanted.expose() {
            return Err(error);
        }
        self.secondary
            .put(&Body::new(wanted.id().clone(), known))
            .await
    }

    /// Deletes the replica and creates it anew. If that fails the old one is put back at once.
    async fn replace(&self, wanted: &Body, old: Option<Body>) -> Result<(), Problem> {
        self.secondary
            .delete(wanted.id())
            .await
            .map_err(Problem::replica)?;
        let failed = match self.write(wanted).await {
            Ok(answer) => match confirm(wanted, &answer) {
                Ok(()) => return Ok(()),
                Err(problem) => return Err(problem),
            },
            Err(error) => Problem::replica(error),
        };
        let Some(old) = old else { return Err(failed) };
        Err(match self.secondary.put(&old).await {
            Ok(_) => Problem {
                detail: format!("{}; the old replica is back in place", failed.detail),
                ..failed
            },
            Err(error) => Problem {
                detail: format!(
                    "{}; the old replica could not be put back: {error}",
                    failed.detail
                ),
                // Whatever the first reason was: nothing is published now, so this must go on.
                reason: Reason::ReplicaUnavailable,
                ..failed
            },
        })
    }

    /// What to send so that a replica that was deleted is there again as it was.
    fn as_it_was(&self, replica: &Body) -> Result<Body, Problem> {
        let rules = rules_of(replica.id().kind());
        let unmapped = rules::Rules {
            mapped: &[],
            ..*rules
        };
        Ok(Body::new(
            replica.id().clone(),
            translate(&unmapped, &self.options.maps, replica.expose())?,
        ))
    }
}

/// A walk must not let a field that nobody knows start an endless exchange.
const fn from_walk(change: &Change) -> bool {
    matches!(change.cause, Cause::Walk | Cause::Backfill)
}

fn placed(mut wanted: Body, container: Option<&str>) -> Body {
    if let Some(container) = container {
        wanted.set_property("container", Value::String(container.to_owned()));
    }
    wanted
}

/// The read-back must show what was written.
fn confirm(wanted: &Body, answer: &Body) -> Result<(), Problem> {
    let missing = unconfirmed(rules_of(wanted.id().kind()), wanted, answer);
    if missing.is_empty() {
        return Ok(());
    }
    let keys = |difference: &Difference| difference.path.starts_with("properties.contentKeys");
    let reason = if wanted.id().kind() == Kind::StreamingLocators && missing.iter().any(keys) {
        Reason::KeysRefused
    } else {
        Reason::ReplicaIgnored
    };
    Err(Problem::new(
        reason,
        format!(
            "written and read back, still differs in {}",
            fields(&missing)
        ),
    ))
}

/// Whether the source is still what was mirrored, as far as the rules know it.
fn same(before: &Body, after: &Body) -> bool {
    unconfirmed(rules_of(before.id().kind()), before, after).is_empty()
}
