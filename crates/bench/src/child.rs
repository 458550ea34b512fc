//! What an operator runs and what is deployed, in a process of its own, with a multiple of the published rates: no setting allows
//! that, and with the real ones a library of a hundred thousand locators takes hours.

use std::{
    ffi::OsString,
    io::{self, Read},
    process::ExitCode,
};

use settings::Settings;
use wiring::Parts;

use crate::services::Services;

/// In the environment of such a process of this program: how many times its share of the rates it takes.
pub(crate) const RATES: &str = "BENCH_RATES";

/// The settings of such a process, which takes all of the rates so many times.
pub(crate) fn settings(services: &Services, times: f64) -> anyhow::Result<Vec<(String, String)>> {
    let mut settings = services.settings()?;
    for (name, value) in [
        ("MIRROR_PRIMARY_SHARE", "1"),
        ("MIRROR_SECONDARY_SHARE", "1"),
        // This is the only one; by default an instance takes a quarter.
        ("MIRROR_INSTANCES", "1"),
        (RATES, &times.to_string()),
    ] {
        settings.retain(|(known, _)| known != name);
        settings.push((name.to_owned(), value.to_owned()));
    }
    Ok(settings)
}

/// In such a process. Without arguments the whole handler, from its settings in the environment, until it is killed; else
/// `media-mirror plan` with these arguments.
pub(crate) fn run(times: &str) -> ExitCode {
    let done = multiplied(times).and_then(|settings| {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        if arguments.is_empty() {
            handlers::start_logging();
            let served = handlers::serve(&settings);
            return served
                .map(|()| ExitCode::FAILURE)
                .map_err(|e| e.to_string());
        }
        let parts = Parts::from_settings(&settings).map_err(|error| error.to_string())?;
        let code = cli::plan(&parts, arguments);
        // It stays until that is closed: its memory can be looked at only while it is there.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        Ok(code)
    });
    done.unwrap_or_else(|error| {
        eprintln!("bench: {error}");
        ExitCode::FAILURE
    })
}

fn multiplied(times: &str) -> Result<Settings, String> {
    let mut settings = Settings::from_env().map_err(|mistakes| mistakes.to_string())?;
    let times: f64 = times.parse().map_err(|_| format!("{RATES}={times}"))?;
    for account in [&mut settings.primary, &mut settings.secondary] {
        account.share = account.share.map(|share| share * times);
    }
    Ok(settings)
}
