//! `host.json`.

use std::time::Duration;

use serde_json::Value;

use super::section::Section;

/// What the stand-in takes from `host.json`.
#[derive(Debug)]
pub(crate) struct HostSettings {
    /// `None` is unbounded.
    pub(crate) function_timeout: Option<Duration>,
    pub(crate) route_prefix: String,
    pub(crate) queues: QueueSettings,
    pub(crate) handler: HandlerSettings,
    /// The app-wide `retry` section, if any.
    pub(crate) retry: Option<Value>,
    pub(crate) warnings: Vec<String>,
}

/// `extensions.queues`.
#[derive(Clone, Debug)]
pub(crate) struct QueueSettings {
    /// `None` when the file does not say: the default depends on the environment.
    pub(crate) max_polling_interval: Option<Duration>,
    pub(crate) visibility_timeout: Duration,
    pub(crate) batch_size: usize,
    pub(crate) max_dequeue_count: i64,
    /// `None`: half of `batchSize` times the number of processors.
    pub(crate) new_batch_threshold: Option<usize>,
    /// Whether message text is base64 (`messageEncoding`, the default) or plain.
    pub(crate) base64: bool,
}

/// `customHandler`.
#[derive(Clone, Debug)]
pub(crate) struct HandlerSettings {
    pub(crate) executable: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) worker_path: Option<String>,
    pub(crate) worker_arguments: Vec<String>,
    pub(crate) working_directory: Option<String>,
    pub(crate) worker_directory: Option<String>,
    pub(crate) stderr_is_error: bool,
    pub(crate) initialization_timeout: Option<Duration>,
    pub(crate) port: Option<u16>,
    pub(crate) proxying: bool,
}

/// Collects mistakes, so that all of them are named at once.
struct Reader<'p> {
    problems: &'p mut Vec<String>,
}

impl Reader<'_> {
    fn take<T>(&mut self, key: &str, result: Result<Option<T>, String>) -> Option<T> {
        result.unwrap_or_else(|problem| {
            self.problems.push(format!("host.json: {key}: {problem}"));
            None
        })
    }

    fn in_range(
        &mut self,
        key: &str,
        section: Section<'_>,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = self.take(key, section.integer())?;
        if range.contains(&value) {
            return Some(value);
        }
        let (low, high) = (range.start(), range.end());
        self.problems.push(format!(
            "host.json: {key}: {value} is not between {low} and {high}"
        ));
        None
    }
}

impl HostSettings {
    /// Reads the document; every mistake is added to `problems`.
    pub(crate) fn read(document: &Value, problems: &mut Vec<String>) -> Self {
        let root = Section::new(document);
        let mut reader = Reader { problems };
        let mut warnings = Vec::new();
        if root.get("version").text().as_deref() != Some("2.0") {
            reader
                .problems
                .push("host.json: version: \"2.0\" is required".to_owned());
        }
        if root
            .get("concurrency")
            .get("dynamicConcurrencyEnabled")
            .boolean()
            == Ok(Some(true))
        {
            warnings.push(
                "dynamic concurrency is not reproduced: batchSize and newBatchThreshold apply"
                    .to_owned(),
            );
        }
        let timeout = root.get("functionTimeout");
        let function_timeout = if timeout.text().as_deref() == Some("-1") {
            None
        } else {
            Some(
                reader
                    .take("functionTimeout", timeout.timespan())
                    .unwrap_or(Duration::from_secs(30 * 60)),
            )
        };
        let prefix = root.get("extensions").get("http").get("routePrefix");
        Self {
            function_timeout,
            route_prefix: prefix
                .text()
                .unwrap_or_else(|| "api".to_owned())
                .trim_matches('/')
                .to_owned(),
            queues: QueueSettings::read(root.get("extensions").get("queues"), &mut reader),
            handler: HandlerSettings::read(root, &mut reader),
            retry: root.get("retry").value().cloned(),
            warnings,
        }
    }
}

impl QueueSettings {
    fn read(section: Section<'_>, reader: &mut Reader<'_>) -> Self {
        let key = |name: &str| format!("extensions.queues.{name}");
        let max_polling_interval = reader.take(
            &key("maxPollingInterval"),
            section.get("maxPollingInterval").timespan(),
        );
        if max_polling_interval.is_some_and(|span| span < Duration::from_millis(100)) {
            let problem = format!(
                "host.json: {}: at least 00:00:00.100",
                key("maxPollingInterval")
            );
            reader.problems.push(problem);
        }
        let encoding = section
            .get("messageEncoding")
            .filled()
            .unwrap_or_else(|| "base64".to_owned());
        let base64 = encoding.eq_ignore_ascii_case("base64");
        if !base64 && !encoding.eq_ignore_ascii_case("none") {
            let problem = format!(
                "host.json: {}: {encoding:?} is neither base64 nor none",
                key("messageEncoding")
            );
            reader.problems.push(problem);
        }
        let visibility = reader.take(
            &key("visibilityTimeout"),
            section.get("visibilityTimeout").timespan(),
        );
        let whole = |value: i64| usize::try_from(value).unwrap_or(0);
        Self {
            max_polling_interval,
            visibility_timeout: visibility.unwrap_or(Duration::ZERO),
            batch_size: reader
                .in_range(&key("batchSize"), section.get("batchSize"), 1..=32)
                .map_or(16, whole),
            max_dequeue_count: reader
                .in_range(
                    &key("maxDequeueCount"),
                    section.get("maxDequeueCount"),
                    1..=i64::MAX,
                )
                .unwrap_or(5),
            new_batch_threshold: reader
                .in_range(
                    &key("newBatchThreshold"),
                    section.get("newBatchThreshold"),
                    0..=i64::from(i32::MAX),
                )
                .map(whole),
            base64,
        }
    }
}

