//! Lists, page by page, as services really have them: what shifts under whoever reads them comes twice or not at all, and some lie.

use change::{Kind, ResourceId};
use media::ListRequest;
use mirror::rules::Backend;
use tokio::time::Instant;

use super::{Account, Record, Service};
use crate::{chance::Chance, mkio::NextLink};

/// How an account lists what it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lists {
    /// How many resources a page has.
    pub(crate) page: usize,
    /// Whether the next page is told by how many came before it, so that it shifts when anything comes or goes.
    pub(crate) counted: bool,
    /// Whether now and then a page leaves something out, or has it twice.
    pub(crate) slips: bool,
    /// What the lists say instead, and until when.
    pub(crate) lie: Option<(Lie, Instant)>,
}

/// What lists may say of an account that has lost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// There is nothing.
    Empty,
    /// They end in the middle.
    Half,
}

/// How often a page of lists that slip is wrong.
const SLIPS: f64 = 0.1;

impl Account {
    /// One page of a list, by name, and where the next one is.
    pub(crate) fn list(
        &self,
        request: &ListRequest,
        chance: &Chance,
    ) -> (Vec<(ResourceId, Record)>, Option<String>) {
        let lists = &self.lists;
        // Only MK.IO can be asked for what was updated; elsewhere lists are whole.
        let since = request
            .updated_since
            .filter(|_| self.service.backend() == Backend::Mkio);
        let all: Vec<_> = self
            .of_kind(request.kind)
            .filter(|(id, _)| id.parent() == request.parent.as_ref())
            .filter(|(_, record)| since.is_none_or(|since| record.modified >= since))
            .collect();
        let lie = lists
            .lie
            .filter(|(_, until)| Instant::now() < *until)
            .map(|(lie, _)| lie);
        let all = match lie {
            Some(Lie::Empty) => &all[..0],
            Some(Lie::Half) => &all[..all.len() / 2],
            None => &all[..],
        };
        let after = request.next.as_deref().map(token);
        let from = if lists.counted {
            after.and_then(|after| after.parse().ok()).unwrap_or(0)
        } else {
            all.partition_point(|(id, _)| after.is_some_and(|after| id.name().as_str() <= after))
        };
        let until = all.len().min(from + lists.page);
        let mut page: Vec<_> = all
            .iter()
            .take(until)
            .skip(from)
            .map(|(id, record)| ((*id).clone(), (*record).clone()))
            .collect();
        let next = (until < all.len()).then(|| match page.last() {
            Some((id, _)) if !lists.counted => id.name().to_string(),
            _ => until.to_string(),
        });
        let next = next.map(|token| self.link(request.kind, &token));
        if lists.slips && !page.is_empty() && chance.happens(SLIPS) {
            let which = chance.below(page.len());
            if chance.happens(0.5) {
                page.remove(which);
            } else {
                page.push(page[which].clone());
            }
        }
        (page, next)
    }

    /// The next link, as the service has it.
    fn link(&self, kind: Kind, token: &str) -> String {
        let Service::Mkio(switches) = self.service else {
            return token.to_owned();
        };
        let path = format!("/api/v1/projects/project/media/{kind}?{TOKEN}{token}");
        match switches.next_link {
            NextLink::Absolute => format!("https://app.mk.io{path}"),
            NextLink::Relative => path,
        }
    }
}

/// What precedes the token in a next link.
const TOKEN: &str = "$skiptoken=";

/// Where a page begins that a link leads to.
fn token(link: &str) -> &str {
    link.split_once(TOKEN).map_or(link, |(_, token)| token)
}
