//! The host itself.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::{App, HandlerSettings, Trigger};
use crate::front;
use crate::invoke::Core;
use crate::journal::{HostEvent, Invocation, Journal};
use crate::lines::LogLine;
use crate::options::HostOptions;
use crate::queue::{Listener, Processor, QueueError, Wake, poison_name};
use crate::timer;
use crate::worker::{Launch, Supervision, Worker};

/// How often the queues are counted while [`Host::wait_idle`] waits and nothing else happens.
const IDLE_LOOK: Duration = Duration::from_millis(100);

/// A running host with its handler process. Dropping it kills the handler at once.
pub struct Host {
    core: Arc<Core>,
    address: SocketAddr,
    listeners: Vec<JoinHandle<()>>,
    supervisor: JoinHandle<()>,
    front: JoinHandle<()>,
}

impl Host {
    /// Reads the app, starts its handler and listens to its triggers.
    ///
    /// Returns as soon as everything is under way: the handler may still be starting, and invocations wait for it
    /// as they do in the real host. Wait for [`HostEvent::HandlerReady`] or [`Host::wait_ready`] to be sure.
    ///
    /// # Errors
    /// A [`ConfigError`](crate::ConfigError) with every mistake in the app's files; or a port that cannot be bound.
    /// A handler that does not start is no error here: it is restarted, and counted, as in the real host.
    pub async fn start(options: HostOptions) -> anyhow::Result<Self> {
        let root = std::path::absolute(&options.app_root).context("the app root")?;
        let connections: Vec<&str> = options.queues.keys().map(String::as_str).collect();
        let app = App::read(&root, &options.env, &connections)?;
        let journal = Arc::new(Journal::new(options.console.clone()));
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("the front cannot listen on {}", options.listen))?;
        let address = listener.local_addr()?;
        let port = handler_port(&app.settings.handler, &journal)?;
        let client = loopback_client()?;
        let (shutdown, _) = watch::channel(false);
        let timings = options.timings.clone();
        let ready_timeout = timings
            .ready_timeout
            .or(app.settings.handler.initialization_timeout)
            .unwrap_or(Duration::from_secs(30));
        let longest_call = timings
            .function_timeout
            .or(app.settings.function_timeout)
            .map(|limit| limit + Duration::from_secs(60));
        let env = child_env(&options, &root, address);
        let (worker, supervisor) = Worker::start(Supervision {
            launch: Launch {
                root,
                settings: app.settings.handler.clone(),
                env: env.clone(),
                port,
            },
            client: client.clone(),
            journal: Arc::clone(&journal),
            timings: timings.clone(),
            ready_timeout,
            longest_call,
            shutdown: shutdown.clone(),
        });
        let core = Arc::new(Core {
            app,
            queues: options.queues,
            timings,
            processor_count: usize::try_from(options.processor_count).unwrap_or(1).max(1),
            dev: options.dev,
            traceparent: options.traceparent,
            ready_timeout,
            client,
            journal,
            worker,
            wake: Wake::default(),
            shutdown,
        });
        for warning in &core.app.settings.warnings {
            core.journal.warn("Host.StandIn", warning.clone());
        }
        let listeners = listen(&core, options.timers)?;
        let front = serve(&core, listener);
        Ok(Self {
            core,
            address,
            listeners,
            supervisor,
            front,
        })
    }

    /// Where the front listens, without a slash at the end: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The handler's process ID; `None` while it is not ready.
    pub fn handler_pid(&self) -> Option<u32> {
        self.core.worker.pid()
    }

    /// Kills the handler with SIGKILL, as a crash would, and returns the ID of the dead process. It counts as a
    /// crash: the third within half an hour stops the host unless [`Timings`](crate::Timings) say otherwise.
    pub async fn kill_handler(&self) -> Option<u32> {
        self.core.worker.kill().await
    }

    /// Everything that ran and runs, oldest first (the last 10,000).
    pub fn invocations(&self) -> Vec<Invocation> {
        self.core.journal.invocations()
    }

    /// The last 10,000 log lines, oldest first.
    pub fn lines(&self) -> Vec<LogLine> {
        self.core.journal.lines()
    }

    /// A feed of everything that happens from now on. A receiver that falls 4,096 events behind loses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<HostEvent> {
        self.core.journal.subscribe()
    }

    /// Waits until `test` holds for the invocations so far; `false` when the deadline came first.
    ///
    /// `test` is asked again after every event. It must not call [`invocations`](Self::invocations) or
    /// [`lines`](Self::lines): it holds their lock.
    pub async fn wait_until(
        &self,
        deadline: Duration,
        mut test: impl FnMut(&[Invocation]) -> bool + Send,
    ) -> bool {
        let mut changes = self.core.journal.changes();
        let wait = async {
            while !self.core.journal.check(&mut test) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        timeout(deadline, wait).await.is_ok()
    }

    /// Waits until the handler answered its first probe; `false` when the deadline came first.
    pub async fn wait_ready(&self, deadline: Duration) -> bool {
        self.wait_until(deadline, |_| self.core.worker.pid().is_some())
            .await
    }

    /// Waits until nothing runs and no triggered queue holds a message, visible or hidden; `false` when the deadline
    /// came first.
    ///
    /// # Errors
    /// A queue service refused to count.
    pub async fn wait_idle(&self, deadline: Duration) -> Result<bool, QueueError> {
        let mut changes = self.core.journal.changes();
        let wait = async {
            loop {
                changes.borrow_and_update();
                if self.is_idle().await? {
                    return Ok(());
                }
                // A change of the journal or a while, whichever comes first: queues change without a word.
                let _ = timeout(IDLE_LOOK, changes.changed()).await;
            }
        };
        match timeout(deadline, wait).await {
            Ok(result) => result.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    async fn is_idle(&self) -> Result<bool, QueueError> {
        let (started, running) = self.core.journal.activity();
        if running > 0 {
            return Ok(false);
        }
        for function in &self.core.app.functions {
            let Trigger::Queue(queue) = &function.trigger else {
                continue;
            };
            let Some(service) = self.core.queues.get(&queue.connection) else {
                continue;
            };
            match service.count(&queue.queue).await {
                Ok(0) | Err(QueueError::NoQueue) => {}
                Ok(_) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // Something that ran while the queues were counted one by one may have filled one counted before.
        Ok(self.core.journal.activity() == (started, 0))
    }

    /// Runs a timer function at once, whatever its schedule, and waits for its end. As when the real host's admin API starts one, it
    /// hears nothing of earlier and later runs, is not past due, and may overlap a run of the schedule.
    ///
    /// # Errors
    /// There is no timer function of that name; or the run failed, with the failure's text.
    pub async fn fire(&self, function: &str) -> anyhow::Result<()> {
        let found = self.core.app.function(function);
        let function = found.with_context(|| format!("there is no function {function:?}"))?;
        let Trigger::Timer(trigger) = &function.trigger else {
            bail!("{} has no timer trigger", function.name);
        };
        timer::fire(&self.core, function, trigger, None)
            .await
            .map_err(anyhow::Error::msg)
    }

    /// Waits until the host has stopped of its own accord, for instance after too many crashes.
    pub async fn stopped(&self) {
        let mut shutdown = self.core.shutdown.subscribe();
        // The sender lives as long as this host.
        let _ = shutdown.wait_for(|stop| *stop).await;
    }

    /// Stops: no more polling, a few seconds for what runs, then SIGKILL. What still ran then stays hidden in its
    /// queue until its visibility timeout is over.
    pub async fn stop(mut self) {
        self.core.shutdown.send_replace(true);
        let listeners = std::mem::take(&mut self.listeners);
        let handles: Vec<_> = listeners.iter().map(JoinHandle::abort_handle).collect();
        // Whoever is not done in time is cut off below.
        let _ = timeout(
            self.core.timings.stop_grace,
            futures::future::join_all(listeners),
        )
        .await;
        handles.iter().for_each(tokio::task::AbortHandle::abort);
        self.core.worker.stop();
        let _ = (&mut self.supervisor).await;
        self.front.abort();
        let _ = (&mut self.front).await;
    }

    /// Ends as a crashed host does: everything at once, nothing released.
    pub async fn crash(mut self) {
        for listener in self.listeners.drain(..) {
            listener.abort();
            let _ = listener.await;
        }
        self.core.worker.stop();
        let _ = (&mut self.supervisor).await;
        self.front.abort();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.core.shutdown.send_replace(true);
        for listener in &self.listeners {
            listener.abort();
        }
        // The child is killed when its supervisor is dropped.
        self.supervisor.abort();
        self.front.abort();
    }
}

fn listen(core: &Arc<Core>, timers: bool) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let mut listeners = Vec::new();
    for function in core
        .app
        .functions
        .iter()
        .filter(|function| !function.disabled)
    {
        match &function.trigger {
            Trigger::Queue(queue) => {
                let service = core
                    .queues
                    .get(&queue.connection)
                    .context("the connection was checked before")?;
                let processor = Processor {
                    function: Arc::clone(function),
                    service: Arc::clone(service),
                    queue: queue.queue.clone(),
                    binary: queue.binary,
                    poison_queue: poison_name(&queue.queue),
                };
                listeners.push(tokio::spawn(
                    Listener::new(Arc::clone(core), processor).run(),
                ));
            }
            Trigger::Timer(_) if timers => {
                listeners.push(tokio::spawn(timer::run(
                    Arc::clone(core),
                    Arc::clone(function),
                )));
            }
            Trigger::Timer(_) | Trigger::EventGrid { .. } | Trigger::Http(_) => {}
        }
    }
    Ok(listeners)
}

fn serve(core: &Arc<Core>, listener: TcpListener) -> JoinHandle<()> {
    let mut shutdown = core.shutdown.subscribe();
    let stop = async move {
        // The sender lives as long as the host.
        let _ = shutdown.wait_for(|stop| *stop).await;
    };
    let server = axum::serve(listener, front::router(Arc::clone(core)))
        .with_graceful_shutdown(stop)
        .into_future();
    tokio::spawn(async move {
        // The server ends with the host; there is nobody left to tell.
        let _ = server.await;
    })
}

/// The port from `customHandler.port`, or a free one, chosen once: a restarted handler gets the same.
fn handler_port(settings: &HandlerSettings, journal: &Journal) -> anyhow::Result<u16> {
    let bound = std::net::TcpListener::bind(("127.0.0.1", settings.port.unwrap_or(0)));
    if let Some(port) = settings.port {
        bound.with_context(|| {
            format!(
                "Unable to bind to port {port} specified in configuration. Please specify a different port or remove the \
                 section to allow dynamic binding of port."
            )
        })?;
        journal.info(
            "Host.Startup",
            format!("Using port {port} specified via configuration for custom handler."),
        );
        return Ok(port);
    }
    Ok(bound
        .context("no free port on 127.0.0.1")?
        .local_addr()?
        .port())
}

/// The app settings, and in development what `func` adds to them.
fn child_env(
    options: &HostOptions,
    root: &std::path::Path,
    address: SocketAddr,
) -> Vec<(String, String)> {
    let mut env = options.env.clone();
    if options.dev {
        for (name, value) in [
            ("AZURE_FUNCTIONS_ENVIRONMENT", "Development".to_owned()),
            ("WEBSITE_HOSTNAME", format!("localhost:{}", address.port())),
            ("AzureWebJobsScriptRoot", root.display().to_string()),
        ] {
            if !env.iter().any(|(key, _)| key == name) {
                env.push((name.to_owned(), value));
            }
        }
    }
    env
}

/// A client for the handler: plain HTTP on loopback, no proxy, no redirects of its own.
fn loopback_client() -> anyhow::Result<reqwest::Client> {
    // The client insists on a provider although it will never speak TLS; another one installed before is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("the HTTP client for the handler")
}
