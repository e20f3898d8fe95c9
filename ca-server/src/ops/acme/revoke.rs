//! revokeCert (RFC 8555 §7.6): by the account it was issued to, by one that holds authorizations for all its names, or by
//! the certificate's own key.

use ca_core::acme::{Identifier, Problem};
use ca_core::policy::Actor;
use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use ca_core::x509::{Certificate, SubjectPublicKeyInfo};

use super::{Origin, Requester};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::store::certificate::{self, CertificateRecord};
use crate::store::authorization;

/// Revokes on the word of an account.
///
/// # Errors
/// `unauthorized` when the account has no title to the certificate, `alreadyRevoked`, `badRevocationReason`.
pub async fn by_account(
    app: &App,
    who: &Requester,
    certificate: &Certificate,
    reason: RevocationReason,
) -> Result<(), OpError> {
    let row = find(app, certificate).await?;
    let ground = if row.account_id == Some(who.account) {
        RevocationGround::IssuedToAccount
    } else if holds_authorizations(app, who, certificate).await? {
        RevocationGround::HoldsAuthorizations
    } else {
        let rule = "the certificate was not issued to this account, and it has no valid authorizations for all of its names";
        return Err(Problem::unauthorized(rule).into());
    };
    revoke(app, &who.actor, &who.origin, &row, Revocation { reason, block_key: false, ground }).await
}

/// Revokes on the word of whoever holds the certificate's key.
///
/// # Errors
/// `unauthorized` when `key` is not the certificate's, `alreadyRevoked`, `badRevocationReason`.
pub async fn by_certificate_key(
    app: &App,
    endpoint: &str,
    origin: &Origin,
    key: &SubjectPublicKeyInfo,
    certificate: &Certificate,
    reason: RevocationReason,
) -> Result<(), OpError> {
    if certificate.public_key() != key {
        return Err(Problem::unauthorized("the request is signed with another key than the certificate's").into());
    }
    let row = find(app, certificate).await?;
    let actor = Actor::CertificateKey { endpoint: endpoint.to_owned(), spki_sha256: key.sha256() };
    let ground = RevocationGround::CertificateKey;
    revoke(app, &actor, origin, &row, Revocation { reason, block_key: false, ground }).await
}

/// The row of exactly this certificate; a forged one with our serial is not ours.
async fn find(app: &App, certificate: &Certificate) -> Result<CertificateRecord, OpError> {
    let fingerprint = certificate.fingerprint();
    let found = app.store.read(move |c| certificate::by_fingerprint(c, fingerprint)).await?;
    Ok(found.ok_or_else(|| Problem::not_found("certificate: this CA did not issue it"))?)
}

async fn holds_authorizations(app: &App, who: &Requester, certificate: &Certificate) -> Result<bool, OpError> {
    let identifiers: Option<Vec<Identifier>> =
        certificate.names().iter().map(Identifier::from_general_name).collect();
    let Some(identifiers) = identifiers.filter(|list| !list.is_empty()) else { return Ok(false) };
    let bases: Vec<String> = identifiers.iter().map(|identifier| identifier.base().value()).collect();
    let (account, now) = (who.account, app.clock.now());
    let held = app.store.read(move |c| authorization::valid_for(c, account, &bases, now)).await?;
    Ok(identifiers.iter().all(|identifier| {
        held.iter().any(|found| found.identifier == identifier.base().value() && found.wildcard == identifier.is_wildcard())
    }))
}
