use blobs::Settle;
use change::{Cause, Change, Kind, Name, ResourceId};
use media::Side;

use super::Mirror;
use crate::{Outcome, Reason, Report, policy::InScope, problem::Problem};

impl Mirror {
    /// A locator is published when the bytes of its asset are in the secondary. Where they are not, the asset is mirrored first, and
    /// publishes its locators when it is complete.
    pub(super) async fn locator(&self, change: &Change) -> Result<Report, Problem> {
        let Some(source) = self
            .primary
            .read(&change.id)
            .await
            .map_err(Problem::source)?
        else {
            return self.gone(change, &change.id).await;
        };
        let asset = source
            .text("assetName")
            .and_then(|name| Name::new(name).ok())
            .ok_or_else(|| Problem::new(Reason::DependencyFailed, "the locator names no asset"))?;
        if self.options.scope.of_asset(asset.as_str()) == InScope::Never {
            return Ok(Report::new(Outcome::Skipped(Reason::OutOfScope)).because("by its asset"));
        }
        let asset = ResourceId::new(Kind::Assets, asset);
        if self.bytes_are_there(&asset).await? {
            return self.converge(change, source, None).await;
        }
        Ok(Report {
            detail: Some(format!("{asset} is mirrored first")),
            follow_ups: vec![change.about(asset, Cause::Dependency)],
            ..Report::new(Outcome::Waiting(Reason::ReplicaNotReady))
        })
    }

    /// The replica asset is the mark that its bytes were complete; a listing of both sides shows that they still are.
    async fn bytes_are_there(&self, asset: &ResourceId) -> Result<bool, Problem> {
        let source = self.primary.read(asset).await.map_err(Problem::source)?;
        let Some(source) = source else {
            return Err(Problem::new(
                Reason::DependencyFailed,
                format!("{asset} is not in the primary"),
            ));
        };
        let replica = self.secondary.read(asset).await.map_err(Problem::replica)?;
        let Some(replica) = replica else {
            return Ok(false);
        };
        let from = self.place(Side::Primary, &source).await?;
        let to = self.place(Side::Secondary, &replica).await?;
        let look = self
            .bytes
            .look(&from, &to, Settle::AfterJob)
            .await
            .map_err(Problem::blobs)?;
        Ok(look.missing == 0)
    }
}
