//! The certificate extensions that this CA writes (RFC 5280 §4.2), each with the criticality the RFC asks for.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use der::asn1::{Ia5String, OctetString};
use der::flagset::FlagSet;
use der::{Encode, asn1::BitString};
pub(crate) use x509_cert::ext::Extension;
use x509_cert::ext::pkix as asn1;
use x509_cert::ext::pkix::name as asn1_name;

use super::{EncodingError, GeneralName, ProjectPurpose, SubjectPublicKeyInfo};

/// `KeyUsage` bits that a profile may ask for (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// nonRepudiation, also called contentCommitment.
    ContentCommitment,
    /// keyEncipherment: RSA key transport.
    KeyEncipherment,
    /// keyAgreement.
    KeyAgreement,
    /// keyCertSign: CA certificates only.
    KeyCertSign,
    /// cRLSign: CA certificates only.
    CrlSign,
}

impl KeyUsage {
    fn bit(self) -> asn1::KeyUsages {
        match self {
            Self::DigitalSignature => asn1::KeyUsages::DigitalSignature,
            Self::ContentCommitment => asn1::KeyUsages::NonRepudiation,
            Self::KeyEncipherment => asn1::KeyUsages::KeyEncipherment,
            Self::KeyAgreement => asn1::KeyUsages::KeyAgreement,
            Self::KeyCertSign => asn1::KeyUsages::KeyCertSign,
            Self::CrlSign => asn1::KeyUsages::CRLSign,
        }
    }
}

/// Purposes of `ExtendedKeyUsage` that a profile may ask for (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtendedKeyUsage {
    /// id-kp-serverAuth.
    ServerAuth,
    /// id-kp-clientAuth.
    ClientAuth,
    /// id-kp-codeSigning.
    CodeSigning,
    /// id-kp-emailProtection.
    EmailProtection,
    /// id-kp-timeStamping.
    TimeStamping,
    /// id-kp-OCSPSigning.
    OcspSigning,
}

impl ExtendedKeyUsage {
    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => oid::ID_KP_SERVER_AUTH,
            Self::ClientAuth => oid::ID_KP_CLIENT_AUTH,
            Self::CodeSigning => oid::ID_KP_CODE_SIGNING,
            Self::EmailProtection => oid::ID_KP_EMAIL_PROTECTION,
            Self::TimeStamping => oid::ID_KP_TIME_STAMPING,
            Self::OcspSigning => oid::ID_KP_OCSP_SIGNING,
        }
    }
}

/// Whether the certificate is a CA's, and how long a path may hang below it (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasicConstraints {
    /// cA FALSE.
    EndEntity,
    /// cA TRUE with at most so many subordinate CAs below; `None`: no limit.
    Authority {
        /// pathLenConstraint.
        path_length: Option<u8>,
    },
}

type Encoded = Result<Extension, EncodingError>;

fn extension(extn_id: ObjectIdentifier, critical: bool, value: &impl Encode) -> Encoded {
    let error = EncodingError::of("Extension");
    let der = value.to_der().map_err(&error)?;
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(der).map_err(&error)? })
}

// RFC 5280 §4.2.1.3: SHOULD be critical.
pub(crate) fn key_usage(usages: &[KeyUsage]) -> Encoded {
    let bits = usages.iter().fold(FlagSet::default(), |bits, usage| bits | usage.bit());
    extension(oid::ID_CE_KEY_USAGE, true, &asn1::KeyUsage(bits))
}

// RFC 3161 §2.3: critical in the certificate of a time-stamping authority.
pub(crate) fn extended_key_usage(usages: &[ExtendedKeyUsage], own: Option<ProjectPurpose>) -> Encoded {
    let oids = usages.iter().map(|usage| usage.oid()).chain(own.map(ProjectPurpose::oid)).collect();
    let critical = usages.contains(&ExtendedKeyUsage::TimeStamping);
    extension(oid::ID_CE_EXT_KEY_USAGE, critical, &asn1::ExtendedKeyUsage(oids))
}

// RFC 5280 §4.2.1.9: critical in CA certificates.
pub(crate) fn basic_constraints(constraints: BasicConstraints) -> Encoded {
    let (ca, path_len_constraint) = match constraints {
        BasicConstraints::EndEntity => (false, None),
        BasicConstraints::Authority { path_length } => (true, path_length),
    };
    extension(oid::ID_CE_BASIC_CONSTRAINTS, true, &asn1::BasicConstraints { ca, path_len_constraint })
}

// RFC 5280 §4.2.1.6: critical if and only if the subject is empty.
pub(crate) fn subject_alternative_names(names: &[GeneralName], critical: bool) -> Encoded {
    let names = names.iter().map(general_name).collect::<Result<_, _>>()?;
    extension(oid::ID_CE_SUBJECT_ALT_NAME, critical, &asn1::SubjectAltName(names))
}

pub(crate) fn subject_key_identifier(key: &SubjectPublicKeyInfo) -> Encoded {
    let identifier = OctetString::new(key.key_identifier()).map_err(EncodingError::of("SubjectKeyIdentifier"))?;
    extension(oid::ID_CE_SUBJECT_KEY_IDENTIFIER, false, &asn1::SubjectKeyIdentifier(identifier))
}

