//! The operator's tool: the real binary, as a program that is started and ends.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
    sync::OnceCell,
};

use super::{PATIENCE, Scene};

static BINARY: OnceCell<PathBuf> = OnceCell::const_new();

/// Builds the tool. Cargo offers a test the executables of its own package only.
pub(super) async fn build() -> anyhow::Result<&'static PathBuf> {
    let build = || async {
        let mut build = world::cargo();
        build.arg("build");
        world::executable(build, "cli", "media-mirror").await
    };
    BINARY.get_or_try_init(build).await
}

/// The tool with an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tool(Vec<(String, String)>);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tool {
    /// The tool in the place of a world's handler: the same settings, the same identity.
    pub(crate) fn of(scene: &Scene) -> Self {
        Self(scene.settings.clone()).with("MIRROR_CREDENTIAL", "managed-identity")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// A command that is ready to be started, without a terminal.
    pub(crate) async fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(build().await?);
        command
            .args(arguments)
            .env_clear()
            .envs(self.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    pub(crate) async fn start(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        Ok(self.command(arguments).await?.spawn()?)
    }

    /// Starts a command and waits until it has written so many lines, which are the second part of the answer.
    pub(crate) async fn start_until(
        &self,
        arguments: &[&str],
        lines: usize,
    ) -> anyhow::Result<(Child, String)> {
        let mut child = self.start(arguments).await?;
        let mut out = child.stdout.take().context("it has an output")?;
        let mut read = Vec::new();
        let reading = async {
            while read.iter().filter(|&&byte| byte == b'\n').count() < lines {
                if out.read_buf(&mut read).await? == 0 {
                    break;
                }
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, reading).await??;
        child.stdout = Some(out);
        Ok((child, String::from_utf8(read)?))
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        let mut command = self.command(arguments).await?;
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output =
            output.with_context(|| format!("{arguments:?}: not done after {PATIENCE:?}"))??;
        Ok(Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Runs a command that must end with this code.
    pub(crate) async fn expect(&self, code: i32, arguments: &[&str]) -> anyhow::Result<Said> {
        let said = self.run(arguments).await?;
        ensure!(said.code == Some(code), "{arguments:?}: {said:#?}");
        Ok(said)
    }
}

impl Said {
    /// What was said as JSON, one value a line.
    pub(crate) fn values(&self) -> anyhow::Result<Vec<Value>> {
        let values = self.out.lines().map(serde_json::from_str);
        values.collect::<Result<_, _>>().context(self.out.clone())
    }

    /// Whether a text is on standard output or standard error.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.out.contains(text) || self.err.contains(text)
    }

    pub(crate) fn must_have(&self, texts: &[&str]) -> anyhow::Result<()> {
        for text in texts {
            ensure!(self.has(text), "{text:?} is missing: {self:#?}");
        }
        Ok(())
    }
}
