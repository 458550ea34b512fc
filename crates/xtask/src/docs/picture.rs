//! The picture of the whole: a text for Graphviz, and the drawing that is made of it.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// What is written by hand.
pub(super) const SOURCE: &str = "docs/architecture.dot";
/// What is drawn.
pub(super) const DRAWING: &str = "docs/architecture.svg";

/// The comment that a drawing carries. With it a drawing can be told from an old one where Graphviz is not installed.
pub(super) fn mark(source: &[u8]) -> String {
    let digest = format!("{:x}", Sha256::digest(source));
    format!("<!-- drawn by `cargo xtask docs` from architecture.dot, SHA-256 {digest} -->")
}

/// Draws the picture anew, if the text changed. Versions of Graphviz draw differently, so one that is up to date stays as it is.
pub(super) fn draw(root: &Path) -> anyhow::Result<()> {
    let source = fs::read(root.join(SOURCE)).context(SOURCE)?;
    let mark = mark(&source);
    let path = root.join(DRAWING);
    let before = fs::read_to_string(&path).unwrap_or_default();
    if before.contains(&mark) {
        println!("{DRAWING}: up to date");
        return Ok(());
    }
    let dot = Command::new("dot")
        .arg("-Tsvg")
        .arg(root.join(SOURCE))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = match dot {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            anyhow::bail!(
                "{DRAWING} is older than {SOURCE}; install Graphviz (`dot`) and run it again"
            )
        }
        Err(error) => return Err(error).context("dot"),
    };
    anyhow::ensure!(output.status.success(), "dot cannot draw {SOURCE}");
    let drawn = String::from_utf8(output.stdout).context("dot")?;
    let at = drawn.find("<svg").context("dot wrote no SVG")?;
    // Nothing before the drawing itself is needed to show it.
    fs::write(&path, format!("{mark}\n{}", &drawn[at..])).context(DRAWING)?;
    println!("{DRAWING}: drawn");
    Ok(())
}
