//! Times as the service takes them.

use serde_json::{Map, Value};
use time::{
    OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description,
};

/// Times with more than two fractional digits caused errors (issue 43 of the MK.IO SDK), so its own SDK sends two. A streaming policy's
/// catalog may hold anything, so it is left as it is.
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
            Value::Object(map) if key != "catalog" => short_times(map),
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

/// What is no time, or one that has no place in UTC's calendar, is sent as it is.
fn two_digits(text: &str) -> Option<String> {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:2]Z");
    let time = OffsetDateTime::parse(text, &Rfc3339)
        // Without an offset it is UTC.
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()?;
    time.checked_to_offset(UtcOffset::UTC)?.format(&format).ok()
}

/// A time in a filter of a list: whole seconds, no later than the one that is meant.
pub(super) fn whole_seconds(time: OffsetDateTime) -> Option<String> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.checked_to_offset(UtcOffset::UTC)?.format(&format).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn sent(body: Value) -> Value {
        let Value::Object(mut body) = body else {
            unreachable!()
        };
        short_times(&mut body);
        Value::Object(body)
    }

    #[test]
    fn times_are_sent_with_two_fractional_digits() {
        assert_eq!(
            sent(
                json!({"properties": {"startTime": "2026-01-02T03:04:05.678901Z", "endTime": "9999-12-31T23:59:59.9999999Z", "name": "2026-01-02T03:04:05.678901Z"}})
            ),
            json!({"properties": {"startTime": "2026-01-02T03:04:05.67Z", "endTime": "9999-12-31T23:59:59.99Z", "name": "2026-01-02T03:04:05.678901Z"}})
        );
    }

    #[test]
    fn every_form_of_a_time_is_understood() {
        for (shown, expected) in [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.00Z"),
            ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.00Z"),
            ("2026-01-02T03:04:05.5-05:30", "2026-01-02T08:34:05.50Z"),
            ("2026-01-02T03:04:05.678901", "2026-01-02T03:04:05.67Z"),
            ("2026-01-02T03:04:05", "2026-01-02T03:04:05.00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.00Z"),
            // There is no year 10000.
            ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59-08:00"),
            ("tomorrow", "tomorrow"),
            ("", ""),
        ] {
            assert_eq!(
                sent(json!({"startTime": shown})),
                json!({"startTime": expected})
            );
        }
    }

    #[test]
    fn what_is_the_platforms_own_is_not_touched() {
        let catalog =
            json!({"properties": {"catalog": {"startTime": "2026-01-02T03:04:05.678901Z"}}});
        assert_eq!(sent(catalog.clone()), catalog);
    }

    #[test]
    fn a_filter_begins_no_later_than_it_is_asked_to() {
        let time = datetime!(2026-01-02 05:04:05.987654321 +02:00);
        assert_eq!(whole_seconds(time).as_deref(), Some("2026-01-02T03:04:05Z"));
    }
}
