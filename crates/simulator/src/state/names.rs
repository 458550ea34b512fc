//! Which names are allowed.

/// Resource names: no `< > % & : \ ? / * + . '` and no control characters, at most 260 characters (the service's
/// published naming rules).
pub(crate) fn valid_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= 260
        && !name
            .chars()
            .any(|c| c.is_control() || "<>%&:\\?/*+.'".contains(c))
}

/// Container names, as the storage service rules.
pub(crate) fn valid_container(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_allowed_and_dots_are_not() {
        assert!(valid_name("Asset 517"));
        assert!(!valid_name("film.mp4"));
        assert!(!valid_name(&"x".repeat(261)));
        assert!(valid_container(
            "asset-16bde437-3b25-4ad1-81a2-18072d3094eb"
        ));
        assert!(!valid_container("Upper"));
        assert!(!valid_container("a--b"));
    }
}
