//! What the mirror did, from the lines that the handler writes.

use serde_json::Value;
use world::World;

/// Reads the handler's lines as they come.
#[derive(Default)]
pub(super) struct Watch {
    read: usize,
}

impl Watch {
    /// Prints what was done since the last time.
    pub(super) fn print(&mut self, world: &World) {
        let lines = world.host.lines();
        for line in lines.iter().skip(self.read) {
            if let Ok(record) = serde_json::from_str::<Value>(&line.text)
                && record["message"] == "change"
            {
                println!("  {}", describe(&record));
            }
        }
        self.read = lines.len();
    }
}

fn describe(record: &Value) -> String {
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    let resource = match record["parent"].as_str() {
        Some(parent) => format!("assets/{parent}/{}/{}", text("kind"), text("name")),
        None => format!("{}/{}", text("kind"), text("name")),
    };
    let reason = record["reason"]
        .as_str()
        .map(|reason| format!("({reason})"));
    let outcome = format!("{}{}", text("outcome"), reason.unwrap_or_default());
    let lag = record["lag_ms"]
        .as_u64()
        .map(|lag| format!("  lag {lag} ms"));
    format!(
        "{resource:<38} {outcome:<28} {}{}",
        text("detail"),
        lag.unwrap_or_default()
    )
}