pub(crate) fn authority_key_identifier(identifier: &[u8]) -> Encoded {
    let key_identifier = OctetString::new(identifier).map_err(EncodingError::of("AuthorityKeyIdentifier"))?;
    let value = asn1::AuthorityKeyIdentifier { key_identifier: Some(key_identifier), ..Default::default() };
    extension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &value)
}

// RFC 5280 §4.2.2.1: caIssuers names the DER certificate of the issuer.
pub(crate) fn authority_information_access(ca_issuers: &str) -> Encoded {
    let access = asn1::AccessDescription { access_method: oid::ID_AD_CA_ISSUERS, access_location: uri(ca_issuers)? };
    extension(oid::ID_PE_AUTHORITY_INFO_ACCESS, false, &asn1::AuthorityInfoAccessSyntax(vec![access]))
}

pub(crate) fn crl_distribution_points(url: &str) -> Encoded {
    let point = asn1::crl::dp::DistributionPoint {
        distribution_point: Some(asn1_name::DistributionPointName::FullName(vec![uri(url)?])),
        reasons: None,
        crl_issuer: None,
    };
    extension(oid::ID_CE_CRL_DISTRIBUTION_POINTS, false, &asn1::CrlDistributionPoints(vec![point]))
}

pub(crate) fn certificate_policies(policies: &[ObjectIdentifier]) -> Encoded {
    let information = |oid: &ObjectIdentifier| asn1::certpolicy::PolicyInformation {
        policy_identifier: *oid,
        policy_qualifiers: None,
    };
    let value = asn1::CertificatePolicies(policies.iter().map(information).collect());
    extension(oid::ID_CE_CERTIFICATE_POLICIES, false, &value)
}

// RFC 5280 §4.2.1.10: MUST be critical; minimum 0 and maximum absent.
pub(crate) fn name_constraints(permitted: &[NameSubtree], excluded: &[NameSubtree]) -> Encoded {
    let subtrees = |list: &[NameSubtree]| -> Result<Option<Vec<_>>, EncodingError> {
        let encoded = list.iter().map(NameSubtree::to_asn1).collect::<Result<Vec<_>, _>>()?;
        Ok((!encoded.is_empty()).then_some(encoded))
    };
    let value =
        asn1::NameConstraints { permitted_subtrees: subtrees(permitted)?, excluded_subtrees: subtrees(excluded)? };
    extension(oid::ID_CE_NAME_CONSTRAINTS, true, &value)
}

/// A subtree of names that a CA may or may not certify (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameSubtree {
    /// This DNS name and everything below it.
    Dns(String),
    /// This network.
    Ip(ipnet::IpNet),
    /// Mailboxes at this host, or below it with a leading dot.
    Email(String),
    /// URIs with this host, or below it with a leading dot.
    Uri(String),
}

impl NameSubtree {
    fn to_asn1(&self) -> Result<asn1::constraints::name::GeneralSubtree, EncodingError> {
        let base = match self {
            Self::Dns(name) => asn1_name::GeneralName::DnsName(ia5(name)?),
            Self::Email(host) => asn1_name::GeneralName::Rfc822Name(ia5(host)?),
            Self::Uri(host) => asn1_name::GeneralName::UniformResourceIdentifier(ia5(host)?),
            Self::Ip(network) => asn1_name::GeneralName::IpAddress(octets(&network_octets(network))?),
        };
        Ok(asn1::constraints::name::GeneralSubtree { base, minimum: 0, maximum: None })
    }
}

// RFC 5280 §4.2.1.10: address and mask, 8 or 32 octets.
fn network_octets(network: &ipnet::IpNet) -> Vec<u8> {
    let mut encoded = address_octets(network.network());
    encoded.extend(address_octets(network.netmask()));
    encoded
}

fn address_octets(address: std::net::IpAddr) -> Vec<u8> {
    match address {
        std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
        std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn general_name(name: &GeneralName) -> Result<asn1_name::GeneralName, EncodingError> {
    Ok(match name {
        GeneralName::Dns(text) => asn1_name::GeneralName::DnsName(ia5(text)?),
        GeneralName::Email(text) => asn1_name::GeneralName::Rfc822Name(ia5(text)?),
        GeneralName::Uri(text) => uri(text)?,
        GeneralName::Ip(address) => asn1_name::GeneralName::IpAddress(octets(&address_octets(*address))?),
    })
}

fn uri(text: &str) -> Result<asn1_name::GeneralName, EncodingError> {
    ia5(text).map(asn1_name::GeneralName::UniformResourceIdentifier)
}

fn ia5(text: &str) -> Result<Ia5String, EncodingError> {
    Ia5String::new(text).map_err(EncodingError::of("IA5String"))
}

fn octets(bytes: &[u8]) -> Result<OctetString, EncodingError> {
    OctetString::new(bytes).map_err(EncodingError::of("OCTET STRING"))
}

/// A signature as the BIT STRING of a certificate or CRL.
pub(crate) fn signature_bits(signature: &[u8]) -> Result<BitString, EncodingError> {
    BitString::from_bytes(signature).map_err(EncodingError::of("signature"))
}
