//! Signature algorithms of requests (RFC 7518 §3.1, RFC 8037 §3.1).

use aws_lc_rs::signature as lc;

use crate::acme::Problem;
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

/// An algorithm that a request may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JwsAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// ECDSA with P-521 and SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl JwsAlgorithm {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Es256, Self::Es384, Self::Es512, Self::EdDsa, Self::Rs256, Self::Rs384, Self::Rs512];

    /// The value of `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    // RFC 8555 §6.2: "The JWS alg MUST NOT be none or a MAC"; what is not on the list is answered with the list.
    /// Reads `alg`.
    ///
    /// # Errors
    /// `badSignatureAlgorithm` with the accepted ones.
    pub fn from_name(name: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|algorithm| algorithm.name() == name);
        known.ok_or_else(|| refusal(format!("alg {:?} is not supported", name.chars().take(32).collect::<String>())))
    }

    /// The algorithm a key signs with by default.
    pub fn for_key(key: KeyAlgorithm) -> Self {
        match key {
            KeyAlgorithm::EcdsaP256 => Self::Es256,
            KeyAlgorithm::EcdsaP384 => Self::Es384,
            KeyAlgorithm::EcdsaP521 => Self::Es512,
            KeyAlgorithm::Ed25519 => Self::EdDsa,
            KeyAlgorithm::Rsa { .. } => Self::Rs256,
        }
    }

    /// Verifies a signature in the form of RFC 7518: for ECDSA r and s in full length, one after the other.
    ///
    /// # Errors
    /// `badSignatureAlgorithm` when the key is of another kind, `malformed` when the signature is not of this key.
    pub fn verify(self, key: &SubjectPublicKeyInfo, message: &[u8], signature: &[u8]) -> Result<(), Problem> {
        if !self.fits(key.algorithm()) {
            return Err(refusal(format!("alg {} does not go with a key of type {}", self.name(), key.algorithm())));
        }
        lc::UnparsedPublicKey::new(self.verifier(), key.as_der())
            .verify(message, signature)
            .map_err(|_| Problem::malformed("the signature of the JWS does not verify under its key"))
    }

    // RFC 7518 §3.4: each ECDSA algorithm belongs to one curve.
    /// Whether a key of this kind signs with it.
    pub fn fits(self, key: KeyAlgorithm) -> bool {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => matches!(key, KeyAlgorithm::Rsa { .. }),
            Self::Es256 | Self::Es384 | Self::Es512 | Self::EdDsa => Self::for_key(key) == self,
        }
    }

    fn verifier(self) -> &'static dyn lc::VerificationAlgorithm {
        match self {
            Self::Es256 => &lc::ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &lc::ECDSA_P384_SHA384_FIXED,
            Self::Es512 => &lc::ECDSA_P521_SHA512_FIXED,
            Self::EdDsa => &lc::ED25519,
            Self::Rs256 => &lc::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &lc::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        }
    }
}

fn refusal(rule: String) -> Problem {
    Problem::bad_signature_algorithm(rule, JwsAlgorithm::ALL.map(JwsAlgorithm::name))
}
