//! Times as the service takes them.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Times with more than two fractional digits caused errors (issue 43 of the MK.IO SDK), so its own SDK sends two.
pub(super) fn short_times(map: &mut Map<String, Value>) {
    for (key, value) in map {
        match value {
            Value::String(text)
                if matches!(
                    key.as_str(),
                    "startTime" | "endTime" | "beginDate" | "expirationDate"
                ) =>
            {
                if let Some(short) = two_digits(text) {
                    *text = short;
                }
            }
            Value::Object(map) => short_times(map),
            Value::Array(items) => {
                for item in items {
                    if let Value::Object(map) = item {
                        short_times(map);
                    }
                }
            }
            _ => {}
        }
    }
}

fn two_digits(text: &str) -> Option<String> {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:2]Z");
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    time.to_offset(time::UtcOffset::UTC).format(&format).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_sent_with_two_fractional_digits() {
        let Value::Object(mut body) = json!({"properties": {"startTime": "2026-01-02T03:04:05.678901Z", "endTime": "9999-12-31T23:59:59.9999999Z", "name": "2026-01-02T03:04:05.678901Z"}})
        else {
            unreachable!()
        };
        short_times(&mut body);
        assert_eq!(
            Value::Object(body),
            json!({"properties": {"startTime": "2026-01-02T03:04:05.67Z", "endTime": "9999-12-31T23:59:59.99Z", "name": "2026-01-02T03:04:05.678901Z"}})
        );
    }
}
