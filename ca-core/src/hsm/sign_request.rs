//! What is asked of a private key, and its answer.
//!
//! A request can be made only where policy and lint come before it: in `issuance`, `revocation`, `signing`,
//! `timestamp`, and in `hsm::probe` for a canary key.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::{Failure, KeyRef, KeyState, base64_text};
use crate::x509::algorithm::InvalidSignature;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm, SubjectPublicKeyInfo};

/// What a signature is for. A key serves the purposes it was made for and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignPurpose {
    /// A TBSCertificate.
    Certificate,
    /// A TBSCertList.
    Crl,
    /// The ResponseData of an OCSP response.
    Ocsp,
    /// Something a build made: code, a package, a document.
    Artifact,
    /// A timestamp token (RFC 3161).
    Timestamp,
    /// A nonce, to see that the HSM signs.
    Probe,
}

impl SignPurpose {
    /// Every purpose.
    pub const ALL: [Self; 6] = [Self::Certificate, Self::Crl, Self::Ocsp, Self::Artifact, Self::Timestamp, Self::Probe];

    const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
            Self::Artifact => "artifact",
            Self::Timestamp => "timestamp",
            Self::Probe => "probe",
        }
    }
}

impl fmt::Display for SignPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that names no [`SignPurpose`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a purpose of a key: use certificate, crl, ocsp, artifact, timestamp or probe")]
pub struct InvalidSignPurpose(String);

impl FromStr for SignPurpose {
    type Err = InvalidSignPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let purpose = Self::ALL.into_iter().find(|purpose| purpose.name() == text);
        purpose.ok_or_else(|| InvalidSignPurpose(text.to_owned()))
    }
}

/// A hash function of the SHA-2 family (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// The hash inside a signature algorithm; `None` for Ed25519, which takes the message itself.
    pub const fn of(algorithm: SignatureAlgorithm) -> Option<Self> {
        use SignatureAlgorithm as A;
        match algorithm {
            A::EcdsaSha256 | A::RsaPkcs1Sha256 => Some(Self::Sha256),
            A::EcdsaSha384 | A::RsaPkcs1Sha384 => Some(Self::Sha384),
            A::EcdsaSha512 | A::RsaPkcs1Sha512 => Some(Self::Sha512),
            A::Ed25519 => None,
        }
    }

    /// Every function, shortest digest first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its word: `sha256`, `sha384`, `sha512`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Octets of a digest.
    pub fn output_len(self) -> usize {
        self.engine().output_len()
    }

    pub(crate) fn engine(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that names no [`DigestAlgorithm`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a digest algorithm: use sha256, sha384 or sha512")]
pub struct UnknownDigestAlgorithm(String);

impl FromStr for DigestAlgorithm {
    type Err = UnknownDigestAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let algorithm = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
        algorithm.ok_or_else(|| UnknownDigestAlgorithm(text.to_owned()))
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The whole message; the HSM layer hashes it.
    Message(#[serde(with = "base64_text")] Vec<u8>),
    /// A digest made elsewhere; for [`SignPurpose::Artifact`] only, and not for Ed25519.
    Digest {
        /// The hash function.
        algorithm: DigestAlgorithm,
        /// Its value.
        #[serde(with = "base64_text")]
        value: Vec<u8>,
    },
}

/// A request for one signature: owned and serialisable, because it may cross a process boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignRequest {
    key: KeyRef,
    algorithm: SignatureAlgorithm,
    purpose: SignPurpose,
    state: KeyState,
    time_limit: Duration,
    input: Input,
}

impl SignRequest {
    /// A request to sign `input` with `key`, whose recorded state is `state`, answered within `time_limit`.
    pub(crate) fn new(
        key: KeyRef,
        algorithm: SignatureAlgorithm,
        purpose: SignPurpose,
        state: KeyState,
        time_limit: Duration,
        input: Input,
    ) -> Self {
        Self { key, algorithm, purpose, state, time_limit, input }
    }

    /// The key that signs.
    pub fn key(&self) -> &KeyRef {
        &self.key
    }

    /// The algorithm it signs with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// What the signature is for.
    pub fn purpose(&self) -> SignPurpose {
        self.purpose
    }

    /// The key's state as the caller has it on record.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// How long the caller waits.
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// What is signed.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Refuses what no HSM may be asked for. Every backend asks this before it touches the key.
    ///
    /// # Errors
    /// [`Failure::StateForbids`] or [`Failure::InvalidInput`].
    pub fn check(&self) -> Result<(), Failure> {
        self.check_state(self.state)?;
        self.check_algorithm()?;
        match &self.input {
            Input::Message(_) => Ok(()),
            Input::Digest { algorithm, value } => self.check_digest(*algorithm, value),
        }
    }

    /// The (state x purpose) table for a state that the HSM itself has on record.
    pub(crate) fn check_state(&self, state: KeyState) -> Result<(), Failure> {
        if state.permits(self.purpose) {
            return Ok(());
        }
        Err(Failure::StateForbids { state, purpose: self.purpose })
    }

    fn check_algorithm(&self) -> Result<(), Failure> {
        let default = SignatureAlgorithm::for_key(self.key.public_key.algorithm());
        let fits = match self.key.public_key.algorithm() {
            KeyAlgorithm::Rsa { .. } => {
                use SignatureAlgorithm as A;
                matches!(self.algorithm, A::RsaPkcs1Sha256 | A::RsaPkcs1Sha384 | A::RsaPkcs1Sha512)
            }
            // The curve fixes the hash, as AWS KMS and FIPS 186-5 strength matching have it.
            _ => self.algorithm == default,
        };
        if fits { Ok(()) } else { Err(Failure::InvalidInput("the signature algorithm does not belong to the key")) }
    }

    fn check_digest(&self, algorithm: DigestAlgorithm, value: &[u8]) -> Result<(), Failure> {
        if self.purpose != SignPurpose::Artifact {
            return Err(Failure::InvalidInput("only an artifact is signed by its digest; give the whole message"));
        }
        match DigestAlgorithm::of(self.algorithm) {
            None => Err(Failure::InvalidInput("Ed25519 signs messages, not digests (RFC 8032)")),
            Some(expected) if expected != algorithm => {
                Err(Failure::InvalidInput("the digest is not of the hash in the signature algorithm"))
            }
            Some(_) if value.len() != algorithm.engine().output_len() => {
                Err(Failure::InvalidInput("the digest does not have the length of its hash"))
            }
            Some(_) => Ok(()),
        }
    }

    /// The digest that ECDSA and RSA sign; `None` for Ed25519.
    pub(crate) fn digest(&self) -> Option<digest::Digest> {
        match &self.input {
            Input::Message(message) => {
                DigestAlgorithm::of(self.algorithm).map(|algorithm| digest::digest(algorithm.engine(), message))
            }
            Input::Digest { algorithm, value } => digest::Digest::import_less_safe(value, algorithm.engine()).ok(),
        }
    }

    /// Lets a signature out only if it verifies under the key's public key.
    pub(crate) fn verified(&self, signature: Vec<u8>) -> Result<Signature, Failure> {
        let key = &self.key.public_key;
        let verdict = match (&self.input, self.digest()) {
            (Input::Message(message), _) => self.algorithm.verify(key, message, &signature),
            (Input::Digest { .. }, Some(digest)) => self.algorithm.verify_digest(key, &digest, &signature),
            (Input::Digest { .. }, None) => return Err(Failure::BadSignature),
        };
        let proof = match &self.input {
            Input::Message(message) => Some(Proof::of(self.algorithm, key, message)),
            Input::Digest { .. } => None,
        };
        verdict.map(|()| Signature { octets: signature, proof }).map_err(|_| Failure::BadSignature)
    }
}

/// A verified signature: exactly the octets of the BIT STRING (ECDSA as DER `ECDSA-Sig-Value`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signature {
    #[serde(with = "base64_text")]
    octets: Vec<u8>,
    /// What it was verified for in this process. A signature from elsewhere has none.
    #[serde(skip)]
    proof: Option<Proof>,
}

impl Signature {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// The octets, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.octets
    }

    /// Sees that this is the signature of `message` under `key`, which is not computed again when this process did so for
    /// the very same algorithm, key and message.
    ///
    /// # Errors
    /// [`InvalidSignature`] when it is not.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &SubjectPublicKeyInfo,
        message: &[u8],
    ) -> Result<(), InvalidSignature> {
        if self.proof == Some(Proof::of(algorithm, key, message)) {
            return Ok(());
        }
        algorithm.verify(key, message, &self.octets)
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl Eq for Signature {}

/// What a signature was verified for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proof {
    algorithm: SignatureAlgorithm,
    key_sha256: [u8; 32],
    message_sha256: [u8; 32],
}

