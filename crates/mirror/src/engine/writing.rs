//! Writing to the secondary, and reading back what was written.

use change::Kind;
use media::{Body, ErrorKind, ServiceError};
use serde_json::Value;

use super::{Mirror, keys::may_have_keys};
use crate::{
    Difference, Reason,
    plan::{fields, unconfirmed},
    problem::Problem,
    rules::{Backend, Rules},
    translate::{translate, without_unknown},
};

/// A write that was confirmed, or the service's own error for the caller to judge.
type Written = Result<(), ServiceError>;

impl Mirror {
    /// Creates a replica and confirms it.
    pub(super) async fn create(&self, wanted: &Body) -> Result<Written, Problem> {
        if self.options.backend == Backend::Mkio && may_have_keys(wanted) {
            return self.create_suppressed(wanted).await;
        }
        let answer = match self.secondary.create(wanted).await {
            Err(error) if error.kind == ErrorKind::Refused => match self.known_only(wanted) {
                Some(known) => self.secondary.create(&known).await,
                None => Err(error),
            },
            answer => answer,
        };
        match answer {
            Err(error) => Ok(Err(error)),
            Ok(answer) => match self.confirm(wanted, &answer) {
                Ok(()) => Ok(Ok(())),
                Err(problem) if problem.reason == Reason::KeysRefused => {
                    Err(self.take_back(wanted, problem).await)
                }
                Err(problem) => Err(problem),
            },
        }
    }

    /// Updates a replica and confirms it.
    pub(super) async fn update(&self, wanted: &Body) -> Result<Written, Problem> {
        let answer = match self.secondary.update(wanted).await {
            Err(error) if error.kind == ErrorKind::Refused => match self.known_only(wanted) {
                Some(known) => self.secondary.update(&known).await,
                None => Err(error),
            },
            answer => answer,
        };
        match answer {
            Err(error) => Ok(Err(error)),
            Ok(answer) => match self.confirm(wanted, &answer) {
                Ok(()) => Ok(Ok(())),
                Err(problem) if problem.reason == Reason::KeysRefused => {
                    Err(self.hide(wanted, problem).await)
                }
                Err(problem) => Err(problem),
            },
        }
    }

    /// A locator that had the right keys a moment ago and has others was deleted meanwhile, and made anew by what should have changed it: a
    /// PUT does either. It must not stay published.
    async fn hide(&self, wanted: &Body, problem: Problem) -> Problem {
        let mut hidden = wanted.clone();
        hidden.set_property("suppressed", Value::Bool(true));
        let done = match self.secondary.update(&hidden).await {
            Ok(_) => "it is suppressed".to_owned(),
            Err(error) => format!("it could not be suppressed: {error}"),
        };
        Problem {
            detail: format!("{}; {done}", problem.detail),
            ..problem
        }
    }

    /// Deletes the replica and creates it anew. If that fails the old one is put back at once. The service's own error is a conflict:
    /// somebody else has created it meanwhile.
    pub(super) async fn replace(
        &self,
        wanted: &Body,
        old: Option<&Body>,
    ) -> Result<Written, Problem> {
        let old = old.map(|old| self.as_it_was(old)).transpose()?;
        if let Some(old) = &old {
            self.refuse_to_take_keys(old, Some(wanted)).await?;
        }
        let deleted = self.secondary.delete(wanted.id()).await;
        deleted.map_err(Problem::replica)?;
        let failed = match self.create(wanted).await {
            Ok(Ok(())) => return Ok(Ok(())),
            Ok(Err(error)) if error.kind == ErrorKind::Conflict => {
                match self.unmade_need(wanted, &error.to_string()).await {
                    Ok(None) => return Ok(Err(error)),
                    Ok(Some(problem)) | Err(problem) => problem,
                }
            }
            Ok(Err(error)) => Problem::replica(error),
            Err(problem) => problem,
        };
        let Some(old) = old else { return Err(failed) };
        // What was made with other keys stays, as a mark that nobody can play: the old one would be written over it.
        if self.options.backend == Backend::Mkio
            && failed.reason == Reason::KeysRefused
            && let Ok(true) = self.secondary.exists(wanted.id()).await
        {
            return Err(Problem {
                detail: format!("{}; the new replica stays suppressed", failed.detail),
                ..failed
            });
        }
        // What had keys must not come back with others either.
        let back = if self.options.backend == Backend::Mkio && may_have_keys(&old) {
            self.create_suppressed(&old).await
        } else {
            Ok(self.secondary.create(&old).await.map(drop))
        };
        let why = match back {
            Ok(Ok(())) => {
                return Err(Problem {
                    detail: format!("{}; the old replica is back in place", failed.detail),
                    ..failed
                });
            }
            Ok(Err(error)) => error.to_string(),
            Err(problem) => problem.detail,
        };
        Err(Problem {
            detail: format!(
                "{}; the old replica could not be put back: {why}",
                failed.detail
            ),
            // Whatever the first reason was: nothing is published now, so this must go on.
            reason: Reason::ReplicaUnavailable,
            ..failed
        })
    }

    /// The read-back must show what was written.
    pub(super) fn confirm(&self, wanted: &Body, answer: &Body) -> Result<(), Problem> {
        let missing = unconfirmed(self.rules(wanted), wanted, answer);
        if missing.is_empty() {
            return Ok(());
        }
        let kept = kept_options(wanted, answer);
        if !kept.is_empty() {
            return Err(Problem::new(
                Reason::ReplicaConflict,
                format!(
                    "the secondary keeps options that the source has no more: {}",
                    kept.join(", ")
                ),
            ));
        }
        let keys = |difference: &Difference| difference.path.starts_with("properties.contentKeys");
        let locator = wanted.id().kind() == Kind::StreamingLocators;
        let reason = if locator && missing.iter().any(keys) {
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

    /// The body without the fields that nobody knows, if there are any: a write that is refused is tried once more so.
    pub(super) fn known_only(&self, wanted: &Body) -> Option<Body> {
        let known = without_unknown(self.rules(wanted), wanted.expose());
        (known != *wanted.expose()).then(|| Body::new(wanted.id().clone(), known))
    }

    /// A locator that was just made with other keys than the source's must not stay published.
    pub(super) async fn take_back(&self, wanted: &Body, problem: Problem) -> Problem {
        match self.secondary.delete(wanted.id()).await {
            Ok(()) => Problem {
                detail: format!("{}; it was taken back", problem.detail),
                ..problem
            },
            Err(error) => Problem {
                detail: format!("{}; it could not be taken back: {error}", problem.detail),
                ..problem
            },
        }
    }

    /// What to send so that a replica that was deleted is there again as it was.
    fn as_it_was(&self, replica: &Body) -> Result<Body, Problem> {
        let unmapped = Rules {
            mapped: &[],
            ..*self.rules(replica)
        };
        Ok(Body::new(
            replica.id().clone(),
            translate(&unmapped, &self.options.maps, replica.expose())?,
        ))
    }
}

/// The names of a policy's options that are there although nobody asked for them: a service that merges options keeps them.
fn kept_options(wanted: &Body, answer: &Body) -> Vec<String> {
    let names = |body: &Body| -> Vec<String> {
        let options = body.property("options").and_then(Value::as_array);
        let options = options.into_iter().flatten();
        options
            .filter_map(|option| option["name"].as_str().map(ToOwned::to_owned))
            .collect()
    };
    let asked = names(wanted);
    names(answer)
        .into_iter()
        .filter(|name| !asked.contains(name))
        .collect()
}
