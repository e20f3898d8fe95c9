//! Key and signature algorithms, their identifiers, and verification.

use aws_lc_rs::signature as lc;
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::{Any, Null};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::SubjectPublicKeyInfo;

/// What kind of public key a certificate binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Bits of the modulus.
        modulus_bits: u32,
    },
    /// NIST P-256 (secp256r1).
    EcdsaP256,
    /// NIST P-384 (secp384r1).
    EcdsaP384,
    /// NIST P-521 (secp521r1).
    EcdsaP521,
    /// Edwards curve 25519 (RFC 8410).
    Ed25519,
}

impl std::fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa { modulus_bits } => write!(f, "rsa-{modulus_bits}"),
            Self::EcdsaP256 => f.write_str("ecdsa-p256"),
            Self::EcdsaP384 => f.write_str("ecdsa-p384"),
            Self::EcdsaP521 => f.write_str("ecdsa-p521"),
            Self::Ed25519 => f.write_str("ed25519"),
        }
    }
}

/// Text that names no kind of key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of key such as ecdsa-p256, rsa-3072 or ed25519")]
pub struct UnknownKeyAlgorithm(String);

/// What `Display` writes.
impl std::str::FromStr for KeyAlgorithm {
    type Err = UnknownKeyAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownKeyAlgorithm(text.to_owned());
        match text {
            "ecdsa-p256" => Ok(Self::EcdsaP256),
            "ecdsa-p384" => Ok(Self::EcdsaP384),
            "ecdsa-p521" => Ok(Self::EcdsaP521),
            "ed25519" => Ok(Self::Ed25519),
            other => {
                let bits = other.strip_prefix("rsa-").and_then(|bits| bits.parse().ok());
                bits.map(|modulus_bits| Self::Rsa { modulus_bits }).ok_or_else(unknown)
            }
        }
    }
}

/// How a certificate, CRL, CSR or JWS is signed. RSA is PKCS #1 v1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256.
    EcdsaSha256,
    /// ecdsa-with-SHA384.
    EcdsaSha384,
    /// ecdsa-with-SHA512.
    EcdsaSha512,
    /// sha256WithRSAEncryption.
    RsaPkcs1Sha256,
    /// sha384WithRSAEncryption.
    RsaPkcs1Sha384,
    /// sha512WithRSAEncryption.
    RsaPkcs1Sha512,
    /// id-Ed25519.
    Ed25519,
}

/// The signature does not verify under the public key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignature {
    /// The algorithm and the key do not go together, for instance ECDSA with an RSA key.
    #[error("{algorithm:?} cannot be verified with a key of type {key}")]
    KeyMismatch {
        /// Claimed signature algorithm.
        algorithm: SignatureAlgorithm,
        /// Type of the key at hand.
        key: KeyAlgorithm,
    },
    /// The arithmetic says no.
    #[error("the signature does not verify under the public key")]
    Mismatch,
}

const ALL: [SignatureAlgorithm; 7] = [
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::EcdsaSha384,
    SignatureAlgorithm::EcdsaSha512,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::Ed25519,
];

impl SignatureAlgorithm {
    /// What a CA key of this type signs with: the hash matches the strength of the key.
    pub fn for_key(key: KeyAlgorithm) -> Self {
        match key {
            KeyAlgorithm::Rsa { .. } => Self::RsaPkcs1Sha256,
            KeyAlgorithm::EcdsaP256 => Self::EcdsaSha256,
            KeyAlgorithm::EcdsaP384 => Self::EcdsaSha384,
            KeyAlgorithm::EcdsaP521 => Self::EcdsaSha512,
            KeyAlgorithm::Ed25519 => Self::Ed25519,
        }
    }

