//! base64url as RFC 8555 §6.1 wants it: RFC 4648 §5 without padding, line breaks or stray bits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes without padding.
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

// RFC 8555 §6.1: "Encoded values that include trailing '=' characters MUST be rejected as improperly encoded."
/// Decodes the one canonical spelling of some bytes; `None` for every other text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(decode(""), Some(vec![]));
        assert_eq!(decode("AQ"), Some(vec![1]));
        for bad in ["AQ==", "AQ=", "AR", "A", "A+8", "A/8", "AQ\n", "\nAQ", "A Q", " AQ", "AQIDBA\r\n", "ü"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn bytes_survive_and_every_accepted_text_is_canonical(bytes: Vec<u8>, text in "[A-Za-z0-9_=-]{0,24}") {
            proptest::prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            if let Some(decoded) = decode(&text) {
                proptest::prop_assert_eq!(encode(decoded), text);
            }
        }
    }
}
