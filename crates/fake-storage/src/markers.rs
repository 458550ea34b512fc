//! Continuation markers: opaque to clients, the name to go on from to the service.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Paging;
use crate::call::Query;
use crate::refusal::Refusal;

/// Where a listing goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Whether the next page is to be an empty one.
    pub(crate) empty: bool,
    /// The first name of the next page that is not.
    pub(crate) from: String,
}

impl Marker {
    /// Where a request wants the listing to go on, if it says so.
    pub(crate) fn of(query: &Query) -> Result<Option<Self>, Refusal> {
        let marker = query.get("marker").filter(|marker| !marker.is_empty());
        marker.map(Self::parse).transpose()
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let parse = || {
            let (kind, name) = text.strip_prefix("2!")?.split_once('!')?;
            let from = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
            Some(Self {
                empty: kind == "0",
                from,
            })
        };
        parse().ok_or_else(Refusal::invalid_query)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "2!{}!{}",
            if self.empty { 0 } else { 1 },
            URL_SAFE_NO_PAD.encode(&self.from)
        )
    }
}

/// How many items a page may hold, at least one.
pub(crate) fn limit(query: &Query, paging: &Paging) -> Result<usize, Refusal> {
    let asked = query
        .number("maxresults", 1..=i64::MAX)?
        .and_then(|asked| usize::try_from(asked).ok());
    Ok(asked.unwrap_or(5000).min(paging.size).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_comes_back_as_it_went() {
        let marker = Marker {
            empty: true,
            from: "a/ü !".to_owned(),
        };
        assert_eq!(Marker::parse(&marker.to_string()).unwrap(), marker);
        assert!(Marker::parse("rubbish").is_err());
    }
}
