//! What the mirror did, from the lines that the handler writes.

use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use world::World;

/// How much of a detail is shown, in characters.
const LONGEST: usize = 100;

/// Reads the handler's lines as they come.
#[derive(Default)]
pub(super) struct Watch {
    read: usize,
}

impl Watch {
    /// Prints what was done since the last time.
    ///
    /// # Errors
    /// When the mirror says that it failed.
    pub(super) fn print(&mut self, world: &World) -> anyhow::Result<()> {
        let (changes, read) = self.changes(world);
        self.read = read;
        for record in &changes {
            println!("  {}", describe(record));
        }
        let failed = changes.iter().find(|record| record["outcome"] == "failed");
        match failed {
            Some(record) => anyhow::bail!("the mirror failed: {}", describe(record)),
            None => Ok(()),
        }
    }

    /// Waits until the mirror says something since the last time.
    ///
    /// # Errors
    /// When it has not after `longest`.
    pub(super) async fn wait(
        &self,
        world: &World,
        longest: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let mut events = world.host.subscribe();
        let said = async {
            while !self.changes(world).0.iter().any(&wanted) {
                // A receiver that falls behind is told so, which is as good a reason to look again.
                if let Err(RecvError::Closed) = events.recv().await {
                    anyhow::bail!("the host ended");
                }
            }
            Ok(())
        };
        tokio::time::timeout(longest, said)
            .await
            .context("the mirror did not say what it was expected to")?
    }

    /// What was done since the last time, and how many lines there are until now.
    fn changes(&self, world: &World) -> (Vec<Value>, usize) {
        let lines = world.host.lines();
        let records = lines
            .iter()
            .skip(self.read)
            .filter_map(|line| serde_json::from_str::<Value>(&line.text).ok());
        let changes = records.filter(|record| record["message"] == "change");
        (changes.collect(), lines.len())
    }
}

/// What became of a change, in one line.
fn describe(record: &Value) -> String {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    let resource = match record["parent"].as_str() {
        Some(parent) => format!("assets/{parent}/{}/{}", text("kind"), text("name")),
        None => format!("{}/{}", text("kind"), text("name")),
    };
    let outcome = match record["reason"].as_str() {
        Some(reason) => format!("{}({reason})", text("outcome")),
        None => text("outcome").to_owned(),
    };
    let lag = record["lag_ms"].as_u64().map(|lag| format!("lag {lag} ms"));
    let said = [shortened(text("detail")), lag.unwrap_or_default()];
    let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
    let line = format!("{resource:<38} {outcome:<27} {}", said.join("; "));
    line.trim_end().to_owned()
}

/// A detail, cut after the last of many fields that fits.
fn shortened(detail: &str) -> String {
    let detail = detail.replace("properties.", "");
    let Some((cut, _)) = detail.char_indices().nth(LONGEST) else {
        return detail;
    };
    let whole = &detail[..cut];
    format!("{}, ...", &whole[..whole.rfind(", ").unwrap_or(cut)])
}
