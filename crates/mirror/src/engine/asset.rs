use std::time::Duration;

use blobs::{Budget, Claim, Copied, Place, Presence, Settle};
use change::{Cause, Change, Kind};
use media::{Body, ListRequest};
use serde_json::Value;
use tokio::time::Instant;

use super::Mirror;
use crate::{
    Again, Outcome, Reason, Report,
    bytes::{owner_of, place_of},
    problem::Problem,
};

impl Mirror {
    /// An asset: container, blobs, the asset itself, its filters; its locators follow.
    pub(super) async fn asset(&self, change: &Change) -> Result<Report, Problem> {
        let Some(source) = self
            .primary
            .read(&change.id)
            .await
            .map_err(Problem::source)?
        else {
            return self.gone(&change.id).await;
        };
        refuse_encrypted(&source)?;
        let replica = self
            .secondary
            .read(&change.id)
            .await
            .map_err(Problem::replica)?;
        if replica.is_none() && !self.in_scope(change).await? {
            return Ok(Report::new(Outcome::Skipped(Reason::OutOfScope)));
        }
        let from = place_of(&source)?;
        let to = match &replica {
            Some(replica) => place_of(replica)?,
            None => self.free_place(&source, &from).await?,
        };
        let settle = if change.cause == Cause::JobFinished {
            Settle::AfterJob
        } else {
            Settle::Wait
        };
        let copied = self
            .bytes
            .mirror(&from, &to, settle, &self.budget())
            .await
            .map_err(Problem::blobs)?;
        if copied.look.source_container == Presence::Absent {
            return Err(Problem::new(
                Reason::SourceGone,
                format!(
                    "the container {} is not in {}",
                    from.container, from.account
                ),
            ));
        }
        if !copied.complete {
            return Ok(Report {
                again: Some(Again::After(look_again_in(&copied, change.attempt))),
                detail: Some(format!("{}; {} blobs left", told(&copied), copied.left)),
                ..Report::new(Outcome::Waiting(Reason::SourceNotReady))
            });
        }
        let mut report = self.converge(change, source, Some(&to.container)).await?;
        let filters = self.asset_filters(change).await?;
        let wrote = copied.blobs > 0 || filters > 0 || report.outcome == Outcome::Applied;
        if wrote {
            report.outcome = Outcome::Applied;
            let asset = report
                .detail
                .take()
                .unwrap_or_else(|| "asset in sync".to_owned());
            report.detail = Some(format!("{}; {asset}; {filters} filters", told(&copied)));
        }
        if wrote || change.cause != Cause::Written {
            report.follow_ups = self.publish(change).await?;
        }
        Ok(report)
    }

    /// By default an asset is mirrored when a locator publishes it or a job made it: raw inputs are not hauled across regions unasked.
    async fn in_scope(&self, change: &Change) -> Result<bool, Problem> {
        if matches!(
            change.cause,
            Cause::JobFinished | Cause::Dependency | Cause::Operator
        ) {
            return Ok(true);
        }
        let locators = self.primary.locators_of(change.id.name()).await;
        Ok(locators
            .map_err(Problem::source)?
            .is_some_and(|locators| !locators.is_empty()))
    }

    /// The container of the source's name where that is free, else one of a name that follows from the asset's.
    async fn free_place(&self, source: &Body, from: &Place) -> Result<Place, Problem> {
        let account = self
            .options
            .maps
            .storage
            .get(&from.account)
            .ok_or_else(|| {
                Problem::new(
                    Reason::Configuration,
                    format!(
                        "MIRROR_STORAGE_MAP has no counterpart for the storage account {}",
                        from.account
                    ),
                )
            })?;
        let owner = owner_of(source);
        let spare = format!("asset-{owner}");
        for container in [&from.container, &spare] {
            let to = Place {
                account: account.clone(),
                container: container.clone(),
                prefix: from.prefix.clone(),
            };
            let claimed = self.bytes.claim(from, &to, &owner).await;
            match claimed.map_err(Problem::blobs)? {
                Claim::Ours => return Ok(to),
                Claim::Taken => {}
            }
        }
        Err(Problem::new(
            Reason::ReplicaConflict,
            format!(
                "the containers {} and {spare} of {account} belong to something else",
                from.container
            ),
        ))
    }

    fn budget(&self) -> Budget {
        let until = Instant::now() + self.options.copy_budget;
        Budget::new(move || Instant::now() < until)
    }

    async fn asset_filters(&self, change: &Change) -> Result<usize, Problem> {
        let mut applied = 0;
        let mut request = ListRequest {
            kind: Kind::AssetFilters,
            parent: Some(change.id.name().clone()),
            next: None,
        };
        loop {
            let page = self.primary.list(&request).await.map_err(Problem::source)?;
            for filter in page.items {
                let about = change.about(filter.id().clone(), Cause::Dependency);
                let report = self.converge(&about, filter, None).await?;
                applied += usize::from(report.outcome == Outcome::Applied);
            }
            match page.next {
                None => return Ok(applied),
                next => request.next = next,
            }
        }
    }

    async fn publish(&self, change: &Change) -> Result<Vec<Change>, Problem> {
        let locators = self.primary.locators_of(change.id.name()).await;
        Ok(locators
            .map_err(Problem::source)?
            .unwrap_or_default()
            .into_iter()
            .map(|name| change::ResourceId::new(Kind::StreamingLocators, name))
            .map(|locator| change.about(locator, Cause::Dependency))
            .collect())
    }
}

/// 5 s doubling to 60 s, unless the source says when it will be old enough.
fn look_again_in(copied: &Copied, attempt: u32) -> Duration {
    let doubling = Duration::from_secs(5 << attempt.min(4)).min(Duration::from_secs(60));
    copied
        .settled_in
        .map_or(doubling, |settled| settled.max(Duration::from_secs(1)))
}

fn told(copied: &Copied) -> String {
    format!("{} blobs ({} bytes) copied", copied.blobs, copied.bytes)
}

/// Assets that clients encrypted for storage cannot be read by anybody but the old service.
fn refuse_encrypted(source: &Body) -> Result<(), Problem> {
    match source
        .property("storageEncryptionFormat")
        .and_then(Value::as_str)
    {
        None | Some("None" | "") => Ok(()),
        Some(format) => Err(Problem::new(
            Reason::SourceUnsupported,
            format!("the asset's storage encryption format is {format}"),
        )),
    }
}
