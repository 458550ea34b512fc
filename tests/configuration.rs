//! A configuration is refused whole, before anything is bound.

use std::process::Stdio;

use anyhow::ensure;
use tokio::process::Command;

use crate::support::tests;

tests![
    five_mistakes_are_reported_at_once,
    one_project_cannot_be_both,
    a_token_that_is_missing_or_none_is_a_mistake,
];

/// The mistakes of a handler that is started so: it ends with 64, in one line, and repeats no value.
async fn mistakes(variables: &[(&str, &str)], wrong: &[(&str, &str)]) -> anyhow::Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_handler"))
        .env_clear()
        .envs(variables.iter().copied())
        .envs(wrong.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.code() == Some(64), "{}", output.status);
    let errors = String::from_utf8(output.stderr)?;
    ensure!(errors.lines().count() == 1, "more than one line: {errors}");
    for (name, value) in wrong {
        ensure!(errors.contains(name), "{name} is missing: {errors}");
        ensure!(!errors.contains(value), "{value} is repeated: {errors}");
    }
    ensure!(output.stdout.is_empty());
    Ok(errors)
}

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
    let errors = mistakes(&right, &wrong).await?;
    ensure!(errors.contains("5 mistakes"), "{errors}");
    for (name, _) in right {
        ensure!(!errors.contains(&format!("; {name}:")), "{name}: {errors}");
    }
    Ok(())
}

const MKIO: [(&str, &str); 8] = [
    ("FUNCTIONS_CUSTOMHANDLER_PORT", "0"),
    ("AzureWebJobsStorage__accountName", "appstore"),
    ("MIRROR_BACKEND", "mkio"),
    ("MIRROR_PRIMARY", "east"),
    ("MIRROR_SECONDARY", "west"),
    ("MIRROR_PRIMARY_TOKEN", "e30.e30.x"),
    ("MIRROR_SECONDARY_TOKEN", "e30.e30.y"),
    ("MIRROR_STORAGE_MAP", "east media=west media"),
];

async fn one_project_cannot_be_both() -> anyhow::Result<()> {
    let errors = mistakes(&MKIO, &[("MIRROR_SECONDARY", "east")]).await?;
    ensure!(errors.contains("1 mistake"), "{errors}");
    Ok(())
}

async fn a_token_that_is_missing_or_none_is_a_mistake() -> anyhow::Result<()> {
    for name in ["MIRROR_PRIMARY_TOKEN", "MIRROR_SECONDARY_TOKEN"] {
        mistakes(&MKIO, &[(name, "opaque-token")]).await?;
        let without: Vec<(&str, &str)> = (MKIO.into_iter())
            .filter(|(known, _)| *known != name)
            .collect();
        let errors = mistakes(&without, &[]).await?;
        ensure!(errors.contains(name), "{errors}");
    }
    Ok(())
}
