use async_trait::async_trait;
use change::{Kind, Name};
use media::{Body, ListRequest, Side};
use mirror::{Mirror, Reason};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    Selection, selection,
    table::{Match, Names, Table},
};

/// The most pages of a list. A service whose list never ends is not believed.
const MAX_PAGES: u64 = 100_000;

/// How source and replica stand to each other, as far as lists show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The lists agree.
    Same,
    /// The lists differ, or the configuration does not say how the replica should be.
    Different,
    /// The secondary's list does not have it, and it is in scope.
    Missing,
    /// The secondary's list does not have it, and by its name, or because no locator publishes it, it is not in scope.
    OutOfScope,
    /// Only the secondary's list has it. Told after everything else, and only when both lists were read to their ends.
    Extra,
}

/// A resource that a walk comes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: Name,
    /// How its two sides stand.
    pub seen: Seen,
}

/// What is done with what a walk finds.
#[async_trait]
pub trait Visit: Send {
    /// What can go wrong with it.
    type Error: Send;

    /// Takes in a resource. Where the lists shift under the walk a resource may come twice or not at all.
    async fn found(&mut self, found: Found) -> Result<(), Self::Error>;
}

/// A walk that went through everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Pages read of all lists.
    pub pages: u64,
    /// Resources in the primary's list, as far as they were selected.
    pub primary: u64,
    /// Resources in the secondary's list, as far as they were selected.
    pub secondary: u64,
    /// Resources that are missing and in scope.
    pub missing: u64,
    /// Resources in which the lists differ.
    pub different: u64,
    /// Resources that only the secondary has.
    pub extra: u64,
    /// What the primary said when it refused to list by time: nothing was told then, and walks over whole lists find what was updated.
    pub no_short_cut: Option<String>,
}

/// Why a walk did not go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped<E> {
    /// A list could not be read.
    List(Reason, String),
    /// It took longer than it may. Remedy: a larger share of the rate limits.
    TooLong,
    /// What was found could not be taken in.
    Visit(E),
}

/// Reads a list page by page.
struct Pages<'a> {
    mirror: &'a Mirror,
    side: Side,
    request: ListRequest,
    ended: bool,
    read: u64,
    /// A place that the list named before, chosen so that one which comes again and again is found (Brent).
    named_before: Option<String>,
    deadline: Instant,
}

impl<'a> Pages<'a> {
    const fn new(mirror: &'a Mirror, side: Side, request: ListRequest, deadline: Instant) -> Self {
        Self {
            mirror,
            side,
            request,
            ended: false,
            read: 0,
            named_before: None,
            deadline,
        }
    }

    async fn next<E>(&mut self) -> Result<Option<Vec<Body>>, Stopped<E>> {
        if self.ended {
            return Ok(None);
        }
        let page = self.mirror.list(self.side, &self.request);
        let page = tokio::time::timeout_at(self.deadline, page)
            .await
            .map_err(|_| Stopped::TooLong)?
            .map_err(|(reason, detail)| Stopped::List(reason, detail))?;
        self.read += 1;
        self.ended = page.next.is_none();
        if self.read >= MAX_PAGES || (!self.ended && page.next == self.named_before) {
            let reason = match self.side {
                Side::Primary => Reason::SourceUnavailable,
                Side::Secondary => Reason::ReplicaUnavailable,
            };
            return Err(Stopped::List(reason, "the list does not end".to_owned()));
        }
        if self.read.is_power_of_two() {
            self.named_before.clone_from(&page.next);
        }
        self.request.next = page.next;
        Ok(Some(page.items))
    }
}

