//! What extensions say, read by their type.

use const_oid::ObjectIdentifier;
use der::Decode;
use der::asn1::{Any, ObjectIdentifier as Oid};
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, InhibitAnyPolicy, KeyUsage, NameConstraints, PolicyConstraints, SubjectKeyIdentifier,
};

use super::super::name::{general, general_list, string, text};
use super::super::visible::octets;
use super::super::{identifier, visible::visible};

type Lines = der::Result<Vec<String>>;

/// The lines of an extension of a known kind; none for another.
pub(super) fn read(oid: &str, der: &[u8]) -> Option<Lines> {
    Some(match oid {
        "2.5.29.17" | "2.5.29.18" => general_list(der),
        "2.5.29.15" => decode(der, key_usage),
        "2.5.29.37" => decode(der, extended_key_usage),
        "2.5.29.19" => decode(der, basic_constraints),
        "2.5.29.14" => decode(der, |found: SubjectKeyIdentifier| vec![octets(found.0.as_bytes())]),
        "2.5.29.35" => decode(der, authority_key_identifier),
        "2.5.29.31" | "2.5.29.46" => decode(der, distribution_points),
        "2.5.29.32" => decode(der, policies),
        "2.5.29.36" => decode(der, policy_constraints),
        "2.5.29.54" => decode(der, |InhibitAnyPolicy(depth)| vec![format!("below {depth} further certificates")]),
        "2.5.29.30" => decode(der, name_constraints),
        "1.3.6.1.5.5.7.1.1" | "1.3.6.1.5.5.7.1.11" => decode(der, information_access),
        "1.3.6.1.5.5.7.1.24" => decode(der, |features: Vec<u32>| features.into_iter().map(tls_feature).collect()),
        "1.3.6.1.4.1.311.20.2" | "2.16.840.1.113730.1.13" => decode(der, |value: Any| vec![string(&value)]),
        "1.3.6.1.5.5.7.48.1.5" | "1.3.6.1.4.1.11129.2.4.3" => Ok(Vec::new()),
        "1.3.6.1.4.1.11129.2.4.2" => Ok(vec![format!("{} octets", der.len())]),
        _ => return None,
    })
}

fn decode<'a, T: Decode<'a, Error = der::Error>>(der: &'a [u8], lines: impl FnOnce(T) -> Vec<String>) -> Lines {
    T::from_der(der).map(lines)
}

fn key_usage(usage: KeyUsage) -> Vec<String> {
    let bits = [
        (usage.digital_signature(), "digital signature: sign handshakes, messages and requests"),
        (usage.non_repudiation(), "content commitment: sign documents that bind the signer"),
        (usage.key_encipherment(), "key encipherment: unwrap keys that others encrypted (RSA key transport)"),
        (usage.data_encipherment(), "data encipherment: decrypt data directly"),
        (usage.key_agreement(), "key agreement: agree on keys (Diffie-Hellman)"),
        (usage.key_cert_sign(), "certificate signing: issue certificates"),
        (usage.crl_sign(), "CRL signing: sign lists of revoked certificates"),
        (usage.encipher_only(), "encipher only"),
        (usage.decipher_only(), "decipher only"),
    ];
    bits.into_iter().filter(|(set, _)| *set).map(|(_, words)| words.to_owned()).collect()
}

fn extended_key_usage(ExtendedKeyUsage(purposes): ExtendedKeyUsage) -> Vec<String> {
    purposes.into_iter().map(purpose).collect()
}

fn purpose(oid: ObjectIdentifier) -> String {
    let known = match oid.to_string().as_str() {
        "1.3.6.1.5.5.7.3.1" => "TLS server (serverAuth)",
        "1.3.6.1.5.5.7.3.2" => "TLS client (clientAuth)",
        "1.3.6.1.5.5.7.3.3" => "code signing (codeSigning)",
        "1.3.6.1.5.5.7.3.4" => "e-mail (emailProtection)",
        "1.3.6.1.5.5.7.3.8" => "timestamps (timeStamping)",
        "1.3.6.1.5.5.7.3.9" => "OCSP answers (OCSPSigning)",
        "1.3.6.1.4.1.311.20.2.2" => "smart card sign-in (Microsoft)",
        "1.3.6.1.5.2.3.5" => "Kerberos KDC",
        "2.5.29.37.0" => "any purpose (anyExtendedKeyUsage)",
        _ => return identifier::name(oid),
    };
    known.to_owned()
}

fn basic_constraints(found: BasicConstraints) -> Vec<String> {
    let line = match (found.ca, found.path_len_constraint) {
        (false, _) => "not a CA: it issues nothing".to_owned(),
        (true, None) => "a CA, with any number of CAs below it".to_owned(),
        (true, Some(0)) => "a CA that issues to end entities only: no CA below it".to_owned(),
        (true, Some(depth)) => format!("a CA with at most {depth} CAs below it"),
    };
    vec![line]
}

