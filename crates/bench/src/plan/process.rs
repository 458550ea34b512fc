//! The command in a process of its own, and what it says.

use std::{
    collections::BTreeMap,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use change::{Depth, Kind};
use serde_json::{Value, json};
use simulator::Control;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{calls::Calls, differences::Found, handler};

/// How often the calls are counted.
const LOOK: Duration = Duration::from_millis(20);

/// `media-mirror plan` in a process of this program; it is killed when this is dropped.
pub(super) struct Plan {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What a plan said, and what it took.
pub(super) struct Planned {
    pub(super) calls: Calls,
    pub(super) found: Found,
    /// Lines by plan.
    counts: BTreeMap<String, u64>,
    /// The last line.
    pub(super) said: Value,
}

impl Plan {
    pub(super) fn start(depth: Depth, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let executable = std::env::current_exe()?;
        // It listens to no port.
        let mut command = Command::from(handler::command(&executable, settings, 0));
        let mut child = command
            .args(["--depth", depth.as_str(), "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("a standard output")?;
        Ok(Self {
            child,
            lines: BufReader::new(stdout).lines(),
        })
    }

    pub(super) fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("the plan has ended")
    }

    /// Reads what it says until the line that counts everything.
    pub(super) async fn read(&mut self, control: &Control) -> anyhow::Result<Planned> {
        let mut calls = Calls::default();
        let mut found = Found::default();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut look = tokio::time::interval(LOOK);
        let said = loop {
            let line = tokio::select! {
                line = self.lines.next_line() => line?.context("it ended without a last line")?,
                _ = look.tick() => {
                    calls.take(control);
                    continue;
                }
            };
            let line: Value = serde_json::from_str(&line)?;
            if line["counts"].is_object() {
                break line;
            }
            *counts.entry(take_in(&mut found, &line)?).or_default() += 1;
        };
        calls.take_all(control);
        Ok(Planned {
            calls,
            found,
            counts,
            said,
        })
    }

    /// Lets it end.
    pub(super) async fn dismiss(mut self) -> anyhow::Result<ExitStatus> {
        drop(self.child.stdin.take());
        Ok(self.child.wait().await?)
    }
}

/// Takes in what is said of one resource, and gives the word under which it counts.
fn take_in(found: &mut Found, line: &Value) -> anyhow::Result<String> {
    let plan = line["plan"].as_str().context("a line without a plan")?;
    let resource = line["resource"].as_str().unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    Ok(match plan {
        "create" | "change" => {
            let kind: Kind = serde_json::from_value(line["kind"].clone())?;
            found.differs(kind, name)?;
            plan
        }
        "delete" if line["allowed"] == json!(false) => "held_back",
        "delete" => {
            found.deletions.insert(name.to_owned());
            plan
        }
        _ => plan,
    }
    .to_owned())
}

impl Planned {
    /// Whether it counted so many of each, and said as many lines.
    pub(super) fn check(&self, expected: &BTreeMap<&str, u64>) -> anyhow::Result<()> {
        let of = |plan: &str| expected.get(plan).copied().unwrap_or_default();
        let counts = self.said["counts"].as_object().context("no counts")?;
        ensure!(
            counts.iter().all(|(plan, count)| *count == json!(of(plan))),
            "it should say {expected:?}, and says {}",
            self.said
        );
        let lines = self.counts.iter().map(|(plan, count)| (&plan[..], *count));
        ensure!(
            lines.eq(expected.iter().map(|(plan, count)| (*plan, *count))),
            "there should be {expected:?} lines, and there are {:?}",
            self.counts
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(plan: &str, resource: &str) -> Value {
        let kind = resource.split('/').next();
        json!({"plan": plan, "resource": resource, "kind": kind})
    }

    fn planned(said: Value, lines: &[Value]) -> Planned {
        let mut found = Found::default();
        let mut counts = BTreeMap::new();
        for line in lines {
            let plan = take_in(&mut found, line).unwrap();
            *counts.entry(plan).or_default() += 1;
        }
        Planned {
            calls: Calls::default(),
            found,
            counts,
            said,
        }
    }

    #[test]
    fn a_plan_that_counts_otherwise_than_it_should_is_refused() {
        let lines = [
            line("same", "assets/a"),
            line("same", "assets/b"),
            line("create", "streamingLocators/c"),
        ];
        let said = json!({"counts": {"same": 2, "create": 1, "unknown": 0}});
        let expected = [("same", 2), ("create", 1)].into();
        let good = planned(said.clone(), &lines);
        good.check(&expected).unwrap();
        planned(said, &lines[1..]).check(&expected).unwrap_err();
        for said in [
            json!({"counts": {"same": 3, "create": 1}}),
            json!({"counts": {"same": 2, "create": 1, "unknown": 1}}),
        ] {
            planned(said, &lines).check(&expected).unwrap_err();
        }
        let expected = [("same", 2), ("create", 1), ("delete", 1)].into();
        good.check(&expected).unwrap_err();
    }

    #[test]
    fn what_is_held_back_is_no_deletion_and_nothing_differs_twice() {
        let mut found = Found::default();
        let mut extra = line("delete", "assets/a");
        extra["allowed"] = json!(false);
        assert_eq!(take_in(&mut found, &extra).unwrap(), "held_back");
        assert!(found.deletions.is_empty());
        extra["allowed"] = json!(true);
        assert_eq!(take_in(&mut found, &extra).unwrap(), "delete");
        assert!(found.deletions.contains("a"));
        let change = line("change", "assets/b");
        assert_eq!(take_in(&mut found, &change).unwrap(), "change");
        take_in(&mut found, &change).unwrap_err();
    }
}
