//! A private key in memory, as an object of aws-lc-rs, which clears it when dropped.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as lc, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{digest, rsa};
use zeroize::Zeroizing;

use super::super::{Failure, Input, KeySpec, SignRequest};
use crate::x509::{SignatureAlgorithm, SubjectPublicKeyInfo};

/// A key pair that can sign.
pub(crate) enum Signer {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

const FAILED: Failure = Failure::Engine("a key could not be made or read");

impl Signer {
    /// A fresh private key as PKCS#8 (RFC 5958).
    pub(crate) fn generate(spec: KeySpec) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let random = SystemRandom::new();
        let failed = |_| FAILED;
        let octets = match (ecdsa(spec), rsa_size(spec)) {
            (Some(curve), _) => EcdsaKeyPair::generate_pkcs8(curve, &random).map_err(failed)?.as_ref().to_vec(),
            (_, Some(size)) => {
                let key = RsaKeyPair::generate(size).map_err(failed)?;
                key.as_der().map_err(failed)?.as_ref().to_vec()
            }
            _ => Ed25519KeyPair::generate_pkcs8(&random).map_err(failed)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(octets))
    }

    /// Reads PKCS#8; `None` if it is not a key of this specification.
    pub(crate) fn from_pkcs8(spec: KeySpec, pkcs8: &[u8]) -> Option<Self> {
        Some(match (ecdsa(spec), rsa_size(spec)) {
            (Some(curve), _) => Self::Ecdsa(EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok()?),
            (_, Some(_)) => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?),
            _ => Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
        })
    }

    /// The public half.
    pub(crate) fn public_key(&self, spec: KeySpec) -> Option<SubjectPublicKeyInfo> {
        match self {
            Self::Ecdsa(key) => SubjectPublicKeyInfo::from_point(spec.algorithm(), key.public_key().as_ref()).ok(),
            Self::Ed25519(key) => SubjectPublicKeyInfo::from_point(spec.algorithm(), key.public_key().as_ref()).ok(),
            Self::Rsa(key) => SubjectPublicKeyInfo::from_der(key.public_key().as_der().ok()?.as_ref()).ok(),
        }
    }

    /// Signs what [`SignRequest::check`] has passed; the result is not yet verified.
    pub(crate) fn sign(&self, request: &SignRequest) -> Result<Vec<u8>, Failure> {
        let failed = |_| Failure::Engine("signing");
        match (self, request.input(), request.digest()) {
            (Self::Ecdsa(key), _, Some(digest)) => {
                key.sign_digest(&digest).map(|signature| signature.as_ref().to_vec()).map_err(failed)
            }
            (Self::Rsa(key), _, Some(digest)) => rsa_sign(key, request.algorithm(), &digest),
            (Self::Ed25519(key), Input::Message(message), None) => {
                key.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(failed)
            }
            _ => Err(Failure::InvalidInput("the signature algorithm does not belong to the key")),
        }
    }
}

fn ecdsa(spec: KeySpec) -> Option<&'static EcdsaSigningAlgorithm> {
    match spec {
        KeySpec::EcdsaP256 => Some(&lc::ECDSA_P256_SHA256_ASN1_SIGNING),
        KeySpec::EcdsaP384 => Some(&lc::ECDSA_P384_SHA384_ASN1_SIGNING),
        KeySpec::EcdsaP521 => Some(&lc::ECDSA_P521_SHA512_ASN1_SIGNING),
        KeySpec::Rsa3072 | KeySpec::Rsa4096 | KeySpec::Ed25519 => None,
    }
}

fn rsa_size(spec: KeySpec) -> Option<rsa::KeySize> {
    match spec {
        KeySpec::Rsa3072 => Some(rsa::KeySize::Rsa3072),
        KeySpec::Rsa4096 => Some(rsa::KeySize::Rsa4096),
        KeySpec::EcdsaP256 | KeySpec::EcdsaP384 | KeySpec::EcdsaP521 | KeySpec::Ed25519 => None,
    }
}

fn rsa_sign(key: &RsaKeyPair, algorithm: SignatureAlgorithm, digest: &digest::Digest) -> Result<Vec<u8>, Failure> {
    let padding: &'static dyn RsaEncoding = match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &lc::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &lc::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &lc::RSA_PKCS1_SHA512,
        _ => return Err(Failure::InvalidInput("the signature algorithm does not belong to the key")),
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign_digest(padding, digest, &mut signature).map_err(|_| Failure::Engine("signing"))?;
    Ok(signature)
}
