//! An app on disk for one test, its handler told what to do.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use functions_host::{Host, HostEvent, HostOptions, Level, MemoryQueues, QueueService as _};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

/// The longest any condition is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct App {
    dir: TempDir,
    pub(crate) host_json: Value,
    pub(crate) queues: Arc<MemoryQueues>,
    replies: Map<String, Value>,
    pub(crate) options: HostOptions,
}

/// What the handler recorded.
pub(crate) struct Recorded(pub(crate) Value);

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0["headers"][name].as_str()
    }

    pub(crate) fn envelope(&self) -> Value {
        serde_json::from_str(self.0["body"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn pid(&self) -> u64 {
        self.0["pid"].as_u64().unwrap()
    }
}

impl App {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let queues = Arc::new(MemoryQueues::new());
        let mut options = HostOptions::new(dir.path());
        options
            .queues
            .insert("AzureWebJobsStorage".to_owned(), queues.clone());
        options.timings.poll_min = Duration::from_millis(5);
        options.timings.poll_max = Some(Duration::from_millis(50));
        options.timings.stop_grace = Duration::from_millis(200);
        let host_json = json!({
            "version": "2.0",
            "customHandler": {"description": {"defaultExecutablePath": env!("CARGO_BIN_EXE_functions-host-test-handler")}}
        });
        Self {
            dir,
            host_json,
            queues,
            replies: Map::new(),
            options,
        }
    }

    /// A function with these bindings.
    pub(crate) fn function(&self, name: &str, bindings: Value) -> &Self {
        self.function_json(name, &json!({"bindings": bindings}))
    }

    pub(crate) fn function_json(&self, name: &str, document: &Value) -> &Self {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("function.json"), document.to_string()).unwrap();
        self
    }

    /// A function on the queue `jobs` that writes to the queue `out`.
    pub(crate) fn queue_function(&self, name: &str) -> &Self {
        self.function(
            name,
            json!([
                {"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "jobs"},
                {"type": "queue", "direction": "out", "name": "out", "queueName": "out"}
            ]),
        )
    }

    /// What the handler answers to `path`, one reply after another; the last one repeats.
    pub(crate) fn replies(&mut self, path: &str, replies: Value) -> &mut Self {
        self.replies.insert(path.to_owned(), replies);
        self
    }

    pub(crate) fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.options.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts `text` into a queue as it is.
    pub(crate) async fn put_raw(&self, queue: &str, text: &str) {
        self.queues.create(queue).await.unwrap();
        self.queues.send(queue, text).await.unwrap();
    }

    /// Puts `text` into a queue as base64, as the host expects it.
    pub(crate) async fn put(&self, queue: &str, text: &str) {
        self.put_raw(queue, &azure_core::base64::encode(text)).await;
    }

    /// The decoded messages of a queue.
    pub(crate) fn messages(&self, queue: &str) -> Vec<String> {
        let decode = |text: String| {
            String::from_utf8_lossy(&azure_core::base64::decode(text).unwrap()).into_owned()
        };
        self.queues
            .texts(queue)
            .unwrap_or_default()
            .into_iter()
            .map(decode)
            .collect()
    }

    pub(crate) async fn try_start(&mut self) -> anyhow::Result<Host> {
        std::fs::write(self.path("host.json"), self.host_json.to_string()).unwrap();
        let mut options = HostOptions::new(self.dir.path());
        std::mem::swap(&mut options, &mut self.options);
        options.env.push((
            "TEST_RECORD".to_owned(),
            self.path("record").display().to_string(),
        ));
        options.env.push((
            "TEST_REPLIES".to_owned(),
            Value::Object(self.replies.clone()).to_string(),
        ));
        Host::start(options).await
    }

    pub(crate) async fn start(&mut self) -> Host {
        self.try_start().await.unwrap()
    }

    /// What the handler recorded of a kind: `start`, `sigterm`, or a path.
    pub(crate) fn recorded(&self, kind: &str) -> Vec<Recorded> {
        let text = std::fs::read_to_string(self.path("record")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["kind"] == kind)
            .map(Recorded)
            .collect()
    }
}

/// Waits until `count` invocations have ended.
pub(crate) async fn ended(host: &Host, count: usize) {
    let done = host
        .wait_until(DEADLINE, |all| {
            all.iter().filter(|i| i.outcome.is_some()).count() >= count
        })
        .await;
    assert!(
        done,
        "fewer than {count} invocations ended: {:#?}",
        host.invocations()
    );
}

/// Waits until the host has no work left.
pub(crate) async fn idle(host: &Host) {
    assert!(
        host.wait_idle(DEADLINE).await.unwrap(),
        "never idle: {:#?}",
        host.invocations()
    );
}

/// Waits for the first event that `pick` takes.
pub(crate) async fn event<T>(
    events: &mut Receiver<HostEvent>,
    mut pick: impl FnMut(HostEvent) -> Option<T>,
) -> T {
    let search = async {
        loop {
            if let Some(found) = pick(events.recv().await.unwrap()) {
                return found;
            }
        }
    };
    tokio::time::timeout(DEADLINE, search)
        .await
        .expect("the event never came")
}

/// The levels of the log lines that contain `part`.
pub(crate) fn levels(host: &Host, part: &str) -> Vec<(Level, String)> {
    host.lines()
        .into_iter()
        .filter(|line| line.text.contains(part))
        .map(|line| (line.level, line.category))
        .collect()
}
