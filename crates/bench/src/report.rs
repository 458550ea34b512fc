//! What was measured, beside what was promised.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// How a result is compared with its bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
    /// Nothing was promised.
    None,
}

/// One result.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// For machines: never changes its meaning.
    pub(crate) id: &'static str,
    /// For people.
    pub(crate) what: String,
    pub(crate) bar: Bar,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// How it was measured, or what else was seen.
    pub(crate) note: String,
}

impl Row {
    pub(crate) fn new(
        id: &'static str,
        what: &str,
        bar: Bar,
        value: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            id,
            what: what.to_owned(),
            bar,
            value,
            unit,
            note: String::new(),
        }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn met(&self) -> Option<bool> {
        match self.bar {
            Bar::AtMost(bar) => Some(self.value <= bar),
            Bar::AtLeast(bar) => Some(self.value >= bar),
            #[expect(clippy::float_cmp, reason = "counts")]
            Bar::Exactly(bar) => Some(self.value == bar),
            Bar::None => None,
        }
    }

    fn bar_text(&self) -> String {
        match self.bar {
            Bar::AtMost(bar) => format!("<= {bar} {}", self.unit),
            Bar::AtLeast(bar) => format!(">= {bar} {}", self.unit),
            Bar::Exactly(bar) => format!("{bar} {}", self.unit),
            Bar::None => "-".to_owned(),
        }
    }
}

/// Everything that was measured in one run.
#[derive(Debug)]
pub(crate) struct Report {
    machine: String,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(machine: String) -> Self {
        Self {
            machine,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn extend(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Whether no bar was missed.
    pub(crate) fn met(&self) -> bool {
        self.rows.iter().all(|row| row.met() != Some(false))
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{}\n\n| | bar | result | | |\n|---|---|---|---|---|\n",
            self.machine
        );
        for row in &self.rows {
            let verdict = match row.met() {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} {} | {verdict} | {} |",
                row.what,
                row.bar_text(),
                rounded(row.value),
                row.unit,
                row.note
            );
        }
        text.push_str(if self.met() {
            "\nbench: every bar is met\n"
        } else {
            "\nbench: A BAR IS MISSED\n"
        });
        text
    }

    pub(crate) fn json(&self) -> String {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let (at_most, at_least) = match row.bar {
                    Bar::AtMost(bar) => (Some(bar), None),
                    Bar::AtLeast(bar) => (None, Some(bar)),
                    Bar::Exactly(bar) => (Some(bar), Some(bar)),
                    Bar::None => (None, None),
                };
                json!({
                    "id": row.id, "what": row.what, "value": row.value, "unit": row.unit,
                    "atMost": at_most, "atLeast": at_least, "met": row.met(), "note": row.note,
                })
            })
            .collect();
        let report = json!({"machine": self.machine, "met": self.met(), "results": rows});
        format!("{report:#}\n")
    }
}

/// Three significant digits, or whole numbers.
fn rounded(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(value: f64, bar: Bar) -> Report {
        let mut report = Report::new("a machine".to_owned());
        report.add(Row::new("rate", "Rate", bar, value, "/s"));
        report
    }

    #[test]
    fn a_missed_bar_is_said_everywhere() {
        for (value, bar, met) in [
            (300.0, Bar::AtLeast(300.0), true),
            (299.9, Bar::AtLeast(300.0), false),
            (1.5, Bar::AtMost(1.5), true),
            (1.6, Bar::AtMost(1.5), false),
            (7.0, Bar::Exactly(7.0), true),
            (6.0, Bar::Exactly(7.0), false),
            (1.6, Bar::None, true),
        ] {
            let report = report(value, bar);
            assert_eq!(report.met(), met, "{value} {bar:?}");
            assert_eq!(report.table().contains("MISSED"), !met);
            let json: Value = serde_json::from_str(&report.json()).unwrap();
            assert_eq!(json["met"], met);
        }
    }

    #[test]
    fn a_value_that_was_not_measured_meets_no_bar() {
        assert!(!report(f64::NAN, Bar::AtMost(1.0)).met());
        assert!(!report(f64::NAN, Bar::AtLeast(1.0)).met());
    }

    #[test]
    fn results_are_rounded_for_people() {
        assert_eq!(
            [0.4567, 4.567, 45.67, 456.7].map(rounded),
            ["0.457", "4.57", "45.7", "457"]
        );
    }
}
