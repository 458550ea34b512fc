//! cargo-zigbuild and the Zig tool chain from the Python package index, in a virtual environment below `target/`.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail};
use tokio::process::Command;

/// The packages, with their versions and hashes.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// An installed Zig tool chain: a linker that knows the symbols of every glibc, and a C compiler to go with it.
pub(crate) struct Zig {
    bin: PathBuf,
}

impl Zig {
    /// Installs what [`REQUIREMENTS`] names, unless it is there.
    ///
    /// # Errors
    /// When there is no Python 3 with `venv`, or the package index cannot be reached or has something else than was pinned; what
    /// pip says of it stands on standard error.
    pub(crate) async fn install(target: &Path) -> anyhow::Result<Self> {
        let root = target.join("tools").join("zig");
        let zig = Self {
            bin: root.join("bin"),
        };
        let mark = root.join("requirements.txt");
        if fs::read_to_string(&mark).is_ok_and(|there| there == REQUIREMENTS) {
            return Ok(zig);
        }
        println!("installing cargo-zigbuild and Zig from the Python package index");
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| root.display().to_string())?;
        }
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&root);
        run(venv)
            .await
            .context("Python 3 with its module venv is needed (Debian: python3-venv)")?;
        let wanted = root.join("wanted.txt");
        fs::write(&wanted, REQUIREMENTS).with_context(|| wanted.display().to_string())?;
        let mut pip = Command::new(zig.bin.join("python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "install"])
            .args(["--quiet", "--no-cache-dir", "--only-binary=:all:"])
            .args(["--require-hashes", "--requirement"])
            .arg(&wanted);
        run(pip).await.context(
            "cargo-zigbuild and Zig cannot be installed; without them nothing can be packaged",
        )?;
        // The last step: an installation that was cut short is made anew.
        fs::rename(&wanted, &mark).with_context(|| mark.display().to_string())?;
        Ok(zig)
    }

    /// A cargo that has the subcommand `zigbuild`.
    ///
    /// # Errors
    /// When the environment's `PATH` cannot take another folder.
    pub(crate) fn cargo(&self) -> anyhow::Result<Command> {
        let mut command = world::cargo();
        let before = env::var_os("PATH").unwrap_or_default();
        let folders = [self.bin.clone()]
            .into_iter()
            .chain(env::split_paths(&before));
        let path: OsString = env::join_paths(folders).context("PATH")?;
        let cache = self.bin.with_file_name("cache");
        command
            .env("PATH", path)
            .env("CARGO_ZIGBUILD_PYTHON_PATH", self.bin.join("python"))
            .env("CARGO_ZIGBUILD_CACHE_DIR", cache.join("zigbuild"))
            .env("ZIG_GLOBAL_CACHE_DIR", cache.join("zig"));
        Ok(command)
    }
}

async fn run(mut command: Command) -> anyhow::Result<()> {
    let shown = format!("{:?}", command.as_std());
    let status = command
        .stdin(Stdio::null())
        .status()
        .await
        .with_context(|| shown.clone())?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}
