//! Reads a SignedData with one signer, value by value. It shares no code with what makes one, and trusts nothing it reads.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, IntRef, OctetStringRef};
use der::{Decode as _, Encode as _, ErrorKind, Reader as _, SliceReader, Tag, TagNumber};
use x509_cert::time::Time;

use super::algorithm::{digest_of, signature_of};
use super::{ess, oid, tlv};
use crate::hsm::DigestAlgorithm;
use crate::hsm::independent::{self, Verdict};
use crate::time::UnixTime;
use crate::x509::algorithm::InvalidSignature;
use crate::x509::validity::from_time;
use crate::x509::{Certificate, EncodingError, SignatureAlgorithm};

/// Octets of a message that is read at all.
const LARGEST: usize = 1 << 20;

/// Certificates that a message may carry.
const MOST_CERTIFICATES: usize = 20;

/// A message as it was read; nothing is verified yet.
#[derive(Debug)]
pub(crate) struct SignedDataReader<'a> {
    /// What kind of content is signed.
    pub(crate) content_type: ObjectIdentifier,
    /// The content, if it is in the message.
    pub(crate) content: Option<AnyRef<'a>>,
    /// Certificates of the kinds that we know, in the order of the message.
    pub(crate) certificates: Vec<Certificate>,
    signer: Signer<'a>,
}

/// SignerInfo (RFC 5652 §5.3).
#[derive(Debug)]
struct Signer<'a> {
    identifier: Identifier<'a>,
    digest: ObjectIdentifier,
    /// Contents octets of the signed attributes.
    signed: &'a [u8],
    signature_algorithm: ObjectIdentifier,
    signature: &'a [u8],
    /// Contents octets of the unsigned attributes.
    unsigned: &'a [u8],
}

