//! A public key in words: what it is, how strong, and whether something is wrong with it.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use der::Encode as _;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::identifier;
use crate::x509::public_key::InvalidPublicKey;
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo, key_strength};

/// A public key in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Its type and size: `ECDSA P-256`.
    pub algorithm: String,
    /// How strong it is.
    pub strength: String,
    /// What is wrong with it, if something is.
    pub weakness: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo: what the key is known by.
    pub spki_sha256: [u8; 32],
}

pub(super) fn describe(info: &SubjectPublicKeyInfoOwned) -> KeyDescription {
    let der = info.to_der().unwrap_or_default();
    let mut spki_sha256 = [0; 32];
    spki_sha256.copy_from_slice(digest::digest(&digest::SHA256, &der).as_ref());
    match SubjectPublicKeyInfo::from_der(&der) {
        Ok(key) => KeyDescription {
            algorithm: algorithm(key.algorithm()),
            strength: strength(key.algorithm()),
            weakness: key_strength::check(&key).err().map(|weak| weak.to_string()),
            spki_sha256,
        },
        Err(error) => KeyDescription {
            algorithm: foreign(info.algorithm.oid, &error),
            strength: "This CA does not know keys of this kind, so it says nothing of their strength.".to_owned(),
            weakness: Some(error.to_string()),
            spki_sha256,
        },
    }
}

fn algorithm(algorithm: KeyAlgorithm) -> String {
    match algorithm {
        KeyAlgorithm::Rsa { modulus_bits } => format!("RSA, {modulus_bits} bits"),
        KeyAlgorithm::EcdsaP256 => "ECDSA P-256".to_owned(),
        KeyAlgorithm::EcdsaP384 => "ECDSA P-384".to_owned(),
        KeyAlgorithm::EcdsaP521 => "ECDSA P-521".to_owned(),
        KeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
    }
}

// NIST SP 800-57 part 1, revision 5, table 2.
fn strength(algorithm: KeyAlgorithm) -> String {
    let bits = match algorithm {
        KeyAlgorithm::Rsa { modulus_bits: ..2048 } => return "Too short: keys of this size can be broken.".to_owned(),
        KeyAlgorithm::Rsa { modulus_bits: 2048..3072 } => 112,
        KeyAlgorithm::Rsa { modulus_bits: 3072..7680 } | KeyAlgorithm::EcdsaP256 | KeyAlgorithm::Ed25519 => 128,
        KeyAlgorithm::Rsa { modulus_bits: 7680.. } | KeyAlgorithm::EcdsaP384 => 192,
        KeyAlgorithm::EcdsaP521 => 256,
    };
    let advice = if bits == 112 { "; meant to be used until 2030" } else { "" };
    format!("At least {bits} bits of security{advice}.")
}

fn foreign(oid: ObjectIdentifier, error: &InvalidPublicKey) -> String {
    match error {
        InvalidPublicKey::UnsupportedAlgorithm(curve) if *curve != oid => {
            format!("elliptic curve {}", identifier::name(*curve))
        }
        _ => identifier::name(oid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_is_that_of_the_table() {
        let rsa = |modulus_bits| strength(KeyAlgorithm::Rsa { modulus_bits });
        assert!(rsa(1024).starts_with("Too short"));
        assert_eq!(rsa(2048), "At least 112 bits of security; meant to be used until 2030.");
        assert_eq!(rsa(4096), "At least 128 bits of security.");
        assert_eq!(strength(KeyAlgorithm::EcdsaP384), "At least 192 bits of security.");
    }
}
