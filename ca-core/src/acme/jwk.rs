//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037) and their thumbprints (RFC 7638).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::message::Object;
use super::{Problem, ProblemType, base64url};
use crate::x509::key_strength::{self, WeakKey};
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

/// SHA-256 of a key's canonical JWK (RFC 7638): the identity of an account's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

/// Text that is no thumbprint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a JWK thumbprint is 32 octets in base64url without padding")]
pub struct InvalidThumbprint;

impl Thumbprint {
    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// base64url without padding, as in key authorizations (RFC 8555 §8.1).
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0))
    }
}

impl FromStr for Thumbprint {
    type Err = InvalidThumbprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let octets = base64url::decode(text).ok_or(InvalidThumbprint)?;
        octets.try_into().map(Self).map_err(|_| InvalidThumbprint)
    }
}

/// A public key that came as, or goes out as, a JWK: EC P-256, P-384, P-521, Ed25519, or RSA of 2048 bits or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    public_key: SubjectPublicKeyInfo,
    thumbprint: Thumbprint,
}

/// Why a JWK is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwk {
    /// Not a JSON object with the members of its key type.
    #[error("the JWK cannot be read: {0}")]
    Syntax(String),
    /// A member is missing.
    #[error("the JWK has no {0:?}")]
    Missing(&'static str),
    /// A member that is not canonical base64url, or has the wrong length or leading zero octets.
    #[error("{member:?} of the JWK is not valid: {rule}")]
    Member {
        /// Name of the member.
        member: &'static str,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A private or symmetric key: it is not secret any more.
    #[error("the JWK holds a private or symmetric key: treat that key as compromised and make a new one")]
    Private,
    /// A key type or curve that is not supported.
    #[error("keys of type {0:?} are not supported: use EC P-256, P-384, P-521, OKP Ed25519 or RSA from 2048 bits")]
    Unsupported(String),
    /// A key that proves nothing, for instance a point off its curve.
    #[error("the key is refused: {0}")]
    Weak(#[from] WeakKey),
}

// RFC 8555 §6.2: badPublicKey for a key the server does not support; what is no key at all is malformed.
impl From<InvalidJwk> for Problem {
    fn from(fault: InvalidJwk) -> Self {
        let kind = match fault {
            InvalidJwk::Syntax(_) | InvalidJwk::Missing(_) | InvalidJwk::Member { .. } => ProblemType::Malformed,
            InvalidJwk::Private | InvalidJwk::Unsupported(_) | InvalidJwk::Weak(_) => ProblemType::BadPublicKey,
        };
        Self::new(kind, fault.to_string())
    }
}

impl Jwk {
    /// Reads a JWK from its JSON text, for instance from the database. Whether the key is strong is asked where it first comes in:
    /// [`Self::require_strength`].
    ///
    /// # Errors
    /// [`InvalidJwk`] with the member or rule.
    pub fn from_json(json: &[u8]) -> Result<Self, InvalidJwk> {
        let Object(members) =
            serde_json::from_slice::<Object<Members>>(json).map_err(|e| InvalidJwk::Syntax(e.to_string()))?;
        members.try_into()
    }

    /// Checks that the key is worth trusting: a point on its curve, an RSA key of 2048 bits or more without known weakness. The
    /// header of a request has this done.
    ///
    /// # Errors
    /// [`InvalidJwk::Weak`] with the reason.
    pub fn require_strength(self) -> Result<Self, InvalidJwk> {
        key_strength::check(&self.public_key)?;
        Ok(self)
    }

    /// The JWK of a key that is known already, for instance from the database.
    pub fn from_public_key(public_key: SubjectPublicKeyInfo) -> Self {
        let hash = digest::digest(&digest::SHA256, canonical_json(&public_key).as_bytes());
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(hash.as_ref());
        Self { public_key, thumbprint: Thumbprint(thumbprint) }
    }

    /// The key as certificates have it.
    pub fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.public_key
    }

    /// The RFC 7638 thumbprint with SHA-256.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The required members in canonical order (RFC 7638 §3.2): a JWK that anyone can read.
    pub fn to_json(&self) -> String {
        canonical_json(&self.public_key)
    }
}

/// The members of every key type; those of private and symmetric keys are noticed, others ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Members {
    kty: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl TryFrom<Members> for Jwk {
    type Error = InvalidJwk;

    fn try_from(members: Members) -> Result<Self, InvalidJwk> {
        if members.is_private() {
            return Err(InvalidJwk::Private);
        }
        let public_key = match members.kty.as_deref() {
            Some("EC") => members.elliptic_curve_key()?,
            Some("OKP") => members.edwards_key()?,
            Some("RSA") => members.rsa_key()?,
            Some(other) => return Err(unsupported(other)),
            None => return Err(InvalidJwk::Missing("kty")),
        };
        Ok(Self::from_public_key(public_key))
    }
}

impl Members {
    fn is_private(&self) -> bool {
        [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k].into_iter().any(Option::is_some)
    }

    // RFC 7518 §6.2.1: full-length coordinates, "the length of this octet string MUST be the full size of a coordinate".
    fn elliptic_curve_key(&self) -> Result<SubjectPublicKeyInfo, InvalidJwk> {
        let (algorithm, size) = match self.crv.as_deref() {
            Some("P-256") => (KeyAlgorithm::EcdsaP256, 32),
            Some("P-384") => (KeyAlgorithm::EcdsaP384, 48),
            Some("P-521") => (KeyAlgorithm::EcdsaP521, 66),
            Some(other) => return Err(unsupported(other)),
            None => return Err(InvalidJwk::Missing("crv")),
        };
        let point = [vec![0x04], fixed("x", &self.x, size)?, fixed("y", &self.y, size)?].concat();
        SubjectPublicKeyInfo::from_point(algorithm, &point).map_err(|e| InvalidJwk::Syntax(e.to_string()))
    }

    // RFC 8037 §2.
    fn edwards_key(&self) -> Result<SubjectPublicKeyInfo, InvalidJwk> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(other) => return Err(unsupported(other)),
            None => return Err(InvalidJwk::Missing("crv")),
        }
        SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, &fixed("x", &self.x, 32)?)
            .map_err(|e| InvalidJwk::Syntax(e.to_string()))
    }

    fn rsa_key(&self) -> Result<SubjectPublicKeyInfo, InvalidJwk> {
        let (modulus, exponent) = (unsigned("n", &self.n)?, unsigned("e", &self.e)?);
        SubjectPublicKeyInfo::from_rsa(&modulus, &exponent).map_err(|e| InvalidJwk::Syntax(e.to_string()))
    }
}

