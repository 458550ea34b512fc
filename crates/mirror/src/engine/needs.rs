use change::{Cause, Change, Kind, Name, ResourceId};
use media::Body;

use super::Mirror;
use crate::{Outcome, Owner, Reason, plan::named_at, problem::Problem, rules::Need};

/// What every account has.
pub(super) fn is_predefined(name: &str) -> bool {
    name.starts_with("Predefined_")
}

/// What keeps a resource from being mirrored, as whoever needs it says so. Only what passes by itself, and what the configuration lacks, is true
/// of both; any other reason would send the operator to the wrong resource.
fn of_need(id: &ResourceId, problem: Problem) -> Problem {
    let (reason, detail) = (problem.reason, &problem.detail);
    if reason == Reason::DependencyFailed {
        return problem;
    }
    let of_both = reason.is_transient() || reason.owner() == Owner::Configuration;
    let (reason, detail) = match of_both {
        true => (reason, format!("{id}: {detail}")),
        false => (
            Reason::DependencyFailed,
            format!("{id}: {reason}: {detail}"),
        ),
    };
    Problem {
        reason,
        detail,
        ..problem
    }
}

impl Mirror {
    /// Sees that everything that a resource names is in the secondary, and brings what is missing, in order.
    pub(super) async fn provide_needs(
        &self,
        change: &Change,
        wanted: &Body,
    ) -> Result<(), Problem> {
        for (path, need) in self.rules(wanted).needs {
            for name in named_at(wanted.expose(), path) {
                if *need == Need::Kind(Kind::StreamingPolicies) && is_predefined(&name) {
                    continue;
                }
                let name = Name::new(name).map_err(|error| {
                    Problem::new(Reason::DependencyFailed, format!("{path}: {error}"))
                })?;
                match need {
                    Need::Kind(kind) => {
                        self.provide(change, ResourceId::new(*kind, name)).await?;
                    }
                    Need::Filter => self.provide_filter(change, wanted, name).await?,
                }
            }
        }
        Ok(())
    }

    /// Why a resource was refused over a conflict, if the service says that it is still making something that the resource names, or is
    /// still deleting what had the resource's name before.
    pub(super) async fn unmade_need(
        &self,
        wanted: &Body,
        refused: &str,
    ) -> Result<Option<Problem>, Problem> {
        let leaving = self.secondary.is_being_made(wanted.id()).await;
        if leaving.map_err(Problem::replica)? {
            let detail = format!("{refused}: {} is still being made, or deleted", wanted.id());
            return Ok(Some(Problem::new(Reason::ReplicaNotReady, detail)));
        }
        let mut asked = Vec::new();
        let needs = self.rules(wanted).needs.iter();
        let kinds = needs.filter_map(|(path, need)| match need {
            Need::Kind(kind) => Some((*path, *kind)),
            Need::Filter => None,
        });
        // The asset of a locator is there before anything else is looked at.
        for (path, kind) in kinds.chain([("properties.assetName", Kind::Assets)]) {
            for name in named_at(wanted.expose(), path) {
                let Ok(name) = Name::new(name) else { continue };
                let id = ResourceId::new(kind, name);
                if asked.contains(&id) {
                    continue;
                }
                let making = self.secondary.is_being_made(&id).await;
                if making.map_err(Problem::replica)? {
                    let detail = format!("{refused}: {id} is still being made");
                    return Ok(Some(Problem::new(Reason::ReplicaNotReady, detail)));
                }
                asked.push(id);
            }
        }
        Ok(None)
    }

    async fn provide(&self, change: &Change, id: ResourceId) -> Result<(), Problem> {
        if self.seen.lately(&id) {
            return Ok(());
        }
        // Whoever needs the same knows it from the first one that looked.
        let _turn = self.needing.take(&id).await;
        if self.is_there(&id).await? {
            return Ok(());
        }
        self.bring(change, id).await
    }

    /// A locator names filters of the account and of its asset alike.
    async fn provide_filter(
        &self,
        change: &Change,
        wanted: &Body,
        name: Name,
    ) -> Result<(), Problem> {
        let of_account = ResourceId::new(Kind::AccountFilters, name.clone());
        let of_asset = wanted
            .text("assetName")
            .and_then(|asset| Name::new(asset).ok())
            .map(|asset| ResourceId::asset_filter(asset, name));
        if self.is_there(&of_account).await? {
            return Ok(());
        }
        if let Some(of_asset) = of_asset {
            if self.is_there(&of_asset).await? {
                return Ok(());
            }
            let source = self.primary.exists(&of_asset).await;
            if source.map_err(Problem::source)? {
                return self.bring(change, of_asset).await;
            }
        }
        self.bring(change, of_account).await
    }

    async fn is_there(&self, id: &ResourceId) -> Result<bool, Problem> {
        if self.seen.lately(id) {
            return Ok(true);
        }
        let there = self.secondary.exists(id).await.map_err(Problem::replica)?;
        if there {
            self.seen.note(id);
        }
        Ok(there)
    }

    async fn bring(&self, change: &Change, id: ResourceId) -> Result<(), Problem> {
        let about = change.about(id.clone(), Cause::Dependency);
        let report = Box::pin(self.plain(&about)).await;
        let report = report.map_err(|problem| of_need(&id, problem))?;
        let detail = report.detail.unwrap_or_default();
        match report.outcome {
            Outcome::Applied => Ok(()),
            // It was missing a moment ago. If nothing was written since, the primary does not have it either, unless somebody else
            // brought it meanwhile.
            Outcome::InSync if self.seen.lately(&id) => Ok(()),
            Outcome::InSync => Err(Problem::new(
                Reason::DependencyFailed,
                format!("{id} is not in the primary"),
            )),
            Outcome::Waiting(reason) => Err(Problem::new(reason, format!("{id}: {detail}"))),
            Outcome::Skipped(reason) | Outcome::Failed(reason) => Err(Problem::new(
                Reason::DependencyFailed,
                format!("{id}: {reason} {detail}"),
            )),
        }
    }
}
