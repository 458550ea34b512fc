//! .NET's `TimeSpan` text.

use std::time::Duration;

/// Reads `[d.]hh:mm[:ss[.fffffff]]` or a bare number of **days**, as .NET does: `"60"` is 60 days, and
/// `"24:00:00"` is 24 days because 24 is no hour. Negative spans are refused.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    read(text.trim()).ok_or_else(|| format!("{text:?} is not a time span such as 00:05:00"))
}

fn read(text: &str) -> Option<Duration> {
    let parts: Vec<&str> = text.split(':').collect();
    let seconds = |days: u64, hours: u64, minutes: u64, seconds: u64| {
        (hours < 24 && minutes < 60 && seconds < 60)
            .then(|| {
                days.checked_mul(86_400)?
                    .checked_add(hours * 3_600 + minutes * 60 + seconds)
            })
            .flatten()
            .map(Duration::from_secs)
    };
    match parts.as_slice() {
        [days] => seconds(number(days)?, 0, 0, 0),
        [first, minutes] => {
            let (days, hours) = days_and_hours(first)?;
            seconds(days, hours, number(minutes)?, 0)
        }
        [first, second, third] => {
            let (days, hours) = days_and_hours(first)?;
            if hours >= 24 && days == 0 {
                return seconds(hours, number(second)?, number(third)?, 0);
            }
            let (whole, fraction) = third
                .split_once('.')
                .map_or((*third, None), |(w, f)| (w, Some(f)));
            let span = seconds(days, hours, number(second)?, number(whole)?)?;
            Some(span + fraction.map_or(Some(Duration::ZERO), ticks)?)
        }
        _ => None,
    }
}

fn days_and_hours(text: &str) -> Option<(u64, u64)> {
    match text.split_once('.') {
        Some((days, hours)) => Some((number(days)?, number(hours)?)),
        None => Some((0, number(text)?)),
    }
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn ticks(fraction: &str) -> Option<Duration> {
    let digits = number(fraction)?;
    let scale = 9_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    Some(Duration::from_nanos(digits * 10_u64.pow(scale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_dotnet_reads_them() {
        let seconds = |text: &str| parse(text).unwrap().as_secs();
        assert_eq!(seconds("00:05:00"), 300);
        assert_eq!(seconds("1.02:00"), 93_600);
        assert_eq!(seconds("60"), 60 * 86_400, "a bare number is days");
        assert_eq!(
            seconds("24:00:00"),
            24 * 86_400,
            "24 is no hour, so it is days"
        );
        assert_eq!(parse("00:00:00.100").unwrap(), Duration::from_millis(100));
        for wrong in ["", "5m", "00:61:00", "-00:00:01", "1:2:3:4:5"] {
            assert!(parse(wrong).is_err(), "{wrong:?} was read");
        }
    }
}
