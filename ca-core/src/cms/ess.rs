//! Which certificate a signer means: the signed attribute signingCertificateV2 (RFC 5035).

use const_oid::ObjectIdentifier;
use der::ErrorKind;
use der::asn1::AnyRef;

use super::algorithm::digest_of;
use super::reader::elements;
use super::tlv;
use crate::hsm::DigestAlgorithm;
use crate::x509::Certificate;

/// `SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2 }` with one
/// `ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash OCTET STRING, issuerSerial IssuerSerial }` and
/// `IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }`.
pub(crate) fn signing_certificate_v2(certificate: &Certificate) -> Vec<u8> {
    // GeneralName: directoryName [4], a CHOICE and so tagged explicitly.
    let issuer = tlv::value(tlv::CONTEXT_4, certificate.issuer().as_der());
    let issuer_serial =
        tlv::sequence(&[&tlv::value(tlv::SEQUENCE, &issuer), &tlv::positive(certificate.serial().as_octets())]);
    // SHA-256 is the default, so DER leaves it out.
    let hash = tlv::value(tlv::OCTET_STRING, &certificate.fingerprint());
    tlv::sequence(&[&tlv::sequence(&[&tlv::sequence(&[&hash, &issuer_serial])])])
}

/// Whether the first certificate that the attribute names is this one.
pub(crate) fn names_v2(attribute: AnyRef<'_>, certificate: &Certificate) -> bool {
    first(attribute).and_then(|fields| compare_v2(&fields, certificate)).unwrap_or(false)
}

/// The same for the attribute of RFC 2634, which is always by SHA-1: an identifier, no proof.
pub(crate) fn names_v1(attribute: AnyRef<'_>, certificate: &Certificate) -> bool {
    use aws_lc_rs::digest;
    let Ok(fields) = first(attribute) else { return false };
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.as_der());
    fields.first().is_some_and(|field| field.value() == hash.as_ref())
}

/// The fields of the first ESSCertID.
fn first(attribute: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    let certificates = *elements(attribute)?.first().ok_or(ErrorKind::Failed)?;
    elements(*elements(certificates)?.first().ok_or(ErrorKind::Failed)?)
}

fn compare_v2(fields: &[AnyRef<'_>], certificate: &Certificate) -> der::Result<bool> {
    let (algorithm, hash) = match fields {
        [hash, ..] if hash.header().tag() == der::Tag::OctetString => (DigestAlgorithm::Sha256, hash),
        [algorithm, hash, ..] => {
            let id: ObjectIdentifier = elements(*algorithm)?.first().ok_or(ErrorKind::Failed)?.decode_as()?;
            (digest_of(id).ok_or(ErrorKind::OidUnknown { oid: id })?, hash)
        }
        _ => return Ok(false),
    };
    let expected = aws_lc_rs::digest::digest(algorithm.engine(), certificate.as_der());
    Ok(hash.value() == expected.as_ref())
}
