//! What stands before the revocation of a CA's certificate: it takes the trust from everything below it.

use ca_core::acme::Problem;
use ca_core::policy::action::RevocationGround;
use ca_core::x509::Certificate;
use ca_core::x509::extension::BasicConstraints;

use super::revoke::Revocation;
use crate::app::App;
use crate::ops::OpError;

/// Whether the certificate is one of a CA.
pub fn is_authority(certificate: &Certificate) -> bool {
    matches!(certificate.basic_constraints(), BasicConstraints::Authority { .. })
}

/// The name that confirms the revocation of a CA's certificate: of our authority that it makes, else its serial number. None
/// for a certificate of an end entity.
pub fn confirmation(app: &App, certificate: &Certificate) -> Option<String> {
    let ours = app.authorities.certified_by(certificate).map(|authority| authority.name.clone());
    is_authority(certificate).then(|| ours.unwrap_or_else(|| certificate.serial().to_string()))
}

/// Refuses what must not happen by accident or cannot happen at all.
pub(super) fn check(app: &App, certificate: &Certificate, asked: &Revocation) -> Result<(), OpError> {
    let Some(name) = confirmation(app, certificate) else { return Ok(()) };
    if asked.ground != RevocationGround::Administration {
        return Err(
            Problem::unauthorized("the certificate of a CA is revoked by its operator, not through ACME").into()
        );
    }
    if certificate.issuer() == certificate.subject() {
        return Err(trust_anchor(certificate));
    }
    if asked.confirmed.as_deref() != Some(name.as_str()) {
        return Err(unconfirmed(app, certificate, &name));
    }
    Ok(())
}

/// RFC 5280 §6.1: validation begins below the trust anchor, so that no list about it is ever asked for.
fn trust_anchor(certificate: &Certificate) -> OpError {
    OpError::Conflict(format!(
        "{} is a trust anchor: no revocation list can revoke it, because whoever trusts it asks nobody. It is withdrawn by \
         removing it from every trust store that holds it; nothing was changed",
        certificate.subject()
    ))
}

fn unconfirmed(app: &App, certificate: &Certificate, name: &str) -> OpError {
    let stops = match app.authorities.certified_by(certificate) {
        Some(_) => format!("the authority {name:?} would issue no certificates any more, for good, and "),
        None => String::new(),
    };
    OpError::Unconfirmed(format!(
        "{} is a certificate of a CA. Revoked, {stops}every certificate below it would be refused by relying parties that \
         check revocation. Nothing was changed; confirm it with the name {name}",
        certificate.subject()
    ))
}
