//! Makes a SignedData with one signer around a signature that an HSM gives (RFC 5652 §5).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos};
use const_oid::ObjectIdentifier;
use der::asn1::{Any, OctetString, SetOfVec};
use der::{Decode as _, Encode as _};
use x509_cert::attr::{Attribute, Attributes};

use super::algorithm::{Parameters, digest_identifier, signature_identifier};
use super::{oid, tlv};
use crate::hsm::DigestAlgorithm;
use crate::time::UnixTime;
use crate::x509::validity::to_time;
use crate::x509::{Certificate, EncodingError, SignatureAlgorithm};

/// What is signed.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Something that is not in the message.
    Detached,
    /// DER of an SpcIndirectDataContent, which stands in the message without an OCTET STRING around it (PKCS #7 §7).
    SpcIndirectData(Vec<u8>),
    /// DER of a TSTInfo.
    TstInfo(Vec<u8>),
}

impl Content {
    fn kind(&self) -> ObjectIdentifier {
        match self {
            Self::Detached => oid::ID_DATA,
            Self::SpcIndirectData(_) => oid::SPC_INDIRECT_DATA,
            Self::TstInfo(_) => oid::TST_INFO,
        }
    }

    fn parameters(&self) -> Parameters {
        match self {
            Self::SpcIndirectData(_) => Parameters::Null,
            Self::Detached | Self::TstInfo(_) => Parameters::Absent,
        }
    }

    /// RFC 5652 §5.1: 3 when the content is of another type than id-data. What carries Authenticode is PKCS #7, which
    /// knows version 1 only.
    fn version(&self) -> CmsVersion {
        match self {
            Self::TstInfo(_) => CmsVersion::V3,
            Self::Detached | Self::SpcIndirectData(_) => CmsVersion::V1,
        }
    }

    fn encapsulated(&self) -> der::Result<EncapsulatedContentInfo> {
        let econtent = match self {
            Self::Detached => None,
            Self::SpcIndirectData(der) => Some(Any::from_der(der)?),
            Self::TstInfo(der) => Some(Any::from_der(&tlv::value(tlv::OCTET_STRING, der))?),
        };
        Ok(EncapsulatedContentInfo { econtent_type: self.kind(), econtent })
    }
}

/// A signed or unsigned attribute with one value.
#[derive(Clone, Debug)]
pub(crate) struct AttributeValue {
    pub(crate) id: ObjectIdentifier,
    pub(crate) der: Vec<u8>,
}

impl AttributeValue {
    /// When the signer says that it signed (RFC 5652 §11.3).
    pub(crate) fn signing_time(at: UnixTime) -> Result<Self, EncodingError> {
        let der = to_time(at)?.to_der().map_err(EncodingError::of("signingTime"))?;
        Ok(Self { id: oid::SIGNING_TIME, der })
    }

    fn to_asn1(&self) -> der::Result<Attribute> {
        Ok(Attribute { oid: self.id, values: SetOfVec::try_from(vec![Any::from_der(&self.der)?])? })
    }
}

/// A message that lacks its signature.
#[derive(Clone, Debug)]
pub(crate) struct UnsignedData {
    content: Content,
    digest: DigestAlgorithm,
    attributes: Attributes,
    message: Vec<u8>,
    certificates: Vec<CertificateChoices>,
    signer: SignerIdentifier,
}

/// What goes into a message.
pub(crate) struct SignedDataFields<'a> {
    pub(crate) content: Content,
    pub(crate) digest: DigestAlgorithm,
    /// The digest of the content, as the format takes it.
    pub(crate) message_digest: &'a [u8],
    /// Signed attributes besides contentType and messageDigest.
    pub(crate) attributes: &'a [AttributeValue],
    pub(crate) signer: &'a Certificate,
    /// Certificates that the message carries.
    pub(crate) certificates: &'a [Certificate],
}

impl UnsignedData {
    pub(crate) fn new(fields: SignedDataFields<'_>) -> Result<Self, EncodingError> {
        Self::build(fields).map_err(EncodingError::of("SignedData"))
    }

    fn build(fields: SignedDataFields<'_>) -> der::Result<Self> {
        let attributes = signed_attributes(&fields)?;
        let certificates = fields.certificates.iter().map(|certificate| certificate.as_der());
        Ok(Self {
            message: attributes.to_der()?,
            attributes,
            digest: fields.digest,
            certificates: certificates.map(CertificateChoices::from_der).collect::<der::Result<_>>()?,
            signer: signer_identifier(fields.signer)?,
            content: fields.content,
        })
    }

    /// The exact bytes to sign. RFC 5652 §5.4: the signed attributes with the tag of a SET OF.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// DER of the ContentInfo.
    pub(crate) fn assemble(
        &self,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
        unsigned: Option<&AttributeValue>,
    ) -> Result<Vec<u8>, EncodingError> {
        self.content_info(algorithm, signature, unsigned).map_err(EncodingError::of("SignedData"))
    }

    fn content_info(
        &self,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
        unsigned: Option<&AttributeValue>,
    ) -> der::Result<Vec<u8>> {
        let digest = digest_identifier(self.digest, self.content.parameters());
        let unsigned = unsigned.map(|attribute| SetOfVec::try_from(vec![attribute.to_asn1()?])).transpose()?;
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: self.signer.clone(),
            digest_alg: digest.clone(),
            signed_attrs: Some(self.attributes.clone()),
            signature_algorithm: signature_identifier(algorithm),
            signature: OctetString::new(signature)?,
            unsigned_attrs: unsigned,
        };
        let certificates = (!self.certificates.is_empty()).then(|| self.certificates.clone().try_into()).transpose()?;
        let signed_data = SignedData {
            version: self.content.version(),
            digest_algorithms: SetOfVec::try_from(vec![digest])?,
            encap_content_info: self.content.encapsulated()?,
            certificates,
            crls: None,
            signer_infos: SignerInfos::try_from(vec![signer])?,
        };
        ContentInfo { content_type: oid::ID_SIGNED_DATA, content: Any::encode_from(&signed_data)? }.to_der()
    }
}

fn signed_attributes(fields: &SignedDataFields<'_>) -> der::Result<Attributes> {
    let required = [
        AttributeValue { id: oid::CONTENT_TYPE, der: tlv::oid(fields.content.kind()) },
        AttributeValue { id: oid::MESSAGE_DIGEST, der: tlv::value(tlv::OCTET_STRING, fields.message_digest) },
    ];
    let all = required.iter().chain(fields.attributes).map(AttributeValue::to_asn1);
    SetOfVec::try_from(all.collect::<der::Result<Vec<_>>>()?)
}

fn signer_identifier(certificate: &Certificate) -> der::Result<SignerIdentifier> {
    let parsed = x509_cert::Certificate::from_der(certificate.as_der())?;
    let tbs = parsed.tbs_certificate();
    Ok(SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer: tbs.issuer().clone(),
        serial_number: tbs.serial_number().clone(),
    }))
}
