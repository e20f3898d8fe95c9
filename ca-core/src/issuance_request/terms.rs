//! What a request asks for, with the digest that approvals are bound to.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;

use super::difference::extension_name;
use super::encoding::{self, InvalidEncoding};
use crate::profile::ProfileHash;
use crate::x509::{DistinguishedName, GeneralName};

/// The key to be certified, and how its possession is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedKey {
    /// A certification request, signed by the key it names: its DER.
    Csr(Vec<u8>),
    /// A key that this server made and keeps until it is delivered: the DER of its `SubjectPublicKeyInfo`.
    Generated(Vec<u8>),
}

/// An extension of the certificate to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedExtension {
    /// Its object identifier in dotted form.
    pub oid: String,
    /// Whether it is critical.
    pub critical: bool,
    /// The DER inside its OCTET STRING.
    pub value: Vec<u8>,
}

impl RequestedExtension {
    /// Its name in RFC 5280, else its object identifier.
    pub fn name(&self) -> &str {
        extension_name(&self.oid)
    }
}

/// The facts of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The key.
    pub key: RequestedKey,
    /// Name of the certificate profile.
    pub profile: String,
    /// Version of the profile.
    pub profile_hash: ProfileHash,
    /// Slug of the issuer: one CA certificate and key.
    pub issuer: String,
    /// The subject as it will be written.
    pub subject: DistinguishedName,
    /// Subject alternative names, sorted, without repetitions.
    pub names: Vec<GeneralName>,
    /// Extensions in the order of the certificate, but for those that say where its status is found.
    pub extensions: Vec<RequestedExtension>,
    /// Validity with both ends counted, before it is clipped to the issuer's.
    pub validity: Duration,
}

/// SHA-256 of a request's canonical encoding: what approvers approve.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestDigest([u8; 32]);

/// Terms with their canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuanceRequest {
    terms: Terms,
    encoding: Vec<u8>,
    digest: RequestDigest,
}

impl IssuanceRequest {
    /// Puts names into their order and encodes the terms.
    pub fn new(mut terms: Terms) -> Self {
        terms.names.sort();
        terms.names.dedup();
        let encoding = encoding::encode(&terms);
        let digest = RequestDigest::of(&encoding);
        Self { terms, encoding, digest }
    }

    /// Reads what [`Self::as_bytes`] gave.
    ///
    /// # Errors
    /// [`InvalidEncoding`] for anything else, also for another encoding of the same terms.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, InvalidEncoding> {
        let request = Self::new(encoding::decode(octets)?);
        if request.encoding == octets { Ok(request) } else { Err(InvalidEncoding("it is not canonical")) }
    }

    /// What is asked for.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The canonical encoding (version 1, see `docs/requests.md`).
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoding
    }

    /// What approvals are bound to.
    pub fn digest(&self) -> RequestDigest {
        self.digest
    }
}

impl RequestDigest {
    fn of(encoding: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, encoding).as_ref());
        Self(hash)
    }

    /// A digest that was stored.
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The 32 octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (index, octet) in hash.iter_mut().enumerate() {
            *octet = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestDigest({self})")
    }
}
