//! The custom handler: answers the Azure Functions host over HTTP on 127.0.0.1, one POST an invocation.

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
    handlers::start_logging();
    match handlers::serve(&settings) {
        // The host treats exit code 0 as intended and never starts the handler again.
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
