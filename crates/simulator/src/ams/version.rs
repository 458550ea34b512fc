//! What differs between api-versions, as far as recordings show.

use crate::storage::SasVersion;

/// An `api-version`: its date as a number, so that versions compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion(u32);

/// A version's date as it compares.
pub(crate) const fn date(year: u32, month: u32, day: u32) -> u32 {
    year * 10_000 + month * 100 + day
}

impl ApiVersion {
    /// From `2018-03-30-preview`, the first of the v3 API, on.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let digits = text.strip_suffix("-preview").unwrap_or(text);
        let mut parts = digits.split('-');
        let mut part = |length: usize| {
            let part = parts.next()?;
            (part.len() == length)
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let valid = parts.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day);
        let number = date(year, month, day);
        (valid && number >= date(2018, 3, 30)).then_some(Self(number))
    }

    /// Replies carry `systemData` (absent in the recordings at 2018-07-01, present at 2021-11-01).
    pub(crate) fn shows_system_data(self) -> bool {
        self.0 >= date(2021, 6, 1)
    }

    /// A masked secret is an explicit null; before, the field is left out.
    pub(crate) fn masks_with_null(self) -> bool {
        self.0 >= date(2020, 5, 1)
    }

    /// A locator without filters shows an empty list; before, nothing.
    pub(crate) fn shows_empty_filters(self) -> bool {
        self.0 >= date(2020, 5, 1)
    }

    /// The reply that creates an asset names the container that the service chose.
    pub(crate) fn names_chosen_container(self) -> bool {
        self.0 >= date(2023, 1, 1)
    }

    /// Whether a property that came with that version is known.
    pub(crate) fn knows(self, since: u32) -> bool {
        self.0 >= since
    }

    /// `CommonEncryptionCbcs` may name PlayReady and Widevine.
    pub(crate) fn has_cbcs_play_ready(self) -> bool {
        self.0 >= date(2020, 5, 1)
    }

    /// The content key policies that a streaming policy names must exist: a recording at 2018-07-01 names one that does
    /// not, and those at 2021-11-01 make them first.
    pub(crate) fn wants_policies_first(self) -> bool {
        self.0 >= date(2020, 5, 1)
    }

    /// Actions on assets and policies count as resource requests; before, as writes.
    pub(crate) fn counts_resource_requests(self) -> bool {
        self.0 >= date(2020, 5, 1)
    }

    pub(crate) fn sas(self) -> SasVersion {
        if self.0 >= date(2020, 5, 1) {
            SasVersion::V2019
        } else {
            SasVersion::V2015
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_and_future_versions_are_read_and_v2_is_not() {
        assert!(ApiVersion::read("2018-06-01-preview") < ApiVersion::read("2018-07-01"));
        assert!(ApiVersion::read("2027-01-01").is_some());
        assert!(ApiVersion::read("2015-10-01").is_none());
        assert!(ApiVersion::read("latest").is_none());
    }
}
