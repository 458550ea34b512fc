//! The bindings of one function.

use super::names;
use super::section::Section;
use crate::timer::Schedule;

/// The connection a queue binding uses when it names none.
const DEFAULT_CONNECTION: &str = "AzureWebJobsStorage";

/// What starts a function.
#[derive(Debug)]
pub(crate) enum Trigger {
    Queue(QueueTrigger),
    EventGrid {
        binding: String,
        /// `cardinality: "many"`: one invocation for a whole delivery.
        many: bool,
    },
    Timer(TimerTrigger),
    Http(HttpTrigger),
}

#[derive(Debug)]
pub(crate) struct QueueTrigger {
    pub(crate) binding: String,
    pub(crate) queue: String,
    pub(crate) connection: String,
    pub(crate) binary: bool,
}

#[derive(Debug)]
pub(crate) struct TimerTrigger {
    pub(crate) binding: String,
    pub(crate) schedule: Schedule,
    pub(crate) run_on_startup: bool,
    pub(crate) use_monitor: bool,
}

#[derive(Debug)]
pub(crate) struct HttpTrigger {
    pub(crate) binding: String,
    /// Upper-case; empty means every method.
    pub(crate) methods: Vec<String>,
    pub(crate) route: Option<String>,
}

impl Trigger {
    /// The binding's name: the key in `Data`.
    pub(crate) fn binding(&self) -> &str {
        match self {
            Self::Queue(queue) => &queue.binding,
            Self::EventGrid { binding, .. } => binding,
            Self::Timer(timer) => &timer.binding,
            Self::Http(http) => &http.binding,
        }
    }
}

/// One output binding.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) binary: bool,
    pub(crate) kind: OutputKind,
}

#[derive(Debug)]
pub(crate) enum OutputKind {
    /// `queue` may hold `{expressions}` to be bound from the trigger's metadata.
    Queue {
        queue: String,
        connection: String,
    },
    Http,
}

/// The bindings of one `function.json`.
pub(crate) struct Bindings {
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<Output>,
}

/// Reads `bindings`; `setting` resolves `%NAME%`. Every mistake is returned.
pub(crate) fn read(
    document: Section<'_>,
    setting: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Bindings, Vec<String>> {
    let mut problems = Vec::new();
    let items = document
        .get("bindings")
        .value()
        .and_then(|value| value.as_array());
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return Err(vec!["At least one binding must be declared.".to_owned()]);
    };
    let mut names_seen: Vec<String> = Vec::new();
    let mut triggers = Vec::new();
    let mut outputs = Vec::new();
    for item in items {
        let section = Section::new(item);
        let name = section.get("name").text().unwrap_or_default();
        if !names::is_binding_name(&name) {
            problems.push(format!(
                "The binding name {name} is invalid. Please assign a valid name to the binding: a letter, then \
                 letters and digits."
            ));
        }
        if names_seen
            .iter()
            .any(|seen| seen.eq_ignore_ascii_case(&name))
        {
            problems.push(format!(
                "Multiple bindings with name '{name}' discovered. Binding names must be unique."
            ));
        }
        names_seen.push(name.clone());
        let kind = section.get("type").text().unwrap_or_default();
        let direction = section
            .get("direction")
            .text()
            .unwrap_or_else(|| "in".to_owned());
        let result = match (
            kind.to_ascii_lowercase().as_str(),
            direction.to_ascii_lowercase().as_str(),
        ) {
            (trigger, "in") if trigger.ends_with("trigger") => {
                read_trigger(trigger, name, section, setting).map(|trigger| triggers.push(trigger))
            }
            ("queue", "out") => queue_name(section, setting, true).map(|queue| {
                outputs.push(Output {
                    name,
                    binary: is_binary(section),
                    kind: OutputKind::Queue {
                        queue,
                        connection: connection(section),
                    },
                });
            }),
            ("http", "out") => {
                outputs.push(Output {
                    name,
                    binary: is_binary(section),
                    kind: OutputKind::Http,
                });
                Ok(())
            }
            _ => Err(format!(
                "the binding type {kind:?} with direction {direction:?} is not reproduced"
            )),
        };
        if let Err(problem) = result {
            problems.push(problem);
        }
    }
    if triggers.len() > 1 {
        problems.push(
            "Multiple trigger bindings defined. A function can only have a single trigger binding."
                .to_owned(),
        );
    }
    match triggers.pop() {
        Some(trigger) if problems.is_empty() => Ok(Bindings { trigger, outputs }),
        Some(_) => Err(problems),
        None => {
            if problems.is_empty() {
                problems.push(
                    "No trigger binding specified. A function must have a trigger input binding."
                        .to_owned(),
                );
            }
            Err(problems)
        }
    }
}

fn read_trigger(
    kind: &str,
    binding: String,
    section: Section<'_>,
    setting: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Trigger, String> {
    match kind {
        "queuetrigger" => Ok(Trigger::Queue(QueueTrigger {
            binding,
            queue: queue_name(section, setting, false)?,
            connection: connection(section),
            binary: is_binary(section),
        })),
        "eventgridtrigger" => {
            let many = section
                .get("cardinality")
                .text()
                .is_some_and(|text| text.eq_ignore_ascii_case("many"));
            Ok(Trigger::EventGrid { binding, many })
        }
        "timertrigger" => {
            let text = section.get("schedule").text().unwrap_or_default();
            let schedule = Schedule::parse(&super::expand(&text, setting)?)?;
            Ok(Trigger::Timer(TimerTrigger {
                binding,
                run_on_startup: section.get("runOnStartup").boolean()?.unwrap_or(false),
                // Under a minute the real host never monitors.
                use_monitor: section.get("useMonitor").boolean()?.unwrap_or(true)
                    && !schedule.is_under_a_minute(),
                schedule,
            }))
        }
        "httptrigger" => Ok(Trigger::Http(HttpTrigger {
            binding,
            methods: section
                .get("methods")
                .texts()?
                .into_iter()
                .map(|method| method.to_ascii_uppercase())
                .collect(),
            route: section
                .get("route")
                .text()
                .map(|route| route.trim_matches('/').to_owned()),
        })),
        other => Err(format!("the trigger {other:?} is not reproduced")),
    }
}

fn queue_name(
    section: Section<'_>,
    setting: &dyn Fn(&str) -> Result<String, String>,
    may_have_expressions: bool,
) -> Result<String, String> {
    let text = section.get("queueName").text().unwrap_or_default();
    let name = super::expand(&text, setting)?;
    if may_have_expressions && name.contains('{') {
        return Ok(name);
    }
    let name = name.to_lowercase();
    if names::is_queue_name(&name) {
        Ok(name)
    } else {
        Err(format!(
            "{name:?} is not a queue name: 3 to 63 lower-case letters, digits and single dashes"
        ))
    }
}

fn connection(section: Section<'_>) -> String {
    section
        .get("connection")
        .filled()
        .unwrap_or_else(|| DEFAULT_CONNECTION.to_owned())
}

fn is_binary(section: Section<'_>) -> bool {
    section
        .get("dataType")
        .text()
        .is_some_and(|text| text.eq_ignore_ascii_case("binary"))
}
