//! What a walk would do about a resource, without doing it: the same observations, the same plan.

use blobs::{Place, Presence, Settle};
use change::{Cause, Change, Depth, Kind, Name, ResourceId};
use media::{Body, ListRequest, Page, Side};

use super::{
    Mirror,
    converge::{in_conflict, stays_suppressed},
    needs,
};
use crate::{
    Difference, Fingerprint, Outcome, Plan, Reason, Report,
    plan::plan,
    policy::{Deletes, InScope},
    problem::Problem,
};

/// The most pages of an asset's filters. A service whose list never ends is not believed.
const MAX_PAGES: usize = 100;

/// What is to be said of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The resource.
    pub id: ResourceId,
    /// What is said of it.
    pub verdict: Verdict,
}

/// How a replica stands to its source, and what a walk would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They agree, or neither is there.
    Same,
    /// There is no replica: it would be made.
    Create,
    /// The replica would be written; the paths of the fields that differ, and `blobs` for an asset's bytes.
    Change(Vec<String>),
    /// There is no source.
    Delete {
        /// Whether a walk would delete the replica.
        allowed: bool,
    },
    /// It differs, and would not be mirrored.
    Conflict(Reason, String),
    /// It is left alone on purpose.
    Skipped(Reason, String),
    /// It cannot be told now.
    Unknown(Reason, String),
}

impl Verdict {
    /// Whether nothing is to be done.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Same | Self::Skipped(..))
    }

    fn skipped(&self) -> Option<(Reason, String)> {
        match self {
            Self::Skipped(reason, detail) => Some((*reason, detail.clone())),
            _ => None,
        }
    }
}

impl From<Problem> for Verdict {
    fn from(problem: Problem) -> Self {
        if problem.reason.is_transient() {
            Self::Unknown(problem.reason, problem.detail)
        } else {
            Self::Conflict(problem.reason, problem.detail)
        }
    }
}

