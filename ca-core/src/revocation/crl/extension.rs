//! The extensions of a CRL (RFC 5280 §5.2), each with the criticality the RFC asks for.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280;
use der::Encode;
use der::asn1::{Ia5String, OctetString};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::CrlNumber;
use crate::x509::EncodingError;

// RFC 5280 §5.2.5. Spelled out, because the `AssociatedOid` of x509-cert 0.3.0's type is another extension's.
pub(super) const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// Which list this is of the several that one CA may publish, and what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// Every URL under which certificates name this list. Relying parties compare it with the distribution point of
    /// the certificate at hand: a URL that is missing here makes the list useless for that certificate.
    pub urls: Vec<String>,
    /// What it covers.
    pub scope: CertificateScope,
}

/// Which certificates of its CA a list covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateScope {
    /// All.
    #[default]
    All,
    /// onlyContainsUserCerts.
    EndEntities,
    /// onlyContainsCACerts.
    Authorities,
}

impl IssuingDistributionPoint {
    /// Nothing to say: RFC 5280 §5.2.5 forbids to write it then.
    pub(super) fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.scope == CertificateScope::All
    }

    /// Always critical.
    pub(super) fn to_extension(&self) -> Result<Extension, EncodingError> {
        let urls = self.urls.iter().map(|url| uri(url)).collect::<Result<Vec<_>, _>>()?;
        let value = dp::IssuingDistributionPoint {
            distribution_point: (!urls.is_empty()).then_some(DistributionPointName::FullName(urls)),
            only_contains_user_certs: self.scope == CertificateScope::EndEntities,
            only_contains_ca_certs: self.scope == CertificateScope::Authorities,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        extension(ISSUING_DISTRIBUTION_POINT, true, &value)
    }

    pub(super) fn from_asn1(value: &dp::IssuingDistributionPoint) -> Self {
        let names = match &value.distribution_point {
            Some(DistributionPointName::FullName(names)) => names.as_slice(),
            _ => &[],
        };
        let urls = names.iter().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(url) => Some(url.to_string()),
            _ => None,
        });
        let scope = match (value.only_contains_user_certs, value.only_contains_ca_certs) {
            (true, _) => CertificateScope::EndEntities,
            (_, true) => CertificateScope::Authorities,
            _ => CertificateScope::All,
        };
        Self { urls: urls.collect(), scope }
    }
}

// RFC 5280 §5.2.3: MUST be non-critical.
pub(super) fn crl_number(number: CrlNumber) -> Result<Extension, EncodingError> {
    extension(rfc5280::ID_CE_CRL_NUMBER, false, &number.value())
}

fn uri(url: &str) -> Result<GeneralName, EncodingError> {
    Ia5String::new(url).map(GeneralName::UniformResourceIdentifier).map_err(EncodingError::of("distributionPoint"))
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: &impl Encode) -> Result<Extension, EncodingError> {
    let fault = EncodingError::of("crlExtensions");
    let extn_value = value.to_der().and_then(OctetString::new).map_err(fault)?;
    Ok(Extension { extn_id, critical, extn_value })
}
