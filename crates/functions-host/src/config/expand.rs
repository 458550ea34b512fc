//! `%NAME%`.

/// Replaces each `%NAME%` by `lookup(NAME)`. A `%` without a partner stays as it is.
pub(crate) fn expand<E>(
    text: &str,
    mut lookup: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('%') {
        let Some(length) = rest[start + 1..].find('%') else {
            break;
        };
        out.push_str(&rest[..start]);
        let name = &rest[start + 1..start + 1 + length];
        if name.is_empty() {
            out.push_str("%%");
        } else {
            out.push_str(&lookup(name)?);
        }
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_percent_signs_are_replaced() {
        let look = |name: &str| {
            if name == "Q" {
                Ok("jobs".to_owned())
            } else {
                Err(name.to_owned())
            }
        };
        assert_eq!(expand("%Q%-next", look).unwrap(), "jobs-next");
        assert_eq!(expand("100% of it", look).unwrap(), "100% of it");
        assert_eq!(expand("a-%NOPE%", look).unwrap_err(), "NOPE");
    }
}
