//! Names the host accepts.

/// A function's name: `^[a-z][a-z0-9_\-]{0,127}$`, any case, and not `host`.
pub(crate) fn is_function_name(name: &str) -> bool {
    starts_with_letter(name)
        && name.len() <= 128
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && !name.eq_ignore_ascii_case("host")
}

/// A binding's name: `^[a-zA-Z][a-zA-Z0-9]{0,127}$` or `$return`. No underscore and no dash.
pub(crate) fn is_binding_name(name: &str) -> bool {
    name == "$return"
        || (starts_with_letter(name)
            && name.len() <= 128
            && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A queue's name: 3 to 63 lower-case letters, digits and single dashes, none of them at an end.
pub(crate) fn is_queue_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn starts_with_letter(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_hosts_patterns() {
        assert!(is_function_name("mirror-asset") && is_function_name("A_1"));
        for wrong in ["", "1a", "-a", "a.b", "host", "HOST"] {
            assert!(!is_function_name(wrong), "{wrong:?}");
        }
        assert!(is_binding_name("msg") && is_binding_name("$return"));
        assert!(!is_binding_name("out_queue") && !is_binding_name("1"));
        assert!(
            is_queue_name("jobs-next")
                && !is_queue_name("Jobs")
                && !is_queue_name("a--b")
                && !is_queue_name("ab")
        );
    }
}
