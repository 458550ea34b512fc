//! How a command ends: what it found, or why it could not do what it was asked for, and what to do then.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use serde_json::json;
use settings::Mistakes;

/// Exit code of what failed: bad arguments, a bad configuration, something that cannot be reached or written.
pub(crate) const ERROR: u8 = 1;
/// Exit code of what found something to do.
const DRIFT: u8 = 2;
/// Exit code after Ctrl-C, as shells have it (128 + SIGINT).
const INTERRUPTED: u8 = 130;

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What was asked for is done, or as it should be.
    Good,
    /// The accounts differ.
    Drift,
    /// It works, and somebody should look.
    Attention,
    /// Something is wrong, and the output says what.
    Bad,
}

impl Verdict {
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Drift | Self::Attention => DRIFT,
            Self::Bad => ERROR,
        }
    }
}

/// Why a command could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What happened, and what to do about it.
    #[error("{what}")]
    Told { what: String, next: String },
    /// A configuration that the handler would refuse.
    #[error("{0}")]
    Configuration(Mistakes),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// Nobody reads the output any more.
    #[error("nobody reads the output any more")]
    ClosedPipe,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted { next: String },
}

impl Failure {
    pub(crate) fn new(what: impl Display, next: impl Into<String>) -> Self {
        Self::Told {
            what: what.to_string(),
            next: next.into(),
        }
    }

    /// Says on standard error what happened and what to do, and gives the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        let mut stderr = anstream::stderr().lock();
        // Where standard error cannot be written there is nobody to tell.
        let _ = if json {
            writeln!(stderr, "{}", self.to_json())
        } else {
            self.write(&mut stderr)
        };
        ExitCode::from(match self {
            Self::ClosedPipe => 0,
            Self::Interrupted { .. } => INTERRUPTED,
            _ => ERROR,
        })
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (bad, plain) = (crate::output::BAD, anstyle::Reset);
        match self {
            Self::ClosedPipe => Ok(()),
            Self::Configuration(mistakes) => {
                writeln!(to, "{bad}error:{plain} the configuration is not complete")?;
                for (name, what) in mistakes.iter() {
                    writeln!(to, "  {name}: {what}")?;
                }
                writeln!(to, "  {}", self.next())
            }
            Self::Interrupted { next } => writeln!(to, "interrupted; {next}"),
            Self::Told { next, .. } if next.is_empty() => {
                writeln!(to, "{bad}error:{plain} {self}")
            }
            _ => writeln!(to, "{bad}error:{plain} {self}\n  {}", self.next()),
        }
    }

    fn to_json(&self) -> serde_json::Value {
        let mut error = json!({"error": self.to_string(), "next": self.next()});
        if let Self::Configuration(mistakes) = self {
            let mistakes = mistakes.iter();
            error["mistakes"] = mistakes
                .map(|(name, what)| json!({"variable": name, "mistake": what}))
                .collect();
        }
        error
    }

    fn next(&self) -> &str {
        match self {
            Self::Told { next, .. } | Self::Interrupted { next } => next,
            Self::Configuration(_) => {
                "Set them in the environment, or name a file that has them: --settings FILE (what `azd env get-values` prints, or a local.settings.json)."
            }
            Self::Output(_) => "Free some space, or write somewhere else.",
            Self::ClosedPipe => "",
        }
    }
}

/// A write that failed because the reader is gone is no error: `media-mirror plan | head` has seen enough.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Output(error),
        }
    }
}
