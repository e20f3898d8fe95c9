//! What a client does: keys of every type, and requests signed with them. For tests.
#![allow(clippy::unwrap_used, reason = "tests")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as lc, KeyPair as _};
use serde_json::{Value, json};

use super::jws::JwsAlgorithm;
use super::{Jwk, base64url};
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

/// A client's key, in each type that ACME takes.
pub(super) enum ClientKey {
    Ecdsa(KeyAlgorithm, lc::EcdsaKeyPair),
    Ed25519(lc::Ed25519KeyPair),
    Rsa(lc::RsaKeyPair),
}

impl ClientKey {
    fn ecdsa(algorithm: KeyAlgorithm) -> Self {
        let signing = match algorithm {
            KeyAlgorithm::EcdsaP256 => &lc::ECDSA_P256_SHA256_FIXED_SIGNING,
            KeyAlgorithm::EcdsaP384 => &lc::ECDSA_P384_SHA384_FIXED_SIGNING,
            _ => &lc::ECDSA_P521_SHA512_FIXED_SIGNING,
        };
        Self::Ecdsa(algorithm, lc::EcdsaKeyPair::generate(signing).unwrap())
    }

    pub(super) fn p256() -> Self {
        Self::ecdsa(KeyAlgorithm::EcdsaP256)
    }

    pub(super) fn every() -> Vec<Self> {
        vec![
            Self::p256(),
            Self::ecdsa(KeyAlgorithm::EcdsaP384),
            Self::ecdsa(KeyAlgorithm::EcdsaP521),
            Self::Ed25519(lc::Ed25519KeyPair::generate().unwrap()),
            Self::Rsa(lc::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap()),
        ]
    }

    pub(super) fn public_key(&self) -> SubjectPublicKeyInfo {
        match self {
            Self::Ecdsa(algorithm, pair) => SubjectPublicKeyInfo::from_point(*algorithm, pair.public_key().as_ref()),
            Self::Ed25519(pair) => SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, pair.public_key().as_ref()),
            Self::Rsa(pair) => {
                let components = aws_lc_rs::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                SubjectPublicKeyInfo::from_rsa(&components.n, &components.e)
            }
        }
        .unwrap()
    }

    pub(super) fn jwk(&self) -> Value {
        serde_json::from_str(&Jwk::from_public_key(self.public_key()).to_json()).unwrap()
    }

    pub(super) fn sign(&self, algorithm: JwsAlgorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ecdsa(_, pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let encoding = match algorithm {
                    JwsAlgorithm::Rs384 => &lc::RSA_PKCS1_SHA384,
                    JwsAlgorithm::Rs512 => &lc::RSA_PKCS1_SHA512,
                    _ => &lc::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The three parts under any header.
    pub(super) fn jws(&self, header: &Value, payload: &str) -> Value {
        let algorithm = JwsAlgorithm::from_name(header["alg"].as_str().unwrap_or("")).unwrap_or(JwsAlgorithm::Es256);
        let protected = base64url::encode(header.to_string());
        let payload = base64url::encode(payload);
        let signature = self.sign(algorithm, format!("{protected}.{payload}").as_bytes());
        json!({"protected": protected, "payload": payload, "signature": base64url::encode(signature)})
    }
}
