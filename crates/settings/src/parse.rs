//! What a value must look like. Every error is a remedy and repeats no value.

use std::{collections::HashMap, time::Duration};

use change::Kind;
use url::Url;
use wildmatch::WildMatch;

pub(crate) fn https(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
        Ok(url) if url.scheme() == "http" => {
            Err("use https: tokens are not sent over plain http".to_owned())
        }
        _ => Err("expected a URL such as https://example.com".to_owned()),
    }
}

pub(crate) fn endpoint_template(text: &str) -> Result<String, String> {
    if !text.contains("{account}") {
        return Err("the text {account} must stand where the account's name goes".to_owned());
    }
    https(&text.replace("{account}", "account"))?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// Reads a time span with its unit, as the settings have it: `90s`, `2m`, `1h`.
///
/// # Errors
/// What is expected.
pub fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with its unit, such as 90s, 2m or 1h".to_owned();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text[..text.len() - unit.len()]
        .parse()
        .map_err(|_| expected())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(expected()),
    };
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(expected)
}

/// How often something is done, at most once a minute; `None` for `off`.
pub(crate) fn interval(text: &str) -> Result<Option<Duration>, String> {
    if text == "off" {
        return Ok(None);
    }
    let every = duration(text)?;
    if every < Duration::from_secs(60) {
        return Err("expected off, or at least 1m".to_owned());
    }
    Ok(Some(every))
}

/// A part of a rate limit, above 0 and at most 1; `None` without a limit.
pub(crate) fn share(text: &str) -> Result<Option<f64>, String> {
    if text == "unlimited" {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(Some(share)),
        _ => Err("expected a number above 0 and at most 1, or unlimited".to_owned()),
    }
}

/// A storage account name: 3 to 24 lower-case letters and digits.
pub(crate) fn storage_account(text: &str) -> Result<String, String> {
    let fits = change::is_storage_account(text);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "a storage account's name has 3 to 24 lower-case letters and digits".to_owned()
    })
}

pub(crate) fn storage_map(text: &str) -> Result<Vec<(String, String)>, String> {
    pairs(text)?
        .into_iter()
        .map(|(from, to)| Ok((storage_account(&from)?, storage_account(&to)?)))
        .collect()
}

/// Hosts, in lower case.
pub(crate) fn host_map(text: &str) -> Result<Vec<(String, String)>, String> {
    let host = |text: &str| match url::Host::parse(text) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err("expected host names, such as keys.example.com".to_owned()),
    };
    pairs(text)?
        .into_iter()
        .map(|(from, to)| Ok((host(&from)?, host(&to)?)))
        .collect()
}

/// `from=to` pairs, separated by commas; at least one, no `from` twice.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for item in items(text) {
        let expected = "expected primary=secondary pairs, separated by commas";
        let (from, to) = item.split_once('=').ok_or(expected)?;
        let (from, to) = (from.trim().to_owned(), to.trim().to_owned());
        if from.is_empty() || to.is_empty() {
            return Err(expected.to_owned());
        }
        if pairs.iter().any(|(known, _)| *known == from) {
            return Err("something of the primary stands there twice".to_owned());
        }
        pairs.push((from, to));
    }
    if pairs.is_empty() {
        return Err("expected at least one primary=secondary pair".to_owned());
    }
    Ok(pairs)
}

/// `kind=word` pairs.
pub(crate) fn per_kind<T: Copy>(
    text: &str,
    words: &[(&str, T)],
) -> Result<HashMap<Kind, T>, String> {
    let mut map = HashMap::new();
    for (kind, word) in pairs(text)? {
        let kind: Kind = kind
            .parse()
            .map_err(|error: change::UnknownKind| error.to_string())?;
        let known = words.iter().find(|(known, _)| *known == word);
        let (_, value) = known.ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("for {kind} expected {}", words.join(" or "))
        })?;
        map.insert(kind, *value);
    }
    Ok(map)
}

pub(crate) fn patterns(text: &str) -> Result<Vec<WildMatch>, String> {
    Ok(items(text).map(WildMatch::new).collect())
}

pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// A container name: 3 to 63 lower-case letters, digits and single hyphens.
pub(crate) fn container(text: &str) -> Result<String, String> {
    let fits = change::is_container(text);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "expected a container name: 3 to 63 lower-case letters, digits and hyphens".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for bad in [
            "",
            "2",
            "m",
            "2d",
            "-1s",
            "99999999999999999999s",
            "18446744073709551615h",
            "1.5m",
            "2é",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn storage_maps_are_pairs() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            storage_map(" one=two , three=four,"),
            Ok(vec![pair("one", "two"), pair("three", "four")])
        );
        for bad in ["", "one", "one=", "one=Two", "one=two,one=three"] {
            assert!(storage_map(bad).is_err(), "{bad}");
        }
    }
}
