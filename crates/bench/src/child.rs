//! The handler in a process of its own once more, with a multiple of the published rates: no setting of a deployment allows that, and with
//! the real ones a backfill of a hundred thousand locators takes hours.

use std::process::ExitCode;

use settings::Settings;

/// In the environment of a process of this program that is to be a handler: how many times its share of the rates it takes.
pub(crate) const RATES: &str = "BENCH_HANDLER_RATES";

/// The whole handler, from its settings in the environment, until it is killed.
pub(crate) fn serve(times: &str) -> ExitCode {
    let settings = Settings::from_env().map_err(|mistakes| mistakes.to_string());
    let served = settings.and_then(|mut settings| {
        let times: f64 = times.parse().map_err(|_| format!("{RATES}={times}"))?;
        for account in [&mut settings.primary, &mut settings.secondary] {
            account.share = account.share.map(|share| share * times);
        }
        handlers::start_logging();
        handlers::serve(&settings).map_err(|error| error.to_string())
    });
    if let Err(error) = served {
        eprintln!("bench: handler: {error}");
    }
    ExitCode::FAILURE
}
