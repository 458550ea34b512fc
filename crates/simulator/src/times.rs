//! The service's times: 100 ns ticks in some replies, the database's 1/300 s in others.

use time::format_description::well_known::Rfc3339;
use time::macros::{date, format_description, time};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The last tick that can be written: what a locator without an end time ends at.
pub(crate) const NEVER: OffsetDateTime =
    PrimitiveDateTime::new(date!(9999 - 12 - 31), time!(23:59:59.9999999)).assume_utc();

/// Now, in whole ticks of 100 ns.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    let ticks = now.nanosecond() / 100 * 100;
    now.replace_nanosecond(ticks).unwrap_or(now)
}

/// With up to seven digits of fraction, as the service writes ticks: trailing zeros are dropped.
pub(crate) fn ticks(at: OffsetDateTime) -> String {
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    let fraction = at.nanosecond() / 100;
    if fraction > 0 {
        text.push_str(format!(".{fraction:07}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// With six digits of fraction, always, as MK.IO writes times.
pub(crate) fn micros(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

/// Rounded as the database's `datetime` rounds: to 1/300 s, shown as .000, .003 and .007, and never beyond
/// 9999-12-31T23:59:59.997.
pub(crate) fn rounded(at: OffsetDateTime) -> OffsetDateTime {
    let steps = (u64::from(at.nanosecond()) * 300 + 500_000_000) / 1_000_000_000;
    let millis = (steps * 10 + 1) / 3;
    let whole = at.replace_nanosecond(0).unwrap_or(at);
    whole
        .checked_add(Duration::milliseconds(i64::try_from(millis).unwrap_or(0)))
        .unwrap_or_else(|| whole.replace_nanosecond(997_000_000).unwrap_or(whole))
}

/// [`rounded`], as text.
pub(crate) fn rounded_text(at: OffsetDateTime) -> String {
    ticks(rounded(at))
}

/// Reads a time as clients write it: with an offset, without one (UTC is meant), or a date alone.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let whole = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let fraction =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond]");
        PrimitiveDateTime::parse(text, &whole)
            .or_else(|_| PrimitiveDateTime::parse(text, &fraction))
            .map(PrimitiveDateTime::assume_utc)
            .or_else(|_| {
                Date::parse(text, &format_description!("[year]-[month]-[day]"))
                    .map(|day| day.midnight().assume_utc())
            })
            .ok()
    })?;
    let utc = parsed.checked_to_offset(UtcOffset::UTC)?;
    let whole_ticks = utc.nanosecond() / 100 * 100;
    utc.replace_nanosecond(whole_ticks).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        rounded_text(parse(text).unwrap())
    }

    /// Pairs of the same locator's `created` on PUT and on GET, from recordings of the real service.
    #[test]
    fn rounds_as_the_recorded_service_did() {
        for (put, get) in [
            ("2022-04-14T18:00:46.6019481Z", "2022-04-14T18:00:46.603Z"),
            ("2022-04-14T18:21:46.3783198Z", "2022-04-14T18:21:46.377Z"),
            ("2022-04-14T17:55:01.703251Z", "2022-04-14T17:55:01.703Z"),
            ("2018-10-12T15:33:46.884768Z", "2018-10-12T15:33:46.883Z"),
            ("2018-10-12T15:35:08.9712885Z", "2018-10-12T15:35:08.97Z"),
            ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.997Z"),
        ] {
            assert_eq!(shown(put), get);
        }
    }

    #[test]
    fn a_fraction_that_rounds_up_carries_into_the_second() {
        assert_eq!(
            shown("2028-12-31T23:59:59.9999999Z"),
            "2029-01-01T00:00:00Z"
        );
    }

    #[test]
    fn the_end_of_time_is_written_with_seven_digits() {
        assert_eq!(ticks(NEVER), "9999-12-31T23:59:59.9999999Z");
    }

    #[test]
    fn a_date_alone_is_midnight() {
        assert_eq!(ticks(parse("2012-06-01").unwrap()), "2012-06-01T00:00:00Z");
    }

    #[test]
    fn an_offset_is_turned_into_utc() {
        assert_eq!(
            ticks(parse("2018-03-29T12:00:00.5000+02:00").unwrap()),
            "2018-03-29T10:00:00.5Z"
        );
        assert!(parse("9999-12-31T23:59:59-05:00").is_none());
        assert!(parse("yesterday").is_none());
    }
}
