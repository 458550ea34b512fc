//! `cargo xtask docs`: writes those parts of the documents that the code knows better, and the tests that keep the rest true.

#[cfg(test)]
mod first_hour;
mod generated;
#[cfg(test)]
mod log_fields;
#[cfg(test)]
mod markdown;
mod picture;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tool;

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context;

/// Rewrites every generated part, and says which documents changed.
pub(crate) fn run() -> ExitCode {
    match write_all(&world::workspace_root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("docs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_all(root: &Path) -> anyhow::Result<()> {
    for part in generated::parts() {
        let path = root.join(part.file);
        let before = fs::read_to_string(&path).with_context(|| part.file.to_owned())?;
        let after =
            splice(&before, part.marker, &part.text).with_context(|| part.file.to_owned())?;
        if before == after {
            println!("{}: {} is up to date", part.file, part.marker);
        } else {
            fs::write(&path, after).with_context(|| part.file.to_owned())?;
            println!("{}: {} written", part.file, part.marker);
        }
    }
    picture::draw(root)
}

/// Puts `part` between `<!-- marker -->` and `<!-- /marker -->`, in place of what stands there.
fn splice(text: &str, marker: &str, part: &str) -> anyhow::Result<String> {
    let (begin, end) = (format!("<!-- {marker} -->"), format!("<!-- /{marker} -->"));
    let (before, rest) = text
        .split_once(&begin)
        .with_context(|| format!("there is no {begin}"))?;
    let (old, after) = rest
        .split_once(&end)
        .with_context(|| format!("there is no {end} behind {begin}"))?;
    anyhow::ensure!(
        !old.contains(&begin) && !after.contains(&begin),
        "{begin} stands there twice"
    );
    Ok(format!(
        "{before}{begin}\n{}\n{end}{after}",
        part.trim_end()
    ))
}
