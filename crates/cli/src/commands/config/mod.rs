//! `config`: looks at the configuration.

mod account;
mod app;
mod finding;
mod storage;

use clap::{Args, Subcommand};
use serde_json::json;
use settings::{Credential, Settings};

use crate::{
    arguments::Global,
    configuration::{Configured, configured},
    failure::{Failure, Verdict},
    output::{FAINT, NOTE, Output},
};
use account::Account;
use finding::Finding;

/// Looks at the configuration.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  media-mirror config check")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what the handler would say of the settings, and whether both accounts and storages answer with the rights needed.
    ///
    /// Every mistake in the settings is named at once. Then lists of each account are read, secrets where there are some (a content key
    /// policy's, a locator's keys), containers of both storages, and the app's queues and state documents. Each right that is missing is
    /// named. Nothing is written anywhere, so the rights to write are not proven; the output says which. No secret is shown.
    ///
    /// It signs in as whoever runs it, unless MIRROR_CREDENTIAL says otherwise: the app's own identity may have other rights.
    #[command(after_help = "Examples:\n  \
        media-mirror config check --settings production.env\n  \
        media-mirror config check --json")]
    Check,
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    match arguments.command {
        Command::Check => check(&configured(global)?, output).await,
    }
}

async fn check(configured: &Configured, output: &mut Output) -> Result<Verdict, Failure> {
    let Configured { settings, parts } = configured;
    let (primary, secondary) = (Account::primary(configured), Account::secondary(configured));
    let ((mut findings, assets), (replica, _), app) = tokio::join!(
        account::check(&primary),
        account::check(&secondary),
        app::check(parts),
    );
    findings.extend(replica);
    findings.extend(storage::check(configured, &primary, &secondary, &assets).await);
    findings.extend(app);
    let bad = findings.iter().filter(|finding| finding.is_bad()).count();
    let unproven = unproven(settings);
    let as_whom = as_whom(settings);
    output.value(&json!({
        "ok": bad == 0,
        "as": as_whom,
        "checks": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        "not_proven": unproven,
    }))?;
    output.text("The settings are complete.")?;
    output.text(format!("{FAINT}Checked as {as_whom}.{FAINT:#}\n"))?;
    for finding in &findings {
        output.text(finding)?;
    }
    output.text(format!(
        "\n{NOTE}Not proven, because nothing is written:{NOTE:#}"
    ))?;
    for right in &unproven {
        output.text(format!("  {right}"))?;
    }
    output.text(match bad {
        0 => "\nEverything that can be checked is as it must be.".to_owned(),
        1 => "\n1 check failed.".to_owned(),
        _ => format!("\n{bad} checks failed."),
    })?;
    Ok(if bad == 0 {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

/// Whose rights were tried.
fn as_whom(settings: &Settings) -> &'static str {
    match settings.credential {
        Credential::DeveloperTools => {
            "whoever is signed in with `az login` or `azd auth login`; the app's own identity may have other rights"
        }
        Credential::ManagedIdentity { .. } => "the managed identity of this machine",
    }
}

/// What only a write would prove.
fn unproven(settings: &Settings) -> Vec<String> {
    let secondary = account::right_to_write(settings);
    let mut unproven = vec![
        format!("secondary account: to create, update and delete ({secondary})"),
        "secondary's storage: to create containers and write blobs (Storage Blob Data Contributor)"
            .to_owned(),
        "app's queues: to add and remove messages (Storage Queue Data Contributor)".to_owned(),
        "state documents: to write and remove them (Storage Blob Data Contributor)".to_owned(),
    ];
    if settings.source_auth == settings::SourceAuth::Bearer {
        unproven.push(
            "the copy itself: that the secondary's storage service may read the primary's blobs (its firewall, its permitted copy scope)"
                .to_owned(),
        );
    }
    unproven
}
