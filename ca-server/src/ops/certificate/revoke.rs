//! Revoking a certificate: one row, and a CRL that follows from it.

use ca_core::acme::{Problem, ProblemType};
use ca_core::policy::Actor;
use ca_core::policy::action::{RevocationGround, RevokeCertificate};
use ca_core::revocation::RevocationReason;

use super::detail::object;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::revocation::publish;
use crate::ops::{OpError, audit};
use crate::store::audit_event::NewAuditEvent;
use crate::store::certificate::CertificateRecord;
use crate::store::job::NewJob;
use crate::store::revocation::{self, RevocationOutcome};
use crate::store::{Connection, StoreError, audit_event, job};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// Whether the key is refused from now on; keyCompromise always does that.
    pub block_key: bool,
    /// What entitles the actor.
    pub ground: RevocationGround,
}

/// Revokes `row`. The CRL that lists it is published by the job enqueued in the same write.
///
/// # Errors
/// `alreadyRevoked`, `unauthorized` by policy.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    row: &CertificateRecord,
    asked: Revocation,
) -> Result<(), OpError> {
    let prepared = prepare(app, actor, origin, row, asked)?;
    match app.store.write(move |c| prepared.perform(c)).await? {
        RevocationOutcome::Revoked(_) => Ok(()),
        RevocationOutcome::AlreadyRevoked => Err(already_revoked()),
        RevocationOutcome::Unknown => Err(OpError::NotFound("certificate".to_owned())),
    }
}

/// A revocation that is permitted, with everything that is written with it.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    revocation: revocation::Revocation,
    event: NewAuditEvent,
    publication: NewJob,
}

/// Decides about a revocation; nothing is written.
///
/// # Errors
/// `alreadyRevoked`, `unauthorized` by policy.
pub(super) fn prepare(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    row: &CertificateRecord,
    asked: Revocation,
) -> Result<Prepared, OpError> {
    if row.revoked_at.is_some() {
        return Err(already_revoked());
    }
    let block_key = asked.block_key || asked.reason == RevocationReason::KeyCompromise;
    let act = RevokeCertificate {
        issuer: app.authorities.by_slug(&row.issuer)?.name.clone(),
        serial: row.serial.clone(),
        profile: row.profile.clone(),
        reason: asked.reason.to_string(),
        block_key,
        ground: asked.ground,
    };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let now = app.clock.now();
    let revocation = revocation::Revocation {
        issuer: row.issuer.clone(),
        serial: row.serial.clone(),
        at: now,
        reason: asked.reason.to_string(),
        invalidity_date: None,
        block_key,
    };
    let event = audit::event(app, &permitted, origin, object(row));
    Ok(Prepared { revocation, event, publication: publish::job(app, &row.issuer, row.crl_shard, now) })
}

impl Prepared {
    /// Writes it down, inside a write.
    pub(super) fn perform(&self, connection: &mut Connection) -> Result<RevocationOutcome, StoreError> {
        let outcome = revocation::revoke(connection, &self.revocation)?;
        if matches!(outcome, RevocationOutcome::Revoked(_)) {
            audit_event::insert(connection, &self.event)?;
            job::enqueue(connection, &self.publication)?;
        }
        Ok(outcome)
    }
}

fn already_revoked() -> OpError {
    Problem::new(ProblemType::AlreadyRevoked, "the certificate was revoked before").into()
}
