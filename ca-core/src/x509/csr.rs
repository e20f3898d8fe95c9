//! PKCS#10 certification requests (RFC 2986): parsed once, and only with a proof that the requester holds the key.

mod requested;

use std::fmt;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519;
use der::asn1::{AnyRef, BitStringRef, Ia5StringRef};
use der::{Decode as _, Reader as _, SliceReader, Tag, TagNumber};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::algorithm::InvalidSignature;
use super::general_name::InvalidName;
use super::key_strength::{self, WeakKey};
use super::name::SubjectAttribute;
use super::public_key::InvalidPublicKey;
use super::{DistinguishedName, EncodingError, GeneralName, SignatureAlgorithm, SubjectPublicKeyInfo};

pub use requested::{RequestedBasicConstraints, RequestedExtensions};

/// Octets of the longest request that is looked at. One for 100 names and an RSA-4096 key has about 5,000.
pub const MAX_SIZE: usize = 64 * 1024;

/// A certification request whose signature verifies under its own, strong public key. Nothing in it is granted by
/// being here: the profile decides what of it enters a certificate. A challengePassword attribute is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    subject: DistinguishedName,
    common_names: Vec<String>,
    attributes: Vec<(SubjectAttribute, String)>,
    public_key: SubjectPublicKeyInfo,
    requested: RequestedExtensions,
}

/// Why a certification request is refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificationRequest {
    /// Longer than [`MAX_SIZE`]; nothing of it was read.
    #[error("the request has {0} octets, more than {MAX_SIZE}")]
    TooLarge(usize),
    /// Not PEM as RFC 7468 has it.
    #[error("the PEM text is malformed: {0}")]
    Pem(#[source] der::pem::Error),
    /// PEM of something else.
    #[error("the PEM text holds {0:?}, not a CERTIFICATE REQUEST")]
    PemLabel(String),
    /// Not the DER of a `CertificationRequest`.
    #[error("the request is malformed: {0}")]
    Garbage(#[from] EncodingError),
    /// RFC 2986 §4.1 knows version 0 only.
    #[error("version {0} is not known, only version 0")]
    UnsupportedVersion(u8),
    /// The key is of an unknown type or malformed.
    #[error(transparent)]
    PublicKey(#[from] InvalidPublicKey),
    /// The key can be broken.
    #[error(transparent)]
    WeakKey(#[from] WeakKey),
    /// Signed by an algorithm that this CA does not accept, for instance with SHA-1.
    #[error("signature algorithm {0} is not accepted")]
    UnsupportedSignatureAlgorithm(ObjectIdentifier),
    /// No proof that the requester holds the private key.
    #[error("the request is not signed by the key it names: {0}")]
    BadSignature(#[from] InvalidSignature),
    /// More than one extensionRequest attribute, or more than one value in it.
    #[error("extensions are requested more than once")]
    RepeatedExtensionRequest,
    /// The same extension twice (RFC 5280 §4.2).
    #[error("extension {0} is requested twice")]
    RepeatedExtension(ObjectIdentifier),
    /// A commonName that reads differently where it is cut off at a NUL or hidden by a line end.
    #[error("the commonName {0:?} has a control character in it")]
    ControlCharacter(String),
    /// A subjectAltName of a kind that this CA does not issue for.
    #[error("names of kind {0} are not supported: use dNSName, iPAddress, rfc822Name or uniformResourceIdentifier")]
    UnsupportedName(String),
    /// A subjectAltName of a supported kind with a wrong value.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// An iPAddress of neither 4 nor 16 octets (RFC 5280 §4.2.1.6).
    #[error("an iPAddress has 4 or 16 octets, not {0}")]
    InvalidAddress(usize),
}

impl CertificationRequest {
    /// Reads PEM with the label `CERTIFICATE REQUEST`, text before it allowed.
    ///
    /// # Errors
    /// As [`Self::from_der`], and for malformed PEM or another label.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidCertificationRequest> {
        Self::from_der(&Self::der_of_pem(pem)?)
    }

    /// The DER inside PEM with the label `CERTIFICATE REQUEST`, unread.
    ///
    /// # Errors
    /// For malformed PEM, another label, or more than any request needs.
    pub fn der_of_pem(pem: &str) -> Result<Vec<u8>, InvalidCertificationRequest> {
        // Base64 and line ends make two octets at most out of one; text before the request is the requester's problem.
        if pem.len() > 2 * MAX_SIZE {
            return Err(InvalidCertificationRequest::TooLarge(pem.len()));
        }
        let fault = InvalidCertificationRequest::Pem;
        let mut decoder = der::pem::Decoder::new_detect_wrap(pem.trim_end().as_bytes()).map_err(fault)?;
        let label = decoder.type_label();
        // RFC 7468 §7: the second label is obsolete, still written by some.
        if !matches!(label, "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") {
            return Err(InvalidCertificationRequest::PemLabel(label.to_owned()));
        }
        let mut der = Vec::new();
        decoder.decode_to_end(&mut der).map_err(fault)?;
        Ok(der)
    }

    /// Reads DER. The signature is verified over the very octets of `certificationRequestInfo`, so that nothing can
    /// hide behind another encoding of the same value.
    ///
    /// # Errors
    /// [`InvalidCertificationRequest`] with the first rule that is broken. A weak key is named as such before its
    /// signature is looked at.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificationRequest> {
        if der.len() > MAX_SIZE {
            return Err(InvalidCertificationRequest::TooLarge(der.len()));
        }
        let envelope = Envelope::split(der).map_err(EncodingError::of("CertificationRequest"))?;
        let info = Info::split(envelope.info).map_err(EncodingError::of("CertificationRequestInfo"))?;
        if info.version != 0 {
            return Err(InvalidCertificationRequest::UnsupportedVersion(info.version));
        }
        let public_key = SubjectPublicKeyInfo::from_der(info.public_key)?;
        key_strength::check(&public_key)?;
        envelope.verify(&public_key)?;
        let requested = RequestedExtensions::from_attributes(&info.attributes)?;
        let common_names = common_names(info.subject).map_err(EncodingError::of("subject"))?;
        if let Some(name) = common_names.iter().find(|name| name.chars().any(char::is_control)) {
            return Err(InvalidCertificationRequest::ControlCharacter(name.clone()));
        }
        let (subject, attributes) = (DistinguishedName::from_der(info.subject)?, attributes(info.subject));
        Ok(Self { subject, common_names, attributes, public_key, requested })
    }

    /// The subject as requested, perhaps empty.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Every commonName of the subject, in its order, as text.
    pub fn common_names(&self) -> &[String] {
        &self.common_names
    }

    /// The subject's attributes of the kinds that this CA writes, in their order, as text.
    pub fn subject_attributes(&self) -> &[(SubjectAttribute, String)] {
        &self.attributes
    }

    /// The key to be certified.
    pub fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.public_key
    }

    /// The subjectAltName extension: normalised, sorted, without repetitions.
    pub fn subject_alternative_names(&self) -> &[GeneralName] {
        &self.requested.subject_alternative_names
    }

    /// What else the requester wishes for.
    pub fn requested(&self) -> &RequestedExtensions {
        &self.requested
    }

    // RFC 8555 §7.4: identifiers appear "either in the commonName portion of the requested subject name or in an
    // extensionRequest attribute [...] requesting a subjectAltName extension, or both".
    /// All names asked for: the subjectAltName and each commonName that is a DNS name or an IP address. Normalised,
    /// sorted, without repetitions.
    pub fn names(&self) -> Vec<GeneralName> {
        let mut names = self.requested.subject_alternative_names.clone();
        names.extend(self.common_names.iter().filter_map(|text| named_by(text)));
        names.sort();
        names.dedup();
        names
    }
}

impl fmt::Debug for CertificationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificationRequest")
            .field("names", &self.names())
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// A commonName as an identifier, if it is one. Others, such as a person's name, are the subject's affair.
fn named_by(common_name: &str) -> Option<GeneralName> {
    common_name.parse().map(GeneralName::Ip).ok().or_else(|| GeneralName::dns(common_name).ok())
}

/// `CertificationRequest`, its first part untouched.
pub(super) struct Envelope<'a> {
    pub(super) info: &'a [u8],
    pub(super) algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

impl<'a> Envelope<'a> {
    pub(super) fn split(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let envelope = reader.sequence(|fields| {
            let info = fields.tlv_bytes()?;
            Ok::<_, der::Error>(Self { info, algorithm: fields.decode()?, signature: fields.decode()? })
        })?;
        reader.finish()?;
        Ok(envelope)
    }

    fn verify(&self, key: &SubjectPublicKeyInfo) -> Result<(), InvalidCertificationRequest> {
        let algorithm = SignatureAlgorithm::from_identifier(&self.algorithm)
            .ok_or(InvalidCertificationRequest::UnsupportedSignatureAlgorithm(self.algorithm.oid))?;
        let signature = self.signature.as_bytes().ok_or(InvalidSignature::Mismatch)?;
        Ok(algorithm.verify(key, self.info, signature)?)
    }
}

/// `CertificationRequestInfo`, its parts untouched.
pub(super) struct Info<'a> {
    version: u8,
    pub(super) subject: &'a [u8],
    pub(super) public_key: &'a [u8],
    pub(super) attributes: AnyRef<'a>,
}

