//! The object identifiers of signed messages.

use const_oid::ObjectIdentifier;

const fn id(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// id-data (RFC 5652 §4).
pub(crate) const ID_DATA: ObjectIdentifier = id("1.2.840.113549.1.7.1");
/// id-signedData (RFC 5652 §5.1).
pub(crate) const ID_SIGNED_DATA: ObjectIdentifier = id("1.2.840.113549.1.7.2");
/// id-contentType (RFC 5652 §11.1).
pub(crate) const CONTENT_TYPE: ObjectIdentifier = id("1.2.840.113549.1.9.3");
/// id-messageDigest (RFC 5652 §11.2).
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = id("1.2.840.113549.1.9.4");
/// id-signingTime (RFC 5652 §11.3).
pub(crate) const SIGNING_TIME: ObjectIdentifier = id("1.2.840.113549.1.9.5");
/// id-aa-signingCertificate (RFC 2634 §5.4), by SHA-1: what older time-stamping authorities write.
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier = id("1.2.840.113549.1.9.16.2.12");
/// id-aa-signingCertificateV2 (RFC 5035 §3).
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = id("1.2.840.113549.1.9.16.2.47");
/// id-aa-timeStampToken (RFC 3161 appendix A).
pub(crate) const TIME_STAMP_TOKEN: ObjectIdentifier = id("1.2.840.113549.1.9.16.2.14");
/// id-ct-TSTInfo (RFC 3161 §2.4.2).
pub(crate) const TST_INFO: ObjectIdentifier = id("1.2.840.113549.1.9.16.1.4");
/// SPC_RFC3161_OBJID: a time-stamp token in an Authenticode signature.
pub(crate) const SPC_TIME_STAMP_TOKEN: ObjectIdentifier = id("1.3.6.1.4.1.311.3.3.1");
/// SPC_INDIRECT_DATA_OBJID.
pub(crate) const SPC_INDIRECT_DATA: ObjectIdentifier = id("1.3.6.1.4.1.311.2.1.4");
/// SPC_STATEMENT_TYPE_OBJID.
pub(crate) const SPC_STATEMENT_TYPE: ObjectIdentifier = id("1.3.6.1.4.1.311.2.1.11");
/// SPC_SP_OPUS_INFO_OBJID.
pub(crate) const SPC_SP_OPUS_INFO: ObjectIdentifier = id("1.3.6.1.4.1.311.2.1.12");
/// SPC_PE_IMAGE_DATA_OBJID.
pub(crate) const SPC_PE_IMAGE_DATA: ObjectIdentifier = id("1.3.6.1.4.1.311.2.1.15");
/// SPC_INDIVIDUAL_SP_KEY_PURPOSE_OBJID.
pub(crate) const SPC_INDIVIDUAL_CODE_SIGNING: ObjectIdentifier = id("1.3.6.1.4.1.311.2.1.21");
