//! The custom handler: answers the Azure Functions host over HTTP on 127.0.0.1, one POST an invocation.

mod app;
mod backoff;
mod functions;
mod log;
mod protocol;
mod server;

use std::process::ExitCode;

use settings::Settings;

fn main() -> ExitCode {
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::from(settings::EXIT_CODE);
        }
    };
    log::start();
    match server::run(settings) {
        // The host treats exit code 0 as intended and never starts the handler again.
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
