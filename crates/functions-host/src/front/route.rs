//! Route templates: `jobs/{id:int?}`, `files/{*path}`.

/// A route's parameters in their order; an optional one that was not given is `None`.
pub(crate) type Params = Vec<(String, Option<String>)>;

/// Matches a path (without the prefix and the slashes at its ends). Literals count in any case.
pub(crate) fn matches(template: &str, path: &str) -> Option<Params> {
    let mut params = Params::new();
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    for part in template.split('/').filter(|part| !part.is_empty()) {
        let Some(inner) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        else {
            if segments.next()?.eq_ignore_ascii_case(part) {
                continue;
            }
            return None;
        };
        if let Some(name) = inner.strip_prefix('*') {
            let rest: Vec<String> = segments.by_ref().map(decoded).collect();
            params.push((
                name.trim_start_matches('*').to_owned(),
                Some(rest.join("/")).filter(|rest| !rest.is_empty()),
            ));
            return Some(params);
        }
        let (inner, optional) = inner
            .strip_suffix('?')
            .map_or((inner, false), |inner| (inner, true));
        let mut pieces = inner.split(':');
        let name = pieces.next().unwrap_or_default().to_owned();
        match segments.next().map(decoded) {
            Some(value) if pieces.all(|constraint| satisfies(constraint, &value)) => {
                params.push((name, Some(value)));
            }
            Some(_) => return None,
            None if optional => params.push((name, None)),
            None => return None,
        }
    }
    segments.next().is_none().then_some(params)
}

fn satisfies(constraint: &str, value: &str) -> bool {
    match constraint.to_ascii_lowercase().as_str() {
        "int" => value.parse::<i32>().is_ok(),
        "long" => value.parse::<i64>().is_ok(),
        "guid" => uuid::Uuid::parse_str(value).is_ok(),
        "bool" => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        "alpha" => value.chars().all(|c| c.is_ascii_alphabetic()),
        // Other constraints are not reproduced: they let everything pass.
        _ => true,
    }
}

/// Percent-decodes one segment; `+` stays a plus.
fn decoded(segment: &str) -> String {
    let protected = segment.replace('+', "%2B");
    url::form_urlencoded::parse(
        format!("x={}", protected.replace('&', "%26").replace('=', "%3D")).as_bytes(),
    )
    .next()
    .map(|(_, value)| value.into_owned())
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(template: &str, path: &str) -> Option<Vec<(String, Option<String>)>> {
        matches(template, path)
    }

    #[test]
    fn templates_match_as_in_the_front() {
        let some = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(params("status", "STATUS"), Some(vec![]));
        assert_eq!(
            params("jobs/{id?}", "jobs"),
            Some(vec![("id".to_owned(), None)])
        );
        assert_eq!(
            params("jobs/{id:int}", "jobs/7"),
            Some(vec![some("id", "7")])
        );
        assert_eq!(params("jobs/{id:int}", "jobs/x"), None);
        assert_eq!(
            params("files/{*path}", "files/a%20b/c+d"),
            Some(vec![some("path", "a b/c+d")])
        );
        assert_eq!(params("jobs/{id}", "jobs"), None);
        assert_eq!(params("jobs", "jobs/1"), None);
        assert_eq!(params("", ""), Some(vec![]));
    }
}
