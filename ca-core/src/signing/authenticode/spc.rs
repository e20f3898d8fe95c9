//! What an Authenticode signature is over: SpcIndirectDataContent ("Windows Authenticode Portable Executable Signature
//! Format", 2008).

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{ErrorKind, Tag};

use crate::cms::algorithm::{digest_of, digest_oid};
use crate::cms::oid::{SPC_INDIVIDUAL_CODE_SIGNING, SPC_PE_IMAGE_DATA};
use crate::cms::reader::elements;
use crate::cms::tlv;
use crate::hsm::DigestAlgorithm;

/// Contents octets of an SpcIndirectDataContent.
pub(in crate::signing) struct IndirectData {
    pub(in crate::signing) contents: Vec<u8>,
}

impl IndirectData {
    /// The whole value.
    pub(in crate::signing) fn der(&self) -> Vec<u8> {
        tlv::value(tlv::SEQUENCE, &self.contents)
    }
}

/// ```text
/// SpcIndirectDataContent ::= SEQUENCE {
///     data          SEQUENCE { type OBJECT IDENTIFIER, value SpcPeImageData },
///     messageDigest SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING } }
/// SpcPeImageData ::= SEQUENCE {
///     flags BIT STRING DEFAULT { includeResources },
///     file  [0] EXPLICIT SpcLink OPTIONAL }
/// SpcLink ::= CHOICE { url [0] .., moniker [1] .., file [2] EXPLICIT SpcString }
/// SpcString ::= CHOICE { unicode [0] IMPLICIT BMPSTRING, ascii [1] IMPLICIT IA5STRING }
/// ```
/// No page hashes: the digest is that of the image.
pub(in crate::signing) fn indirect_data(algorithm: DigestAlgorithm, digest: &[u8]) -> IndirectData {
    let data = tlv::sequence(&[&tlv::oid(SPC_PE_IMAGE_DATA), &pe_image_data()]);
    let identifier = tlv::sequence(&[&tlv::oid(digest_oid(algorithm)), &tlv::NULL]);
    let message_digest = tlv::sequence(&[&identifier, &tlv::value(tlv::OCTET_STRING, digest)]);
    IndirectData { contents: [data, message_digest].concat() }
}

/// The octets that Windows writes: no flags, and a link to a file without a name.
fn pe_image_data() -> Vec<u8> {
    let file = tlv::value(tlv::CONTEXT_2, &tlv::value(tlv::PRIMITIVE_0, &[]));
    tlv::sequence(&[&tlv::value(tlv::BIT_STRING, &[0]), &tlv::value(tlv::CONTEXT_0, &file)])
}

/// `SpcStatementType ::= SEQUENCE OF OBJECT IDENTIFIER`: individual code signing.
pub(in crate::signing) fn individual_code_signing() -> Vec<u8> {
    tlv::sequence(&[&tlv::oid(SPC_INDIVIDUAL_CODE_SIGNING)])
}

/// `SpcSpOpusInfo ::= SEQUENCE { programName [0] .. OPTIONAL, moreInfo [1] .. OPTIONAL }`: neither.
pub(in crate::signing) fn opus_info() -> Vec<u8> {
    tlv::sequence(&[])
}

/// The digest of the image that an SpcIndirectDataContent is about; `None` when it is something else.
pub(in crate::signing) fn image_digest(content: AnyRef<'_>) -> Option<(DigestAlgorithm, Vec<u8>)> {
    read(content).ok()
}

fn read(content: AnyRef<'_>) -> der::Result<(DigestAlgorithm, Vec<u8>)> {
    content.header().tag().assert_eq(Tag::Sequence)?;
    let parts = elements(content)?;
    let [data, digest_info] = parts.as_slice() else { return Err(ErrorKind::Failed.into()) };
    let kind: ObjectIdentifier = elements(*data)?.first().ok_or(ErrorKind::Failed)?.decode_as()?;
    if kind != SPC_PE_IMAGE_DATA {
        return Err(ErrorKind::OidUnknown { oid: kind }.into());
    }
    let digest_info = elements(*digest_info)?;
    let [identifier, digest] = digest_info.as_slice() else { return Err(ErrorKind::Failed.into()) };
    let id: ObjectIdentifier = elements(*identifier)?.first().ok_or(ErrorKind::Failed)?.decode_as()?;
    let algorithm = digest_of(id).ok_or(ErrorKind::OidUnknown { oid: id })?;
    digest.header().tag().assert_eq(Tag::OctetString)?;
    Ok((algorithm, digest.value().to_vec()))
}
