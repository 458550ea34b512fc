//! What a value must look like. Every error is a remedy and repeats no value.

use std::time::Duration;

use url::Url;

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

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
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

/// A storage account name: 3 to 24 lower-case letters and digits.
pub(crate) fn storage_account(text: &str) -> Result<String, String> {
    let fits = (3..=24).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "a storage account's name has 3 to 24 lower-case letters and digits".to_owned()
    })
}

pub(crate) fn storage_map(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (from, to) = pair
            .split_once('=')
            .ok_or("expected primary=secondary pairs, separated by commas")?;
        let (from, to) = (storage_account(from.trim())?, storage_account(to.trim())?);
        if pairs.iter().any(|(known, _)| *known == from) {
            return Err("a storage account of the primary stands there twice".to_owned());
        }
        pairs.push((from, to));
    }
    if pairs.is_empty() {
        return Err("expected at least one primary=secondary pair".to_owned());
    }
    Ok(pairs)
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
