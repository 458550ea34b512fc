//! The app root as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::binding::{OutputKind, Trigger};
use super::section::apply_overrides;
use super::{ConfigError, Function, HostSettings};

/// An app that may be started.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: HostSettings,
    pub(crate) functions: Vec<Arc<Function>>,
}

impl App {
    /// Reads the packaged layout: `host.json` and the function folders directly beside it.
    pub(crate) fn read(
        root: &Path,
        env: &[(String, String)],
        connections: &[&str],
    ) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut document = read_json(&root.join("host.json"), &mut problems).unwrap_or(Value::Null);
        if !problems.is_empty() {
            return Err(ConfigError {
                root: root.to_owned(),
                problems,
            });
        }
        apply_overrides(&mut document, env);
        let settings = HostSettings::read(&document, &mut problems);
        let setting = |name: &str| {
            env.iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone())
                .ok_or_else(|| {
                    format!("'%{name}%' does not resolve to a value: set it in the app settings")
                })
        };
        let mut functions = Vec::new();
        for (name, path) in function_files(root, &mut problems) {
            let Some(document) = read_json(&path, &mut problems) else {
                continue;
            };
            match Function::read(&name, document, &setting, settings.retry.as_ref()) {
                Ok(function) => functions.push(Arc::new(function)),
                Err(more) => problems.extend(
                    more.into_iter()
                        .map(|problem| format!("{name}/function.json: {problem}")),
                ),
            }
        }
        for function in &functions {
            for connection in connections_of(function) {
                if !connections.contains(&connection) {
                    problems.push(format!(
                        "{}/function.json: no queue access was given for the connection {connection:?}",
                        function.name
                    ));
                }
            }
        }
        if functions.is_empty() && problems.is_empty() {
            problems.push(
                "no functions found: the packaged layout has a folder with a function.json for each, beside host.json"
                    .to_owned(),
            );
        }
        if problems.is_empty() {
            Ok(Self {
                settings,
                functions,
            })
        } else {
            Err(ConfigError {
                root: root.to_owned(),
                problems,
            })
        }
    }

    /// The function of that name, in any case.
    pub(crate) fn function(&self, name: &str) -> Option<&Arc<Function>> {
        self.functions
            .iter()
            .find(|function| function.name.eq_ignore_ascii_case(name))
    }
}

fn connections_of(function: &Function) -> Vec<&str> {
    let mut names = Vec::new();
    if let Trigger::Queue(queue) = &function.trigger {
        names.push(queue.connection.as_str());
    }
    for output in &function.outputs {
        if let OutputKind::Queue { connection, .. } = &output.kind {
            names.push(connection.as_str());
        }
    }
    names
}

/// The folders that hold a `function.json`, by name.
fn function_files(root: &Path, problems: &mut Vec<String>) -> BTreeMap<String, PathBuf> {
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("{}: {error}", root.display()));
            return BTreeMap::new();
        }
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path().join("function.json");
            path.is_file()
                .then(|| (entry.file_name().to_string_lossy().into_owned(), path))
        })
        .collect()
}

fn read_json(path: &Path, problems: &mut Vec<String>) -> Option<Value> {
    let read = std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| {
            serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|error| error.to_string())
        });
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            None
        }
    }
}