/// How much of an asset is to be copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Mirror {
    /// One page of a list of one of the accounts.
    ///
    /// # Errors
    /// The reason for which it could not be read, and a detail.
    pub async fn list(&self, side: Side, request: &ListRequest) -> Result<Page, (Reason, String)> {
        let page = self.page(side, request).await;
        page.map_err(|problem| (problem.reason, problem.detail))
    }

    async fn page(&self, side: Side, request: &ListRequest) -> Result<Page, Problem> {
        let page = match side {
            Side::Primary => self.primary.list(request).await,
            Side::Secondary => self.secondary.list(request).await,
        };
        page.map_err(|error| Problem::service(side, &error))
    }

    /// A resource of a list page, reduced to what tells whether source and replica agree: of a source as its replica should be. `None` for
    /// a source of which the configuration does not say how its replica should be.
    #[must_use]
    pub fn fingerprint(&self, side: Side, body: &Body) -> Option<Fingerprint> {
        let rules = self.rules(body);
        match side {
            Side::Primary => Fingerprint::of_source(rules, &self.options.maps, body.expose()),
            Side::Secondary => Some(Fingerprint::of_replica(rules, body.expose())),
        }
    }

    /// Whether the name of an asset keeps it, and the locators that publish it, out of the mirror.
    #[must_use]
    pub fn leaves_out(&self, asset: &str) -> bool {
        self.options.scope.of_asset(asset) == InScope::Never
    }

    /// Whether every asset is mirrored, and not only those that are published.
    #[must_use]
    pub const fn mirrors_all(&self) -> bool {
        self.options.scope.all
    }

    /// Whether a walk may delete this replica when its source is gone.
    #[must_use]
    pub fn walk_may_delete(&self, id: &ResourceId) -> bool {
        self.options.policy.deletes(id) == Deletes::Converge && !self.options.policy.keeps(id)
    }

    /// Looks at a resource in both accounts as closely as a walk of this depth, and says what the walk would do. Writes nothing.
    /// An asset comes with its filters from [`Depth::Children`] on.
    pub async fn inspect(&self, id: &ResourceId, depth: Depth) -> Vec<Finding> {
        let mut findings = Vec::new();
        let verdict = match self.verdict(id, depth).await {
            Ok(verdict) => verdict,
            Err(problem) => problem.into(),
        };
        let there = !matches!(verdict, Verdict::Create | Verdict::Delete { .. });
        findings.push(Finding {
            id: id.clone(),
            verdict,
        });
        if id.kind() == Kind::Assets && depth >= Depth::Children && there {
            let filters = self.filter_findings(id.name()).await;
            findings.extend(filters.unwrap_or_else(|problem| {
                vec![Finding {
                    id: id.clone(),
                    verdict: problem.into(),
                }]
            }));
        }
        findings
    }

    /// Carries out a change that a walk of this depth named. Where the walk has seen no difference yet, as deeper ones have not, both sides
    /// are compared first, and a resource that is as it should be costs no more than that.
    pub async fn mirror_at(&self, change: &Change, depth: Depth) -> Report {
        if depth <= Depth::List {
            return self.mirror(change).await;
        }
        let findings = self.inspect(&change.id, depth).await;
        let extra: Vec<&Finding> = findings
            .iter()
            .filter(|found| {
                matches!(found.verdict, Verdict::Delete { .. }) && found.id != change.id
            })
            .collect();
        let kept = extra
            .iter()
            .any(|found| found.verdict == Verdict::Delete { allowed: false });
        let others = || findings.iter().filter(|found| !extra.contains(found));
        let mut report = if others().any(|found| !found.verdict.is_settled()) {
            self.mirror(change).await
        } else if let Some((reason, detail)) = others().find_map(|found| found.verdict.skipped()) {
            Report::new(Outcome::Skipped(reason)).because(detail)
        } else if kept {
            Report::new(Outcome::Skipped(Reason::DeletesOff))
                .because("it has filters without a source")
        } else {
            self.seen.note(&change.id);
            Report::new(Outcome::InSync)
        };
        let deletions = extra
            .into_iter()
            .filter(|found| found.verdict == Verdict::Delete { allowed: true });
        report
            .follow_ups
            .extend(deletions.map(|found| change.about(found.id.clone(), Cause::Walk)));
        if matches!(report.outcome, Outcome::Failed(_)) {
            // An asset that fails for good does not get as far as its filters.
            let filters = findings.iter().filter(|found| {
                found.id != change.id
                    && matches!(found.verdict, Verdict::Create | Verdict::Change(_))
            });
            report
                .follow_ups
                .extend(filters.map(|found| change.about(found.id.clone(), change.cause)));
        }
        report
    }

    /// How much of an asset would be copied if it was mirrored now. Two listings.
    ///
    /// # Errors
    /// The reason for which it cannot be told, and a detail.
    pub async fn weigh(&self, asset: &Name) -> Result<Weight, (Reason, String)> {
        let weight = async {
            let id = ResourceId::new(Kind::Assets, asset.clone());
            let source = self.primary.read(&id).await.map_err(Problem::source)?;
            let Some(source) = source else {
                return Ok(Weight::default());
            };
            let replica = self.secondary.read(&id).await.map_err(Problem::replica)?;
            let look = self.look(&source, replica.as_ref()).await?;
            Ok(Weight {
                blobs: look.missing,
                bytes: look.missing_bytes,
            })
        };
        weight
            .await
            .map_err(|problem: Problem| (problem.reason, problem.detail))
    }

    async fn verdict(&self, id: &ResourceId, depth: Depth) -> Result<Verdict, Problem> {
        if id.kind() == Kind::StreamingPolicies && needs::is_predefined(id.name().as_str()) {
            return Ok(Verdict::Skipped(Reason::Predefined, String::new()));
        }
        let source = self.primary.read(id).await.map_err(Problem::source)?;
        let replica = self.secondary.read(id).await.map_err(Problem::replica)?;
        let source = match (source, &replica) {
            (None, None) => return Ok(Verdict::Same),
            (None, Some(_)) => {
                return Ok(Verdict::Delete {
                    allowed: self.walk_may_delete(id),
                });
            }
            (Some(source), _) => source,
        };
        if let Some(skipped) = self.out_of_scope(&source, replica.as_ref()).await? {
            return Ok(skipped);
        }
        let verdict = self.compared(&source, replica.as_ref())?;
        if id.kind() != Kind::Assets || depth < Depth::Bytes || replica.is_none() {
            return Ok(verdict);
        }
        let look = self.look(&source, replica.as_ref()).await?;
        if look.source_container == Presence::Absent {
            // Nothing is missing of what is not there, and yet this asset cannot be mirrored.
            let detail = "the source's container is not there".to_owned();
            return Ok(Verdict::Conflict(Reason::SourceGone, detail));
        }
        let complete = look.missing == 0 && look.replica_container == Presence::Exists;
        Ok(match verdict {
            verdict if complete => verdict,
            Verdict::Same => Verdict::Change(vec!["blobs".to_owned()]),
            Verdict::Change(mut fields) => {
                fields.push("blobs".to_owned());
                Verdict::Change(fields)
            }
            verdict => verdict,
        })
    }

    /// What the plan says of two resources that were read.
    fn compared(&self, source: &Body, replica: Option<&Body>) -> Result<Verdict, Problem> {
        let rules = self.rules(source);
        let options = &self.options;
        let plan = plan(rules, &options.maps, &options.policy, source, replica)?;
        let paths = |found: Vec<Difference>| found.into_iter().map(|found| found.path).collect();
        Ok(match plan {
            // Alone, a field that nobody knows causes no write from a walk.
            Plan::InSync | Plan::UnknownOnly(..) => Verdict::Same,
            Plan::Create(_) => Verdict::Create,
            Plan::Replace(_, found) if stays_suppressed(replica, &found) => {
                in_conflict(replica, &found).into()
            }
            Plan::Update(_, found) | Plan::Replace(_, found) => Verdict::Change(paths(found)),
            Plan::Conflict(found) => in_conflict(replica, &found).into(),
        })
    }

    /// Whether the scope leaves a resource out.
    async fn out_of_scope(
        &self,
        source: &Body,
        replica: Option<&Body>,
    ) -> Result<Option<Verdict>, Problem> {
        let skipped = |why: &str| Some(Verdict::Skipped(Reason::OutOfScope, why.to_owned()));
        let name = source.id().name();
        Ok(match source.id().kind() {
            Kind::StreamingLocators => source
                .text("assetName")
                .filter(|asset| self.leaves_out(asset))
                .and_then(|_| skipped("by its asset")),
            Kind::Assets if replica.is_some() => None,
            Kind::Assets if self.leaves_out(name.as_str()) => skipped("by its name"),
            Kind::Assets if !self.options.scope.all => {
                let locators = self.primary.locators_of(name).await;
                let published = locators.map_err(Problem::source)?;
                match published.is_some_and(|locators| !locators.is_empty()) {
                    true => None,
                    false => skipped("no locator publishes it"),
                }
            }
            _ => None,
        })
    }

    /// The bytes of an asset that is, or would be, in the secondary.
    async fn look(&self, source: &Body, replica: Option<&Body>) -> Result<blobs::Look, Problem> {
        let from = self.place(Side::Primary, source).await?;
        let to = match replica {
            Some(replica) => self.place(Side::Secondary, replica).await?,
            None => Place {
                account: self.counterpart(source).await?,
                ..from.clone()
            },
        };
        let look = self.bytes.look(&from, &to, Settle::AfterJob).await;
        look.map_err(Problem::blobs)
    }

    /// The filters of an asset that is in both accounts. Lists show them whole.
    async fn filter_findings(&self, asset: &Name) -> Result<Vec<Finding>, Problem> {
        let sources = self.filters(Side::Primary, asset).await?;
        let mut replicas = self.filters(Side::Secondary, asset).await?;
        let mut findings = Vec::new();
        for source in sources {
            let same = replicas.iter().position(|other| other.id() == source.id());
            let replica = same.map(|index| replicas.swap_remove(index));
            let verdict = self.compared(&source, replica.as_ref());
            findings.push(Finding {
                id: source.id().clone(),
                verdict: verdict.unwrap_or_else(Verdict::from),
            });
        }
        findings.extend(replicas.into_iter().map(|extra| Finding {
            verdict: Verdict::Delete {
                allowed: self.walk_may_delete(extra.id()),
            },
            id: extra.id().clone(),
        }));
        Ok(findings)
    }

    /// The filters of an asset in one of the accounts.
    pub(super) async fn filters(&self, side: Side, asset: &Name) -> Result<Vec<Body>, Problem> {
        let mut request = ListRequest::filters_of(asset.clone());
        let mut filters: Vec<Body> = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = self.page(side, &request).await?;
            for filter in page.items {
                // Pages can shift while they are read, and then repeat a filter.
                if filters.iter().all(|known| known.id() != filter.id()) {
                    filters.push(filter);
                }
            }
            match page.next {
                None => return Ok(filters),
                next => request.next = next,
            }
        }
        let reason = match side {
            Side::Primary => Reason::SourceUnavailable,
            Side::Secondary => Reason::ReplicaUnavailable,
        };
        let detail = format!("the list of the filters of {asset} does not end");
        Err(Problem::new(reason, detail))
    }
}
