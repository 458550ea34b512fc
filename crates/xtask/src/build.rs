//! The release handler: built for this machine, or for the machines of Azure.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::package::Zig;

/// Builds the handler for this machine and says where it is.
pub(crate) async fn for_this_machine() -> anyhow::Result<PathBuf> {
    println!("building the handler (release)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("build");
    executable(command).await
}

/// Builds the handler for a target of [`Zig`] and says where it is.
pub(crate) async fn with_zig(zig: &Zig, target: &str) -> anyhow::Result<PathBuf> {
    println!("building the handler (release, {target})");
    let mut command = zig.cargo()?;
    // What is deployed is what the lock file names.
    command.args(["zigbuild", "--locked", "--target", target]);
    executable(command).await
}

/// Cargo itself says where it put the executable, whatever the target directory is.
async fn executable(mut command: Command) -> anyhow::Result<PathBuf> {
    let output = command
        .args(["--release", "--quiet", "--package", "handlers"])
        .args(["--bin", "handler"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(world::workspace_root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Not `output`, which would catch what cargo says of an error.
        .spawn()
        .context("cargo cannot be started")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "the handler does not build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .find(|path| path.file_stem() == Some(Path::new("handler").as_os_str()))
        .context("cargo did not say where the handler is")
}
