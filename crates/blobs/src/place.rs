//! Where an asset's blobs are, and which names may be used in a request.

use crate::BlobError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which of the two storage accounts a call or a fault belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The account the bytes come from (the primary's). It is only read.
    Source,
    /// The account the bytes go to (the secondary's).
    Replica,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Replica => "replica",
        })
    }
}

/// Where the blobs of one asset are: an account, a container and, when several assets share the
/// container, the path below which this asset's blobs lie (MK.IO calls it `subPath`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Storage account name, without any domain.
    pub account: String,
    /// Container name.
    pub container: String,
    /// Path inside the container; slashes at its ends make no difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

impl Place {
    /// A whole container.
    pub fn new(account: impl Into<String>, container: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            container: container.into(),
            prefix: None,
        }
    }

    /// The part of the container below `prefix`.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// The prefix as a listing needs it: with a slash at the end, so that `film` does not also
    /// name the blobs of `film-2`.
    pub(crate) fn listing_prefix(&self) -> Option<String> {
        let path = self.prefix.as_deref()?.trim_matches('/');
        (!path.is_empty()).then(|| format!("{path}/"))
    }

    /// The full blob name for a name relative to the prefix.
    pub(crate) fn full_name(&self, relative: &str) -> String {
        match self.listing_prefix() {
            Some(prefix) => prefix + relative,
            None => relative.to_owned(),
        }
    }

    /// A full blob name made relative, or `None` for a blob outside the prefix.
    pub(crate) fn relative(&self, full: &str) -> Option<String> {
        let relative = match self.listing_prefix() {
            Some(prefix) => full.strip_prefix(prefix.as_str())?,
            None => full,
        };
        (!relative.is_empty()).then(|| relative.to_owned())
    }

    /// Refuses account and container names that would change the meaning of a URL.
    ///
    /// # Errors
    /// [`BlobError::Configuration`] with the offending name.
    pub(crate) fn check(&self) -> Result<(), BlobError> {
        let plain = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'$')
        };
        for (what, name) in [("account", &self.account), ("container", &self.container)] {
            if !plain(name) {
                return Err(BlobError::Configuration {
                    what: format!("{name:?} is no storage {what} name"),
                });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.container)?;
        match self.listing_prefix() {
            Some(prefix) => write!(f, "/{prefix}"),
            None => Ok(()),
        }
    }
}

/// Refuses blob names that cannot be put into a URL without becoming another name: a URL parser
/// resolves the segments `.` and `..` away (the request would reach the container itself) and
/// drops tabs and line ends.
///
/// # Errors
/// [`BlobError::Name`] with the name and the reason.
pub(crate) fn check_name(full: &str) -> Result<(), BlobError> {
    let why = if full == "." || full == ".." {
        "a URL cannot address a blob of this name"
    } else if full.contains(['\t', '\n', '\r']) {
        "a URL cannot carry the tab or line end in it"
    } else {
        return Ok(());
    };
    Err(BlobError::Name {
        name: full.to_owned(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_a_slash_however_it_was_written() {
        for written in ["films/a", "/films/a", "films/a/", "/films/a/"] {
            let place = Place::new("acc", "con").below(written);
            assert_eq!(place.listing_prefix().as_deref(), Some("films/a/"));
            assert_eq!(place.full_name("x.mp4"), "films/a/x.mp4");
            assert_eq!(place.relative("films/a/x.mp4").as_deref(), Some("x.mp4"));
            assert_eq!(place.relative("films/ab/x.mp4"), None);
            assert_eq!(place.relative("films/a/"), None);
        }
        for empty in ["", "/", "//"] {
            assert_eq!(Place::new("a", "c").below(empty).listing_prefix(), None);
        }
    }

    #[test]
    fn names_a_url_would_change_are_refused_and_odd_ones_are_not() {
        for bad in [".", "..", "a\tb", "a\nb", "a\rb"] {
            assert!(
                matches!(check_name(bad), Err(BlobError::Name { .. })),
                "{bad:?}"
            );
        }
        for good in ["a b", "a#b?c%20+d", "ünï/ç", "a/../b", "...", "a/.", "\\"] {
            assert!(check_name(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn an_account_or_container_name_cannot_lead_elsewhere() {
        for (account, container) in [
            ("a.example", "c"),
            ("a/b", "c"),
            ("", "c"),
            ("a", "c/d"),
            ("a", "c?x"),
            ("a", ".."),
        ] {
            assert!(
                Place::new(account, container).check().is_err(),
                "{account} {container}"
            );
        }
        assert!(Place::new("srceus", "asset-0b1c").check().is_ok());
        assert!(Place::new("srceus", "$web").check().is_ok());
    }
}
