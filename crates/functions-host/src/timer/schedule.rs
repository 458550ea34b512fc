//! A schedule: NCRONTAB or a constant interval.

use std::time::Duration;

use time::OffsetDateTime;

use super::ncrontab::Cron;
use crate::config::parse_timespan;

/// When a timer fires.
#[derive(Clone, Debug)]
pub(crate) enum Schedule {
    Cron(Cron),
    /// `hh:mm:ss`; real plans that scale by the event refuse it.
    Every(Duration),
}

impl Schedule {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains(char::is_whitespace) {
            return Cron::parse(text).map(Self::Cron);
        }
        match parse_timespan(text) {
            Ok(span) if !span.is_zero() => Ok(Self::Every(span)),
            _ => Err(format!(
                "the schedule expression {text:?} was not recognized: six cron fields or hh:mm:ss"
            )),
        }
    }

    pub(crate) fn is_cron(&self) -> bool {
        matches!(self, Self::Cron(_))
    }

    /// The first time after `now`; `None` when there is none in the next ten years.
    pub(crate) fn next(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Cron(cron) => cron.next(now),
            Self::Every(span) => Some(now + *span),
        }
    }

    /// Whether two runs may be less than a minute apart, as the real host judges it: from the next few runs.
    pub(crate) fn is_under_a_minute(&self) -> bool {
        let mut at = OffsetDateTime::now_utc();
        let mut before: Option<OffsetDateTime> = None;
        for _ in 0..5 {
            let Some(next) = self.next(at) else {
                return false;
            };
            if before.is_some_and(|before| next - before < time::Duration::MINUTE) {
                return true;
            }
            before = Some(next);
            at = next;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        assert!(Schedule::parse("0 */5 * * * *").unwrap().is_cron());
        assert!(
            !Schedule::parse("0 */5 * * * *")
                .unwrap()
                .is_under_a_minute()
        );
        assert!(
            Schedule::parse("*/10 * * * * *")
                .unwrap()
                .is_under_a_minute()
        );
        assert!(Schedule::parse("00:00:30").unwrap().is_under_a_minute());
        assert!(Schedule::parse("now and then").is_err() && Schedule::parse("00:00:00").is_err());
    }
}
