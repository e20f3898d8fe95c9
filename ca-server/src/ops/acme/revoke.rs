//! revokeCert (RFC 8555 §7.6): by the account it was issued to, by one that holds authorizations for all its names, or by
//! the certificate's own key.

use ca_core::acme::authorization::AuthorizationFacts;
use ca_core::acme::revocation::{CertificateFacts, require_fitting};
use ca_core::acme::{Identifier, Problem};
use ca_core::policy::Actor;
use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use ca_core::x509::{Certificate, GeneralName, SubjectPublicKeyInfo};

use super::{Origin, Requester, authorization as standing};
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::OpError;
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::store::authorization;
use crate::store::certificate::{self, CertificateRecord};
use crate::store::fields::AccountId;

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
    let held = held(app, who, certificate.names()).await?;
    let ground = facts(&row, certificate).ground_of_account(&who.account, &held, app.clock.now())?;
    carry_out(app, (&who.actor, &who.origin), (&row, certificate), ground, reason).await
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
    let row = find(app, certificate).await?;
    let ground = facts(&row, certificate).ground_of_key(key)?;
    let actor = Actor::CertificateKey { endpoint: endpoint.to_owned(), spki_sha256: key.sha256() };
    carry_out(app, (&actor, origin), (&row, certificate), ground, reason).await
}

fn facts<'a>(row: &CertificateRecord, certificate: &'a Certificate) -> CertificateFacts<'a, AccountId> {
    CertificateFacts { account: row.account_id, names: certificate.names(), public_key: certificate.public_key() }
}

async fn carry_out(
    app: &App,
    (actor, origin): (&Actor, &Origin),
    certificate: (&CertificateRecord, &Certificate),
    ground: RevocationGround,
    reason: RevocationReason,
) -> Result<(), OpError> {
    require_fitting(ground, reason)?;
    let asked = Revocation { reason, block_key: false, ground, confirmed: None };
    revoke(app, actor, origin, certificate, asked).await
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

/// The authorizations that the account holds for any of the names.
async fn held(
    app: &App,
    who: &Requester,
    names: &[GeneralName],
) -> Result<Vec<AuthorizationFacts<AccountId>>, OpError> {
    let bases = names.iter().filter_map(Identifier::from_general_name).map(|identifier| identifier.base().value());
    let (account, bases, now) = (who.account, bases.collect::<Vec<_>>(), app.clock.now());
    let held = app.store.read(move |c| authorization::valid_for(c, account, &bases, now)).await?;
    held.iter().map(standing::facts).collect()
}
