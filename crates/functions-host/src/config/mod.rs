//! The app's own files: `host.json` and one `function.json` a folder.

mod app;
mod binding;
mod expand;
mod function;
mod host_json;
mod names;
mod section;
mod timespan;

pub(crate) use app::App;
pub(crate) use binding::{OutputKind, TimerTrigger, Trigger};
pub(crate) use expand::expand;
pub(crate) use function::Function;
pub(crate) use host_json::{HandlerSettings, HostSettings};
pub(crate) use timespan::parse as parse_timespan;

use std::path::PathBuf;

/// The app's files are wrong. The real host skips a faulty function and goes on; the stand-in refuses to start
/// and names every mistake at once, because in development that is always a mistake to mend.
#[derive(Debug, thiserror::Error)]
#[error("the app at {} cannot be started:\n  {}", root.display(), problems.join("\n  "))]
pub struct ConfigError {
    /// The app root that was read.
    pub root: PathBuf,
    /// One sentence a mistake, each with the file it is in.
    pub problems: Vec<String>,
}
