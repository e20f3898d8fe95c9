//! Whether a path leads from a certificate to a trusted root at some moment (RFC 5280 §6), as webpki judges it.

use rustls_pki_types::{CertificateDer, UnixTime as PathTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::Certificate;
use super::extension::ExtendedKeyUsage;
use crate::time::UnixTime;

/// No path was found, or the best one breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// None of the roots stands above it.
    #[error("no path to a trusted root")]
    UnknownIssuer,
    /// A certificate on the path has expired.
    #[error("a certificate on the path had expired at {0}")]
    Expired(UnixTime),
    /// A certificate on the path is not valid yet.
    #[error("a certificate on the path was not valid yet at {0}")]
    NotYetValid(UnixTime),
    /// There are paths, each over a certificate that the caller does not accept.
    #[error("every path to a trusted root has a certificate on it that is not accepted")]
    Unacceptable,
    /// Another rule.
    #[error("the path to the root breaks a rule: {0}")]
    Rule(String),
}

/// Looks for a path from `end_entity` over `intermediates` to one of `roots`, all of it valid `at` that moment and for
/// `purpose`. Revocation is not looked at.
///
/// # Errors
/// [`PathFault`].
pub fn verify(
    end_entity: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    at: UnixTime,
    purpose: ExtendedKeyUsage,
) -> Result<(), PathFault> {
    find(end_entity, intermediates, roots, at, purpose, &|_| true).map(drop)
}

/// The same for a path on which `accepts` takes every certificate between the two. Answers with these.
///
/// # Errors
/// [`PathFault`].
pub fn find(
    end_entity: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    at: UnixTime,
    purpose: ExtendedKeyUsage,
    accepts: &dyn Fn(&Certificate) -> bool,
) -> Result<Vec<Certificate>, PathFault> {
    let other = |error: webpki::Error| fault(&error, at);
    let end = CertificateDer::from(end_entity.as_der());
    let between: Vec<CertificateDer<'_>> = intermediates.iter().map(|one| CertificateDer::from(one.as_der())).collect();
    let trusted: Vec<CertificateDer<'_>> = roots.iter().map(|root| CertificateDer::from(root.as_der())).collect();
    let anchors = trusted.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>().map_err(other)?;
    let usage = KeyUsage::required_if_present(purpose_octets(purpose));
    let moment = PathTime::since_unix_epoch(at.since(UnixTime::default()));
    let end = EndEntityCert::try_from(&end).map_err(other)?;
    let judge = |path: &VerifiedPath<'_>| match on_the_way(path, intermediates).iter().all(accepts) {
        true => Ok(()),
        // webpki goes on with the next path.
        false => Err(webpki::Error::CertRevoked),
    };
    let path = end.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &between, moment, usage, None, Some(&judge));
    path.map(|path| on_the_way(&path, intermediates)).map_err(other)
}

fn on_the_way(path: &VerifiedPath<'_>, known: &[Certificate]) -> Vec<Certificate> {
    let certificate = |der: CertificateDer<'_>| known.iter().find(|one| one.as_der() == der.as_ref()).cloned();
    path.intermediate_certificates().filter_map(|one| certificate(one.der())).collect()
}

fn fault(error: &webpki::Error, at: UnixTime) -> PathFault {
    use webpki::Error as E;
    match error {
        // A root of the same name whose key did not sign is not the one above it.
        E::UnknownIssuer | E::InvalidSignatureForPublicKey => PathFault::UnknownIssuer,
        E::CertExpired { .. } => PathFault::Expired(at),
        E::CertNotValidYet { .. } => PathFault::NotYetValid(at),
        E::CertRevoked => PathFault::Unacceptable,
        other => PathFault::Rule(format!("{other:?}")),
    }
}

/// Contents octets of the identifiers below id-kp, 1.3.6.1.5.5.7.3.
const fn purpose_octets(purpose: ExtendedKeyUsage) -> &'static [u8] {
    use ExtendedKeyUsage as P;
    match purpose {
        P::ServerAuth => &[0x2b, 6, 1, 5, 5, 7, 3, 1],
        P::ClientAuth => &[0x2b, 6, 1, 5, 5, 7, 3, 2],
        P::CodeSigning => &[0x2b, 6, 1, 5, 5, 7, 3, 3],
        P::EmailProtection => &[0x2b, 6, 1, 5, 5, 7, 3, 4],
        P::TimeStamping => &[0x2b, 6, 1, 5, 5, 7, 3, 8],
        P::OcspSigning => &[0x2b, 6, 1, 5, 5, 7, 3, 9],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_octets_of_purposes_are_those_of_their_identifiers() {
        use ExtendedKeyUsage as P;
        for purpose in
            [P::ServerAuth, P::ClientAuth, P::CodeSigning, P::EmailProtection, P::TimeStamping, P::OcspSigning]
        {
            assert_eq!(purpose_octets(purpose), purpose.oid().as_bytes());
        }
    }
}