#[derive(Debug)]
enum Identifier<'a> {
    IssuerAndSerial { issuer: Vec<u8>, serial: &'a [u8] },
    SubjectKey(&'a [u8]),
}

/// Why a signer's word does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// The message does not carry the signer's certificate.
    #[error("the signer's certificate is not in the message")]
    NoCertificate,
    /// A required signed attribute is missing, repeated, or not what it should be.
    #[error("the signed attribute {0} is missing, repeated or malformed")]
    Attribute(&'static str),
    /// The signed attributes are about another kind of content.
    #[error("the signed attributes are about another kind of content")]
    ContentType,
    /// The hash function, or its combination with signature and key, is not accepted.
    #[error("hash, signature algorithm and key do not go together, or are not accepted here")]
    Algorithm,
    /// The arithmetic says no.
    #[error("the signature over the signed attributes does not verify under the signer's key")]
    Signature,
    /// The signed attributes name another certificate.
    #[error("the signed attributes name another certificate than the signer's")]
    OtherCertificate,
}

impl<'a> SignedDataReader<'a> {
    /// Reads DER of a ContentInfo.
    pub(crate) fn from_der(der: &'a [u8]) -> Result<Self, EncodingError> {
        Self::read(der).map_err(EncodingError::of("SignedData"))
    }

    fn read(der: &'a [u8]) -> der::Result<Self> {
        if der.len() > LARGEST {
            return Err(ErrorKind::Overlength.into());
        }
        let content_info = elements(AnyRef::from_der(der)?)?;
        let [kind, content] = content_info.as_slice() else { return Err(ErrorKind::Failed.into()) };
        if kind.decode_as::<ObjectIdentifier>()? != oid::ID_SIGNED_DATA {
            return Err(ErrorKind::OidUnknown { oid: oid::ID_SIGNED_DATA }.into());
        }
        content.header().tag().assert_eq(context(0))?;
        let parts = elements(AnyRef::from_der(content.value())?)?;
        let [version, _digests, encapsulated, rest @ ..] = parts.as_slice() else {
            return Err(ErrorKind::Failed.into());
        };
        check_version(*version, &[1, 3])?;
        let encapsulated = elements(*encapsulated)?;
        let signers = elements(*rest.last().ok_or(ErrorKind::Failed)?)?;
        // One signer is what this CA makes, and what every format here asks for.
        let [signer] = signers.as_slice() else { return Err(ErrorKind::Failed.into()) };
        Ok(Self {
            content_type: encapsulated.first().ok_or(ErrorKind::Failed)?.decode_as()?,
            content: encapsulated.get(1).map(|outer| AnyRef::from_der(outer.value())).transpose()?,
            certificates: certificates(rest)?,
            signer: Signer::read(*signer)?,
        })
    }

    /// The hash that the signer says it used.
    pub(crate) fn digest_algorithm(&self) -> Option<DigestAlgorithm> {
        digest_of(self.signer.digest)
    }

    /// What the signer says is the digest of the content.
    pub(crate) fn message_digest(&self) -> Result<&'a [u8], SignerFault> {
        let value = self.signed(oid::MESSAGE_DIGEST).and_then(|value| <&OctetStringRef>::try_from(value).ok());
        value.map(OctetStringRef::as_bytes).ok_or(SignerFault::Attribute("messageDigest"))
    }

    /// When the signer says that it signed.
    pub(crate) fn signing_time(&self) -> Option<UnixTime> {
        let value = self.signed(oid::SIGNING_TIME)?;
        Some(from_time(&Time::from_der(&value.to_der().ok()?).ok()?))
    }

    /// The octets of the signature.
    pub(crate) fn signature(&self) -> &'a [u8] {
        self.signer.signature
    }

    /// An unsigned attribute's value in DER.
    pub(crate) fn unsigned(&self, id: ObjectIdentifier) -> Option<Vec<u8>> {
        attribute(self.signer.unsigned, id)?.to_der().ok()
    }

    /// The certificate of the signer.
    pub(crate) fn signer_certificate(&self) -> Result<&Certificate, SignerFault> {
        let named = |certificate: &&Certificate| match &self.signer.identifier {
            Identifier::IssuerAndSerial { issuer, serial } => {
                let serial = serial.get(serial.iter().take_while(|octet| **octet == 0).count()..).unwrap_or_default();
                certificate.issuer().as_der() == issuer.as_slice() && certificate.serial().as_octets() == serial
            }
            Identifier::SubjectKey(identifier) => certificate.key_identifier() == *identifier,
        };
        self.certificates.iter().find(named).ok_or(SignerFault::NoCertificate)
    }

    /// Verifies the signature over the signed attributes, and what they say of content type and certificate. The digest of
    /// the content is the caller's to compare.
    pub(crate) fn verify(&self, certificate: &Certificate) -> Result<(), SignerFault> {
        let content_type = self.signed(oid::CONTENT_TYPE).ok_or(SignerFault::Attribute("contentType"))?;
        if content_type.decode_as::<ObjectIdentifier>() != Ok(self.content_type) {
            return Err(SignerFault::ContentType);
        }
        self.message_digest()?;
        let digest = self.digest_algorithm().ok_or(SignerFault::Algorithm)?;
        let key = certificate.public_key();
        let algorithm = signature_of(self.signer.signature_algorithm, digest, key.algorithm());
        let message = tlv::value(tlv::SET, self.signer.signed);
        second_opinion(algorithm.ok_or(SignerFault::Algorithm)?, certificate, &message, self.signer.signature)
            .map_err(|_| SignerFault::Signature)?;
        match self.names(certificate) {
            Some(false) => Err(SignerFault::OtherCertificate),
            Some(true) | None => Ok(()),
        }
    }

    /// Whether the signed attributes name this certificate as the signer's; `None` when they name none.
    pub(crate) fn names(&self, certificate: &Certificate) -> Option<bool> {
        if let Some(value) = self.signed(oid::SIGNING_CERTIFICATE_V2) {
            return Some(ess::names_v2(value, certificate));
        }
        self.signed(oid::SIGNING_CERTIFICATE).map(|value| ess::names_v1(value, certificate))
    }

    fn signed(&self, id: ObjectIdentifier) -> Option<AnyRef<'a>> {
        attribute(self.signer.signed, id)
    }
}

/// The implementation that the HSM layer does not verify with, where there is one for this pair of hash and key.
fn second_opinion(
    algorithm: SignatureAlgorithm,
    certificate: &Certificate,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let key = certificate.public_key();
    let usual = algorithm == SignatureAlgorithm::for_key(key.algorithm());
    match independent::verify(algorithm, key, message, signature) {
        Verdict::Agrees => Ok(()),
        Verdict::Disagrees if usual => Err(InvalidSignature::Mismatch),
        Verdict::Disagrees | Verdict::NoOpinion => algorithm.verify(key, message, signature),
    }
}