impl<'a> Info<'a> {
    pub(super) fn split(der: &'a [u8]) -> der::Result<Self> {
        let info = SliceReader::new(der)?.sequence(|fields| {
            let version = fields.decode()?;
            let (subject, public_key) = (fields.tlv_bytes()?, fields.tlv_bytes()?);
            Ok::<_, der::Error>(Self { version, subject, public_key, attributes: fields.decode()? })
        })?;
        Tag::ContextSpecific { constructed: true, number: TagNumber(0) }.assert_eq(info.attributes.header().tag())?;
        Ok(info)
    }
}

fn common_names(subject: &[u8]) -> der::Result<Vec<String>> {
    Name::from_der(subject)?.iter().filter(|attribute| attribute.oid == rfc4519::COMMON_NAME).map(text).collect()
}

/// What cannot be read as text is not taken over.
fn attributes(subject: &[u8]) -> Vec<(SubjectAttribute, String)> {
    let known = |found: &AttributeTypeAndValue| Some((SubjectAttribute::of(found.oid)?, text(found).ok()?));
    Name::from_der(subject).map(|name| name.iter().filter_map(known).collect()).unwrap_or_default()
}

fn text(attribute: &AttributeTypeAndValue) -> der::Result<String> {
    // Not a DirectoryString, but met in the wild.
    if let Ok(ascii) = attribute.value.decode_as::<Ia5StringRef<'_>>() {
        return Ok(ascii.as_str().to_owned());
    }
    attribute.value.decode_as::<DirectoryString>().map(|text| text.value().into_owned())
}

#[cfg(test)]
mod tests;
