//! ETags and times.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// The version of something: its ETag, without quotes, and when it became so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) etag: String,
    pub(crate) modified: OffsetDateTime,
}

impl Stamp {
    /// The ETag as headers carry it. Listings carry it without the quotes.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.etag)
    }
}

/// Hands out ETags, each once.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    last: u64,
}

impl Stamps {
    pub(crate) fn next(&mut self, now: OffsetDateTime) -> Stamp {
        // The service's look like `0x8DC1A2B3C4D5E6F`: a time in ticks.
        self.last += 1;
        Stamp {
            etag: format!("0x8DE{:012X}", self.last),
            modified: now,
        }
    }
}

const HTTP: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");

/// A time as HTTP headers and listings carry it, in whole seconds.
pub(crate) fn http_time(at: OffsetDateTime) -> String {
    at.format(HTTP).unwrap_or_default()
}

/// A time as error bodies carry it.
pub(crate) fn iso_time_7(at: OffsetDateTime) -> String {
    at.format(ISO).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_service_s_forms() {
        let at = OffsetDateTime::from_unix_timestamp(1_795_336_202).unwrap();
        assert_eq!(http_time(at), "Sun, 22 Nov 2026 08:30:02 GMT");
        assert_eq!(iso_time_7(at), "2026-11-22T08:30:02.0000000Z");
    }

    #[test]
    fn no_etag_is_given_twice() {
        let mut stamps = Stamps::default();
        let now = OffsetDateTime::now_utc();
        assert_ne!(stamps.next(now).etag, stamps.next(now).etag);
    }
}
