//! `cargo xtask package`: the function app as it is deployed, laid out and zipped, with a list of what is in its handler.

mod archive;
mod components;
#[cfg(test)]
#[cfg(unix)]
mod hooks;
mod needs;
mod sbom;
mod zig;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;

pub(crate) use archive::unpack;
pub(crate) use zig::Zig;

use crate::build;
use needs::{FLOOR, Needs};

/// What Azure's machines are.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The handler's name in the package: what `host.json` says.
const HANDLER: &str = "handler";

/// Where the package is made: `azure.yaml` says so too, so it is not cargo's target folder of the day.
fn folder() -> PathBuf {
    world::workspace_root().join("target").join("package")
}

/// What is deployed.
fn zip() -> PathBuf {
    folder().join("media-mirror.zip")
}

pub(crate) async fn run() -> ExitCode {
    match package().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("package: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn package() -> anyhow::Result<()> {
    let zig = Zig::install(&world::workspace_root().join("target")).await?;
    let handler = build::with_zig(&zig, &format!("{TARGET}.{FLOOR}")).await?;
    let bytes = fs::read(&handler).with_context(|| handler.display().to_string())?;
    let glibc = Needs::of(&bytes)
        .and_then(|needs| needs.fits(FLOOR))
        .context("the handler")?;

    let folder = folder();
    if folder.exists() {
        // Nothing of an earlier package stays, least of all a zip that looks new.
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let app = folder.join("app");
    world::lay_out(&handler, &app).context("laying out the function app")?;
    let bom = folder.join("media-mirror.cdx.json");
    let components = components::linked(TARGET).await?;
    fs::write(&bom, sbom::write(&components, &bytes)?)
        .with_context(|| bom.display().to_string())?;
    // Last: whoever finds the zip finds all of it.
    let zip = zip();
    archive::pack(&app, HANDLER, &zip)?;

    let size = fs::metadata(&zip)?.len();
    println!(
        "handler   {} bytes, for {TARGET}, glibc {glibc} or later",
        bytes.len()
    );
    println!("laid out  {}", app.display());
    println!("package   {} ({size} bytes)", zip.display());
    println!(
        "contains  {} ({} components)",
        bom.display(),
        components.len()
    );
    Ok(())
}
