//! The zip: the same files make the same bytes, whenever and wherever.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Packs a folder. The file `executable` gets a run bit, whatever the file system says: Azure unpacks the modes as they are.
///
/// # Errors
/// When a file cannot be read or the zip not written; the error names the path.
pub(super) fn pack(folder: &Path, executable: &str, zip: &Path) -> anyhow::Result<()> {
    let file = File::create(zip).with_context(|| zip.display().to_string())?;
    let mut writer = ZipWriter::new(io::BufWriter::new(file));
    for (name, path) in files(folder)? {
        let mode = if name == executable { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(mode);
        writer.start_file(&name, options)?;
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        writer.write_all(&bytes)?;
    }
    writer.finish()?.flush()?;
    Ok(())
}

/// Unpacks a package, with the modes that it holds.
///
/// # Errors
/// When it is no zip, or the folder cannot be written.
pub(crate) fn unpack(zip: &Path, folder: &Path) -> anyhow::Result<()> {
    let file = File::open(zip)
        .with_context(|| format!("{}: `cargo xtask package` makes the package", zip.display()))?;
    ZipArchive::new(file)
        .and_then(|mut archive| archive.extract(folder))
        .with_context(|| zip.display().to_string())
}

/// The files of a folder by their names in the zip, in order.
fn files(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().context("a file name that is not Unicode")?;
            let name = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                folders.push((format!("{name}/"), entry.path()));
            } else {
                found.push((name, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Read};

    use serde_json::Value;

    use super::*;

    /// The workspace's app with a handler that is none, and the zip of it.
    fn packed(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let handler = folder.path().join("built");
        fs::write(&handler, b"not to be run").unwrap();
        let app = folder.path().join("app");
        world::lay_out(&handler, &app).unwrap();
        let zip = folder.path().join(name);
        pack(&app, "handler", &zip).unwrap();
        (folder, zip)
    }

    fn modes(zip: &Path) -> BTreeMap<String, u32> {
        let mut archive = ZipArchive::new(File::open(zip).unwrap()).unwrap();
        (0..archive.len())
            .map(|index| {
                let entry = archive.by_index(index).unwrap();
                let name = entry.name().unwrap().into_owned();
                (name, entry.unix_mode().unwrap() & 0o777)
            })
            .collect()
    }

    #[test]
    fn the_zip_holds_the_app_and_nothing_else() {
        let (_folder, zip) = packed("app.zip");
        let functions = fs::read_dir(world::workspace_root().join("functions")).unwrap();
        let functions = functions.map(|entry| {
            let name = entry.unwrap().file_name();
            format!("{}/function.json", name.to_str().unwrap())
        });
        let wanted: Vec<String> = functions
            .chain(["host.json".to_owned(), "handler".to_owned()])
            .collect();
        let there = modes(&zip);
        for name in &wanted {
            assert!(there.contains_key(name), "{name} is not in {there:?}");
        }
        assert_eq!(there.len(), wanted.len(), "{there:?}");
    }

    #[test]
    fn what_the_host_starts_has_its_run_bit_and_nothing_else_has() {
        let (_folder, zip) = packed("app.zip");
        let mut archive = ZipArchive::new(File::open(&zip).unwrap()).unwrap();
        let mut host = String::new();
        let mut entry = archive.by_name("host.json").unwrap();
        entry.read_to_string(&mut host).unwrap();
        let host: Value = serde_json::from_str(&host).unwrap();
        // Deployment tools look for the entry of exactly this name.
        let started = &host["customHandler"]["description"]["defaultExecutablePath"];
        let runnable: Vec<String> = modes(&zip)
            .into_iter()
            .filter(|(_, mode)| mode & 0o111 != 0)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(runnable, [started.as_str().unwrap()]);
    }

    #[test]
    fn the_same_app_makes_the_same_zip() {
        let (_one, first) = packed("first.zip");
        let (_two, second) = packed("second.zip");
        assert!(
            fs::read(first).unwrap() == fs::read(second).unwrap(),
            "the zips differ"
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        use std::os::unix::fs::PermissionsExt as _;

        let (folder, zip) = packed("app.zip");
        let out = folder.path().join("out");
        unpack(&zip, &out).unwrap();
        let handler = out.join("handler");
        assert_eq!(fs::read(&handler).unwrap(), b"not to be run");
        assert_eq!(
            fs::metadata(&handler).unwrap().permissions().mode() & 0o777,
            0o755
        );
        assert!(out.join("webhook").join("function.json").exists());
    }
}
