//! How a key is named and what kind it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::base64_text;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm, SubjectPublicKeyInfo};

/// Our name of a key: a UUID (version 7), written in lower case with hyphens. On a token its octets are `CKA_ID`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(Uuid);

impl KeyId {
    /// The key that `id` names.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The 16 octets of the UUID, most significant first.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Text that is not a key id or not the name of a key specification.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyName {
    /// Not a UUID in lower case with hyphens.
    #[error("{0:?} is not a key id: expected a UUID in lower case with hyphens")]
    Id(String),
    /// Not one of the names of [`KeySpec`].
    #[error("{0:?} is not a key algorithm: use ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-3072, rsa-4096 or ed25519")]
    Spec(String),
}

impl FromStr for KeyId {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Uuid::try_parse(text).map(Self).ok();
        id.filter(|id| id.to_string() == text).ok_or_else(|| InvalidKeyName::Id(text.to_owned()))
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A key inside an HSM: our id, where the HSM finds it, and the public key that it must turn out to have.
///
/// The SHA-256 of the public key is compared at every load and after every re-connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRef {
    /// Our name of the key.
    pub id: KeyId,
    /// Where the HSM finds it: `software:<id>` or a PKCS#11 URI (RFC 7512). Never holds a PIN.
    pub locator: String,
    /// The public half.
    #[serde(with = "base64_text::public_key")]
    pub public_key: SubjectPublicKeyInfo,
}

/// A kind of key that this CA makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeySpec {
    /// ECDSA on NIST P-256, signs with SHA-256.
    EcdsaP256,
    /// ECDSA on NIST P-384, signs with SHA-384.
    EcdsaP384,
    /// ECDSA on NIST P-521, signs with SHA-512.
    EcdsaP521,
    /// RSA with a modulus of 3072 bits, PKCS #1 v1.5.
    Rsa3072,
    /// RSA with a modulus of 4096 bits, PKCS #1 v1.5.
    Rsa4096,
    /// Ed25519 (RFC 8032), no pre-hash.
    Ed25519,
}

impl KeySpec {
    /// Every specification, cheapest to sign with first.
    pub const ALL: [Self; 6] =
        [Self::EcdsaP256, Self::Ed25519, Self::EcdsaP384, Self::EcdsaP521, Self::Rsa3072, Self::Rsa4096];

    /// The type of the public key.
    pub const fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::EcdsaP256 => KeyAlgorithm::EcdsaP256,
            Self::EcdsaP384 => KeyAlgorithm::EcdsaP384,
            Self::EcdsaP521 => KeyAlgorithm::EcdsaP521,
            Self::Rsa3072 => KeyAlgorithm::Rsa { modulus_bits: 3072 },
            Self::Rsa4096 => KeyAlgorithm::Rsa { modulus_bits: 4096 },
            Self::Ed25519 => KeyAlgorithm::Ed25519,
        }
    }

    /// What a key of this kind signs with by default.
    pub fn signature_algorithm(self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_key(self.algorithm())
    }

    /// The specification a public key belongs to; `None` for a size that this CA does not make.
    pub fn of(public_key: &SubjectPublicKeyInfo) -> Option<Self> {
        Self::ALL.into_iter().find(|spec| spec.algorithm() == public_key.algorithm())
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm().fmt(f)
    }
}

impl FromStr for KeySpec {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let spec = Self::ALL.into_iter().find(|spec| spec.to_string() == text);
        spec.ok_or_else(|| InvalidKeyName::Spec(text.to_owned()))
    }
}

impl TryFrom<String> for KeySpec {
    type Error = InvalidKeyName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeySpec> for String {
    fn from(spec: KeySpec) -> Self {
        spec.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_specifications_read_back() {
        for spec in KeySpec::ALL {
            assert_eq!(spec.to_string().parse(), Ok(spec));
        }
        assert_eq!("rsa-2048".parse::<KeySpec>(), Err(InvalidKeyName::Spec("rsa-2048".to_owned())));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let text = "0190a5b0-7c00-7000-8000-00000000abcd";
        assert_eq!(text.parse::<KeyId>().map(|id| id.to_string()), Ok(text.to_owned()));
        for other in [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), String::new()] {
            assert_eq!(other.parse::<KeyId>(), Err(InvalidKeyName::Id(other.clone())));
        }
    }
}
