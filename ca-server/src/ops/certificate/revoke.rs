//! Revoking a certificate: one row, and a CRL that follows from it.

use ca_core::acme::{Problem, ProblemType};
use ca_core::policy::Actor;
use ca_core::policy::action::{RevocationGround, RevokeCertificate};
use ca_core::revocation::RevocationReason;
use ca_core::x509::Certificate;

use super::revoke_authority;
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::acme::Origin;
use crate::ops::revocation::publish;
use crate::ops::{OpError, audit};
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::certificate::CertificateRecord;
use crate::store::fields::IssuerState;
use crate::store::revocation::{self, RevocationOutcome};
use crate::store::{issuer, job};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// Whether the key is refused from now on; a compromise always does that.
    pub block_key: bool,
    /// What entitles the actor.
    pub ground: RevocationGround,
    /// For a certificate of a CA, the name that confirms it: see [`revoke_authority::confirmation`].
    pub confirmed: Option<String>,
}

/// Revokes `certificate`, whose row is `row`. The CRL that lists it is published by the job enqueued in the same write. The
/// certificate of one of our authorities takes that authority out of service in the same write too.
///
/// # Errors
/// `alreadyRevoked`, `unauthorized` by policy; [`OpError::Conflict`] for a trust anchor, [`OpError::Unconfirmed`] for a CA
/// that the caller did not name.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    (row, certificate): (&CertificateRecord, &Certificate),
    asked: Revocation,
) -> Result<(), OpError> {
    if row.revoked_at.is_some() {
        return Err(already_revoked());
    }
    revoke_authority::check(app, certificate, &asked)?;
    let act = act(app, row, certificate, &asked)?;
    let block_key = act.block_key;
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let object = format!("certificate {}/{}", row.issuer, row.serial);
    let event = audit::event(app, &permitted, origin, object)
        .detail("reason", asked.reason)
        .detail("ground", asked.ground.as_str())
        .detail("key_blocked", block_key)
        .detail("names", audit::list(&row.names));
    let now = app.clock.now();
    let publication = publish::job(app, &row.issuer, row.crl_shard, now);
    let revocation = revocation::Revocation {
        issuer: row.issuer.clone(),
        serial: row.serial.clone(),
        at: app.clock.now(),
        reason: asked.reason.to_string(),
        invalidity_date: None,
        block_key,
    };
    let authority = app.authorities.certified_by(certificate);
    match persist(app, revocation, row.crl_shard, authority, event).await? {
        RevocationOutcome::Revoked(_) => {
            app.bell.notify_one();
            if let Some(authority) = authority {
                authority.set_state(IssuerState::Revoked);
            }
            Ok(())
        }
        RevocationOutcome::AlreadyRevoked => Err(already_revoked()),
        RevocationOutcome::Unknown => Err(OpError::NotFound("certificate".to_owned())),
    }
}

async fn persist(
    app: &App,
    revocation: revocation::Revocation,
    shard: i64,
    authority: Option<&Authority>,
    event: NewAuditEvent,
) -> Result<RevocationOutcome, OpError> {
    let publication = publish::job(app, &revocation.issuer, shard, revocation.at);
    let stopped = authority.map(|authority| authority.issuer.slug().to_owned());
    let write = move |c: &mut _| {
        let outcome = revocation::revoke(c, &revocation)?;
        if matches!(outcome, RevocationOutcome::Revoked(_)) {
            if let Some(slug) = &stopped {
                issuer::set_state(c, slug, IssuerState::Revoked)?;
            }
            audit_event::insert(c, &event)?;
            job::enqueue(c, &publication)?;
        }
        Ok(outcome)
    };
    Ok(app.store.write(write).await?)
}

fn act(
    app: &App,
    row: &CertificateRecord,
    certificate: &Certificate,
    asked: &Revocation,
) -> Result<RevokeCertificate, OpError> {
    Ok(RevokeCertificate {
        issuer: app.authorities.by_slug(&row.issuer)?.name.clone(),
        serial: row.serial.clone(),
        profile: row.profile.clone(),
        certification_authority: revoke_authority::is_authority(certificate),
        reason: asked.reason.to_string(),
        block_key: asked.block_key || asked.reason.condemns_key(),
        ground: asked.ground,
    })
}

fn already_revoked() -> OpError {
    Problem::new(ProblemType::AlreadyRevoked, "the certificate was revoked before").into()
}
