//! What the rules need to know of an issuer, read once from its certificate and kept.

use const_oid::db::rfc5280 as oid;
use der::{Decode as _, Encode as _};
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, NameConstraints, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::extensions;
use crate::x509::SubjectPublicKeyInfo;

/// Facts about a CA certificate and the path above it, for all certificates and CRLs that it signs.
#[derive(Clone, Debug)]
pub struct IssuerFacts {
    pub(super) name: Name,
    pub(super) key: SubjectPublicKeyInfo,
    pub(super) key_identifier: Option<Vec<u8>>,
    pub(super) not_before: Time,
    pub(super) not_after: Time,
    pub(super) is_authority: bool,
    pub(super) key_usage: Option<KeyUsage>,
    /// How many CAs may follow below; over the whole path that is known.
    pub(super) path_length: Option<u8>,
    /// Of the issuer and of every CA above it that is known.
    pub(super) name_constraints: Vec<NameConstraints>,
}

/// A certificate that cannot be an issuer's.
#[derive(Debug, thiserror::Error)]
#[error("the issuer's certificate cannot be read: {0}")]
pub struct UnreadableIssuer(String);

impl IssuerFacts {
    /// Reads one CA certificate. Name constraints and path lengths of CAs above it are not known then.
    ///
    /// # Errors
    /// [`UnreadableIssuer`] when it is no certificate or its key is of an unknown kind.
    pub fn from_der(certificate: &[u8]) -> Result<Self, UnreadableIssuer> {
        Self::from_path([certificate])
    }

    /// Reads a CA certificate and those above it, issuer of the issuer next.
    ///
    /// # Errors
    /// [`UnreadableIssuer`] when the path is empty, or one of them is no certificate or has a key of an unknown kind.
    pub fn from_path<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, UnreadableIssuer> {
        let mut path = certificates.into_iter().map(Self::from_one);
        let mut facts = path.next().ok_or_else(|| UnreadableIssuer("the path is empty".to_owned()))??;
        for (depth, above) in (1_u8..).zip(path) {
            facts.restrict_by(above?, depth);
        }
        Ok(facts)
    }

    fn from_one(certificate: &[u8]) -> Result<Self, UnreadableIssuer> {
        let error = |error: &dyn std::fmt::Display| UnreadableIssuer(error.to_string());
        let certificate = CertificateInner::<Raw>::from_der(certificate).map_err(|e| error(&e))?;
        let tbs = certificate.tbs_certificate();
        let key = tbs.subject_public_key_info().to_der().map_err(|e| error(&e))?;
        let constraints: Option<BasicConstraints> = read(tbs, oid::ID_CE_BASIC_CONSTRAINTS)?;
        let identifier: Option<SubjectKeyIdentifier> = read(tbs, oid::ID_CE_SUBJECT_KEY_IDENTIFIER)?;
        Ok(Self {
            name: tbs.subject().clone(),
            key: SubjectPublicKeyInfo::from_der(&key).map_err(|e| error(&e))?,
            key_identifier: identifier.map(|identifier| identifier.0.as_bytes().to_vec()),
            not_before: tbs.validity().not_before,
            not_after: tbs.validity().not_after,
            is_authority: constraints.as_ref().is_some_and(|constraints| constraints.ca),
            key_usage: read(tbs, oid::ID_CE_KEY_USAGE)?,
            path_length: constraints.and_then(|constraints| constraints.path_len_constraint),
            name_constraints: read(tbs, oid::ID_CE_NAME_CONSTRAINTS)?.into_iter().collect(),
        })
    }

    // RFC 5280 §6.1.4 (g), (l), (m): what a CA may certify is cut by every CA above it.
    fn restrict_by(&mut self, above: Self, depth: u8) {
        let inherited = above.path_length.map(|length| length.saturating_sub(depth));
        self.path_length = self.path_length.into_iter().chain(inherited).min();
        self.name_constraints.extend(above.name_constraints);
    }
}

fn read<T>(tbs: &TbsCertificateInner<Raw>, id: const_oid::ObjectIdentifier) -> Result<Option<T>, UnreadableIssuer>
where
    T: for<'a> der::Decode<'a, Error = der::Error> + der::Encode,
{
    let list = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
    extensions::value(list, id).map_err(|finding| UnreadableIssuer(finding.detail))
}
