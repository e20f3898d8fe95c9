//! What a tls-alpn-01 server shows: the names and the acmeIdentifier extension of its certificate (RFC 8737 §3).

use const_oid::ObjectIdentifier;
use der::Decode as _;
use der::asn1::OctetStringRef;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName as Asn1Name;

use super::{EncodingError, GeneralName};

/// id-pe-acmeIdentifier.
const ACME_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.31");
/// id-ce-subjectAltName.
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// The two extensions of a certificate that a tls-alpn-01 validation looks at, each `None` unless it stands there exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeIdentifierCertificate {
    /// Every entry of subjectAltName, normalised; `None` for an entry that is neither a valid DNS name nor an address.
    pub subject_alt_names: Option<Vec<Option<GeneralName>>>,
    /// The acmeIdentifier extension.
    pub acme_identifier: Option<AcmeIdentifierExtension>,
}

/// ```asn1
/// Authorization ::= OCTET STRING (SIZE (32))
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeIdentifierExtension {
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// Contents of the OCTET STRING.
    pub authorization: Vec<u8>,
}

impl AcmeIdentifierCertificate {
    /// Reads a DER certificate. Only the two extensions are judged by anyone, so everything else is taken as it comes.
    ///
    /// # Errors
    /// [`EncodingError`] when the certificate or one of the two extensions is not DER.
    pub fn from_der(der: &[u8]) -> Result<Self, EncodingError> {
        let certificate = CertificateInner::<Raw>::from_der(der).map_err(EncodingError::of("Certificate"))?;
        let extensions = certificate.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            subject_alt_names: only(extensions, SUBJECT_ALT_NAME).map(names).transpose()?,
            acme_identifier: only(extensions, ACME_IDENTIFIER).map(authorization).transpose()?,
        })
    }
}

/// The extension, if there is exactly one of its kind (RFC 5280 §4.2 forbids more).
fn only(extensions: &[Extension], oid: ObjectIdentifier) -> Option<&Extension> {
    let mut found = extensions.iter().filter(|extension| extension.extn_id == oid);
    found.next().filter(|_| found.next().is_none())
}

fn names(extension: &Extension) -> Result<Vec<Option<GeneralName>>, EncodingError> {
    let names =
        SubjectAltName::from_der(extension.extn_value.as_bytes()).map_err(EncodingError::of("SubjectAltName"))?;
    Ok(names.0.iter().map(name).collect())
}

fn name(name: &Asn1Name) -> Option<GeneralName> {
    match name {
        Asn1Name::DnsName(text) => GeneralName::dns(text.as_str()).ok(),
        Asn1Name::IpAddress(octets) => address(octets.as_bytes()).map(GeneralName::Ip),
        _ => None,
    }
}

// RFC 5280 §4.2.1.6: four octets for IPv4, sixteen for IPv6.
fn address(octets: &[u8]) -> Option<std::net::IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(Into::into);
    v4.ok().or_else(|| <[u8; 16]>::try_from(octets).map(Into::into).ok())
}

fn authorization(extension: &Extension) -> Result<AcmeIdentifierExtension, EncodingError> {
    let octets =
        <&OctetStringRef>::from_der(extension.extn_value.as_bytes()).map_err(EncodingError::of("acmeIdentifier"))?;
    Ok(AcmeIdentifierExtension { critical: extension.critical, authorization: octets.as_bytes().to_vec() })
}
