//! revokeCert (RFC 8555 §7.6): by the account it was issued to, by one that holds authorizations for all its names, or by
//! the certificate's own key.

use ca_core::acme::{Identifier, Problem, ProblemType};
use ca_core::policy::Actor;
use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use ca_core::x509::{Certificate, SubjectPublicKeyInfo};

use super::{Origin, Requester};
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::OpError;
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::store::authorization;
use crate::store::certificate::{self, CertificateRecord};

/// The reason that a client asks for.
///
/// # Errors
/// `badRevocationReason` for a code that clients may not use.
pub fn requested_reason(code: Option<i64>) -> Result<RevocationReason, Problem> {
    use RevocationReason as R;
    let allowed = [R::Unspecified, R::KeyCompromise, R::AffiliationChanged, R::Superseded, R::CessationOfOperation];
    let code = code.unwrap_or_default();
    let found = allowed.into_iter().find(|reason| i64::from(reason.code()) == code);
    found.ok_or_else(|| {
        let names = allowed.map(|reason| format!("{} ({reason})", reason.code())).join(", ");
        Problem::new(ProblemType::BadRevocationReason, format!("reason {code} is not for clients to give: use {names}"))
    })
}

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
        let rule =
            "the certificate was not issued to this account, and it has no valid authorizations for all of its names";
        return Err(Problem::unauthorized(rule).into());
    };
    revoke(app, &who.actor, &who.origin, (&row, certificate), asked(reason, ground)).await
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
    revoke(app, &actor, origin, (&row, certificate), asked(reason, RevocationGround::HoldsKey)).await
}

fn asked(reason: RevocationReason, ground: RevocationGround) -> Revocation {
    Revocation { reason, block_key: false, ground, confirmed: None }
}

/// The row of exactly this certificate; a forged one with our serial is not ours.
async fn find(app: &App, certificate: &Certificate) -> Result<CertificateRecord, OpError> {
    let unknown = || Problem::not_found("certificate of this CA");
    let issued_by = |authority: &&Authority| authority.issuer.certificate().subject() == certificate.issuer();
    let issuers = app.authorities.all().iter().filter(issued_by).map(|authority| authority.issuer.slug().to_owned());
    let (issuers, serial) = (issuers.collect::<Vec<_>>(), certificate.serial().clone());
    let read = move |c: &mut _| {
        let mut found = Vec::new();
        for issuer in &issuers {
            found.extend(certificate::by_serial(c, issuer, &serial)?);
        }
        Ok(found)
    };
    let rows = app.store.read(read).await?;
    let row = rows.into_iter().find(|row| row.der == certificate.as_der()).ok_or_else(unknown)?;
    Ok(row.record)
}

async fn holds_authorizations(app: &App, who: &Requester, certificate: &Certificate) -> Result<bool, OpError> {
    let identifiers: Option<Vec<Identifier>> = certificate.names().iter().map(Identifier::from_general_name).collect();
    let Some(identifiers) = identifiers.filter(|list| !list.is_empty()) else { return Ok(false) };
    let bases: Vec<String> = identifiers.iter().map(|identifier| identifier.base().value()).collect();
    let (account, now) = (who.account, app.clock.now());
    let held = app.store.read(move |c| authorization::valid_for(c, account, &bases, now)).await?;
    Ok(identifiers.iter().all(|identifier| {
        held.iter()
            .any(|found| found.identifier == identifier.base().value() && found.wildcard == identifier.is_wildcard())
    }))
}
