//! `SubjectPublicKeyInfo`: a public key as certificates, CSRs and JWKs give it, parsed once.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::{AnyRef, BitString, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};

use super::{EncodingError, KeyAlgorithm};

/// A public key with its exact DER encoding.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SubjectPublicKeyInfo {
    der: Vec<u8>,
    algorithm: KeyAlgorithm,
    key_bits: Vec<u8>,
}

impl std::fmt::Debug for SubjectPublicKeyInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SubjectPublicKeyInfo({}, {} bytes)", self.algorithm, self.der.len())
    }
}

/// Why a public key cannot be used at all. Weakness is judged by `x509::key_strength`.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPublicKey {
    /// Not a DER `SubjectPublicKeyInfo`.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Neither RSA, P-256, P-384, P-521 nor Ed25519.
    #[error("keys of algorithm {0} are not supported: use RSA, P-256, P-384, P-521 or Ed25519")]
    UnsupportedAlgorithm(ObjectIdentifier),
    /// Parameters or key bits that do not belong to the algorithm.
    #[error("the public key is malformed: {0}")]
    Malformed(&'static str),
}

/// `RSAPublicKey` of RFC 8017 §A.1.1.
#[derive(Sequence)]
pub(crate) struct RsaPublicKey<'a> {
    pub(crate) modulus: UintRef<'a>,
    pub(crate) public_exponent: UintRef<'a>,
}

impl SubjectPublicKeyInfo {
    /// Parses DER and keeps the very bytes.
    ///
    /// # Errors
    /// [`InvalidPublicKey`] for other algorithms, wrong parameters or garbage.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidPublicKey> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(EncodingError::of("SubjectPublicKeyInfo"))?;
        let bits = info.subject_public_key.as_bytes().ok_or(InvalidPublicKey::Malformed("unused bits"))?;
        let algorithm = identify(info.algorithm.oid, info.algorithm.parameters, bits)?;
        Ok(Self { der: der.to_vec(), algorithm, key_bits: bits.to_vec() })
    }

    /// An elliptic-curve key from its uncompressed point (0x04 || X || Y) or an Ed25519 key from its 32 octets.
    ///
    /// # Errors
    /// [`InvalidPublicKey`] when the octets do not have the algorithm's length; RSA is refused.
    pub fn from_point(algorithm: KeyAlgorithm, point: &[u8]) -> Result<Self, InvalidPublicKey> {
        let curve = |oid| Some(der::asn1::Any::from(&oid));
        let (oid, parameters) = match algorithm {
            KeyAlgorithm::EcdsaP256 => (rfc5912::ID_EC_PUBLIC_KEY, curve(rfc5912::SECP_256_R_1)),
            KeyAlgorithm::EcdsaP384 => (rfc5912::ID_EC_PUBLIC_KEY, curve(rfc5912::SECP_384_R_1)),
            KeyAlgorithm::EcdsaP521 => (rfc5912::ID_EC_PUBLIC_KEY, curve(rfc5912::SECP_521_R_1)),
            KeyAlgorithm::Ed25519 => (rfc8410::ID_ED_25519, None),
            KeyAlgorithm::Rsa { .. } => return Err(InvalidPublicKey::Malformed("RSA keys have no point")),
        };
        Self::assemble(AlgorithmIdentifierOwned { oid, parameters }, point)
    }

    /// An RSA key from big-endian modulus and public exponent.
    ///
    /// # Errors
    /// [`InvalidPublicKey`] when a number is empty or too large to encode.
    pub fn from_rsa(modulus: &[u8], public_exponent: &[u8]) -> Result<Self, InvalidPublicKey> {
        let error = EncodingError::of("RSAPublicKey");
        let key = RsaPublicKey {
            modulus: UintRef::new(modulus).map_err(&error)?,
            public_exponent: UintRef::new(public_exponent).map_err(&error)?,
        };
        let parameters = Some(der::asn1::Any::from(der::asn1::Null));
        let algorithm = AlgorithmIdentifierOwned { oid: rfc5912::RSA_ENCRYPTION, parameters };
        Self::assemble(algorithm, &key.to_der().map_err(&error)?)
    }

    fn assemble(algorithm: AlgorithmIdentifierOwned, bits: &[u8]) -> Result<Self, InvalidPublicKey> {
        let error = EncodingError::of("SubjectPublicKeyInfo");
        let subject_public_key = BitString::from_bytes(bits).map_err(&error)?;
        let der = SubjectPublicKeyInfoOwned { algorithm, subject_public_key }.to_der().map_err(&error)?;
        Self::from_der(&der)
    }

    /// The exact DER this key was made from.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// What kind of key this is.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Contents of the `subjectPublicKey` BIT STRING: an EC point, `RSAPublicKey` DER, or 32 octets of Ed25519.
    pub fn key_bits(&self) -> &[u8] {
        &self.key_bits
    }

    /// SHA-256 of the DER: the identity of a key in the database.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.der).as_ref());
        hash
    }

    // RFC 5280 §4.2.1.2 method (1): SHA-1 of the BIT STRING's contents. An identifier, not a security property.
    /// The key identifier of SKI and AKI extensions.
    pub fn key_identifier(&self) -> [u8; 20] {
        let mut hash = [0; 20];
        hash.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.key_bits).as_ref());
        hash
    }

    /// The RSA numbers, `None` for other keys.
    pub(crate) fn rsa(&self) -> Option<RsaPublicKey<'_>> {
        matches!(self.algorithm, KeyAlgorithm::Rsa { .. })
            .then(|| RsaPublicKey::from_der(&self.key_bits).ok())
            .flatten()
    }
}

