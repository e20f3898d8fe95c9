//! tls-alpn-01: a self-made certificate with the digest of the key authorization (RFC 8737 §3, RFC 8738 §6).

use std::net::SocketAddr;

use super::outcome::subject;
use super::{ChallengeType, sha256};
use crate::acme::{Identifier, Problem, ProblemType};
use crate::x509::acme_identifier::AcmeIdentifierCertificate;

/// The application protocol to negotiate.
pub const ALPN_PROTOCOL: &[u8] = b"acme-tls/1";

pub(super) fn judge(
    host: &Identifier,
    expected: &str,
    address: SocketAddr,
    protocol: Option<&[u8]>,
    certificate: Option<&[u8]>,
) -> Result<(), Problem> {
    let Some(rule) = broken_rule(host, expected, protocol, certificate) else { return Ok(()) };
    let subject = subject(ChallengeType::TlsAlpn01, host);
    Err(Problem::new(ProblemType::IncorrectResponse, format!("{subject} at {address}: {rule} (RFC 8737 §3)")))
}

fn broken_rule(
    host: &Identifier,
    expected: &str,
    protocol: Option<&[u8]>,
    certificate: Option<&[u8]>,
) -> Option<&'static str> {
    if protocol != Some(ALPN_PROTOCOL) {
        return Some("the server did not negotiate the protocol acme-tls/1");
    }
    let Some(der) = certificate else { return Some("the server showed no certificate") };
    match AcmeIdentifierCertificate::from_der(der) {
        Ok(certificate) => broken_certificate_rule(host, expected, &certificate),
        Err(_) => Some("the certificate or one of its extensions is not DER"),
    }
}

// RFC 8737 §3: a subjectAltName with the identifier "and no other entries", and a critical acmeIdentifier with the digest.
fn broken_certificate_rule(
    host: &Identifier,
    expected: &str,
    certificate: &AcmeIdentifierCertificate,
) -> Option<&'static str> {
    let wanted = [Some(host.to_general_name())];
    if certificate.subject_alt_names.as_deref() != Some(&wanted) {
        return Some("the certificate's only subjectAltName must be the identifier");
    }
    let Some(extension) = &certificate.acme_identifier else {
        return Some("the certificate must have one acmeIdentifier extension");
    };
    if !extension.critical {
        Some("the acmeIdentifier extension must be critical")
    } else if extension.authorization != sha256(expected.as_bytes()).as_ref() {
        Some("the acmeIdentifier extension is not the digest of the key authorization")
    } else {
        None
    }
}
