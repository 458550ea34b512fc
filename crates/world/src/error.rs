//! What can go wrong while the local world is brought up.

use std::path::PathBuf;

/// A reason why a part of the local world could not be started. Every text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `node` or `npm` is not on the path. Remedy: install Node.js.
    #[error(
        "`{program}` was not found: the storage emulator Azurite needs Node.js 20 or newer with npm; install it (https://nodejs.org) and try again"
    )]
    NodeMissing {
        /// The program that was looked for.
        program: &'static str,
    },

    /// Node.js is too old for Azurite. Remedy: install a newer one.
    #[error(
        "Node.js {found} is too old for the storage emulator Azurite: install version 20 or newer"
    )]
    NodeTooOld {
        /// What `node --version` answered.
        found: String,
    },

    /// `npm ci` failed. Remedy: what npm says; most often the package registry cannot be reached.
    #[error(
        "Azurite could not be installed into {}: `npm ci` {outcome}; check that npm reaches a package registry (`npm ping`), then try again\n{output}",
        directory.display()
    )]
    Install {
        /// Where it was to be installed.
        directory: PathBuf,
        /// The exit status in words.
        outcome: String,
        /// The last lines npm wrote.
        output: String,
    },

    /// Azurite ended before it listened. Remedy: its own words are in the text.
    #[error("Azurite ended while it was starting:\n{output}")]
    AzuriteEnded {
        /// The last lines Azurite wrote.
        output: String,
    },

    /// Azurite did not listen in time. Remedy: try again on a less busy machine.
    #[error("Azurite did not listen within {seconds} s:\n{output}")]
    AzuriteSlow {
        /// How long it was given, in seconds.
        seconds: u64,
        /// The last lines Azurite wrote.
        output: String,
    },

    /// A file, a process or a port was refused by the operating system. Remedy: see its text.
    #[error("{what}")]
    Io {
        /// What was attempted.
        what: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// Wraps an answer of the operating system with what was attempted.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            what: what.into(),
            source,
        }
    }
}

/// Locks a mutex even when another test thread panicked while it held it: what it guards here is a list of
/// requests, which a panic cannot leave half written.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
