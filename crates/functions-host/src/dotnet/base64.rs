//! `Convert.FromBase64String`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes as .NET does: white space is ignored, padding is required, left-over bits are not checked. The empty
/// string is valid and empty.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let squeezed: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .collect();
    LENIENT.decode(squeezed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_base64_is_base64() {
        assert_eq!(decode("aGVsbG8=").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(
            decode(" aGVs\r\nbG8= ").as_deref(),
            Some(b"hello".as_slice())
        );
        assert!(decode("abcd").is_some() && decode("test").is_some() && decode("").is_some());
        assert!(
            decode("hello").is_none()
                && decode("aGVsbG8").is_none()
                && decode("{\"a\":1}").is_none()
        );
    }
}
