//! The one handler process of a host, and what its end means.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::command::Launch;
use super::console::{self, Tail};
use super::crashes::Crashes;
use super::probe;
use crate::journal::{HostEvent, Journal};
use crate::lines::Level;
use crate::options::Timings;

const CATEGORY: &str = "Host.Workers";
/// With this exit code a handler asks to be restarted, and it is not held against it.
const RESTART_EXIT_CODE: i32 = 200;
/// How long the last output of a dead child is waited for: a grandchild may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Where the handler stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerState {
    /// Being started or restarted: invocations wait.
    Starting,
    Ready {
        pid: u32,
    },
    /// It exited with code 0: nobody restarts it, and invocations are refused a connection.
    Gone,
    /// The host gave up or was stopped.
    Stopped(String),
}

enum Command {
    /// SIGKILL from outside: counts as a crash. Answers with the process ID once it is dead.
    Kill(oneshot::Sender<Option<u32>>),
    /// SIGKILL by the host itself, after a function timeout: does not count.
    Restart(String),
    Stop,
}

/// A handle on the handler process.
pub(crate) struct Worker {
    pub(crate) port: u16,
    state: watch::Receiver<WorkerState>,
    commands: mpsc::UnboundedSender<Command>,
    client: reqwest::Client,
}

/// What the supervisor needs beside the command line.
pub(crate) struct Supervision {
    pub(crate) launch: Launch,
    pub(crate) client: reqwest::Client,
    pub(crate) journal: Arc<Journal>,
    pub(crate) timings: Timings,
    pub(crate) ready_timeout: Duration,
    /// The HTTP client's own limit: functionTimeout and a minute.
    pub(crate) longest_call: Option<Duration>,
    /// Set to `true` when the host must stop.
    pub(crate) shutdown: watch::Sender<bool>,
}

impl Worker {
    /// Starts the handler in the background.
    pub(crate) fn start(supervision: Supervision) -> (Self, JoinHandle<()>) {
        let (state_sender, state) = watch::channel(WorkerState::Starting);
        let (commands, receiver) = mpsc::unbounded_channel();
        let port = supervision.launch.port;
        let client = supervision.client.clone();
        let task = tokio::spawn(
            Supervisor {
                s: supervision,
                state: state_sender,
                commands: receiver,
            }
            .run(),
        );
        (
            Self {
                port,
                state,
                commands,
                client,
            },
            task,
        )
    }

    /// Waits while the handler is being started; `limit` is how long an invocation would.
    ///
    /// # Errors
    /// It did not come up, or the host stopped.
    pub(crate) async fn available(&self, limit: Duration) -> Result<(), String> {
        let mut state = self.state.clone();
        let settled = timeout(
            limit,
            state.wait_for(|state| *state != WorkerState::Starting),
        )
        .await;
        match settled {
            Ok(Ok(state)) => match &*state {
                WorkerState::Stopped(reason) => Err(format!("the host is stopped: {reason}")),
                _ => Ok(()),
            },
            Ok(Err(_)) => Err("the host is stopped".to_owned()),
            Err(_) => Err("Initialization timed out and host is shutting down".to_owned()),
        }
    }

    pub(crate) fn state(&self) -> WorkerState {
        self.state.borrow().clone()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        match self.state() {
            WorkerState::Ready { pid } => Some(pid),
            _ => None,
        }
    }

    /// Kills the process as a crash would; answers with its ID once it is dead.
    pub(crate) async fn kill(&self) -> Option<u32> {
        let (sender, receiver) = oneshot::channel();
        self.commands.send(Command::Kill(sender)).ok()?;
        receiver.await.ok().flatten()
    }

    /// Kills and restarts the process without counting it as a crash.
    pub(crate) fn restart(&self, why: String) {
        // A supervisor that is gone has nothing to restart.
        let _ = self.commands.send(Command::Restart(why));
    }

    pub(crate) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }

    /// Whether the handler answers a health ping.
    pub(crate) async fn ping(&self) -> bool {
        probe::ping(&self.client, self.port, Duration::from_secs(5)).await
    }
}

struct Supervisor {
    s: Supervision,
    state: watch::Sender<WorkerState>,
    commands: mpsc::UnboundedReceiver<Command>,
}

enum Ended {
    Stop,
    Zero,
    Restart(String),
    Crash(String),
}

impl Supervisor {
    async fn run(mut self) {
        let mut crashes = Crashes::new(self.s.timings.crash_limit, self.s.timings.crash_window);
        loop {
            let ended = self.run_once().await;
            match ended {
                Ended::Stop => return self.stopped("the host was stopped"),
                Ended::Zero => {
                    self.exited(
                        "exited with code 0: it is not restarted, and every invocation will fail",
                    );
                    self.state.send_replace(WorkerState::Gone);
                    if self.wait_in_vain().await {
                        return self.stopped("the host was stopped");
                    }
                }
                Ended::Restart(why) => {
                    self.s.journal.info(CATEGORY, why.clone());
                    self.s
                        .journal
                        .publish(HostEvent::HandlerExited { text: why });
                }
                Ended::Crash(text) => {
                    self.s.journal.error(CATEGORY, text.clone());
                    self.s.journal.publish(HostEvent::HandlerExited { text });
                    if crashes.add(Instant::now()) {
                        let reason = "Exceeded http worker restart retry count. Shutting down Functions Host";
                        self.s.journal.error(CATEGORY, reason);
                        self.stopped(reason);
                        self.s.journal.publish(HostEvent::Stopped {
                            reason: reason.to_owned(),
                        });
                        self.s.shutdown.send_replace(true);
                        return;
                    }
                }
            }
            self.state.send_replace(WorkerState::Starting);
        }
    }

