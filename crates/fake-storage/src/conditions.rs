//! Conditional headers.

use axum::http::HeaderMap;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use crate::call::header;
use crate::refusal::Refusal;
use crate::store::Stamp;

/// The conditions of one request, on its own blob or on a copy's source. See "Specifying conditional headers
/// for Blob service operations".
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    matches: Option<&'a str>,
    none_match: Option<&'a str>,
    modified_since: Option<OffsetDateTime>,
    unmodified_since: Option<OffsetDateTime>,
}

impl<'a> Conditions<'a> {
    /// The conditions on the blob the request is for.
    pub(crate) fn own(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        Self::with_prefix(headers, "")
    }

    /// The conditions on the source of a copy.
    pub(crate) fn source(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        Self::with_prefix(headers, "x-ms-source-")
    }

    fn with_prefix(headers: &'a HeaderMap, prefix: &str) -> Result<Self, Refusal> {
        let get = |name: &str| header(headers, &format!("{prefix}{name}"));
        let time = |name: &str| get(name).map(http_time).transpose();
        Ok(Self {
            matches: get("if-match"),
            none_match: get("if-none-match"),
            modified_since: time("if-modified-since")?,
            unmodified_since: time("if-unmodified-since")?,
        })
    }

    /// Checks a read: 304 where nothing changed, 412 otherwise.
    pub(crate) fn check_read(&self, stamp: &Stamp) -> Result<(), Refusal> {
        if self.none_match.is_some_and(|tags| lists(tags, &stamp.etag)) || !self.newer(stamp) {
            return Err(Refusal::not_modified());
        }
        self.check_precondition(stamp)
    }

    /// Checks a write onto what is there, if anything.
    pub(crate) fn check_write(&self, existing: Option<&Stamp>) -> Result<(), Refusal> {
        let Some(stamp) = existing else {
            // Nothing has no ETag to match.
            return if self.matches.is_some() {
                Err(Refusal::condition_not_met())
            } else {
                Ok(())
            };
        };
        match self.none_match {
            Some("*") => return Err(Refusal::blob_exists()),
            Some(tags) if lists(tags, &stamp.etag) => return Err(Refusal::condition_not_met()),
            _ if !self.newer(stamp) => return Err(Refusal::condition_not_met()),
            _ => {}
        }
        self.check_precondition(stamp)
    }

    /// Checks the source of a copy.
    pub(crate) fn check_source(&self, stamp: &Stamp) -> Result<(), Refusal> {
        let unwanted =
            self.none_match.is_some_and(|tags| lists(tags, &stamp.etag)) || !self.newer(stamp);
        if unwanted || self.check_precondition(stamp).is_err() {
            return Err(Refusal::source_condition_not_met());
        }
        Ok(())
    }

    fn check_precondition(&self, stamp: &Stamp) -> Result<(), Refusal> {
        let matches = self.matches.is_none_or(|tags| lists(tags, &stamp.etag));
        let old_enough = self
            .unmodified_since
            .is_none_or(|since| whole_seconds(stamp.modified) <= since);
        if matches && old_enough {
            Ok(())
        } else {
            Err(Refusal::condition_not_met())
        }
    }

    fn newer(&self, stamp: &Stamp) -> bool {
        self.modified_since
            .is_none_or(|since| whole_seconds(stamp.modified) > since)
    }
}

/// Whether a list of entity tags, or `*`, names this ETag. Quotes are optional, as the service takes both.
fn lists(tags: &str, etag: &str) -> bool {
    tags.trim() == "*"
        || tags
            .split(',')
            .any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == etag)
}

fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
    at - Duration::nanoseconds(i64::from(at.nanosecond()))
}

fn http_time(text: &str) -> Result<OffsetDateTime, Refusal> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    PrimitiveDateTime::parse(text, format)
        .map(PrimitiveDateTime::assume_utc)
        .map_err(|_| Refusal::invalid_header())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn stamp() -> Stamp {
        Stamp {
            etag: "0x1".to_owned(),
            modified: time::macros::datetime!(2026-11-22 08:30:02.5 UTC),
        }
    }

    fn write(pairs: &[(&'static str, &'static str)], existing: Option<&Stamp>) -> u16 {
        let headers = headers(pairs);
        let outcome = Conditions::own(&headers).unwrap().check_write(existing);
        outcome.map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn a_write_is_refused_unless_its_condition_holds() {
        let there = stamp();
        assert_eq!(write(&[("if-none-match", "*")], Some(&there)), 409);
        assert_eq!(write(&[("if-none-match", "*")], None), 200);
        assert_eq!(write(&[("if-match", "\"0x1\"")], Some(&there)), 200);
        assert_eq!(write(&[("if-match", "0x1")], Some(&there)), 200);
        assert_eq!(write(&[("if-match", "\"0x2\"")], Some(&there)), 412);
        assert_eq!(write(&[("if-match", "\"0x1\"")], None), 412);
        assert_eq!(
            write(
                &[("if-unmodified-since", "Sun, 22 Nov 2026 08:30:02 GMT")],
                Some(&there)
            ),
            200
        );
        assert_eq!(
            write(
                &[("if-unmodified-since", "Sun, 22 Nov 2026 08:30:01 GMT")],
                Some(&there)
            ),
            412
        );
    }

    #[test]
    fn a_read_of_what_is_known_is_304() {
        let headers = headers(&[("if-none-match", "\"0x1\"")]);
        let refusal = Conditions::own(&headers)
            .unwrap()
            .check_read(&stamp())
            .unwrap_err();
        assert_eq!(refusal.status, 304);
    }

    #[test]
    fn the_source_of_a_copy_has_its_own_conditions() {
        let headers = headers(&[("x-ms-source-if-match", "\"0x2\""), ("if-match", "\"0x1\"")]);
        let refusal = Conditions::source(&headers)
            .unwrap()
            .check_source(&stamp())
            .unwrap_err();
        assert_eq!(
            (refusal.status, refusal.code.as_ref()),
            (412, "SourceConditionNotMet")
        );
    }
}
