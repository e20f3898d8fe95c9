//! What the key of a certificate may be used for: key usage and extended key usage together.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use der::Decode as _;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix as asn1;

use super::extension::ExtendedKeyUsage;
use super::{Certificate, EncodingError};

/// Key usage and extended key usage of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purposes {
    signs: bool,
    extended: Vec<ObjectIdentifier>,
    critical: bool,
}

impl Purposes {
    /// Reads both extensions.
    ///
    /// # Errors
    /// When one of them is malformed.
    pub fn of(certificate: &Certificate) -> Result<Self, EncodingError> {
        Self::read(certificate.as_der()).map_err(EncodingError::of("key usage"))
    }

    fn read(der: &[u8]) -> der::Result<Self> {
        let parsed = CertificateInner::<Raw>::from_der(der)?;
        let extensions = parsed.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
        let find = |id| extensions.iter().find(|extension| extension.extn_id == id);
        let usage = find(oid::ID_CE_KEY_USAGE).map(|found| asn1::KeyUsage::from_der(found.extn_value.as_bytes()));
        let extended = find(oid::ID_CE_EXT_KEY_USAGE);
        let named = extended.map(|found| asn1::ExtendedKeyUsage::from_der(found.extn_value.as_bytes())).transpose()?;
        Ok(Self {
            // RFC 5280 §4.2.1.3: without the extension the key is not restricted.
            signs: usage.transpose()?.is_none_or(|usage| usage.digital_signature()),
            extended: named.map(|usage| usage.0).unwrap_or_default(),
            critical: extended.is_some_and(|found| found.critical),
        })
    }

    /// Whether the key may sign what is not a certificate or CRL.
    pub fn signs(&self) -> bool {
        self.signs
    }

    /// Whether this purpose is named. anyExtendedKeyUsage names none.
    pub fn names(&self, purpose: ExtendedKeyUsage) -> bool {
        self.extended.contains(&purpose.oid())
    }

    /// Whether this is the only purpose, marked critical, as RFC 3161 §2.3 asks of a time-stamping authority.
    pub fn is_only(&self, purpose: ExtendedKeyUsage) -> bool {
        self.critical && self.extended == [purpose.oid()]
    }
}
