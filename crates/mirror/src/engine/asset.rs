use blobs::{Claim, Place};
use change::{Cause, Change, Kind};
use media::{Body, Side};
use serde_json::Value;

use super::{Mirror, copying::Bytes};
use crate::{Outcome, Reason, Report, bytes::owner_of, policy::InScope, problem::Problem};

impl Mirror {
    /// An asset: container, blobs, the asset itself, its filters; its locators follow.
    pub(super) async fn asset(&self, change: &Change) -> Result<Report, Problem> {
        let Some(source) = self
            .primary
            .read(&change.id)
            .await
            .map_err(Problem::source)?
        else {
            return self.gone(change, &change.id).await;
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
        let from = self.place(Side::Primary, &source).await?;
        let to = match &replica {
            Some(replica) => self.place(Side::Secondary, replica).await?,
            None => self.free_place(&source, &from).await?,
        };
        let (blobs, bytes) = match self.copy(change, &from, &to).await? {
            Bytes::Complete { blobs, bytes } => (blobs, bytes),
            Bytes::Incomplete(report) => return Ok(*report),
        };
        let mut report = match self.converge(change, source, Some(&to)).await {
            // The bytes are there all the same, and whoever waits for them need not wait for a label.
            Err(problem) if problem.reason == Reason::ReplicaIgnored && replica.is_some() => {
                problem.report()
            }
            report => report?,
        };
        let filters = self.asset_filters(change).await?;
        let wrote = blobs > 0 || filters > 0 || report.outcome == Outcome::Applied;
        if wrote && !matches!(report.outcome, Outcome::Failed(_)) {
            report.outcome = Outcome::Applied;
            let asset = report
                .detail
                .take()
                .unwrap_or_else(|| "asset in sync".to_owned());
            report.detail = Some(format!(
                "{blobs} blobs ({bytes} bytes) copied; {asset}; {filters} filters"
            ));
        }
        // A walk names the locators itself. An update of the asset's own properties is nothing to its locators.
        let walked = matches!(change.cause, Cause::Walk | Cause::Backfill);
        if !walked && (blobs > 0 || replica.is_none() || change.cause != Cause::Written) {
            report.follow_ups = self.publish(change).await?;
        }
        Ok(report)
    }

    /// By default an asset is mirrored when a locator publishes it or a job made it: raw inputs are not hauled across regions unasked.
    async fn in_scope(&self, change: &Change) -> Result<bool, Problem> {
        match self.options.scope.of_asset(change.id.name().as_str()) {
            InScope::Never => return Ok(false),
            InScope::Always => return Ok(true),
            InScope::IfPublished => {}
        }
        // A walk names only assets that a locator publishes.
        if matches!(
            change.cause,
            Cause::JobFinished | Cause::Dependency | Cause::Walk | Cause::Backfill
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
        let account = self.counterpart(source).await?;
        let owner = owner_of(source, from);
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

    /// The storage account of the secondary that takes the place of the source's.
    pub(super) async fn counterpart(&self, source: &Body) -> Result<String, Problem> {
        let name = source.text("storageAccountName").unwrap_or_default();
        let counterpart = self.options.maps.storage.get(name).ok_or_else(|| {
            Problem::new(
                Reason::Configuration,
                format!("MIRROR_STORAGE_MAP has no counterpart for the storage {name:?}"),
            )
        })?;
        self.storage_account(Side::Secondary, counterpart).await
    }

    async fn asset_filters(&self, change: &Change) -> Result<usize, Problem> {
        let mut applied = 0;
        for filter in self.filters(Side::Primary, change.id.name()).await? {
            let about = change.about(filter.id().clone(), Cause::Dependency);
            let report = self.converge(&about, filter, None).await?;
            applied += usize::from(report.outcome == Outcome::Applied);
        }
        Ok(applied)
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
