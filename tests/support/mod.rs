//! What the tests share.

mod content;
mod log;
mod poison;
mod scene;
mod secrets;
mod telling;
mod tool;
mod variants;
mod worlds;

use std::{future::Future, process::ExitCode, sync::LazyLock, time::Duration};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use world::Backend;

pub(crate) use content::{clear, encoded, made, members, viewers};
pub(crate) use log::Record;
pub(crate) use scene::Scene;
pub(crate) use tool::{Said, Tool};
pub(crate) use variants::{Outcomes, VARIANTS, outcome};
pub(crate) use worlds::{alone, counted, exclusive, half_the_rates, mkio, shared, walking};

/// How long the mirror may take for what a test waits for. A second or two is what it takes; a machine that does much else besides is no
/// failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// How long a test may take, waiting for its world included.
const LONGEST: Duration = Duration::from_secs(900);

/// How many tests run at once, unless the command line says otherwise: they wait far more than they work.
const AT_ONCE: usize = 16;

/// The worlds outlive the tests that use them, so all of them live in one runtime.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(Runtime::new);

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    match &*RUNTIME {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => anyhow::bail!("there is no runtime: {error}"),
    }
}

/// Runs the tests that the command line asks for, then ends the worlds.
pub(crate) fn run(tests: Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    if let Err(error) = variants::chosen() {
        println!("{error:#}");
        return ExitCode::FAILURE;
    }
    let wanted = |name: &str| {
        let filter = arguments.filter.as_deref();
        !arguments.list && filter.is_none_or(|filter| name.contains(filter))
    };
    // Before the tests, whose time is limited.
    let tool = tests
        .iter()
        .any(|test| test.name().starts_with("cli::") && wanted(test.name()));
    if let Some(Err(error)) = tool.then(|| block_on(tool::build())) {
        println!("{error:#}");
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, tests);
    let ended = block_on(worlds::end());
    if let Err(error) = &ended {
        println!("after the last test: {error:#}");
    }
    if conclusion.has_failed() || ended.is_err() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// One test, by its path.
pub(crate) fn test<F>(path: &str, body: fn() -> F) -> Trial
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    trial(name.to_owned(), body)
}

/// One test on both services, by its path: `publishing::it_is_published::ams`.
pub(crate) fn test_on_both<F>(path: &str, body: fn(Backend) -> F) -> [Trial; 2]
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    [(Backend::Ams, "ams"), (Backend::Mkio, "mkio")]
        .map(|(backend, on)| trial(format!("{name}::{on}"), move || body(backend)))
}

fn trial<F>(name: String, body: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    Trial::test(name, move || {
        let limited = async {
            match tokio::time::timeout(LONGEST, body()).await {
                Ok(result) => result,
                Err(_) => anyhow::bail!("not done after {LONGEST:?}"),
            }
        };
        block_on(limited).map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// The function `tests` of a module: its tests by name.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::support::test(concat!(module_path!(), "::", stringify!($name)), $name)),*]
        }
    };
}
pub(crate) use tests;

/// The same for tests that are told which service to run on, and hold on both. What comes out differently they take from
/// [`world::differences`].
macro_rules! tests_on_both {
    ($($name:ident),* $(,)?) => {
        pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
            [$($crate::support::test_on_both(concat!(module_path!(), "::", stringify!($name)), $name)),*]
                .into_iter()
                .flatten()
                .collect()
        }
    };
}
pub(crate) use tests_on_both;