/// Goes through a kind in both accounts.
///
/// # Errors
/// [`Stopped`]; what was told until then is true, and nothing was told of [`Seen::Extra`].
pub async fn walk<V: Visit>(
    mirror: &Mirror,
    selection: &Selection,
    deadline: Instant,
    visit: &mut V,
) -> Result<Walked, Stopped<V::Error>> {
    let mut walked = Walked::default();
    let mut table = Table::default();
    let request = ListRequest::all(selection.kind);
    let mut pages = Pages::new(mirror, Side::Secondary, request.clone(), deadline);
    while let Some(page) = pages.next().await? {
        for replica in page {
            let name = replica.id().name().as_str();
            if selection.takes_name(name)
                && let Some(fingerprint) = mirror.fingerprint(Side::Secondary, &replica)
            {
                table.insert(name, fingerprint);
            }
        }
    }
    walked.pages += pages.read;
    walked.secondary = table.len() as u64;

    let mut known = Names::default();
    // Missing assets, of which it is not known yet whether a locator publishes them.
    let mut undecided: Vec<Name> = Vec::new();
    let mut pages = Pages::new(mirror, Side::Primary, request, deadline);
    while let Some(page) = pages.next().await? {
        for source in page {
            let name = source.id().name();
            if !selection.takes_name(name.as_str())
                || !selection.takes(&source)
                || !known.insert(name.as_str())
            {
                continue;
            }
            let fingerprint = mirror.fingerprint(Side::Primary, &source);
            let seen = match table.compare(name.as_str(), fingerprint.as_ref()) {
                Match::Same => Seen::Same,
                Match::Different => Seen::Different,
                Match::Missing if is_left_out(mirror, &source) => Seen::OutOfScope,
                Match::Missing => Seen::Missing,
            };
            if seen == Seen::Missing && selection.kind == Kind::Assets && !mirror.mirrors_all() {
                undecided.push(name.clone());
                continue;
            }
            walked.tell(visit, name.clone(), seen).await?;
        }
    }
    walked.pages += pages.read;
    walked.primary = known.len() as u64;

    if !undecided.is_empty() {
        let published = published(mirror, deadline, &mut walked).await?;
        for name in undecided {
            let seen = if published.contains(name.as_str()) {
                Seen::Missing
            } else {
                Seen::OutOfScope
            };
            walked.tell(visit, name, seen).await?;
        }
    }
    // What was made since then may stand on the other side too: who knows only part of the primary knows of no extra.
    if selection.created_after.is_none() {
        for name in table.unseen() {
            if let Ok(name) = Name::new(name) {
                walked.tell(visit, name, Seen::Extra).await?;
            }
        }
    }
    Ok(walked)
}

/// Tells of everything that the primary's list says was updated since a time, as [`Seen::Different`]: nothing is compared. No document says
/// that MK.IO's lists can be filtered so. A service may ignore the filter, so what says itself that it is older is passed over; and it may
/// refuse it ([`Walked::no_short_cut`]).
///
/// # Errors
/// [`Stopped`].
pub async fn updated<V: Visit>(
    mirror: &Mirror,
    selection: &Selection,
    since: OffsetDateTime,
    deadline: Instant,
    visit: &mut V,
) -> Result<Walked, Stopped<V::Error>> {
    let mut walked = Walked::default();
    let request = ListRequest {
        updated_since: Some(since),
        ..ListRequest::all(selection.kind)
    };
    let mut known = Names::default();
    let mut pages = Pages::new(mirror, Side::Primary, request, deadline);
    loop {
        let page = match pages.next().await {
            Err(Stopped::List(Reason::SourceUnsupported, detail)) if pages.read == 0 => {
                walked.no_short_cut = Some(detail);
                return Ok(walked);
            }
            page => page?,
        };
        let Some(page) = page else { break };
        for source in page {
            let name = source.id().name();
            if selection.takes_name(name.as_str())
                && selection::changed(&source).is_none_or(|changed| changed >= since)
                && !is_left_out(mirror, &source)
                && known.insert(name.as_str())
            {
                walked.tell(visit, name.clone(), Seen::Different).await?;
            }
        }
    }
    walked.pages = pages.read;
    walked.primary = known.len() as u64;
    Ok(walked)
}

impl Walked {
    async fn tell<V: Visit>(
        &mut self,
        visit: &mut V,
        name: Name,
        seen: Seen,
    ) -> Result<(), Stopped<V::Error>> {
        match seen {
            Seen::Different => self.different += 1,
            Seen::Missing => self.missing += 1,
            Seen::Extra => self.extra += 1,
            Seen::Same | Seen::OutOfScope => {}
        }
        let found = Found { name, seen };
        visit.found(found).await.map_err(Stopped::Visit)
    }
}

/// Whether a name keeps a source out of scope: its own, or that of the asset that it publishes.
fn is_left_out(mirror: &Mirror, source: &Body) -> bool {
    match source.id().kind() {
        Kind::Assets => mirror.leaves_out(source.id().name().as_str()),
        Kind::StreamingLocators => source
            .text("assetName")
            .is_some_and(|asset| mirror.leaves_out(asset)),
        _ => false,
    }
}

/// The assets that the primary's locators publish.
async fn published<E>(
    mirror: &Mirror,
    deadline: Instant,
    walked: &mut Walked,
) -> Result<Names, Stopped<E>> {
    let mut names = Names::default();
    let request = ListRequest::all(Kind::StreamingLocators);
    let mut pages = Pages::new(mirror, Side::Primary, request, deadline);
    while let Some(page) = pages.next().await? {
        for locator in page {
            if let Some(asset) = locator.text("assetName") {
                names.insert(asset);
            }
        }
    }
    walked.pages += pages.read;
    Ok(names)
}
