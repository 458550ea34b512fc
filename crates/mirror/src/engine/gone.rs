use change::ResourceId;

use super::Mirror;
use crate::{Outcome, Reason, Report, problem::Problem};

impl Mirror {
    /// The primary says that the resource is gone. Replicas are kept.
    pub(super) async fn gone(&self, id: &ResourceId) -> Result<Report, Problem> {
        self.seen.forget(id);
        let there = self.secondary.exists(id).await.map_err(Problem::replica)?;
        Ok(if there {
            Report::new(Outcome::Skipped(Reason::DeletesOff))
        } else {
            Report::new(Outcome::InSync).because("gone from both accounts")
        })
    }
}
