//! The certified key is of a known kind and not weak on its face.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new(
    "public-key",
    "RFC 5280 §4.1.2.7, RFC 3279 §2.3.1, RFC 5480 §2, RFC 8410 §3; FIPS 186-5 §5.1 and §A.1.1",
    check,
);

fn check(certificate: &Examined<'_>) -> Verdict {
    let key = certificate.key.as_ref().ok_or("the public key is malformed or of an unknown kind")?;
    let bits = key.key_bits();
    let valid = match key.algorithm() {
        KeyAlgorithm::Rsa { modulus_bits } => return check_rsa(key, modulus_bits),
        KeyAlgorithm::EcdsaP256 => p256::PublicKey::from_sec1_bytes(bits).is_ok(),
        KeyAlgorithm::EcdsaP384 => p384::PublicKey::from_sec1_bytes(bits).is_ok(),
        KeyAlgorithm::EcdsaP521 => p521::PublicKey::from_sec1_bytes(bits).is_ok(),
        KeyAlgorithm::Ed25519 => <&[u8; 32]>::try_from(bits)
            .is_ok_and(|octets| ed25519_dalek::VerifyingKey::from_bytes(octets).is_ok_and(|key| !key.is_weak())),
    };
    if valid { Ok(()) } else { Err("the public key is not a point of its curve".into()) }
}

// FIPS 186-5 §A.1.1: 2^16 < e < 2^256, odd.
fn check_rsa(key: &SubjectPublicKeyInfo, modulus_bits: u32) -> Verdict {
    let numbers = key.rsa().ok_or("the RSA key is malformed")?;
    let odd = |octets: &[u8]| octets.last().is_some_and(|octet| octet % 2 == 1);
    let exponent = numbers.public_exponent.as_bytes();
    let in_range = match exponent {
        [high, _, _] => *high >= 1,
        longer => (4..=32).contains(&longer.len()),
    };
    if modulus_bits < 2048 {
        Err(format!("the RSA modulus has {modulus_bits} bits, fewer than 2048"))
    } else if !odd(numbers.modulus.as_bytes()) {
        Err("the RSA modulus is even".into())
    } else if !odd(exponent) || !in_range {
        Err("the RSA exponent is even, less than 65537 or larger than 256 bits".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, key, leaf, passes, rsa_key};
    use crate::x509::KeyAlgorithm;

    #[test]
    fn keys_of_every_known_kind_pass() {
        use KeyAlgorithm::{EcdsaP256, EcdsaP384, EcdsaP521, Ed25519};
        for algorithm in [EcdsaP256, EcdsaP384, EcdsaP521, Ed25519] {
            passes(&RULE, leaf().certifying(&key(algorithm)));
        }
        passes(&RULE, leaf().certifying(&rsa_key(2048, 0xff, &[1, 0, 1])));
    }

    #[test]
    fn weak_and_unknown_keys_are_refused() {
        breaks(&RULE, leaf().certifying(&rsa_key(2040, 0xff, &[1, 0, 1])), "2040");
        breaks(&RULE, leaf().certifying(&rsa_key(2048, 0xfe, &[1, 0, 1])), "even");
        for exponent in [&[3][..], &[1, 0, 0], &[0xff, 0xff], &[1, 0, 2]] {
            breaks(&RULE, leaf().certifying(&rsa_key(2048, 0xff, exponent)), "exponent");
        }
        let mut off_curve = key(KeyAlgorithm::EcdsaP256).as_der().to_vec();
        if let Some(last) = off_curve.last_mut() {
            *last ^= 1;
        }
        breaks(&RULE, leaf().with(|draft| draft.spki = off_curve), "not a point");
        let mut unknown = key(KeyAlgorithm::Ed25519).as_der().to_vec();
        if let Some(arc) = unknown.get_mut(8) {
            *arc = 0x71; // id-Ed448 with 32 octets of key.
        }
        breaks(&RULE, leaf().with(|draft| draft.spki = unknown), "unknown kind");
    }
}
