//! Stand-ins of the tools that the hooks call. They answer what they are told to, and keep what they were asked.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

/// What the tools answer: for each command line that holds the first text, the second on standard output; a line that begins with `!`
/// is a failure. What no line fits is answered with nothing.
pub(super) type Answers<'a> = &'a [(&'a str, &'a str)];

pub(super) struct Desk {
    pub(super) folder: TempDir,
}

impl Desk {
    pub(super) fn new(answers: Answers<'_>) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut cases = String::new();
        for (wanted, answer) in answers {
            let reply = desk.folder.path().join(format!("answer-{}", cases.len()));
            fs::write(&reply, answer.trim_start_matches('!')).unwrap();
            let status = u8::from(answer.starts_with('!'));
            cases += &format!(
                "*'{wanted}'*) cat '{}'; exit {status} ;;\n",
                reply.display()
            );
        }
        let log = desk.log().display().to_string();
        // `sleep` too, so that nobody waits.
        for tool in ["az", "azd", "cargo", "python3", "sleep"] {
            let path = desk.folder.path().join(tool);
            // `cargo` is also asked which variables it was given.
            let script = format!(
                "#!/bin/sh\nprintf '%s\\n' \"{tool} $*\" >>'{log}'\n\
                 if [ {tool} = cargo ]; then env | grep -E '^(MIRROR|MKIO)_' >>'{log}.env'; fi\n\
                 case \"{tool} $*\" in\n{cases}esac\n"
            );
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        desk
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    pub(super) fn run(&self, hook: &str, variables: &[(&str, &str)]) -> Output {
        let hook = world::workspace_root().join("infra/hooks").join(hook);
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        Command::new(hook)
            .env_clear()
            .env("PATH", path)
            .env("TMPDIR", self.folder.path())
            .envs([
                ("AZURE_ENV_NAME", "prod"),
                ("AZURE_RESOURCE_GROUP", "rg-prod"),
                ("AZURE_SUBSCRIPTION_ID", "s-1"),
                ("INFRA_APP_ID", "/sites/func-1"),
                ("INFRA_APP_NAME", "func-1"),
                ("INFRA_APP_URL", "https://func-1.example.net"),
                ("INFRA_VAULT", "kv-1"),
            ])
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    pub(super) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    pub(super) fn called(&self, what: &str) -> bool {
        self.calls().iter().any(|call| call.contains(what))
    }

    /// Everything that is left: what was called with which arguments, said, and kept in files.
    pub(super) fn shown(&self, output: &Output) -> String {
        let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!("{}{}{}", self.calls().join("\n"), texts[0], texts[1])
    }
}

#[track_caller]
pub(super) fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
