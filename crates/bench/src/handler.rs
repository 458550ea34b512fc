//! The handler in a process of its own, started as the Functions host starts it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::process::{Child, Command};

use crate::{http::HandlerClient, lines::Lines};

/// How long a start may take before something is wrong.
const START: Duration = Duration::from_secs(10);

/// A running handler; it is killed when this is dropped.
pub(crate) struct Handler {
    executable: PathBuf,
    settings: Vec<(String, String)>,
    child: Child,
    pub(crate) client: HandlerClient,
    /// What it wrote to its standard output.
    pub(crate) lines: Lines,
}

impl Handler {
    /// Starts it with these settings and waits for its first answer.
    pub(crate) async fn start(
        executable: &Path,
        settings: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::from(command(executable, settings, port));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| executable.display().to_string())?;
        let stdout = child
            .stdout
            .take()
            .context("the handler has a standard output")?;
        let handler = Self {
            executable: executable.to_owned(),
            settings: settings.to_owned(),
            child,
            client: HandlerClient::new(port)?,
            lines: Lines::read(stdout),
        };
        ensure!(
            handler.client.answers(START).await,
            "the handler does not answer GET /"
        );
        Ok(handler)
    }

    /// Kills it, whatever it is doing, and starts another in its place after something else.
    pub(crate) async fn replace(&mut self, after: impl Future<Output = ()>) -> anyhow::Result<()> {
        self.child.kill().await?;
        after.await;
        *self = Self::start(&self.executable, &self.settings).await?;
        Ok(())
    }

    /// Its process ID.
    pub(crate) fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("the handler has ended")
    }
}

/// The command that the host would run: an environment of nothing but settings.
pub(crate) fn command(
    executable: &Path,
    settings: &[(String, String)],
    port: u16,
) -> std::process::Command {
    let mut command = std::process::Command::new(executable);
    command.env_clear();
    command.envs(
        ["PATH", "HOME"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?))),
    );
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command.env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
    command
}

/// A port of 127.0.0.1 that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
