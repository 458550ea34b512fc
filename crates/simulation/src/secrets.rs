//! Secrets that can be recognised wherever they turn up, in whatever form.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

use crate::chance::Chance;

/// Every secret of every account begins with it.
const CANARY: &str = "CANARY";

/// A content key: 16 bytes.
pub(crate) fn key(chance: &Chance) -> Vec<u8> {
    password(chance, 10).into_bytes()
}

/// A text, as a password may be.
pub(crate) fn password(chance: &Chance, length: usize) -> String {
    let rest = (0..length).map(|_| *chance.pick(b"abcdefghijkmnpqrstuvwxyz23456789"));
    CANARY.chars().chain(rest.map(char::from)).collect()
}

/// What a text must not contain: the canary as it is, in base64 at each of its three alignments and twice over, in hex, and
/// percent-encoded throughout.
pub(crate) fn needles() -> BTreeSet<String> {
    let mut needles = BTreeSet::from([CANARY.to_owned()]);
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    needles.insert(hex.to_ascii_uppercase());
    needles.insert(hex);
    needles.insert(CANARY.bytes().map(|byte| format!("%{byte:02X}")).collect());
    let once = in_base64(CANARY.as_bytes());
    for form in &once {
        needles.extend(in_base64(form.as_bytes()));
    }
    needles.extend(once);
    needles
}

/// The part of a text's base64 that is the same whatever stands before and after it.
fn in_base64(text: &[u8]) -> Vec<String> {
    (0..3)
        .flat_map(|before| {
            let mut bytes = vec![b'x'; before];
            bytes.extend(text);
            // Characters that are made of the text's bytes alone.
            let first = (before * 8).div_ceil(6);
            let last = bytes.len() * 8 / 6;
            [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)]
                .map(|encoded| encoded[first..last].to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secret = format!("{CANARY}xyz123");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let base64 = STANDARD.encode(&secret);
        let forms = [
            format!("a {secret} b"),
            base64.clone(),
            STANDARD.encode(format!("{{\"a\":\"{secret}\"}}")),
            URL_SAFE.encode(format!("?{secret}")),
            STANDARD.encode(format!("{{\"value\":\"{base64}\"}}")),
            hex.to_ascii_uppercase(),
            hex,
            percent,
        ];
        for form in forms {
            assert!(
                needles().iter().any(|needle| form.contains(needle)),
                "{form}"
            );
        }
        assert!(
            !needles()
                .iter()
                .any(|needle| "nothing to see".contains(needle))
        );
    }
}