fn authority_key_identifier(found: AuthorityKeyIdentifier) -> Vec<String> {
    let mut lines: Vec<String> = found.key_identifier.iter().map(|id| octets(id.as_bytes())).collect();
    lines.extend(found.authority_cert_issuer.iter().flatten().map(|name| format!("issuer: {}", general(name))));
    lines.extend(found.authority_cert_serial_number.map(|serial| format!("serial: {}", octets(serial.as_bytes()))));
    lines
}

fn distribution_points(CrlDistributionPoints(points): CrlDistributionPoints) -> Vec<String> {
    points.into_iter().flat_map(distribution_point).collect()
}

fn distribution_point(point: DistributionPoint) -> Vec<String> {
    let mut lines = match point.distribution_point {
        Some(DistributionPointName::FullName(names)) => names.iter().map(general).collect(),
        Some(DistributionPointName::NameRelativeToCRLIssuer(name)) => {
            vec![format!("relative to the CRL issuer: {}", visible(&name.to_string()))]
        }
        None => Vec::new(),
    };
    lines.extend(point.crl_issuer.iter().flatten().map(|name| format!("CRL issuer: {}", general(name))));
    if point.reasons.is_some() {
        lines.push("for some reasons only".to_owned());
    }
    lines
}

fn policies(CertificatePolicies(policies): CertificatePolicies) -> Vec<String> {
    let mut lines = Vec::new();
    for policy in policies {
        lines.push(policy_name(policy.policy_identifier));
        let qualifiers = policy.policy_qualifiers.into_iter().flatten();
        lines.extend(qualifiers.filter_map(|found| found.qualifier).map(|value| format!("  {}", string(&value))));
    }
    lines
}

fn policy_name(oid: ObjectIdentifier) -> String {
    match oid.to_string().as_str() {
        "2.5.29.32.0" => "any policy".to_owned(),
        "2.23.140.1.2.1" => "domain validated (CA/Browser Forum)".to_owned(),
        "2.23.140.1.2.2" => "organization validated (CA/Browser Forum)".to_owned(),
        _ => identifier::name(oid),
    }
}

fn policy_constraints(found: PolicyConstraints) -> Vec<String> {
    let explicit =
        found.require_explicit_policy.map(|depth| format!("policies are required after {depth} certificates"));
    let mapping = found.inhibit_policy_mapping.map(|depth| format!("no mapping after {depth} certificates"));
    explicit.into_iter().chain(mapping).collect()
}

fn name_constraints(found: NameConstraints) -> Vec<String> {
    let lines = |trees: Option<Vec<GeneralSubtree>>, word: &str| -> Vec<String> {
        trees.into_iter().flatten().map(|tree| format!("{word} {}", subtree(&tree.base))).collect()
    };
    [lines(found.permitted_subtrees, "only"), lines(found.excluded_subtrees, "never")].concat()
}

// RFC 5280 §4.2.1.10: an address is followed by its mask.
fn subtree(base: &GeneralName) -> String {
    match base {
        GeneralName::IpAddress(value) => network(value.as_bytes()),
        GeneralName::DirectoryName(name) => format!("below {}", text(name)),
        other => general(other),
    }
}

fn network(value: &[u8]) -> String {
    use crate::x509::general_name::address;
    let (start, mask) = value.split_at(value.len() / 2);
    match (address(start), address(mask)) {
        (Some(start), Some(mask)) => match ipnet::IpNet::with_netmask(start, mask) {
            Ok(network) => format!("IP {network}"),
            Err(_) => format!("IP {start} mask {mask}"),
        },
        _ => format!("IP (malformed) {}", octets(value)),
    }
}

fn information_access(AuthorityInfoAccessSyntax(list): AuthorityInfoAccessSyntax) -> Vec<String> {
    let method = |oid: Oid| match oid.to_string().as_str() {
        "1.3.6.1.5.5.7.48.1" => "OCSP responder".to_owned(),
        "1.3.6.1.5.5.7.48.2" => "certificate of the issuer".to_owned(),
        _ => identifier::name(oid),
    };
    let line = |found: &x509_cert::ext::pkix::AccessDescription| {
        format!("{}: {}", method(found.access_method), general(&found.access_location))
    };
    list.iter().map(line).collect()
}

// RFC 7633 §4.
fn tls_feature(number: u32) -> String {
    match number {
        5 => "OCSP stapling (must-staple)".to_owned(),
        other => format!("TLS extension {other}"),
    }
}
