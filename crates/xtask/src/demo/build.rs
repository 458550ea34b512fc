use std::path::PathBuf;

use anyhow::{Context, ensure};
use tokio::process::Command;

/// Builds the release handler and says where it is.
pub(super) async fn handler() -> anyhow::Result<PathBuf> {
    println!("building the handler (release)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = world::workspace_root();
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
        .current_dir(&root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .await
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "the handler does not build");
    // Cargo itself says where it put the executable, whatever the target directory is.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo did not say where the handler is")
}
