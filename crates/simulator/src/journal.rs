//! Every request that reached the simulator, without bodies, so that tests can count calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Counts up from 1, in the order of arrival; not reset.
    pub sequence: u64,
    /// When it arrived (RFC 3339, UTC).
    pub at: String,
    /// The account in its path, as the simulator's options spell it, or as the path does if there is no such account.
    pub account: Option<String>,
    /// `GET`, `PUT`, ...
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The kind of resource: `assets`, `streamingLocators`, ...
    pub kind: Option<String>,
    /// The name of the resource, or of its parent for a listing of children; absent for other listings.
    pub name: Option<String>,
    /// What is asked of the resource beside itself: the action of a POST (`listContentKeys`, ...), in MK.IO also what is
    /// read by GET (`state`, `storage`, ...).
    pub action: Option<String>,
    /// The status of the reply; `None` while it is under way, and for ever if no reply was made.
    pub status: Option<u16>,
    /// Whether it is a write: PUT, PATCH or DELETE.
    pub write: bool,
    /// Which faults shaped the reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// The journal itself.
#[derive(Default)]
pub(crate) struct Journal {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    last: u64,
    requests: Vec<Request>,
}

impl Journal {
    /// Notes an arrival and returns its sequence number.
    pub(crate) fn begin(&self, mut request: Request) -> u64 {
        let mut pages = self.pages();
        pages.last += 1;
        request.sequence = pages.last;
        pages.requests.push(request);
        pages.last
    }

    /// Notes how the request was answered.
    pub(crate) fn end(&self, sequence: u64, status: Option<u16>, faults: Vec<String>) {
        let mut pages = self.pages();
        if let Ok(at) = pages
            .requests
            .binary_search_by_key(&sequence, |request| request.sequence)
        {
            pages.requests[at].status = status;
            pages.requests[at].faults = faults;
        }
    }

    pub(crate) fn read(&self, wanted: impl Fn(&Request) -> bool) -> Vec<Request> {
        self.pages()
            .requests
            .iter()
            .filter(|request| wanted(request))
            .cloned()
            .collect()
    }

    /// Takes out what is answered; what is under way stays.
    pub(crate) fn take_answered(&self) -> Vec<Request> {
        let mut pages = self.pages();
        let (answered, left) = std::mem::take(&mut pages.requests)
            .into_iter()
            .partition(|request| request.status.is_some());
        pages.requests = left;
        answered
    }

    pub(crate) fn reset(&self) {
        self.pages().requests.clear();
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
