//! Curves and points as tokens spell them.

use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

/// DER object identifiers of the curves (RFC 5480 §2.1.1.1, RFC 8410 §3).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// The same curve as a PrintableString, as PKCS#11 3.0 had it at first.
const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";

/// Spellings of `CKA_EC_PARAMS` for a curve, the better one first; none for RSA.
pub(super) fn spellings(algorithm: KeyAlgorithm) -> &'static [&'static [u8]] {
    match algorithm {
        KeyAlgorithm::EcdsaP256 => &[P256],
        KeyAlgorithm::EcdsaP384 => &[P384],
        KeyAlgorithm::EcdsaP521 => &[P521],
        KeyAlgorithm::Ed25519 => &[ED25519, ED25519_NAME],
        KeyAlgorithm::Rsa { .. } => &[],
    }
}

/// The curve that `CKA_EC_PARAMS` names.
pub(super) fn curve(parameters: &[u8]) -> Option<KeyAlgorithm> {
    use KeyAlgorithm as K;
    [K::EcdsaP256, K::EcdsaP384, K::EcdsaP521, K::Ed25519]
        .into_iter()
        .find(|algorithm| spellings(*algorithm).contains(&parameters))
}

/// Reads `CKA_EC_POINT`: the point inside a DER OCTET STRING as the standard has it, or the bare point.
pub(super) fn public_key(algorithm: KeyAlgorithm, point: &[u8]) -> Option<SubjectPublicKeyInfo> {
    let inner = match point {
        [0x04, length @ 0..=0x7f, rest @ ..] if rest.len() == usize::from(*length) => Some(rest),
        [0x04, 0x81, length @ 0x80..=0xff, rest @ ..] if rest.len() == usize::from(*length) => Some(rest),
        _ => None,
    };
    // The lengths of the curves leave no doubt which of the two it is: one of them is refused.
    let key = |point| SubjectPublicKeyInfo::from_point(algorithm, point).ok();
    inner.and_then(key).or_else(|| key(point))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn both_spellings_of_a_point_are_read() {
        for (algorithm, length) in [
            (KeyAlgorithm::EcdsaP256, 65),
            (KeyAlgorithm::EcdsaP384, 97),
            (KeyAlgorithm::EcdsaP521, 133),
            (KeyAlgorithm::Ed25519, 32),
        ] {
            let mut point = vec![7; length];
            if length != 32 {
                point[0] = 0x04;
            }
            let short = u8::try_from(length).unwrap();
            let header = if length < 128 { vec![0x04, short] } else { vec![0x04, 0x81, short] };
            let bare = public_key(algorithm, &point).unwrap();
            assert_eq!(public_key(algorithm, &[header, point].concat()).unwrap(), bare);
        }
    }

    #[test]
    fn what_is_no_point_is_refused() {
        for point in [[].as_slice(), &[0x04], &[0x04, 0x02, 1], &[0x02; 65], &[0x04; 64]] {
            assert!(public_key(KeyAlgorithm::EcdsaP256, point).is_none(), "{point:02x?}");
        }
    }

    #[test]
    fn curves_are_told_apart() {
        assert_eq!(curve(ED25519_NAME), Some(KeyAlgorithm::Ed25519));
        assert_eq!(curve(P384), Some(KeyAlgorithm::EcdsaP384));
        // secp256k1 is none of ours.
        assert_eq!(curve(&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]), None);
    }
}
