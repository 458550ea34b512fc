//! What an operator selects: kinds, names, depths, times.

use std::str::FromStr;

use change::{Depth, Kind};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};
use walk::KINDS;

use crate::{near::did_you_mean, resource::parse_kind};

/// The depths that compare, shallow first.
const DEPTHS: [Depth; 4] = [Depth::List, Depth::Children, Depth::Keys, Depth::Bytes];

/// Reads a kind that has a list of its own.
///
/// # Errors
/// What may have been meant.
pub(crate) fn walked_kind(text: &str) -> Result<Kind, String> {
    let kind = parse_kind(text)?;
    match kind.parent() {
        None => Ok(kind),
        Some(above) => Err(format!(
            "{kind} are compared with their {above}: ask for {above}, from depth children on"
        )),
    }
}

/// Reads a depth.
///
/// # Errors
/// Which depths there are, or which one may have been meant.
pub(crate) fn depth(text: &str) -> Result<Depth, String> {
    match Depth::from_str(text) {
        Ok(depth) if DEPTHS.contains(&depth) => Ok(depth),
        _ => {
            let depths = DEPTHS.map(Depth::as_str);
            let near = did_you_mean(text, depths);
            Err(format!("the depths are {}; {near}", depths.join(", "))
                .trim_end_matches("; ")
                .to_owned())
        }
    }
}

/// Reads a time: RFC 3339, or a date, which is its first moment in UTC.
///
/// # Errors
/// Which forms there are.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let date = format_description!("[year]-[month]-[day]");
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| Date::parse(text, date).map(|date| date.midnight().assume_utc()))
        .map_err(|_| "expected a time such as 2026-11-22T13:45:00Z, or a date".to_owned())
}

/// The kinds that were asked for, in the order in which they depend on each other; all of them when none was.
pub(crate) fn in_order(asked: &[Kind]) -> Vec<Kind> {
    let wanted = |kind: &Kind| asked.is_empty() || asked.contains(kind);
    KINDS.into_iter().filter(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn kinds_come_in_their_order() {
        let asked = [Kind::StreamingLocators, Kind::Assets];
        assert_eq!(in_order(&asked), [Kind::Assets, Kind::StreamingLocators]);
        assert_eq!(in_order(&[]), KINDS);
        assert!(
            walked_kind("assetFilters")
                .unwrap_err()
                .contains("depth children")
        );
    }

    #[test]
    fn a_wrong_depth_is_answered_with_the_right_one() {
        assert_eq!(depth("bytes").unwrap(), Depth::Bytes);
        assert!(depth("byte").unwrap_err().contains("did you mean bytes?"));
        assert!(depth("updated").is_err());
    }

    #[test]
    fn a_date_is_its_first_moment() {
        assert_eq!(
            moment("2026-11-22").unwrap(),
            datetime!(2026-11-22 00:00 UTC)
        );
        let time = datetime!(2026-11-22 13:45 UTC);
        assert_eq!(moment("2026-11-22T13:45:00Z").unwrap(), time);
        assert!(moment("yesterday").is_err());
    }
}
