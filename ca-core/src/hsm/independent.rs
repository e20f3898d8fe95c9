//! A second opinion on a signature: the RustCrypto implementations, which share no code with aws-lc-rs.

use aws_lc_rs::digest;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

use super::DigestAlgorithm;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm, SubjectPublicKeyInfo};

/// What the second implementation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature verifies.
    Agrees,
    /// It does not.
    Disagrees,
    /// There is no second implementation of this algorithm here (RSA).
    NoOpinion,
}

/// Verifies `signature` over `message` with an implementation independent of the one that verifies everywhere else.
pub fn verify(algorithm: SignatureAlgorithm, key: &SubjectPublicKeyInfo, message: &[u8], signature: &[u8]) -> Verdict {
    match (key.algorithm(), DigestAlgorithm::of(algorithm)) {
        (KeyAlgorithm::Ed25519, None) => verdict(ed25519(key, message, signature)),
        (_, None) => Verdict::Disagrees,
        (_, Some(hash)) => verify_digest(algorithm, key, &digest::digest(hash.engine(), message), signature),
    }
}

/// The same over a digest by the hash of `algorithm`, for a message too long to be hashed once more.
pub(crate) fn verify_digest(
    algorithm: SignatureAlgorithm,
    key: &SubjectPublicKeyInfo,
    digest: &digest::Digest,
    signature: &[u8],
) -> Verdict {
    use {KeyAlgorithm as K, SignatureAlgorithm as A};
    match (key.algorithm(), algorithm) {
        (K::EcdsaP256, A::EcdsaSha256) => verdict(p256(key, digest, signature)),
        (K::EcdsaP384, A::EcdsaSha384) => verdict(p384(key, digest, signature)),
        (K::EcdsaP521, A::EcdsaSha512) => verdict(p521(key, digest, signature)),
        (K::Rsa { .. }, _) => Verdict::NoOpinion,
        _ => Verdict::Disagrees,
    }
}

fn verdict(agrees: Option<()>) -> Verdict {
    if agrees.is_some() { Verdict::Agrees } else { Verdict::Disagrees }
}

fn p256(key: &SubjectPublicKeyInfo, digest: &digest::Digest, signature: &[u8]) -> Option<()> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key.key_bits()).ok()?;
    key.verify_prehash(digest.as_ref(), &p256::ecdsa::Signature::from_der(signature).ok()?).ok()
}

fn p384(key: &SubjectPublicKeyInfo, digest: &digest::Digest, signature: &[u8]) -> Option<()> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key.key_bits()).ok()?;
    key.verify_prehash(digest.as_ref(), &p384::ecdsa::Signature::from_der(signature).ok()?).ok()
}

fn p521(key: &SubjectPublicKeyInfo, digest: &digest::Digest, signature: &[u8]) -> Option<()> {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key.key_bits()).ok()?;
    key.verify_prehash(digest.as_ref(), &p521::ecdsa::Signature::from_der(signature).ok()?).ok()
}

fn ed25519(key: &SubjectPublicKeyInfo, message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.key_bits().try_into().ok()?).ok()?;
    key.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature).ok()?).ok()
}
