//! Encoding of `TBSCertificate` and of the signed `Certificate` around it (RFC 5280 §4.1).

use der::asn1::{AnyRef, BitString, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Validity as Asn1Validity;

use super::algorithm::SignatureAlgorithm;
use super::extension::signature_bits;
use super::{DistinguishedName, EncodingError, SerialNumber, SubjectPublicKeyInfo, Validity};

/// What a to-be-signed certificate says.
pub(crate) struct TbsFields<'a> {
    pub(crate) serial: &'a SerialNumber,
    pub(crate) signature: SignatureAlgorithm,
    pub(crate) issuer: &'a DistinguishedName,
    pub(crate) validity: Validity,
    pub(crate) subject: &'a DistinguishedName,
    pub(crate) public_key: &'a SubjectPublicKeyInfo,
    pub(crate) extensions: Vec<Extension>,
}

/// ```text
/// TBSCertificate ::= SEQUENCE {
///     version         [0] EXPLICIT Version DEFAULT v1,
///     serialNumber        CertificateSerialNumber,
///     signature           AlgorithmIdentifier,
///     issuer              Name,
///     validity            Validity,
///     subject             Name,
///     subjectPublicKeyInfo SubjectPublicKeyInfo,
///     extensions      [3] EXPLICIT Extensions OPTIONAL }
/// ```
/// The unique identifiers of version 2 are never written. Names and key keep their very bytes.
#[derive(Sequence)]
struct TbsCertificateAsn1<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial_number: UintRef<'a>,
    signature: AlgorithmIdentifierOwned,
    issuer: AnyRef<'a>,
    validity: Asn1Validity,
    subject: AnyRef<'a>,
    subject_public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }`
#[derive(Sequence)]
struct SignedAsn1<'a> {
    tbs: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// v3, the version that has extensions.
const VERSION_3: u8 = 2;

/// The exact bytes to sign.
pub(crate) fn encode(fields: TbsFields<'_>) -> Result<Vec<u8>, EncodingError> {
    let error = EncodingError::of("TBSCertificate");
    let tbs = TbsCertificateAsn1 {
        version: VERSION_3,
        serial_number: UintRef::new(fields.serial.as_octets()).map_err(&error)?,
        signature: fields.signature.identifier(),
        issuer: AnyRef::from_der(fields.issuer.as_der()).map_err(&error)?,
        validity: fields.validity.to_asn1()?,
        subject: AnyRef::from_der(fields.subject.as_der()).map_err(&error)?,
        subject_public_key_info: AnyRef::from_der(fields.public_key.as_der()).map_err(&error)?,
        extensions: fields.extensions,
    };
    tbs.to_der().map_err(&error)
}

/// The signed object (certificate or CRL) around its exact to-be-signed bytes.
pub(crate) fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let error = EncodingError::of("signed object");
    let signed = SignedAsn1 {
        tbs: AnyRef::from_der(tbs).map_err(&error)?,
        signature_algorithm: algorithm.identifier(),
        signature: signature_bits(signature)?,
    };
    signed.to_der().map_err(&error)
}