    fn stopped(&self, reason: &str) {
        self.state
            .send_replace(WorkerState::Stopped(reason.to_owned()));
    }

    fn exited(&self, text: &str) {
        let text = format!("{} {text}", self.s.launch.executable());
        self.s.journal.warn(CATEGORY, text.clone());
        self.s.journal.publish(HostEvent::HandlerExited { text });
    }

    /// After exit code 0: only a function timeout brings a new process. `true` to stop.
    async fn wait_in_vain(&mut self) -> bool {
        loop {
            match self.commands.recv().await {
                Some(Command::Kill(answer)) => {
                    let _ = answer.send(None);
                }
                Some(Command::Restart(_)) => return false,
                Some(Command::Stop) | None => return true,
            }
        }
    }

    async fn run_once(&mut self) -> Ended {
        let mut command = self.s.launch.command();
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                return Ended::Crash(format!(
                    "Failed to start {}: {error}",
                    self.s.launch.executable()
                ));
            }
        };
        let pid = child.id().unwrap_or_default();
        let tail = Tail::default();
        let readers = self.readers(&mut child, &tail);
        let (s, commands, state) = (&self.s, &mut self.commands, &self.state);
        let probe = probe::until_ready(
            &s.client,
            s.launch.port,
            s.timings.probe_interval,
            s.ready_timeout,
            s.longest_call,
            &s.journal,
        );
        tokio::pin!(probe);
        let mut probing = true;
        let mut killed_for: Option<oneshot::Sender<Option<u32>>> = None;
        loop {
            tokio::select! {
                status = child.wait() => {
                    for reader in readers {
                        // The rest of the output, if it comes soon.
                        let _ = timeout(LAST_WORDS, reader).await;
                    }
                    if let Some(answer) = killed_for {
                        let _ = answer.send(Some(pid));
                    }
                    return s.ended(status, &tail);
                }
                ready = &mut probe, if probing => {
                    probing = false;
                    if let Err(text) = ready {
                        end(&mut child).await;
                        return Ended::Crash(text);
                    }
                    s.journal.info(CATEGORY, format!("Worker process started and initialized (pid {pid})."));
                    state.send_replace(WorkerState::Ready { pid });
                    s.journal.publish(HostEvent::HandlerReady { pid });
                }
                command = commands.recv() => match command {
                    Some(Command::Kill(answer)) => {
                        state.send_replace(WorkerState::Starting);
                        // Already dead is as good as killed; `wait` tells.
                        let _ = child.start_kill();
                        killed_for = Some(answer);
                    }
                    Some(Command::Restart(why)) => {
                        state.send_replace(WorkerState::Starting);
                        end(&mut child).await;
                        return Ended::Restart(why);
                    }
                    Some(Command::Stop) | None => {
                        end(&mut child).await;
                        return Ended::Stop;
                    }
                }
            }
        }
    }

    fn readers(&self, child: &mut Child, tail: &Tail) -> Vec<JoinHandle<()>> {
        let journal = &self.s.journal;
        let errors_only = self.s.launch.settings.stderr_is_error;
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(console::pipe(
                stdout,
                Arc::clone(journal),
                |_| Level::Information,
                None,
            )));
        }
        if let Some(stderr) = child.stderr.take() {
            let level = move |line: &str| console::stderr_level(line, errors_only);
            readers.push(tokio::spawn(console::pipe(
                stderr,
                Arc::clone(journal),
                level,
                Some(tail.clone()),
            )));
        }
        readers
    }
}

impl Supervision {
    fn ended(&self, status: std::io::Result<ExitStatus>, tail: &Tail) -> Ended {
        use std::os::unix::process::ExitStatusExt as _;
        let code = match status {
            // .NET reports a signal as 128 and its number.
            Ok(status) => status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            Err(error) => {
                return Ended::Crash(format!("{} was lost: {error}", self.launch.executable()));
            }
        };
        match code {
            0 => Ended::Zero,
            RESTART_EXIT_CODE => Ended::Restart(
                "Language Worker Process exited and needs to be restarted.".to_owned(),
            ),
            code => Ended::Crash(format!(
                "{} exited with code {code} (0x{code:X}).{}",
                self.launch.executable(),
                tail.text()
            )),
        }
    }
}

/// SIGKILL, and wait until it is dead: no SIGTERM, as the real host.
async fn end(child: &mut Child) {
    // It fails only for a child that is dead already.
    let _ = child.kill().await;
}
