//! A configuration is refused whole, before anything is bound.

use std::process::Stdio;

use anyhow::ensure;
use tokio::process::Command;

use crate::support::tests;

tests![five_mistakes_are_reported_at_once];

async fn five_mistakes_are_reported_at_once() -> anyhow::Result<()> {
    let wrong = [
        ("MIRROR_PRIMARY", "not-an-id"),
        ("MIRROR_SETTLE", "two-minutes"),
        ("MIRROR_SOURCE_AUTH", "account-key"),
        ("MIRROR_STORAGE_MAP", "Primary;Secondary"),
        ("MIRROR_PRIMARI_STORAGE_SAS", "sv=1&sig=canary"),
    ];
    let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/b";
    let right = [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "0"),
        ("MIRROR_SECONDARY", account),
        ("AzureWebJobsStorage__accountName", "appstore"),
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_handler"))
        .env_clear()
        .envs(wrong)
        .envs(right)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.code() == Some(64), "{}", output.status);
    let errors = String::from_utf8(output.stderr)?;
    ensure!(errors.lines().count() == 1, "more than one line: {errors}");
    ensure!(errors.contains("5 mistakes"), "{errors}");
    for (name, value) in wrong {
        ensure!(errors.contains(name), "{name} is missing: {errors}");
        ensure!(!errors.contains(value), "{value} is repeated: {errors}");
    }
    for (name, _) in right {
        ensure!(!errors.contains(&format!("; {name}:")), "{name}: {errors}");
    }
    ensure!(output.stdout.is_empty());
    Ok(())
}
