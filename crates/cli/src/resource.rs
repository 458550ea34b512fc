//! Resources as an operator names them.

use change::{Kind, ResourceId};

use crate::near::did_you_mean;

/// Reads `kind/name`, and of an asset's filter `assets/<asset>/assetFilters/<name>` or `assetFilters/<asset>/<name>`.
///
/// # Errors
/// What is wrong with it and what may have been meant.
pub(crate) fn resource(text: &str) -> Result<ResourceId, String> {
    let segments: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let (kind, parent, name) = match segments[..] {
        [kind, name] => (parse_kind(kind)?, None, name),
        [kind, parent, name] => (parse_kind(kind)?, Some(parent), name),
        [above, parent, kind, name] => {
            let (above, kind) = (parse_kind(above)?, parse_kind(kind)?);
            if kind.parent() != Some(above) {
                return Err(format!("{kind} do not stand below {above}"));
            }
            (kind, Some(parent), name)
        }
        _ => return Err("expected kind/name, such as assets/film-2041".to_owned()),
    };
    match (kind.parent(), parent) {
        (Some(above), None) => {
            return Err(format!(
                "{kind} stand below {above}: write {above}/<name>/{kind}/{name}"
            ));
        }
        (None, Some(_)) => return Err(format!("expected {kind}/<name>; a name has no slash")),
        _ => {}
    }
    ResourceId::from_parts(kind, parent.map(ToOwned::to_owned), name)
        .map_err(|error| error.to_string())
}

/// Reads a kind, in any letter case.
///
/// # Errors
/// Which kinds there are, or which one may have been meant.
pub(crate) fn parse_kind(text: &str) -> Result<Kind, String> {
    text.parse().map_err(|_| {
        let kinds = Kind::ALL.map(Kind::as_str);
        let near = did_you_mean(text, kinds);
        if near.is_empty() {
            format!(
                "there is no kind {text:?}; the kinds are {}",
                kinds.join(", ")
            )
        } else {
            format!("there is no kind {text:?}; {near}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_in_each_of_its_forms() {
        for (text, id) in [
            ("assets/film", "assets/film"),
            ("STREAMINGLOCATORS/film 1", "streamingLocators/film 1"),
            (
                "/assets/film/assetFilters/hd",
                "assets/film/assetFilters/hd",
            ),
            ("assetFilters/film/hd", "assets/film/assetFilters/hd"),
        ] {
            assert_eq!(resource(text).unwrap().to_string(), id);
        }
    }

    #[test]
    fn a_wrong_one_is_told_what_was_meant() {
        for (text, part) in [
            ("asset/film", "did you mean assets?"),
            ("jobs/film", "the kinds are"),
            ("film", "expected kind/name"),
            ("assetFilters/hd", "assets/<name>/assetFilters/hd"),
            ("assets/a/b", "has no slash"),
            ("assets/film/accountFilters/hd", "do not stand below"),
            ("assets/", "empty"),
        ] {
            let error = resource(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
