//! What a caller may set. Every default is the real host's own value.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::lines::ConsoleSink;
use crate::queue::QueueService;

/// Everything [`Host::start`](crate::Host::start) needs to know.
#[derive(Debug)]
pub struct HostOptions {
    /// The packaged app: `host.json`, the handler's executable and one folder per function.
    pub app_root: PathBuf,
    /// The app settings. They are the child's whole environment, beside `PATH`, `HOME` and the five variables
    /// the host itself adds; `%NAME%` in `host.json` and `function.json` is looked up here too.
    pub env: Vec<(String, String)>,
    /// Queue access by connection name, as `connection` in `function.json` names it (`AzureWebJobsStorage` when
    /// it names none).
    pub queues: BTreeMap<String, Arc<dyn QueueService>>,
    /// Where the host's own HTTP front listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Intervals and limits.
    pub timings: Timings,
    /// Behave as `func start` does: idle queues are polled every 2 s instead of every minute, and the child
    /// sees `AZURE_FUNCTIONS_ENVIRONMENT=Development`.
    pub dev: bool,
    /// Processors the host believes it has; it scales the default `newBatchThreshold`. The real host says 1 on
    /// the plans that scale by the event.
    pub processor_count: u32,
    /// Whether timers fire on their schedules and at the start. Without it only [`Host::fire`](crate::Host::fire) runs a timer function: for tests
    /// that count what is done.
    pub timers: bool,
    /// Send a `traceparent` with each invocation, as a host with Application Insights does.
    pub traceparent: bool,
    /// Receives every log line as it is written.
    pub console: Option<ConsoleSink>,
}

impl HostOptions {
    /// Options for the app at `app_root`, with the real host's defaults and a free port on 127.0.0.1.
    pub fn new(app_root: impl Into<PathBuf>) -> Self {
        Self {
            app_root: app_root.into(),
            env: Vec::new(),
            queues: BTreeMap::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            timings: Timings::default(),
            dev: false,
            processor_count: 1,
            timers: true,
            traceparent: true,
            console: None,
        }
    }
}

/// The host's intervals and limits. A test shortens them; nothing else should.
#[derive(Clone, Debug)]
pub struct Timings {
    /// First pause after a queue was found empty.
    pub poll_min: Duration,
    /// Longest pause between two looks at an empty queue; `None` takes `maxPollingInterval` from `host.json`,
    /// else 1 minute (2 s with [`HostOptions::dev`]).
    pub poll_max: Option<Duration>,
    /// For how long a received message is hidden from other consumers.
    pub message_visibility: Duration,
    /// How often that is renewed while the function runs.
    pub visibility_renewal: Duration,
    /// Pause between two readiness probes of a starting handler.
    pub probe_interval: Duration,
    /// How long a handler may take to answer its first probe; `None` takes `customHandler.initializationTimeout`,
    /// else 30 s.
    pub ready_timeout: Option<Duration>,
    /// How long an invocation may take; `None` takes `functionTimeout` from `host.json`, else 30 minutes.
    pub function_timeout: Option<Duration>,
    /// How long a timed-out invocation may still answer before the handler is killed.
    pub timeout_grace: Duration,
    /// The crash that stops the host, counted within [`crash_window`](Self::crash_window).
    pub crash_limit: usize,
    /// After this long without a crash the count starts again.
    pub crash_window: Duration,
    /// How long [`Host::stop`](crate::Host::stop) waits for running invocations before it kills the handler.
    pub stop_grace: Duration,
    /// Longest silence on a proxied request or its response.
    pub proxy_idle: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            poll_min: Duration::from_millis(100),
            poll_max: None,
            message_visibility: Duration::from_secs(600),
            visibility_renewal: Duration::from_secs(300),
            probe_interval: Duration::from_millis(25),
            ready_timeout: None,
            function_timeout: None,
            timeout_grace: Duration::from_secs(2),
            crash_limit: 3,
            crash_window: Duration::from_secs(30 * 60),
            stop_grace: Duration::from_secs(5),
            proxy_idle: Duration::from_secs(240),
        }
    }
}
