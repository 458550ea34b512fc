//! Follows a run by its document.

use std::{collections::HashMap, io::IsTerminal, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use state::{Progress, Run, RunState, Runs};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    failure::Failure,
    interrupt::Interrupt,
    output::{Output, columns, plain},
};

/// How often the document is read.
const LOOK: Duration = Duration::from_secs(1);
/// How often a line is written where there is no terminal for bars.
const SAY: Duration = Duration::from_secs(10);
/// So many documents in a row that cannot be read, and nobody follows any more.
const PATIENCE: u32 = 30;

/// Follows a run until it is through or cancelled; `None` if its document was lost.
///
/// # Errors
/// After Ctrl-C, when the document cannot be read for long, or when nothing can be written.
pub(super) async fn follow(
    runs: &Runs,
    id: &str,
    output: &mut Output,
) -> Result<Option<Run>, Failure> {
    let interrupt = Interrupt::listen().await;
    let mut bars = Bars::default();
    let mut said: Option<(Instant, Value)> = None;
    let mut failures = 0;
    loop {
        match runs.get(id).await {
            Ok(Some(run)) => {
                failures = 0;
                bars.show(&run);
                let now = value(&run);
                let is_new = said.as_ref().is_none_or(|(at, last)| {
                    at.elapsed() >= SAY && without_time(last) != without_time(&now)
                });
                let ended = run.is_finished();
                if is_new || ended {
                    output.value(&now)?;
                    if !bars.are_seen() && !ended {
                        output.text(line(&run))?;
                    }
                    output.flush()?;
                    said = Some((Instant::now(), now));
                }
                if ended {
                    bars.end();
                    for line in lines(&run) {
                        output.text(line)?;
                    }
                    return Ok(Some(run));
                }
            }
            Ok(None) => {
                bars.end();
                output.value(&json!({"run": id, "lost": true}))?;
                output.text("The run's document is gone, and its progress with it. The work goes on all the same.")?;
                return Ok(None);
            }
            Err(error) => {
                failures += 1;
                if failures >= PATIENCE {
                    let next = format!(
                        "The run goes on. Follow it again: media-mirror backfill status {id} --follow"
                    );
                    return Err(Failure::new(error, next));
                }
            }
        }
        if interrupt.or(tokio::time::sleep(LOOK)).await.is_none() {
            bars.end();
            return Err(Failure::Interrupted {
                next: format!(
                    "the run goes on. Follow it: media-mirror backfill status {id} --follow. Stop it: media-mirror backfill cancel {id}"
                ),
            });
        }
    }
}

/// How far a run is, for programs.
pub(super) fn value(run: &Run) -> Value {
    let kinds: serde_json::Map<String, Value> = run
        .kinds
        .iter()
        .map(|(kind, progress)| (kind.clone(), of_kind(progress)))
        .collect();
    json!({
        "run": run.id, "state": state(run), "depth": run.depth, "seconds": elapsed(run).as_secs(), "kinds": kinds,
    })
}

fn of_kind(progress: &Progress) -> Value {
    json!({
        "walked": progress.walked, "total": progress.enqueued, "done": progress.done(),
        "in_sync": progress.in_sync, "written": progress.applied, "skipped": progress.skipped,
        "failed": progress.failed, "stopped": progress.stopped, "detail": progress.detail,
    })
}

fn without_time(value: &Value) -> Value {
    let mut value = value.clone();
    value["seconds"] = Value::Null;
    value
}

/// How far a run is, for people.
pub(super) fn lines(run: &Run) -> Vec<String> {
    let heads = [
        "kind", "walk", "to do", "done", "in sync", "written", "skipped", "failed", "",
    ];
    let mut rows = vec![heads.map(ToOwned::to_owned).to_vec()];
    for (kind, progress) in &run.kinds {
        let walk = match (&progress.stopped, progress.walked) {
            (Some(reason), _) => reason.clone(),
            (None, true) => "through".to_owned(),
            (None, false) => "under way".to_owned(),
        };
        let numbers = [
            progress.enqueued,
            progress.done(),
            progress.in_sync,
            progress.applied,
            progress.skipped,
            progress.failed,
        ];
        let detail = plain(progress.detail.as_deref().unwrap_or_default());
        rows.push(
            [kind.clone(), walk]
                .into_iter()
                .chain(numbers.map(|number| number.to_string()))
                .chain([detail])
                .collect(),
        );
    }
    let mut lines = vec![format!(
        "{} is {} (depth {})",
        run.id,
        state(run),
        run.depth
    )];
    lines.extend(columns(&rows));
    lines
}

/// The same in one line.
fn line(run: &Run) -> String {
    let kinds = run.kinds.iter().map(|(kind, progress)| {
        let failed = match progress.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        format!(
            "{kind} {} of {}{failed}",
            progress.done(),
            progress.enqueued
        )
    });
    kinds.collect::<Vec<_>>().join("; ")
}

fn state(run: &Run) -> &'static str {
    match run.state {
        RunState::Running if run.is_finished() => "finished",
        state => state.as_str(),
    }
}

fn elapsed(run: &Run) -> Duration {
    let until = if run.is_finished() {
        run.updated
    } else {
        OffsetDateTime::now_utc()
    };
    (until - run.started).try_into().unwrap_or_default()
}

/// A bar for each kind, on standard error, and only where that is a terminal.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    by_kind: HashMap<String, ProgressBar>,
}

impl Bars {
    fn are_seen(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    fn show(&mut self, run: &Run) {
        for (kind, progress) in &run.kinds {
            let bar = self.by_kind.entry(kind.clone()).or_insert_with(|| {
                let bar = ProgressBar::new(0).with_prefix(kind.clone());
                let form = "{prefix:18} {bar:30} {pos}/{len} {msg}";
                bar.set_style(
                    ProgressStyle::with_template(form)
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
                self.all.add(bar)
            });
            bar.set_length(progress.enqueued);
            bar.set_position(progress.done());
            bar.set_message(speed(run, progress));
        }
    }

    fn end(&mut self) {
        // A clear that fails leaves some bars on the screen.
        let _ = self.all.clear();
        self.by_kind.clear();
    }
}

/// Rate, time left and failures.
fn speed(run: &Run, progress: &Progress) -> String {
    let failed = match progress.failed {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    let seconds = elapsed(run).as_secs_f64();
    let (done, left) = (
        progress.done(),
        progress.enqueued.saturating_sub(progress.done()),
    );
    if done == 0 || seconds < 1.0 {
        return if progress.walked {
            failed
        } else {
            format!("walking{failed}")
        };
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are far fewer resources than 2^52"
    )]
    let (rate, left) = (done as f64 / seconds, left as f64);
    let left =
        super::estimate::duration(Duration::try_from_secs_f64(left / rate).unwrap_or_default());
    format!("{rate:.1}/s, {left} left{failed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{Depth, Kind};

    #[test]
    fn a_run_is_told_kind_by_kind() {
        let now = OffsetDateTime::now_utc();
        let mut run = Run::new("backfill-1", "backfill", Depth::List, &[Kind::Assets], now);
        *run.progress(Kind::Assets) = Progress {
            walked: true,
            enqueued: 3,
            applied: 1,
            failed: 1,
            ..Progress::default()
        };
        assert_eq!(line(&run), "assets 2 of 3, 1 failed");
        assert_eq!(lines(&run)[0], "backfill-1 is running (depth list)");
        assert_eq!(value(&run)["kinds"]["assets"]["done"], 2);
        run.progress(Kind::Assets).in_sync = 1;
        assert_eq!(value(&run)["state"], "finished");
    }
}
