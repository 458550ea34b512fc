//! Locks that survive a panic in a test's own thread.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex even when a panic happened under it: the failing test has its own message already.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
