//! The handler as it is deployed.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context, ensure};
use tokio::process::Command;

/// Builds the release handler and says where it is. Built by itself: together with development crates it would get their features too.
pub(crate) async fn handler() -> anyhow::Result<PathBuf> {
    eprintln!("bench: building the handler (release)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--quiet",
            "--package",
            "handlers",
            "--bin",
            "handler",
        ])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(world::workspace_root())
        .stdout(Stdio::piped())
        // Not `output`, which would catch what cargo says of an error.
        .spawn()
        .context("cargo cannot be started")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "the handler does not build");
    // Cargo itself says where it put the executable, whatever the target directory is.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo did not say where the handler is")
}
