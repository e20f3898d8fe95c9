//! A certificate in words.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::Decode as _;
use x509_cert::certificate::{CertificateInner, Raw};

use super::extension::{self, ExtensionDescription};
use super::key::{self, KeyDescription};
use super::name::{self, Attribute};
use super::signature::{self, SignatureDescription};
use crate::x509::{EncodingError, Validity};

/// Everything that is in a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateDescription {
    /// 1, 2 or 3.
    pub version: u8,
    /// In lower-case hexadecimal without colons.
    pub serial: String,
    /// The subject, attribute by attribute, most significant first.
    pub subject: Vec<Attribute>,
    /// The subject as RFC 4514 text; empty when there is none.
    pub subject_text: String,
    /// The issuer, attribute by attribute.
    pub issuer: Vec<Attribute>,
    /// The issuer as RFC 4514 text.
    pub issuer_text: String,
    /// First and last second of validity.
    pub validity: Validity,
    /// The key.
    pub key: KeyDescription,
    /// How the issuer signed it.
    pub signature: SignatureDescription,
    /// Whether subject and issuer are the same, as in a root.
    pub self_issued: bool,
    /// Whether it is a CA's.
    pub is_authority: bool,
    /// The extensions in their order.
    pub extensions: Vec<ExtensionDescription>,
    /// SHA-256 of the DER.
    pub fingerprint_sha256: [u8; 32],
    /// SHA-1 of the DER, which some programs still show.
    pub fingerprint_sha1: [u8; 20],
    /// The exact encoding.
    pub der: Vec<u8>,
}

impl CertificateDescription {
    /// The names that it is for, each with its kind in front; empty without the extension.
    pub fn names(&self) -> &[String] {
        let found = self.extensions.iter().find(|extension| extension.oid == extension::SUBJECT_ALT_NAME);
        found.map(|extension| extension.values.as_slice()).unwrap_or_default()
    }

    /// What a person would call it: its first name, or its subject.
    pub fn title(&self) -> String {
        let first = self.names().first().and_then(|name| name.split_once(' ')).map(|(_, name)| name.to_owned());
        let common_name = || self.subject.iter().rev().find(|attribute| attribute.label == "common name");
        let subject = || common_name().map(|attribute| attribute.value.clone());
        first.or_else(subject).unwrap_or_else(|| match self.subject_text.as_str() {
            "" => format!("serial {}", self.serial),
            text => text.to_owned(),
        })
    }

    /// One PEM block.
    pub fn to_pem(&self) -> String {
        crate::x509::pem::encode("CERTIFICATE", &self.der)
    }

    /// Everything as plain text.
    pub fn to_text(&self) -> String {
        super::text::certificate(self)
    }
}

/// Describes one certificate in DER.
///
/// # Errors
/// When the bytes are no certificate at all.
pub fn certificate(der: &[u8]) -> Result<CertificateDescription, EncodingError> {
    // `Raw` reads what breaks RFC 5280 in serials and times.
    let parsed = CertificateInner::<Raw>::from_der(der).map_err(EncodingError::of("Certificate"))?;
    let tbs = parsed.tbs_certificate();
    let extensions: Vec<_> = tbs.extensions().into_iter().flatten().map(extension::describe).collect();
    let mut fingerprint_sha256 = [0; 32];
    fingerprint_sha256.copy_from_slice(digest(&SHA256, der).as_ref());
    let mut fingerprint_sha1 = [0; 20];
    fingerprint_sha1.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref());
    Ok(CertificateDescription {
        version: tbs.version() as u8 + 1,
        serial: serial(tbs.serial_number().as_bytes()),
        subject: name::attributes(tbs.subject()),
        subject_text: name::text(tbs.subject()),
        issuer: name::attributes(tbs.issuer()),
        issuer_text: name::text(tbs.issuer()),
        validity: Validity::from_asn1(tbs.validity()),
        key: key::describe(tbs.subject_public_key_info()),
        signature: signature::describe(parsed.signature_algorithm().oid),
        self_issued: tbs.subject() == tbs.issuer(),
        is_authority: tbs.extensions().into_iter().flatten().any(extension::makes_authority),
        extensions,
        fingerprint_sha256,
        fingerprint_sha1,
        der: der.to_vec(),
    })
}

/// Without leading zero octets, as everywhere here; zero itself keeps one.
fn serial(octets: &[u8]) -> String {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len().saturating_sub(1));
    octets.get(start..).unwrap_or_default().iter().map(|octet| format!("{octet:02x}")).collect()
}
