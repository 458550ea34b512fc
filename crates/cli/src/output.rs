//! Standard output: text for people or JSON for programs, colours only where somebody sees them.

use std::io::{Stdout, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::failure::Failure;

/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What somebody has to do something about.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is good to know.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();
/// What most people need not read.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Standard output. Escape sequences are left out unless a terminal shows them; `NO_COLOR` leaves them out always.
pub(crate) struct Output {
    json: bool,
    out: AutoStream<Stdout>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            out: anstream::stdout(),
        }
    }

    /// Writes a line for people; nothing where a program reads.
    pub(crate) fn text(&mut self, line: impl std::fmt::Display) -> Result<(), Failure> {
        if !self.json {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Writes a JSON value in one line; nothing where people read.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Failure> {
        if self.json {
            writeln!(self.out, "{value}")?;
        }
        Ok(())
    }

    /// Writes a text as it is, whoever reads it.
    pub(crate) fn raw(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.out.write_all(text)?;
        Ok(())
    }

    /// What cannot be written must be known before the command is said to have succeeded.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(())
    }
}

/// A text that came from outside, made fit for one line of a terminal: without control characters and not endless.
pub(crate) fn plain(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

/// Rows with their columns under each other, two spaces between; the last column is as long as it is.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            let line: String = cells
                .map(|(cell, width)| format!("{cell:<width$}  "))
                .collect();
            line.trim_end().to_owned()
        })
        .collect()
}

/// `1 message`, `2 messages`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let row = |cells: [&str; 3]| cells.map(ToOwned::to_owned).to_vec();
        let lines = columns(&[row(["a", "über", "x"]), row(["long", "b", ""])]);
        assert_eq!(lines, ["a     über  x", "long  b"]);
        assert!(columns(&[]).is_empty());
    }

    #[test]
    fn a_foreign_text_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a [31mb c");
        let long = plain(&"x".repeat(400));
        assert_eq!(long.chars().count(), 301);
        assert!(long.ends_with('…'));
    }
}
