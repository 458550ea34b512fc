//! What is not mirrored after a run, and why.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use mirror::{Finding, Verdict as Plan};
use serde_json::{Value, json};
use state::{Exception, Exceptions, Run, RunState};
use walk::Selection;
use wildmatch::WildMatch;
use wiring::Parts;

use super::Start;
use crate::{
    comparison::{Look, compare},
    failure::{Failure, Verdict},
    finding::{Counts, value, word},
    output::{Output, columns, plain},
    repair::repair,
};
use change::Kind;

/// Where the report goes beside standard output.
pub(super) struct Report(Option<BufWriter<File>>);

impl Report {
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let file = File::create(path).map_err(|error| {
            Failure::new(
                format!("{}: {error}", path.display()),
                "Name a file that can be written.",
            )
        })?;
        Ok(Self(Some(BufWriter::new(file))))
    }

    fn line(&mut self, value: &Value) -> Result<(), Failure> {
        match &mut self.0 {
            Some(file) => writeln!(file, "{value}").map_err(Failure::Output),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Some(file) => file.flush().map_err(Failure::Output),
            None => Ok(()),
        }
    }
}

/// Looks at both accounts once more, as closely as the run did, and says what is left with what is recorded about it.
///
/// # Errors
/// When an account cannot be read, or the report cannot be written.
pub(super) async fn completed(
    start: &Start,
    kinds: &[Kind],
    parts: &Parts,
    run: &Run,
    report: &mut Report,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let exceptions = Exceptions::new(parts.documents.clone());
    let mut counts = Counts::default();
    let mut left: Vec<Finding> = Vec::new();
    for &kind in kinds {
        let selection = Selection {
            kind,
            name: start.name.as_deref().map(WildMatch::new),
            created_after: start.created_after,
        };
        compare(
            &parts.mirror,
            &selection,
            Look::at(start.depth),
            |finding| {
                counts.add(&finding.verdict);
                if !finding.verdict.is_settled()
                    && finding.verdict != (Plan::Delete { allowed: false })
                {
                    left.push(finding);
                }
                Ok(())
            },
        )
        .await?;
    }
    let mut rows: BTreeMap<(Kind, String), (u64, String)> = BTreeMap::new();
    for finding in &left {
        // What cannot be read about it is not worth more than the rest of the report.
        let recorded = exceptions.get(&finding.id).await.ok().flatten();
        let line = joined(finding, recorded.as_ref(), start);
        report.line(&line)?;
        output.value(&line)?;
        let why = line["reason"]
            .as_str()
            .unwrap_or(word(&finding.verdict))
            .to_owned();
        let row = rows.entry((finding.id.kind(), why)).or_default();
        row.0 += 1;
        row.1 = finding.id.to_string();
    }
    let cancelled = run.state == RunState::Cancelled;
    let summary = json!({
        "run": run.id, "depth": start.depth.as_str(), "cancelled": cancelled,
        "counts": counts.to_json(), "left": left.len(),
    });
    report.line(&summary)?;
    report.end()?;
    output.value(&summary)?;
    output.text(format!(
        "\nBoth accounts now: {counts} (depth {})",
        start.depth
    ))?;
    if !rows.is_empty() {
        let heads = ["kind", "not mirrored", "reason", "for instance"];
        let mut table = vec![heads.map(ToOwned::to_owned).to_vec()];
        table.extend(rows.into_iter().map(|((kind, why), (count, example))| {
            vec![kind.to_string(), count.to_string(), why, plain(&example)]
        }));
        for line in columns(&table) {
            output.text(line)?;
        }
        output.text("What to do about each: media-mirror verify, or --report FILE next time.")?;
    }
    Ok(if left.is_empty() {
        Verdict::Good
    } else {
        Verdict::Drift
    })
}

/// A difference with what the app has recorded about it, and what repairs it.
fn joined(finding: &Finding, recorded: Option<&Exception>, start: &Start) -> Value {
    let mut line = value(finding);
    if let Some(recorded) = recorded {
        line["outcome"] = json!(recorded.outcome);
        line["reason"] = json!(recorded.reason);
        line["detail"] = json!(recorded.detail);
        line["attempt"] = json!(recorded.attempt);
    }
    line["repair"] = json!(repair(finding, start.depth));
    line
}