fn identify(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    bits: &[u8],
) -> Result<KeyAlgorithm, InvalidPublicKey> {
    match oid {
        rfc5912::ID_EC_PUBLIC_KEY => identify_curve(parameters, bits),
        rfc5912::RSA_ENCRYPTION => identify_rsa(parameters, bits),
        rfc8410::ID_ED_25519 if parameters.is_some() => Err(InvalidPublicKey::Malformed("Ed25519 takes no parameters")),
        rfc8410::ID_ED_25519 if bits.len() != 32 => Err(InvalidPublicKey::Malformed("an Ed25519 key has 32 octets")),
        rfc8410::ID_ED_25519 => Ok(KeyAlgorithm::Ed25519),
        other => Err(InvalidPublicKey::UnsupportedAlgorithm(other)),
    }
}

// RFC 5480 §2.1.1: namedCurve only; §2.2: the point is uncompressed for everyone we know.
fn identify_curve(parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Result<KeyAlgorithm, InvalidPublicKey> {
    let parameters = parameters.ok_or(InvalidPublicKey::Malformed("the curve is missing"))?;
    let curve: ObjectIdentifier =
        parameters.decode_as().map_err(|_| InvalidPublicKey::Malformed("the curve is not a named one"))?;
    let (algorithm, length) = match curve {
        rfc5912::SECP_256_R_1 => (KeyAlgorithm::EcdsaP256, 65),
        rfc5912::SECP_384_R_1 => (KeyAlgorithm::EcdsaP384, 97),
        rfc5912::SECP_521_R_1 => (KeyAlgorithm::EcdsaP521, 133),
        other => return Err(InvalidPublicKey::UnsupportedAlgorithm(other)),
    };
    if bits.len() != length || bits.first() != Some(&0x04) {
        return Err(InvalidPublicKey::Malformed("the point is not an uncompressed point of its curve's length"));
    }
    Ok(algorithm)
}

fn identify_rsa(parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Result<KeyAlgorithm, InvalidPublicKey> {
    // RFC 3279 §2.3.1: parameters are NULL.
    if !parameters.is_some_and(|p| p.is_null()) {
        return Err(InvalidPublicKey::Malformed("RSA parameters must be NULL"));
    }
    let key = RsaPublicKey::from_der(bits).map_err(EncodingError::of("RSAPublicKey"))?;
    let octets = key.modulus.as_bytes();
    let leading = octets.first().map_or(0, |o| o.leading_zeros());
    let modulus_bits = u32::try_from(octets.len() * 8).unwrap_or(u32::MAX).saturating_sub(leading);
    Ok(KeyAlgorithm::Rsa { modulus_bits })
}
