//! Which requests came in, and how they were answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use crate::operation::Operation;
use crate::sync::lock;

/// How many requests are remembered one by one; counts cover all.
const REMEMBERED: usize = 100_000;

/// One request, or one reading of a copy source by the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The account it was sent to.
    pub account: String,
    /// What it asked for.
    pub operation: Operation,
    /// The container or queue; empty for operations on the account.
    pub container: String,
    /// The blob or message ID; empty where there is none.
    pub name: String,
    /// The status of the answer, or 0 when it was never carried out.
    pub status: u16,
    /// Whether the answer was sent.
    pub answered: bool,
}

/// The requests so far. Requests the service could not even read are not among them.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    last: VecDeque<Request>,
    counts: BTreeMap<(String, Operation), u64>,
}

impl Journal {
    /// The last 100,000 requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0).last.iter().cloned().collect()
    }

    /// How often an operation was asked for, in all accounts.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        lock(&self.0)
            .counts
            .iter()
            .filter(|((_, counted), _)| *counted == operation)
            .map(|(_, count)| count)
            .sum()
    }

    /// How often an operation was asked for in one account.
    #[must_use]
    pub fn count_in(&self, account: &str, operation: Operation) -> u64 {
        lock(&self.0)
            .counts
            .get(&(account.to_owned(), operation))
            .copied()
            .unwrap_or_default()
    }

    /// How often each operation was asked for in one account; what was not asked for is not there.
    #[must_use]
    pub fn counts(&self, account: &str) -> BTreeMap<Operation, u64> {
        let entries = lock(&self.0);
        entries
            .counts
            .iter()
            .filter(|((of, _), _)| of == account)
            .map(|((_, op), count)| (*op, *count))
            .collect()
    }

    /// How many requests would change something in one account, whether they succeeded or not.
    #[must_use]
    pub fn writes(&self, account: &str) -> u64 {
        self.counts(account)
            .iter()
            .filter(|(operation, _)| operation.writes())
            .map(|(_, count)| count)
            .sum()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *lock(&self.0) = Entries::default();
    }

    pub(crate) fn record(&self, request: Request) {
        let mut entries = lock(&self.0);
        *entries
            .counts
            .entry((request.account.clone(), request.operation))
            .or_default() += 1;
        if entries.last.len() == REMEMBERED {
            entries.last.pop_front();
        }
        entries.last.push_back(request);
    }
}