impl HandlerSettings {
    fn read(root: Section<'_>, reader: &mut Reader<'_>) -> Self {
        let section = root.get("customHandler");
        if !section.exists() {
            reader.problems.push(
                "host.json: customHandler: the section is missing, and only custom handlers are driven here".to_owned(),
            );
        }
        let description = section.get("description");
        let key = |name: &str| format!("customHandler.description.{name}");
        if section.exists() && !description.exists() {
            reader
                .problems
                .push("host.json: customHandler: Missing worker Description.".to_owned());
        }
        let executable = description
            .get("defaultExecutablePath")
            .filled()
            .unwrap_or_default();
        if description.exists() && executable.is_empty() {
            reader.problems.push(
                "host.json: WorkerDescription DefaultExecutablePath cannot be empty".to_owned(),
            );
        }
        if section.get("http").get("routes").exists() {
            reader.problems.push(
                "host.json: Detected both function.json files and custom handler HTTP route configuration".to_owned(),
            );
        }
        let mut flag = |name: &str| {
            reader.take(
                &format!("customHandler.{name}"),
                section.get(name).boolean(),
            )
        };
        let proxying = flag("enableProxyingHttpRequest").unwrap_or(false);
        let forwarding = flag("enableForwardingHttpRequest").unwrap_or(false);
        if forwarding && !proxying {
            reader.problems.push(
                "host.json: customHandler.enableForwardingHttpRequest: forward mode is not reproduced; use \
                 enableProxyingHttpRequest"
                    .to_owned(),
            );
        }
        let port = reader.in_range("customHandler.port", section.get("port"), 1..=65_535);
        let mut texts = |name: &str| {
            let items = description.get(name).texts().map(Some);
            reader.take(&key(name), items).unwrap_or_default()
        };
        let arguments = texts("arguments");
        let worker_arguments = texts("workerArguments");
        let errors_only = description.get("useStdErrorStreamForErrorsOnly").boolean();
        Self {
            executable,
            arguments,
            worker_path: description.get("defaultWorkerPath").filled(),
            worker_arguments,
            working_directory: description.get("workingDirectory").filled(),
            worker_directory: description.get("workerDirectory").filled(),
            stderr_is_error: reader
                .take(&key("useStdErrorStreamForErrorsOnly"), errors_only)
                .unwrap_or(true),
            initialization_timeout: reader.take(
                "customHandler.initializationTimeout",
                section.get("initializationTimeout").timespan(),
            ),
            port: port.and_then(|port| u16::try_from(port).ok()),
            proxying,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_the_real_ones() {
        let mut problems = Vec::new();
        let document = json!({"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"}}});
        let settings = HostSettings::read(&document, &mut problems);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(settings.function_timeout, Some(Duration::from_secs(1_800)));
        assert_eq!(settings.route_prefix, "api");
        assert_eq!(
            (
                settings.queues.batch_size,
                settings.queues.max_dequeue_count
            ),
            (16, 5)
        );
        assert!(settings.queues.base64 && settings.queues.visibility_timeout.is_zero());
        assert!(settings.handler.stderr_is_error && !settings.handler.proxying);
    }

    #[test]
    fn every_mistake_is_named() {
        let mut problems = Vec::new();
        let document = json!({
            "version": "1.0",
            "functionTimeout": "ten minutes",
            "extensions": {"queues": {"batchSize": 33, "messageEncoding": "utf8", "maxPollingInterval": "00:00:00.01"}},
            "customHandler": {"description": {}, "port": 0, "enableForwardingHttpRequest": true}
        });
        HostSettings::read(&document, &mut problems);
        for part in [
            "version",
            "functionTimeout",
            "batchSize",
            "messageEncoding",
            "maxPollingInterval",
            "DefaultExecutablePath",
            "customHandler.port",
            "forward mode",
        ] {
            assert!(
                problems.iter().any(|problem| problem.contains(part)),
                "{part} missing in {problems:?}"
            );
        }
        assert_eq!(problems.len(), 8, "{problems:?}");
    }
}
