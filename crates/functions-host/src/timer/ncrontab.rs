//! NCRONTAB: cron with seconds first, and both day fields must match.

use time::{Duration, OffsetDateTime, Time};

/// How far ahead a next time is looked for.
const HORIZON_DAYS: i64 = 3_660;
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One field: the values it allows, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field(u64);

impl Field {
    fn has(self, value: u8) -> bool {
        self.0 & (1 << value) != 0
    }
}

/// A parsed expression, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    seconds: Field,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

impl Cron {
    /// Six fields, or five without the seconds.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        let [seconds, minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(format!(
                "{text:?} has {} fields; six are expected, seconds first",
                fields.len()
            ));
        };
        Ok(Self {
            seconds: field(seconds, 0, 59, &[])?,
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: field(weekdays, 0, 6, &DAYS)?,
        })
    }

    /// The first time after `now`.
    pub(crate) fn next(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let start = (now + Duration::SECOND).replace_nanosecond(0).ok()?;
        let mut date = start.date();
        let mut from = start.time();
        for _ in 0..HORIZON_DAYS {
            let right_day = self.months.has(u8::from(date.month()))
                && self.days.has(date.day())
                && self.weekdays.has(date.weekday().number_days_from_sunday());
            if right_day && let Some(time) = self.first_time(from) {
                return Some(date.with_time(time).assume_utc());
            }
            date = date.next_day()?;
            from = Time::MIDNIGHT;
        }
        None
    }

    fn first_time(&self, from: Time) -> Option<Time> {
        let (hour, minute, second) = from.as_hms();
        for h in (hour..24).filter(|h| self.hours.has(*h)) {
            let first_minute = if h == hour { minute } else { 0 };
            for m in (first_minute..60).filter(|m| self.minutes.has(*m)) {
                let first_second = if h == hour && m == minute { second } else { 0 };
                if let Some(s) = (first_second..60).find(|s| self.seconds.has(*s)) {
                    return Time::from_hms(h, m, s).ok();
                }
            }
        }
        None
    }
}

fn field(text: &str, low: u8, high: u8, names: &[&str]) -> Result<Field, String> {
    let wrong = || format!("{text:?} is not a cron field between {low} and {high}");
    let value = |text: &str| -> Option<u8> {
        let named = names.iter().position(|name| {
            text.get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        });
        let value = match named {
            Some(index) => u8::try_from(index).ok()? + low,
            None => text.parse().ok()?,
        };
        (low..=high).contains(&value).then_some(value)
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (
                range,
                step.parse::<u8>()
                    .ok()
                    .filter(|step| *step > 0)
                    .ok_or_else(wrong)?,
            ),
            None => (part, 1),
        };
        let (first, last) = if range == "*" {
            (low, high)
        } else if let Some((first, last)) = range.split_once('-') {
            let (first, last) = (
                value(first).ok_or_else(wrong)?,
                value(last).ok_or_else(wrong)?,
            );
            (first.min(last), first.max(last))
        } else {
            let first = value(range).ok_or_else(wrong)?;
            // `5/15` counts from 5 to the field's end.
            (first, if part.contains('/') { high } else { first })
        };
        for value in (first..=last).step_by(usize::from(step)) {
            bits |= 1 << value;
        }
    }
    Ok(Field(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn next_times_are_found() {
        let now = datetime!(2026-11-22 10:03:07.5 UTC);
        for (text, next) in [
            ("0 */5 * * * *", datetime!(2026-11-22 10:05:00 UTC)),
            ("*/10 * * * * *", datetime!(2026-11-22 10:03:10 UTC)),
            ("0 30 9 * * *", datetime!(2026-11-23 9:30:00 UTC)),
            ("0 30 9 * Jan Mon-Fri", datetime!(2027-01-01 9:30:00 UTC)),
            ("30 5/20 11 1,15 * *", datetime!(2026-12-01 11:05:30 UTC)),
            ("0 0 0 13 * 5", datetime!(2027-08-13 0:00:00 UTC)),
            ("15 14 * * *", datetime!(2026-11-22 14:15:00 UTC)),
            ("0 0 0 29 2 *", datetime!(2028-02-29 0:00:00 UTC)),
        ] {
            assert_eq!(Cron::parse(text).unwrap().next(now), Some(next), "{text}");
        }
        assert_eq!(Cron::parse("0 0 0 31 2 *").unwrap().next(now), None);
        let exact = datetime!(2026-11-22 10:05:00 UTC);
        assert_eq!(
            Cron::parse("0 */5 * * * *").unwrap().next(exact),
            Some(datetime!(2026-11-22 10:10:00 UTC))
        );
    }

    #[test]
    fn wrong_fields_are_refused() {
        for text in [
            "* * * *",
            "60 * * * * *",
            "0 0 0 0 * *",
            "0 0 0 * * 7",
            "a * * * * *",
            "*/0 * * * * *",
        ] {
            assert!(Cron::parse(text).is_err(), "{text}");
        }
    }
}
