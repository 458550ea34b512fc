//! The functions of the app, read from the folders that are packaged with it.

use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};

use serde_json::Value;

/// A function with a queue trigger.
#[derive(Debug)]
pub(crate) struct QueueFunction {
    pub(crate) name: String,
    pub(crate) binding: String,
    pub(crate) queue: String,
    /// Whether the message is handed over as bytes.
    pub(crate) binary: bool,
}

/// A function with an Event Grid trigger.
#[derive(Debug)]
pub(crate) struct EventFunction {
    pub(crate) name: String,
    pub(crate) binding: String,
    /// The queues behind its output bindings.
    pub(crate) outputs: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub(crate) queues: Vec<QueueFunction>,
    pub(crate) events: Vec<EventFunction>,
}

impl Functions {
    /// Those of the repository.
    ///
    /// # Panics
    /// When the folders are not where the repository has them, or hold something else.
    pub(crate) fn packaged() -> &'static Self {
        static PACKAGED: OnceLock<Functions> = OnceLock::new();
        PACKAGED.get_or_init(|| {
            Self::read(Path::new(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../functions"
            )))
        })
    }

    fn read(folder: &Path) -> Self {
        let mut functions = Self::default();
        let entries = fs::read_dir(folder).expect("the folder of the functions");
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        for name in names {
            let Ok(json) = fs::read(folder.join(&name).join("function.json")) else {
                continue;
            };
            let function: Value = serde_json::from_slice(&json).expect("a function.json");
            functions.add(name, &function);
        }
        functions
    }

    fn add(&mut self, name: String, function: &Value) {
        let text =
            |binding: &Value, field: &str| binding[field].as_str().unwrap_or_default().to_owned();
        let bindings = function["bindings"].as_array().into_iter().flatten();
        let mut outputs = BTreeMap::new();
        let mut trigger = None;
        for binding in bindings {
            match (
                text(binding, "type").as_str(),
                text(binding, "direction").as_str(),
            ) {
                ("queue", "out") => {
                    outputs.insert(text(binding, "name"), text(binding, "queueName"));
                }
                ("queueTrigger", _) => {
                    self.queues.push(QueueFunction {
                        name: name.clone(),
                        binding: text(binding, "name"),
                        queue: text(binding, "queueName"),
                        binary: text(binding, "dataType") == "binary",
                    });
                }
                ("eventGridTrigger", _) => trigger = Some(text(binding, "name")),
                _ => {}
            }
        }
        if let Some(binding) = trigger {
            self.events.push(EventFunction {
                name,
                binding,
                outputs,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_queue_with_a_function() {
        let functions = Functions::packaged();
        for kind in change::Kind::ALL {
            let queue = kind.queue();
            assert!(
                functions
                    .queues
                    .iter()
                    .any(|function| function.queue == queue && function.binary),
                "{queue}"
            );
        }
        let names: Vec<&str> = functions.events.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["blob-changed", "job-finished", "resource-changed"]);
    }
}
