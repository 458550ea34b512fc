//! The command line, the working directory and the environment of the child.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use uuid::Uuid;

use crate::config::{HandlerSettings, expand};

/// How to start the handler.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) root: PathBuf,
    pub(crate) settings: HandlerSettings,
    /// App settings.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) port: u16,
}

impl Launch {
    /// The name of the executable, for messages.
    pub(crate) fn executable(&self) -> &str {
        &self.settings.executable
    }

    /// A command ready to spawn, with a worker ID of its own.
    pub(crate) fn command(&self) -> Command {
        let env = self.environment(&Uuid::new_v4().to_string());
        let look = |name: &str| {
            let value = env
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone());
            Ok::<_, Infallible>(value.unwrap_or_default())
        };
        // An unset name becomes nothing, so expansion cannot fail.
        let resolve = |text: &str| expand(text, look).unwrap_or_default();
        let settings = &self.settings;
        let mut line: Vec<String> = settings
            .arguments
            .iter()
            .map(|text| resolve(text))
            .collect();
        line.extend(
            settings
                .worker_path
                .iter()
                .map(|path| format!("\"{}\"", resolve(path))),
        );
        line.extend(settings.worker_arguments.iter().cloned());

        let mut command = Command::new(self.program(&resolve(&settings.executable)));
        command
            .args(split(&line.join(" ")))
            .current_dir(self.working_directory());
        command.env_clear();
        command.envs(env);
        command
    }

    /// A relative executable is used with its full path if it is there; otherwise its name is left to `PATH`.
    fn program(&self, executable: &str) -> PathBuf {
        let directory = self
            .settings
            .worker_directory
            .as_ref()
            .map_or_else(|| self.root.clone(), |d| self.root.join(d));
        let path = directory.join(executable);
        if path.is_file() {
            make_executable(&path);
            path
        } else {
            PathBuf::from(executable)
        }
    }

    fn working_directory(&self) -> PathBuf {
        self.settings
            .working_directory
            .as_ref()
            .map_or_else(|| self.root.clone(), |d| self.root.join(d))
    }

    fn environment(&self, worker_id: &str) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = ["PATH", "HOME"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
            .collect();
        env.extend(self.env.iter().cloned());
        let port = self.port.to_string();
        let root = self.root.display().to_string();
        for (name, value) in [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", port.as_str()),
            ("FUNCTIONS_HTTPWORKER_PORT", &port),
            ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", worker_id),
            ("FUNCTIONS_HTTPWORKER_ID", worker_id),
            ("FUNCTIONS_APP_ROOT_PATH", &root),
        ] {
            env.push((name.to_owned(), value.to_owned()));
        }
        env
    }
}

/// As the host does on Linux: a zip may have lost the mode. A failure shows when the child is started.
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if let Ok(metadata) = path.metadata()
        && metadata.permissions().mode() & 0o111 != 0o111
    {
        let mut permissions = metadata.permissions();
        permissions.set_mode(permissions.mode() | 0o111);
        let _ = std::fs::set_permissions(path, permissions);
    }
}

/// Splits a command line the way .NET does on Unix: at white space, with double quotes around what belongs
/// together. The host joins the configured arguments with spaces and does not quote them.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquoted_arguments_fall_apart() {
        assert_eq!(split("--a one two"), ["--a", "one", "two"]);
        assert_eq!(
            split("--a \"one two\" \"\" x\"y z\""),
            ["--a", "one two", "", "xy z"]
        );
    }
}
