//! The function app as it is deployed: `host.json`, one folder per function, the handler.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The workspace that this crate was built in: where `host.json` and `functions/` are.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Lays the function app out in a folder: what the Functions host expects as its root. The handler is copied, with its run bit.
///
/// # Errors
/// When a file is missing or the folder cannot be written; the error names the path.
pub fn lay_out(handler: &Path, app_root: &Path) -> io::Result<()> {
    let root = workspace_root();
    fs::create_dir_all(app_root)?;
    copy(&root.join("host.json"), &app_root.join("host.json"))?;
    copy(handler, &app_root.join("handler"))?;
    for entry in fs::read_dir(root.join("functions"))? {
        let entry = entry?;
        let folder = app_root.join(entry.file_name());
        fs::create_dir_all(&folder)?;
        copy(
            &entry.path().join("function.json"),
            &folder.join("function.json"),
        )?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", from.display())))
}
