//! What is given wrongly, or cannot be given at all: said at once, with what to do, and without a panic.

use std::{fs::File, process::Stdio};

use anyhow::ensure;
use serde_json::Value;

use crate::support::{Tool, tests};

tests![
    without_a_configuration_it_says_what_is_missing,
    half_a_configuration_is_refused_with_every_mistake,
    a_file_of_settings_that_is_none_is_refused,
    a_wrong_word_is_answered_with_the_right_one,
    a_reader_that_has_gone_is_no_error,
    a_full_disk_is_an_error,
    completions_are_scripts,
];

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/";

async fn without_a_configuration_it_says_what_is_missing() -> anyhow::Result<()> {
    let said = Tool::default().expect(1, &["config", "check"]).await?;
    said.must_have(&[
        "MIRROR_PRIMARY: missing",
        "MIRROR_SECONDARY: missing",
        "MIRROR_STORAGE_MAP: missing",
        "--settings FILE",
    ])?;
    ensure!(
        !said.has("MIRROR_CREDENTIAL") && !said.has("PORT"),
        "{said:?}"
    );
    ensure!(said.out.is_empty());
    Ok(())
}

async fn half_a_configuration_is_refused_with_every_mistake() -> anyhow::Result<()> {
    let tool = Tool::default()
        .with("MIRROR_PRIMARY", &format!("{ACCOUNT}east"))
        .with("MIRROR_SETTLE", "two-minutes")
        .with("MIRROR_SETLE", "2m")
        .with("AzureWebJobsStorage__accountName", "appstore");
    let said = tool.expect(1, &["config", "check", "--json"]).await?;
    let error: Value = serde_json::from_str(&said.err)?;
    let mistakes = error["mistakes"].as_array().map(Vec::as_slice);
    let names: Vec<&str> = mistakes
        .unwrap_or_default()
        .iter()
        .filter_map(|mistake| mistake["variable"].as_str())
        .collect();
    for name in [
        "MIRROR_SETLE",
        "MIRROR_SETTLE",
        "MIRROR_SECONDARY",
        "MIRROR_STORAGE_MAP",
    ] {
        ensure!(names.contains(&name), "{name}: {said:?}");
    }
    ensure!(names.len() == 4 && !said.has("two-minutes"), "{said:?}");
    Ok(())
}

async fn a_file_of_settings_that_is_none_is_refused() -> anyhow::Result<()> {
    let tool = Tool::default();
    let said = tool
        .expect(1, &["config", "check", "--settings", "/nowhere.env"])
        .await?;
    said.must_have(&["/nowhere.env"])?;
    let said = tool
        .expect(1, &["config", "check", "--settings", "/etc/passwd"])
        .await?;
    said.must_have(&["line 1 is not KEY=VALUE", "azd env get-values"])?;
    ensure!(
        !said.has("root:"),
        "it repeats what the file holds: {said:?}"
    );
    Ok(())
}

async fn a_wrong_word_is_answered_with_the_right_one() -> anyhow::Result<()> {
    let tool = Tool::default();
    for (given, near) in [
        (vec!["confg"], "config"),
        (vec!["config", "chek"], "check"),
        (vec!["replay", "--dorp"], "--drop"),
        (vec!["completions", "bsh"], "bash"),
    ] {
        tool.expect(1, &given).await?.must_have(&[near])?;
    }
    // Help is no error.
    let said = tool.expect(0, &["replay", "--help"]).await?;
    said.must_have(&["Examples:", "media-mirror replay --queue"])?;
    ensure!(said.err.is_empty());
    Ok(())
}

async fn a_reader_that_has_gone_is_no_error() -> anyhow::Result<()> {
    let tool = Tool::default();
    for arguments in [&["completions", "bash"][..], &["completions", "zsh"]] {
        let mut child = tool.start(arguments).await?;
        drop(child.stdout.take());
        let output = child.wait_with_output().await?;
        ensure!(output.status.code() == Some(0), "{output:?}");
        ensure!(output.stderr.is_empty(), "{output:?}");
    }
    Ok(())
}

async fn a_full_disk_is_an_error() -> anyhow::Result<()> {
    let mut command = Tool::default().command(&["completions", "bash"]).await?;
    command.stdout(Stdio::from(File::options().write(true).open("/dev/full")?));
    let output = command.spawn()?.wait_with_output().await?;
    let err = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1), "{err}");
    ensure!(
        err.contains("cannot be written") && err.contains("Free some space"),
        "{err}"
    );
    Ok(())
}

async fn completions_are_scripts() -> anyhow::Result<()> {
    for shell in ["bash", "zsh", "fish"] {
        let said = Tool::default().expect(0, &["completions", shell]).await?;
        said.must_have(&["media-mirror", "replay", "config"])?;
    }
    Ok(())
}
