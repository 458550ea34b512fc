//! The emulator's process: what it says, and how it ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use url::Url;

use crate::Error;
use crate::error::lock;

/// How many of the last lines are kept for an error's text.
const KEPT_LINES: usize = 20;

type Lines = Arc<Mutex<VecDeque<String>>>;

/// A child process with a piped standard input whose closing ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    last: Lines,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Process {
    /// Starts `command`, which must pipe all three standard streams.
    pub(super) fn spawn(mut command: Command) -> Result<Self, Error> {
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(Error::io("cannot start node"))?;
        let last = Lines::default();
        let (sender, lines) = mpsc::unbounded_channel();
        // Both are read to the end for as long as the process lives: a full pipe would stop it.
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(read(stdout, last.clone(), sender.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(read(stderr, last.clone(), sender));
        }
        Ok(Self { child, last, lines })
    }

    /// Waits until every named service has said where it listens, and returns the addresses in that order.
    pub(super) async fn addresses(
        &mut self,
        services: &[&str],
        limit: Duration,
    ) -> Result<Vec<Url>, Error> {
        let mut found: Vec<Option<Url>> = vec![None; services.len()];
        let all = async {
            while found.iter().any(Option::is_none) {
                let Some(line) = self.lines.recv().await else {
                    return false;
                };
                for (service, slot) in services.iter().zip(&mut found) {
                    if let Some(url) = listening(&line, service) {
                        *slot = Some(url);
                    }
                }
            }
            true
        };
        let outcome = tokio::time::timeout(limit, all).await;
        let output = self.output();
        match outcome {
            Ok(true) => {
                // Nobody reads any further line.
                self.lines.close();
                Ok(found.into_iter().flatten().collect())
            }
            Ok(false) => Err(Error::AzuriteEnded { output }),
            Err(_) => Err(Error::AzuriteSlow {
                seconds: limit.as_secs(),
                output,
            }),
        }
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Closes the standard input, which ends the process, and kills it if that takes longer than `limit`.
    pub(super) async fn stop(mut self, limit: Duration) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(limit, self.child.wait())
            .await
            .is_err()
        {
            // It may have ended in between; then there is nothing to kill.
            let _ = self.child.kill().await;
        }
    }

    fn output(&self) -> String {
        let last = lock(&self.last);
        last.iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

async fn read(stream: impl AsyncRead + Unpin, last: Lines, sender: mpsc::UnboundedSender<String>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        {
            let mut last = lock(&last);
            if last.len() == KEPT_LINES {
                last.pop_front();
            }
            last.push_back(line.clone());
        }
        // The receiver closes once the emulator listens.
        let _ = sender.send(line);
    }
}

/// Reads a line such as `Azurite Blob service successfully listens on https://127.0.0.1:40123` (the blob
/// service alone) or `Azurite Queue service is successfully listening at https://127.0.0.1:40124` (all three).
fn listening(line: &str, service: &str) -> Option<Url> {
    let rest = line.strip_prefix("Azurite ")?.strip_prefix(service)?;
    if !rest.contains(" successfully listen") {
        return None;
    }
    Url::parse(rest.split_whitespace().last()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_listening_line_are_read() {
        let alone = "Azurite Blob service successfully listens on https://127.0.0.1:40123";
        let three = "Azurite Queue service is successfully listening at https://127.0.0.1:40124";
        assert_eq!(listening(alone, "Blob").unwrap().port(), Some(40123));
        assert_eq!(listening(three, "Queue").unwrap().port(), Some(40124));
        assert_eq!(listening(three, "Blob"), None);
        assert_eq!(
            listening("Azurite Blob service is starting on 127.0.0.1:0", "Blob"),
            None
        );
    }
}
