//! What somebody may have meant.

/// The candidate that is most like a text, if one is like it at all.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const LIKE: f64 = 0.75;
    let text = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            (strsim::jaro_winkler(&text, &lower), candidate)
        })
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// A question after a mistake: `; did you mean x?`, or nothing.
pub(crate) fn did_you_mean<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    nearest(text, candidates)
        .map(|near| format!("did you mean {near}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_it_is_found_and_what_is_not_is_not() {
        let kinds = ["assets", "assetFilters", "streamingLocators"];
        assert_eq!(nearest("asset", kinds), Some("assets"));
        assert_eq!(
            nearest("streaminglocator", kinds),
            Some("streamingLocators")
        );
        assert_eq!(nearest("jobs", kinds), None);
        assert_eq!(nearest("", kinds), None);
    }
}