impl<'a> Signer<'a> {
    fn read(info: AnyRef<'a>) -> der::Result<Self> {
        let parts = elements(info)?;
        let [version, identifier, digest, signed, algorithm, signature, unsigned @ ..] = parts.as_slice() else {
            return Err(ErrorKind::Failed.into());
        };
        check_version(*version, &[1, 3])?;
        // Without signed attributes the signature is over the content itself: no format here permits that.
        signed.header().tag().assert_eq(context(0))?;
        signature.header().tag().assert_eq(Tag::OctetString)?;
        let unsigned = unsigned.iter().find(|part| part.header().tag() == context(1));
        Ok(Self {
            identifier: Identifier::read(*identifier)?,
            digest: algorithm_oid(*digest)?,
            signed: signed.value(),
            signature_algorithm: algorithm_oid(*algorithm)?,
            signature: signature.value(),
            unsigned: unsigned.map(|part| part.value()).unwrap_or_default(),
        })
    }
}

impl<'a> Identifier<'a> {
    fn read(value: AnyRef<'a>) -> der::Result<Self> {
        if value.header().tag() == (Tag::ContextSpecific { constructed: false, number: TagNumber(0) }) {
            return Ok(Self::SubjectKey(value.value()));
        }
        let parts = elements(value)?;
        let [issuer, serial] = parts.as_slice() else { return Err(ErrorKind::Failed.into()) };
        let serial = IntRef::try_from(*serial)?;
        Ok(Self::IssuerAndSerial { issuer: issuer.to_der()?, serial: serial.as_bytes() })
    }
}

const fn context(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// RFC 5652 §5.1 and §5.3: nothing but content of other types, and signers named by their keys, makes another version than 1.
fn check_version(version: AnyRef<'_>, known: &[u8]) -> der::Result<()> {
    if known.contains(&version.decode_as()?) { Ok(()) } else { Err(ErrorKind::Failed.into()) }
}

/// RFC 5754 §2 and §3: parameters are absent or NULL. What has others (RSASSA-PSS) is not accepted here.
fn algorithm_oid(value: AnyRef<'_>) -> der::Result<ObjectIdentifier> {
    value.header().tag().assert_eq(Tag::Sequence)?;
    match elements(value)?.as_slice() {
        [id] => id.decode_as(),
        [id, parameters] if *parameters == AnyRef::NULL => id.decode_as(),
        _ => Err(ErrorKind::Failed.into()),
    }
}

/// Certificates of kinds that we do not know are passed over: they are of no use here.
fn certificates(parts: &[AnyRef<'_>]) -> der::Result<Vec<Certificate>> {
    let Some(set) = parts.iter().find(|part| part.header().tag() == context(0)) else { return Ok(Vec::new()) };
    let all = elements(*set)?;
    if all.len() > MOST_CERTIFICATES {
        return Err(ErrorKind::Overlength.into());
    }
    let encoded = all.iter().map(|value| value.to_der()).collect::<der::Result<Vec<_>>>()?;
    Ok(encoded.iter().filter_map(|der| Certificate::from_der(der).ok()).collect())
}

/// The only value of the only attribute with this identifier. RFC 5652 §5.3 and §11: each may be there once, with one value.
fn attribute<'a>(contents: &'a [u8], id: ObjectIdentifier) -> Option<AnyRef<'a>> {
    let all = values(contents).ok()?;
    let mut found = all.into_iter().filter_map(|attribute| {
        let parts = elements(attribute).ok()?;
        let [kind, set] = parts.as_slice() else { return None };
        (kind.decode_as::<ObjectIdentifier>().ok()? == id).then_some(*set)
    });
    let set = found.next().filter(|_| found.next().is_none())?;
    let values = elements(set).ok()?;
    match values.as_slice() {
        [value] => Some(*value),
        _ => None,
    }
}

/// What a constructed value holds.
pub(crate) fn elements(value: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    values(value.value())
}

fn values(contents: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(contents)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.decode()?);
    }
    Ok(found)
}
