//! JSON as Newtonsoft.Json reads and writes it.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::date::IsoDate;
use super::number;

/// Passes a document through Newtonsoft.Json: strings that look like dates become dates and are written back in
/// its own form.
pub(crate) fn normalise(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            Value::String(IsoDate::parse(text).map_or_else(|| text.clone(), IsoDate::json_text))
        }
        Value::Array(items) => Value::Array(items.iter().map(normalise).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), normalise(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// `ToString()` of a scalar token: `True`, `1.1`, a date in the invariant culture, nothing for null. Objects and
/// arrays are indented.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() => number::double_text(double),
            _ => number.to_string(),
        },
        Value::String(text) => {
            IsoDate::parse(text).map_or_else(|| text.clone(), IsoDate::invariant_text)
        }
        Value::Array(_) | Value::Object(_) => indented(&normalise(value)),
    }
}

/// Without white space.
pub(crate) fn compact(value: &Value) -> String {
    write(value, Numbers(serde_json::ser::CompactFormatter))
}

/// Two spaces an indent and the newline of the host's system, here `\n`.
fn indented(value: &Value) -> String {
    write(value, Numbers(PrettyFormatter::new()))
}

fn write<F: Formatter>(value: &Value, formatter: F) -> String {
    let mut out = Vec::new();
    // Writing a Value into memory cannot fail, and what is written is UTF-8.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, formatter));
    String::from_utf8(out).unwrap_or_default()
}

/// Any formatter, with .NET's floating-point text.
struct Numbers<F>(F);

impl<F: Formatter> Formatter for Numbers<F> {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number::json_double(value).as_bytes())
    }
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_indented_and_their_numbers_and_dates_rewritten() {
        let value =
            json!({"a": 1, "b": [1.10, true, null], "c": {}, "d": "2026-01-01T02:00:00+02:00"});
        assert_eq!(
            scalar_text(&value),
            "{\n  \"a\": 1,\n  \"b\": [\n    1.1,\n    true,\n    null\n  ],\n  \"c\": {},\n  \"d\": \
             \"2026-01-01T00:00:00+00:00\"\n}"
        );
        assert_eq!(compact(&json!({"x": 5.0})), r#"{"x":5.0}"#);
        assert_eq!(scalar_text(&json!(true)), "True");
        assert_eq!(
            scalar_text(&json!("2026-01-01T00:00:00Z")),
            "01/01/2026 00:00:00"
        );
    }
}
