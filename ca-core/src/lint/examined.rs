//! A certificate to be signed, decoded for the rules.

use const_oid::db::rfc5280 as oid;
use der::Encode as _;
use x509_cert::certificate::{Raw, TbsCertificateInner};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName, SubjectKeyIdentifier,
};

use super::IssuerFacts;
use super::extensions::{ENCODING, strict, value};
use super::finding::Finding;
use super::subject::Subject;
use crate::x509::SubjectPublicKeyInfo;

/// What the rules look at.
pub(super) struct Examined<'a> {
    pub(super) subject: Subject<'a>,
    // `Raw` decodes serials and times that break RFC 5280, so that a rule can say what is wrong with them.
    pub(super) tbs: TbsCertificateInner<Raw>,
    /// `None` for a key that this CA does not know.
    pub(super) key: Option<SubjectPublicKeyInfo>,
    pub(super) names: Option<SubjectAltName>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) subject_key_identifier: Option<SubjectKeyIdentifier>,
    pub(super) authority_key_identifier: Option<AuthorityKeyIdentifier>,
    pub(super) name_constraints: Option<NameConstraints>,
    pub(super) crl_distribution_points: Option<CrlDistributionPoints>,
    pub(super) authority_information_access: Option<AuthorityInfoAccessSyntax>,
    pub(super) certificate_policies: Option<CertificatePolicies>,
}

impl<'a> Examined<'a> {
    pub(super) fn decode(tbs_der: &[u8], subject: Subject<'a>) -> Result<Self, Finding> {
        let tbs: TbsCertificateInner<Raw> = strict(tbs_der, &"TBSCertificate")?;
        let key = tbs.subject_public_key_info().to_der();
        let key = key.map_err(|error| ENCODING.finding(format!("SubjectPublicKeyInfo: {error}")))?;
        let list = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            subject,
            key: SubjectPublicKeyInfo::from_der(&key).ok(),
            names: value(list, oid::ID_CE_SUBJECT_ALT_NAME)?,
            key_usage: value(list, oid::ID_CE_KEY_USAGE)?,
            extended_key_usage: value(list, oid::ID_CE_EXT_KEY_USAGE)?,
            basic_constraints: value(list, oid::ID_CE_BASIC_CONSTRAINTS)?,
            subject_key_identifier: value(list, oid::ID_CE_SUBJECT_KEY_IDENTIFIER)?,
            authority_key_identifier: value(list, oid::ID_CE_AUTHORITY_KEY_IDENTIFIER)?,
            name_constraints: value(list, oid::ID_CE_NAME_CONSTRAINTS)?,
            crl_distribution_points: value(list, oid::ID_CE_CRL_DISTRIBUTION_POINTS)?,
            authority_information_access: value(list, oid::ID_PE_AUTHORITY_INFO_ACCESS)?,
            certificate_policies: value(list, oid::ID_CE_CERTIFICATE_POLICIES)?,
            tbs,
        })
    }

    pub(super) fn issuer(&self) -> Option<&'a IssuerFacts> {
        self.subject.issuer()
    }

    pub(super) fn is_authority(&self) -> bool {
        self.subject.is_authority()
    }

    /// Whether people know it by its subject: it signs code or timestamps, and authenticates nothing that has an address.
    pub(super) fn is_known_by_subject(&self) -> bool {
        const SIGNERS: [const_oid::ObjectIdentifier; 2] = [oid::ID_KP_CODE_SIGNING, oid::ID_KP_TIME_STAMPING];
        const ADDRESSED: [const_oid::ObjectIdentifier; 3] =
            [oid::ID_KP_SERVER_AUTH, oid::ID_KP_CLIENT_AUTH, oid::ID_KP_EMAIL_PROTECTION];
        let purposes = self.extended_key_usage.as_ref().map(|usage| usage.0.as_slice()).unwrap_or_default();
        let has = |wanted: &[const_oid::ObjectIdentifier]| purposes.iter().any(|purpose| wanted.contains(purpose));
        has(&SIGNERS) && !has(&ADDRESSED) && !self.tbs.subject().is_empty()
    }

    pub(super) fn extensions(&self) -> &[Extension] {
        self.tbs.extensions().map(Vec::as_slice).unwrap_or_default()
    }

    /// Subject alternative names in their order.
    pub(super) fn names(&self) -> &[GeneralName] {
        self.names.as_ref().map(|names| names.0.as_slice()).unwrap_or_default()
    }

    pub(super) fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.names().iter().filter_map(|name| match name {
            GeneralName::DnsName(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The texts of all common names in the subject.
    pub(super) fn common_names(&self) -> impl Iterator<Item = &str> {
        let common_name = const_oid::db::rfc4519::COMMON_NAME;
        let attributes = self.tbs.subject().iter().filter(move |attribute| attribute.oid == common_name);
        attributes.map(|attribute| std::str::from_utf8(attribute.value.value()).unwrap_or_default())
    }
}
