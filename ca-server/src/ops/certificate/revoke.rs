//! Revoking a certificate: one row, and a CRL that follows from it.

use ca_core::acme::{Problem, ProblemType};
use ca_core::policy::Actor;
use ca_core::policy::action::{RevocationGround, RevokeCertificate};
use ca_core::revocation::RevocationReason;
use ca_core::x509::Certificate;

use super::detail::object;
use super::revoke_authority;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::revocation::publish;
use crate::ops::{OpError, audit};
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::certificate::CertificateRecord;
use crate::store::fields::IssuerState;
use crate::store::job::{self, NewJob};
use crate::store::revocation::{self, RevocationOutcome};
use crate::store::{Connection, StoreError, issuer};

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
/// As [`prepare`].
pub async fn revoke(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    certificate: (&CertificateRecord, &Certificate),
    asked: Revocation,
) -> Result<(), OpError> {
    let prepared = prepare(app, actor, origin, certificate, &asked)?;
    match app.store.write(move |c| prepared.perform(c)).await? {
        RevocationOutcome::Revoked(_) => {
            announce(app, certificate.1);
            Ok(())
        }
        RevocationOutcome::AlreadyRevoked => Err(already_revoked()),
        RevocationOutcome::Unknown => Err(OpError::NotFound("certificate".to_owned())),
    }
}

/// What this process does at once after a revocation is written; others notice by themselves.
fn announce(app: &App, certificate: &Certificate) {
    app.bell.notify_one();
    if let Some(authority) = app.authorities.certified_by(certificate) {
        authority.set_state(IssuerState::Revoked);
    }
}

/// A revocation that is permitted, with everything that is written with it.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    revocation: revocation::Revocation,
    /// Slug of our authority whose certificate it is.
    stopped: Option<String>,
    event: NewAuditEvent,
    publication: NewJob,
}

/// Decides about a revocation; nothing is written.
///
/// # Errors
/// `alreadyRevoked`, `unauthorized` by policy; [`OpError::Conflict`] for a trust anchor, [`OpError::Unconfirmed`] for a CA
/// that the caller did not name.
pub(super) fn prepare(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    (row, certificate): (&CertificateRecord, &Certificate),
    asked: &Revocation,
) -> Result<Prepared, OpError> {
    if row.revoked_at.is_some() {
        return Err(already_revoked());
    }
    revoke_authority::check(app, certificate, asked)?;
    let act = act(app, row, certificate, asked)?;
    let block_key = act.block_key;
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, object(row))
        .detail("reason", asked.reason)
        .detail("ground", asked.ground.as_str())
        .detail("key_blocked", block_key)
        .detail("names", audit::list(&row.names));
    let now = app.clock.now();
    let revocation = revocation::Revocation {
        issuer: row.issuer.clone(),
        serial: row.serial.clone(),
        at: now,
        reason: asked.reason.to_string(),
        invalidity_date: None,
        block_key,
    };
    let stopped = app.authorities.certified_by(certificate).map(|authority| authority.issuer.slug().to_owned());
    Ok(Prepared { revocation, stopped, event, publication: publish::job(app, &row.issuer, row.crl_shard, now) })
}

impl Prepared {
    /// Writes it down, inside a write.
    pub(super) fn perform(&self, connection: &mut Connection) -> Result<RevocationOutcome, StoreError> {
        let outcome = revocation::revoke(connection, &self.revocation)?;
        if matches!(outcome, RevocationOutcome::Revoked(_)) {
            if let Some(slug) = &self.stopped {
                issuer::set_state(connection, slug, IssuerState::Revoked)?;
            }
            audit_event::insert(connection, &self.event)?;
            job::enqueue(connection, &self.publication)?;
        }
        Ok(outcome)
    }
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