    /// The algorithm's object identifier.
    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaSha256 => rfc5912::ECDSA_WITH_SHA_256,
            Self::EcdsaSha384 => rfc5912::ECDSA_WITH_SHA_384,
            Self::EcdsaSha512 => rfc5912::ECDSA_WITH_SHA_512,
            Self::RsaPkcs1Sha256 => rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            Self::RsaPkcs1Sha384 => rfc5912::SHA_384_WITH_RSA_ENCRYPTION,
            Self::RsaPkcs1Sha512 => rfc5912::SHA_512_WITH_RSA_ENCRYPTION,
            Self::Ed25519 => rfc8410::ID_ED_25519,
        }
    }

    /// The `AlgorithmIdentifier` as it stands in certificates and CRLs.
    pub(crate) fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.oid(), parameters: self.is_rsa().then(|| Any::from(Null)) }
    }

    /// Reads an `AlgorithmIdentifier`; `None` for one that this CA does not accept.
    pub(crate) fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        let algorithm = ALL.into_iter().find(|a| a.oid() == identifier.oid)?;
        // RFC 5758 §3.2, RFC 8410 §3: parameters absent; RFC 4055 §5: NULL for RSA.
        let well_formed = match &identifier.parameters {
            None => !algorithm.is_rsa(),
            Some(parameters) => algorithm.is_rsa() && parameters.is_null(),
        };
        well_formed.then_some(algorithm)
    }

    fn is_rsa(self) -> bool {
        matches!(self, Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512)
    }

    /// Verifies `signature` (ECDSA as DER `ECDSA-Sig-Value`) over `message`.
    ///
    /// # Errors
    /// [`InvalidSignature`] when key and algorithm do not fit or the signature is wrong.
    pub fn verify(self, key: &SubjectPublicKeyInfo, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let mismatch = InvalidSignature::KeyMismatch { algorithm: self, key: key.algorithm() };
        let verifier = self.verifier(key.algorithm()).ok_or(mismatch)?;
        lc::UnparsedPublicKey::new(verifier, key.as_der())
            .verify(message, signature)
            .map_err(|_| InvalidSignature::Mismatch)
    }

    /// Verifies `signature` over a digest made elsewhere; not for Ed25519, which has none.
    pub(crate) fn verify_digest(
        self,
        key: &SubjectPublicKeyInfo,
        digest: &aws_lc_rs::digest::Digest,
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let mismatch = InvalidSignature::KeyMismatch { algorithm: self, key: key.algorithm() };
        let verifier = self.verifier(key.algorithm()).ok_or(mismatch)?;
        lc::UnparsedPublicKey::new(verifier, key.as_der())
            .verify_digest(digest, signature)
            .map_err(|_| InvalidSignature::Mismatch)
    }

    fn verifier(self, key: KeyAlgorithm) -> Option<&'static dyn lc::VerificationAlgorithm> {
        use KeyAlgorithm as K;
        Some(match (self, key) {
            (Self::EcdsaSha256, K::EcdsaP256) => &lc::ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaSha384, K::EcdsaP256) => &lc::ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaSha512, K::EcdsaP256) => &lc::ECDSA_P256_SHA512_ASN1,
            (Self::EcdsaSha256, K::EcdsaP384) => &lc::ECDSA_P384_SHA256_ASN1,
            (Self::EcdsaSha384, K::EcdsaP384) => &lc::ECDSA_P384_SHA384_ASN1,
            (Self::EcdsaSha512, K::EcdsaP384) => &lc::ECDSA_P384_SHA512_ASN1,
            (Self::EcdsaSha256, K::EcdsaP521) => &lc::ECDSA_P521_SHA256_ASN1,
            (Self::EcdsaSha384, K::EcdsaP521) => &lc::ECDSA_P521_SHA384_ASN1,
            (Self::EcdsaSha512, K::EcdsaP521) => &lc::ECDSA_P521_SHA512_ASN1,
            (Self::RsaPkcs1Sha256, K::Rsa { .. }) => &lc::RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaPkcs1Sha384, K::Rsa { .. }) => &lc::RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaPkcs1Sha512, K::Rsa { .. }) => &lc::RSA_PKCS1_2048_8192_SHA512,
            (Self::Ed25519, K::Ed25519) => &lc::ED25519,
            _ => return None,
        })
    }
}
