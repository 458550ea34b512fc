//! Installs Azurite from the lock file in this crate, once, below the build's target directory.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::Error;

/// The pinned version of Azurite.
pub const AZURITE_VERSION: &str = "3.37.0";

/// The oldest Node.js that is known to run it. Azurite itself asks for 22, but runs on 20.
const OLDEST_NODE: u32 = 20;

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Every file an installation consists of before npm adds the packages. A change of any makes a new
/// directory, so that branches with different versions do not disturb each other.
const FILES: [(&str, &str); 5] = [
    ("package.json", include_str!("../../azurite/package.json")),
    (
        "package-lock.json",
        include_str!("../../azurite/package-lock.json"),
    ),
    ("guard.js", include_str!("../../azurite/guard.js")),
    (
        "no-telemetry/package.json",
        include_str!("../../azurite/no-telemetry/package.json"),
    ),
    (
        "no-telemetry/index.js",
        include_str!("../../azurite/no-telemetry/index.js"),
    ),
];

/// Installs Azurite unless it is there already, and returns its directory. Any number of processes may
/// call this at once: one installs, the others wait for it.
pub(super) async fn install() -> Result<PathBuf, Error> {
    let target = target_directory();
    let task = tokio::task::spawn_blocking(move || install_below(&target, npm_ci));
    task.await.map_err(|e| {
        Error::io("the installation of Azurite was interrupted")(std::io::Error::other(e))
    })?
}

/// `fill` puts a whole installation into the directory it is given.
fn install_below(
    target: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let name = directory_name();
    let directory = target.join(&name);
    if directory.is_dir() {
        return Ok(directory);
    }
    fs::create_dir_all(target).map_err(Error::io(format!("cannot make {}", target.display())))?;
    let lock_path = target.join(format!("{name}.lock"));
    let lock = File::create(&lock_path)
        .map_err(Error::io(format!("cannot make {}", lock_path.display())))?;
    // Held until `lock` is dropped, also when the process dies.
    lock.lock()
        .map_err(Error::io(format!("cannot lock {}", lock_path.display())))?;
    if !directory.is_dir() {
        let partial = target.join(format!("{name}.partial"));
        clear(&partial)?;
        fill(&partial)?;
        // Whoever sees the directory sees a whole installation.
        fs::rename(&partial, &directory)
            .map_err(Error::io(format!("cannot rename {}", partial.display())))?;
    }
    Ok(directory)
}

/// Takes away what a run that was killed left behind.
fn clear(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io(format!(
            "cannot clear {}",
            directory.display()
        ))(e)),
        _ => Ok(()),
    }
}

fn npm_ci(directory: &Path) -> Result<(), Error> {
    check_node()?;
    for (name, text) in FILES {
        let path = directory.join(name);
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(directory))?;
            fs::write(&path, text)
        };
        write().map_err(Error::io(format!("cannot write {}", path.display())))?;
    }
    let run = Command::new(NPM)
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(directory)
        .output();
    let output = match run {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(Error::NodeMissing { program: "npm" });
        }
        other => other.map_err(Error::io("cannot run npm"))?,
    };
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().collect();
    Err(Error::Install {
        directory: directory.to_owned(),
        outcome: output.status.to_string(),
        output: lines[lines.len().saturating_sub(20)..].join("\n"),
    })
}

fn check_node() -> Result<(), Error> {
    let output = match Command::new("node").arg("--version").output() {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(Error::NodeMissing { program: "node" });
        }
        other => other.map_err(Error::io("cannot run node"))?,
    };
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match major(&found) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(Error::NodeTooOld { found }),
    }
}

/// The major version in a text such as `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn directory_name() -> String {
    let mut hash = Sha256::new();
    for (name, text) in FILES {
        hash.update(name);
        hash.update([0_u8]);
        hash.update(text);
        hash.update([0_u8]);
    }
    let hex: String = hash
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("azurite-{AZURITE_VERSION}-{hex}")
}

/// Cargo's target directory: `CARGO_TARGET_DIR` where it is set, else `target` at the top of the workspace.
fn target_directory() -> PathBuf {
    let workspace = crate::layout::workspace_root();
    match std::env::var_os("CARGO_TARGET_DIR") {
        // Cargo takes a relative path from where it was started, which is the workspace's top as a rule.
        Some(directory) => workspace.join(directory),
        None => workspace.join("target"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_lock_file_pins_the_version_and_names_no_host() {
        let lock: serde_json::Value = serde_json::from_str(FILES[1].1).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert_eq!(packages["node_modules/azurite"]["version"], AZURITE_VERSION);
        for (name, package) in packages {
            let resolved = package
                .get("resolved")
                .and_then(serde_json::Value::as_str)
                .unwrap_or("no-telemetry");
            assert_eq!(resolved, "no-telemetry", "{name} is tied to one registry");
        }
    }

    fn fill(directory: &Path, runs: &AtomicUsize) -> Result<(), Error> {
        runs.fetch_add(1, Ordering::SeqCst);
        let write = || {
            fs::create_dir_all(directory)?;
            fs::write(directory.join("whole"), "yes")
        };
        write().map_err(Error::io("the test's directory"))
    }

    #[test]
    fn many_at_once_install_once() {
        let target = tempfile::tempdir().unwrap();
        let (runs, start) = (AtomicUsize::new(0), Barrier::new(4));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let installed =
                        install_below(target.path(), |directory| fill(directory, &runs)).unwrap();
                    assert!(installed.join("whole").is_file());
                });
            }
        });
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_a_killed_run_left_behind_is_not_taken_for_an_installation() {
        let target = tempfile::tempdir().unwrap();
        let partial = target.path().join(format!("{}.partial", directory_name()));
        fs::create_dir_all(&partial).unwrap();
        fs::write(partial.join("rest"), "half").unwrap();
        let installed = install_below(target.path(), |directory| {
            fill(directory, &AtomicUsize::new(0))
        })
        .unwrap();
        assert!(installed.join("whole").is_file() && !installed.join("rest").exists());
    }

    #[test]
    fn a_failed_installation_is_tried_again() {
        let target = tempfile::tempdir().unwrap();
        let refused = install_below(target.path(), |_| {
            Err(Error::NodeMissing { program: "npm" })
        });
        assert!(matches!(refused, Err(Error::NodeMissing { .. })));
        let runs = AtomicUsize::new(0);
        install_below(target.path(), |directory| fill(directory, &runs)).unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("not a version"), None);
    }
}
