//! Dates: what Newtonsoft.Json takes for one, and how .NET writes it back.

use std::fmt::Write as _;

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// How a date in JSON text said where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Utc,
    /// No zone at all.
    Unspecified,
    /// An offset, which .NET turns into local time; the host runs in UTC.
    Local,
}

/// A string that Newtonsoft.Json reads as a `DateTime` although nobody asked it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsoDate {
    at: PrimitiveDateTime,
    kind: Kind,
}

impl IsoDate {
    /// Reads `yyyy-MM-ddTHH:mm:ss[.fffffff][Z|+hh:mm|+hhmm|+hh]`. More than seven fraction digits make it plain
    /// text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(19..=40).contains(&bytes.len()) || !text.is_ascii() {
            return None;
        }
        for (at, expected) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            if bytes[at] != expected {
                return None;
            }
        }
        let month = Month::try_from(u8::try_from(digits(&text[5..7])?).ok()?).ok()?;
        let day = u8::try_from(digits(&text[8..10])?).ok()?;
        let date =
            Date::from_calendar_date(i32::try_from(digits(&text[..4])?).ok()?, month, day).ok()?;
        let field =
            |from: usize| digits(&text[from..from + 2]).and_then(|value| u8::try_from(value).ok());
        let mut rest = &text[19..];
        let mut nanos = 0;
        if let Some(tail) = rest.strip_prefix('.') {
            let length = tail.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=7).contains(&length) {
                return None;
            }
            nanos = digits(&tail[..length])? * 10_u32.pow(9 - u32::try_from(length).ok()?);
            rest = &tail[length..];
        }
        let time = Time::from_hms_nano(field(11)?, field(14)?, field(17)?, nanos).ok()?;
        let at = PrimitiveDateTime::new(date, time);
        match rest {
            "" => Some(Self {
                at,
                kind: Kind::Unspecified,
            }),
            "Z" | "z" => Some(Self {
                at,
                kind: Kind::Utc,
            }),
            _ => Some(Self {
                at: at.checked_sub(offset(rest)?)?,
                kind: Kind::Local,
            }),
        }
    }

    /// As it is written back into JSON.
    pub(crate) fn json_text(self) -> String {
        let mut text = seconds_text(self.at);
        push_fraction(&mut text, self.at);
        text.push_str(match self.kind {
            Kind::Utc => "Z",
            Kind::Unspecified => "",
            Kind::Local => "+00:00",
        });
        text
    }

    /// `DateTime.ToString()` in the invariant culture: the fraction and the zone are lost.
    pub(crate) fn invariant_text(self) -> String {
        let (date, time) = (self.at.date(), self.at.time());
        format!(
            "{:02}/{:02}/{:04} {:02}:{:02}:{:02}",
            u8::from(date.month()),
            date.day(),
            date.year(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

/// Whether Newtonsoft.Json takes this string for a date.
pub(crate) fn is_date(text: &str) -> bool {
    IsoDate::parse(text).is_some()
}

fn digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn offset(text: &str) -> Option<Duration> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.len() {
        3 => (digits(&text[1..3])?, 0),
        5 => (digits(&text[1..3])?, digits(&text[3..5])?),
        6 if text.as_bytes()[3] == b':' => (digits(&text[1..3])?, digits(&text[4..6])?),
        _ => return None,
    };
    Some(Duration::minutes(
        sign * (i64::from(hours) * 60 + i64::from(minutes)),
    ))
}

fn seconds_text(at: PrimitiveDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Up to seven digits without trailing zeros, as .NET's round-trip format has them in JSON.
fn push_fraction(text: &mut String, at: PrimitiveDateTime) {
    let ticks = at.time().nanosecond() / 100;
    if ticks > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, ".{}", format!("{ticks:07}").trim_end_matches('0'));
    }
}

fn in_utc(at: OffsetDateTime) -> PrimitiveDateTime {
    let at = at.to_offset(time::UtcOffset::UTC);
    PrimitiveDateTime::new(at.date(), at.time())
}

/// A `DateTimeOffset` in the envelope: whole seconds, `+00:00`.
pub(crate) fn offset_text(at: OffsetDateTime) -> String {
    format!("{}+00:00", seconds_text(in_utc(at)))
}

/// A UTC `DateTime` inside an object: seven digits at most, `Z`.
pub(crate) fn utc_text(at: OffsetDateTime) -> String {
    IsoDate {
        at: in_utc(at),
        kind: Kind::Utc,
    }
    .json_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_rewritten_as_newtonsoft_rewrites_them() {
        let json = |text: &str| IsoDate::parse(text).map(IsoDate::json_text);
        assert_eq!(
            json("2026-08-01T10:00:00.1234567Z").as_deref(),
            Some("2026-08-01T10:00:00.1234567Z")
        );
        assert_eq!(
            json("2026-08-01T10:00:00.1000Z").as_deref(),
            Some("2026-08-01T10:00:00.1Z")
        );
        assert_eq!(
            json("2026-08-01T10:00:00").as_deref(),
            Some("2026-08-01T10:00:00")
        );
        assert_eq!(
            json("2026-08-01T12:00:00+02:00").as_deref(),
            Some("2026-08-01T10:00:00+00:00")
        );
        for text in [
            "2026-08-01",
            "2026-08-01 10:00:00",
            "2026-08-01T10:00:00.12345678Z",
            "2026-13-01T10:00:00Z",
        ] {
            assert_eq!(json(text), None, "{text}");
        }
        let date = IsoDate::parse("2026-01-02T03:04:05.6Z").unwrap();
        assert_eq!(date.invariant_text(), "01/02/2026 03:04:05");
    }
}
