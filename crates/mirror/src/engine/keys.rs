//! Content keys on a service whose licence servers may be shared by both accounts.

use std::collections::HashSet;

use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, ServiceError, encrypts_nothing};
use serde_json::Value;

use super::Mirror;
use crate::{Reason, plan::has_keys, problem::Problem, rules::Backend};

/// The most pages of locators that are looked through for a user of a key. A service whose list never ends is not believed.
const MAX_PAGES: usize = 10_000;

/// The most locators that are read one by one, where lists do not show their keys.
const MOST_READ: usize = 50;

impl Mirror {
    /// Creates a locator that nobody can play yet, reads its keys back, and releases it if they are the source's. Otherwise it stays
    /// suppressed, or is taken back if the source has no keys: nothing is published with other keys.
    pub(super) async fn create_suppressed(
        &self,
        wanted: &Body,
    ) -> Result<Result<(), ServiceError>, Problem> {
        let mut hidden = wanted.clone();
        hidden.set_property("suppressed", Value::Bool(true));
        let answer = match self.secondary.create(&hidden).await {
            Err(error) if error.kind == ErrorKind::Refused => match self.known_only(&hidden) {
                Some(known) => self.secondary.create(&known).await,
                None => Err(error),
            },
            answer => answer,
        };
        let answer = match answer {
            Ok(answer) => answer,
            // What refuses explicit keys is the policy; a predefined one may.
            Err(error) if error.kind == ErrorKind::Refused && is_on_predefined(wanted) => {
                return Err(Problem::new(
                    Reason::KeysRefused,
                    format!("{error}: a predefined streaming policy refuses explicit content keys"),
                ));
            }
            Err(error) => return Ok(Err(error)),
        };
        if let Err(problem) = self.confirm(&hidden, &answer) {
            let unasked = problem.reason == Reason::KeysRefused && !has_keys(wanted);
            // Keys that nobody asked for are nobody's, unless what was written is another's locator.
            return Err(
                if unasked && self.refuse_to_take_keys(&answer, None).await.is_ok() {
                    self.take_back(wanted, problem).await
                } else {
                    problem
                },
            );
        }
        if wanted.property("suppressed") == Some(&Value::Bool(true)) {
            return Ok(Ok(()));
        }
        // Left out, it may stay as it is.
        let mut released = wanted.clone();
        released.set_property("suppressed", Value::Bool(false));
        self.update(&released).await
    }

    /// Deleting a locator may take its keys from licence servers that both accounts share: not while the primary uses any of them.
    ///
    /// `instead`: the locator that takes its place.
    pub(super) async fn refuse_to_take_keys(
        &self,
        replica: &Body,
        instead: Option<&Body>,
    ) -> Result<(), Problem> {
        if self.options.backend != Backend::Mkio || !has_keys(replica) {
            return Ok(());
        }
        let keys = key_ids(replica);
        let shared = |user: &Body| !key_ids(user).is_disjoint(&keys);
        let refused = |user: &ResourceId| {
            Err(Problem::new(
                Reason::KeysShared,
                format!("{user} uses some of its content key IDs in the primary"),
            ))
        };
        if let Some(instead) = instead
            && shared(instead)
        {
            return refused(instead.id());
        }
        // Most likely another locator of its asset shares them.
        let asset = replica
            .text("assetName")
            .and_then(|name| Name::new(name).ok());
        if let Some(asset) = asset {
            let locators = self.primary.locators_of(&asset).await;
            for name in locators.map_err(Problem::source)?.unwrap_or_default() {
                let id = ResourceId::new(Kind::StreamingLocators, name);
                let user = self.primary.read(&id).await.map_err(Problem::source)?;
                if user.is_some_and(|user| shared(&user)) {
                    return refused(&id);
                }
            }
        }
        match self.user_of(shared).await? {
            Some(user) => refused(&user),
            None => Ok(()),
        }
    }

    /// A locator of the primary, of any asset, that `uses` keys: no document says that a key serves one asset only, and one may serve a
    /// series. Lists show the keys' IDs as far as documented; a service that shows none in any may hide them.
    async fn user_of(&self, uses: impl Fn(&Body) -> bool) -> Result<Option<ResourceId>, Problem> {
        let mut request = ListRequest::all(Kind::StreamingLocators);
        let (mut shown, mut unsure) = (false, Vec::new());
        for _ in 0..MAX_PAGES {
            let page = self.primary.list(&request).await.map_err(Problem::source)?;
            for locator in page.items {
                if uses(&locator) {
                    return Ok(Some(locator.id().clone()));
                }
                shown |= has_keys(&locator);
                if may_have_keys(&locator) && unsure.len() <= MOST_READ {
                    unsure.push(locator.id().clone());
                }
            }
            request.next = page.next;
            if request.next.is_none() {
                break;
            }
        }
        if request.next.is_some() {
            let what = "the list of the locators does not end";
            return Err(Problem::new(Reason::SourceUnavailable, what));
        }
        if shown {
            return Ok(None);
        }
        if unsure.len() > MOST_READ {
            return Err(Problem::new(
                Reason::KeysShared,
                "the primary's lists do not show which locators use its content key IDs, and they are too many to be read",
            ));
        }
        for id in unsure {
            let locator = self.primary.read(&id).await.map_err(Problem::source)?;
            if locator.is_some_and(|locator| uses(&locator)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// Whether the service may give a locator content keys when it is created. The streaming policy of its name in the secondary may be
/// another than the source's, so only those count as clear that every account has.
pub(super) fn may_have_keys(locator: &Body) -> bool {
    locator.id().kind() == Kind::StreamingLocators
        && (has_keys(locator)
            || !locator
                .text("streamingPolicyName")
                .is_some_and(encrypts_nothing))
}

fn is_on_predefined(locator: &Body) -> bool {
    locator
        .text("streamingPolicyName")
        .is_some_and(super::needs::is_predefined)
}

fn key_ids(locator: &Body) -> HashSet<String> {
    let keys = locator.property("contentKeys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .filter_map(|key| key["id"].as_str().map(str::to_ascii_lowercase))
        .collect()
}