impl Proof {
    fn of(algorithm: SignatureAlgorithm, key: &SubjectPublicKeyInfo, message: &[u8]) -> Self {
        let mut message_sha256 = [0; 32];
        message_sha256.copy_from_slice(digest::digest(&digest::SHA256, message).as_ref());
        Self { algorithm, key_sha256: key.sha256(), message_sha256 }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    fn key() -> (EcdsaKeyPair, SubjectPublicKeyInfo) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = SubjectPublicKeyInfo::from_point(KeyAlgorithm::EcdsaP256, pair.public_key().as_ref()).unwrap();
        (pair, key)
    }

    #[test]
    fn a_proof_is_for_one_algorithm_key_and_message() {
        let ((pair, one), (_, other)) = (key(), key());
        let octets = pair.sign(&SystemRandom::new(), b"message").unwrap().as_ref().to_vec();
        let algorithm = SignatureAlgorithm::EcdsaSha256;
        let proof = Some(Proof::of(algorithm, &one, b"message"));
        for proof in [proof, None] {
            let signature = Signature { octets: octets.clone(), proof };
            signature.verify(algorithm, &one, b"message").unwrap();
            signature.verify(algorithm, &one, b"another message").unwrap_err();
            signature.verify(algorithm, &other, b"message").unwrap_err();
            signature.verify(SignatureAlgorithm::RsaPkcs1Sha256, &one, b"message").unwrap_err();
        }
    }

    #[test]
    fn a_signature_from_elsewhere_is_verified_whatever_it_says() {
        let (_, key) = key();
        let forged: Signature = serde_json::from_str(r#""AAAA""#).unwrap();
        forged.verify(SignatureAlgorithm::EcdsaSha256, &key, b"message").unwrap_err();
    }
}
