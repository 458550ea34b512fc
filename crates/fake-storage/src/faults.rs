//! Faults on request.

use std::sync::Mutex;
use std::time::Duration;

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::sync::lock;

/// What happens to a request instead of, or beside, being served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is refused and nothing is done.
    Refuse(Refusal),
    /// It is never answered; nothing is done.
    Hang,
    /// The connection is closed without an answer; nothing is done. For all operations of an account: the
    /// region is gone.
    Disconnect,
    /// It is carried out, and then the connection is closed without an answer.
    LoseReply,
    /// It is served after this time.
    Delay(Duration),
}

/// A fault: which requests it meets, when, and what happens to them.
///
/// For [`Operation::ReadCopySource`] only [`Effect::Refuse`] has a meaning: the copying call then answers
/// `CannotVerifyCopySource` with that refusal as its copy source's.
#[derive(Debug, Clone)]
pub struct Fault {
    operations: Option<Vec<Operation>>,
    account: Option<String>,
    container: Option<String>,
    name: Option<String>,
    skip: u32,
    times: Option<u32>,
    effect: Effect,
}

impl Fault {
    /// A fault of one operation, every time, in every account.
    #[must_use]
    pub fn of(operation: Operation, effect: Effect) -> Self {
        Self::of_any([operation], effect)
    }

    /// A fault of each of these operations.
    #[must_use]
    pub fn of_any(operations: impl IntoIterator<Item = Operation>, effect: Effect) -> Self {
        Self {
            operations: Some(operations.into_iter().collect()),
            ..Self::of_all(effect)
        }
    }

    /// A fault of every request. Reading a copy source is not a request and not among them.
    #[must_use]
    pub fn of_all(effect: Effect) -> Self {
        Self {
            operations: None,
            account: None,
            container: None,
            name: None,
            skip: 0,
            times: None,
            effect,
        }
    }

    /// Only in this account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Only in this container or queue.
    #[must_use]
    pub fn container(mut self, container: impl Into<String>) -> Self {
        self.container = Some(container.into());
        self
    }

    /// Only for this blob.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only after so many matching requests have been served.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn meets(&self, operation: Operation, account: &str, container: &str, name: &str) -> bool {
        let is = |wanted: &Option<String>, given: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == given)
        };
        let operation_meets = match &self.operations {
            Some(operations) => operations.contains(&operation),
            None => operation != Operation::ReadCopySource,
        };
        operation_meets
            && is(&self.account, account)
            && is(&self.container, container)
            && is(&self.name, name)
    }
}

/// The faults in force. Where several meet a request, the one added first applies.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Takes every fault back.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What happens to this request, if anything. Counts it.
    pub(crate) fn meet(
        &self,
        operation: Operation,
        account: &str,
        container: &str,
        name: &str,
    ) -> Option<Effect> {
        let mut faults = lock(&self.0);
        for fault in faults
            .iter_mut()
            .filter(|fault| fault.meets(operation, account, container, name))
        {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(times) => *times -= 1,
                None => {}
            }
            return Some(fault.effect.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_what_it_names_as_often_as_it_says() {
        let faults = Faults::default();
        let busy = Effect::Refuse(Refusal::server_busy(Some(1)));
        faults.add(
            Fault::of(Operation::PutBlob, busy.clone())
                .account("a")
                .after(1)
                .times(2),
        );
        let meet = |account: &str| faults.meet(Operation::PutBlob, account, "c", "n");
        assert_eq!(meet("b"), None);
        assert_eq!(
            [meet("a"), meet("a"), meet("a"), meet("a")],
            [None, Some(busy.clone()), Some(busy), None]
        );
        assert_eq!(faults.meet(Operation::GetBlob, "a", "c", "n"), None);
    }

    #[test]
    fn a_fault_of_everything_leaves_the_reading_of_copy_sources_alone() {
        let faults = Faults::default();
        faults.add(Fault::of_all(Effect::Disconnect).account("a"));
        assert_eq!(
            faults.meet(Operation::ListBlobs, "a", "c", ""),
            Some(Effect::Disconnect)
        );
        assert_eq!(faults.meet(Operation::ReadCopySource, "a", "c", "n"), None);
    }
}
