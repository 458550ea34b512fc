//! What cargo builds for those who measure, package and try it.

use std::{ffi::OsStr, path::PathBuf, process::Stdio};

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::workspace_root;

/// The cargo that runs this process, or the one on the `PATH`.
#[must_use]
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds an executable of a package of this workspace and says where it is. What cargo says of an error stands on standard error.
///
/// `build` is a cargo with its subcommand and options, such as `build --release`; which executable is added here.
///
/// # Errors
/// When cargo cannot be started or the build fails.
pub async fn executable(mut build: Command, package: &str, name: &str) -> anyhow::Result<PathBuf> {
    let output = build
        .args(["--quiet", "--package", package, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Not `output`, which would catch what cargo says of an error.
        .spawn()
        .context("cargo cannot be started")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "{name} does not build");
    // Cargo itself says where it put the executable, whatever the target directory is.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .find(|path| path.file_stem().and_then(OsStr::to_str) == Some(name))
        .with_context(|| format!("cargo did not say where {name} is"))
}