fn unsupported(kind: &str) -> InvalidJwk {
    InvalidJwk::Unsupported(kind.chars().take(32).collect())
}

fn octets(member: &'static str, text: &Option<String>) -> Result<Vec<u8>, InvalidJwk> {
    let text = text.as_deref().ok_or(InvalidJwk::Missing(member))?;
    base64url::decode(text).ok_or(InvalidJwk::Member { member, rule: "it must be base64url without padding" })
}

fn fixed(member: &'static str, text: &Option<String>, size: usize) -> Result<Vec<u8>, InvalidJwk> {
    let octets = octets(member, text)?;
    if octets.len() == size {
        Ok(octets)
    } else {
        Err(InvalidJwk::Member { member, rule: "it must have the curve's full length" })
    }
}

// RFC 7518 §2 Base64urlUInt: "the minimum number of octets needed"; some encoders add a sign octet, which would change the thumbprint.
fn unsigned(member: &'static str, text: &Option<String>) -> Result<Vec<u8>, InvalidJwk> {
    let octets = octets(member, text)?;
    match octets.first() {
        None | Some(0) => {
            Err(InvalidJwk::Member { member, rule: "it must be a positive number without leading zero octets" })
        }
        Some(_) => Ok(octets),
    }
}

// RFC 7638 §3.2 and RFC 8037 §2: the required members, no whitespace, in lexicographic order.
fn canonical_json(key: &SubjectPublicKeyInfo) -> String {
    let bits = key.key_bits();
    let curve = match key.algorithm() {
        KeyAlgorithm::Ed25519 => {
            return format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(bits));
        }
        KeyAlgorithm::Rsa { .. } => return canonical_rsa(key),
        KeyAlgorithm::EcdsaP256 => "P-256",
        KeyAlgorithm::EcdsaP384 => "P-384",
        KeyAlgorithm::EcdsaP521 => "P-521",
    };
    let (x, y) = bits.get(1..).unwrap_or_default().split_at(bits.len() / 2);
    format!(r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#, base64url::encode(x), base64url::encode(y))
}

fn canonical_rsa(key: &SubjectPublicKeyInfo) -> String {
    let number = |octets: Option<&[u8]>| base64url::encode(octets.unwrap_or_default());
    let rsa = key.rsa();
    let exponent = number(rsa.as_ref().map(|rsa| rsa.public_exponent.as_bytes()));
    let modulus = number(rsa.as_ref().map(|rsa| rsa.modulus.as_bytes()));
    format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#)
}

#[cfg(test)]
#[path = "jwk_tests.rs"]
mod tests;
