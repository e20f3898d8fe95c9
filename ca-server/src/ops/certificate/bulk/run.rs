//! Doing a change, piece by piece: each piece is one write that also counts, so that a server which dies goes on where it
//! stopped, and no certificate is changed twice.

use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::policy::action::RevocationGround;
use ca_core::time::UnixTime;
use ca_core::x509::Certificate;

use super::acting;
use super::change::Change;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::certificate::care;
use crate::ops::certificate::detail::object;
use crate::ops::certificate::revoke::{self, Prepared, Revocation};
use crate::ops::certificate::revoke_authority;
use crate::ops::{OpError, audit};
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::bulk_change::{self, BulkChange};
use crate::store::certificate as store;
use crate::store::fields::{BulkChangeId, BulkState, CertificateId, ItemOutcome, JobId};
use crate::store::job::{self, NewJob};
use crate::store::revocation::RevocationOutcome;
use crate::store::{Connection, StoreError, certificate_care};

/// Kind of the jobs that do such changes.
pub const JOB: &str = "bulk-change";

/// Certificates of one write: each is five rows at most.
const PIECE: i64 = 80;

/// A job stops after so long and is queued again, well before its lease runs out.
const TURN: Duration = Duration::from_secs(20);

/// A job row that goes on with a change.
pub(super) fn job(app: &App, id: BulkChangeId, now: UnixTime) -> NewJob {
    NewJob {
        id: JobId::new(app.entropy.uuid()),
        kind: JOB.to_owned(),
        key: id.to_string(),
        payload: String::new(),
        run_at: now,
        created_at: now,
    }
}

/// Does what such a job row asks for.
///
/// # Errors
/// When the database fails; the job is then tried again.
pub async fn run_job(app: &App, key: &str) -> Result<(), OpError> {
    let unreadable = || OpError::Integrity(format!("job {JOB}: unreadable key {key:?}"));
    let id: BulkChangeId = key.parse().map_err(|_| unreadable())?;
    let end = app.clock.now().plus(TURN);
    while let Some(change) = running(app, id).await? {
        if app.clock.now() >= end {
            let again = job(app, id, app.clock.now());
            return Ok(app.store.write(move |c| job::enqueue(c, &again)).await?);
        }
        piece(app, &change).await?;
    }
    Ok(())
}

async fn running(app: &App, id: BulkChangeId) -> Result<Option<BulkChange>, OpError> {
    let found = app.store.read(move |c| bulk_change::by_id(c, id)).await?;
    Ok(found.filter(|change| change.state == BulkState::Running))
}

/// What is to be written for one certificate.
enum Step {
    Revoke(Prepared),
    AskForRenewal(CertificateId, Option<UnixTime>, NewAuditEvent),
    AssignOwner(CertificateId, Option<String>, NewAuditEvent),
    Unchanged,
    Refused(String),
}

async fn piece(app: &App, change: &BulkChange) -> Result<(), OpError> {
    let id = change.id;
    let waiting = app.store.read(move |c| bulk_change::waiting(c, id, PIECE)).await?;
    if waiting.is_empty() {
        return finish(app, id, BulkState::Done, None).await;
    }
    let planned = match (acting::current(app, &change.acting_as).await?, Change::read(change.kind, &change.parameters))
    {
        (Some(actor), Ok(wanted)) => waiting
            .into_iter()
            .map(|(position, row)| Ok((position, plan(app, &actor, change, &wanted, &row)?)))
            .collect::<Result<Vec<_>, OpError>>()?,
        (None, _) => {
            let error = format!("{} may not sign in any more", change.actor);
            return finish(app, id, BulkState::Stopped, Some(error)).await;
        }
        (_, Err(error)) => return finish(app, id, BulkState::Stopped, Some(error.to_string())).await,
    };
    app.store.write(move |c| write(c, id, &planned)).await?;
    // Lists that have to be published again wait in the queue.
    app.bell.notify_one();
    Ok(())
}

async fn finish(app: &App, id: BulkChangeId, state: BulkState, error: Option<String>) -> Result<(), OpError> {
    let now = app.clock.now();
    app.store.write(move |c| bulk_change::finish(c, id, state, now, error.as_deref())).await?;
    Ok(())
}

/// Decides about one certificate, as if it were the only one.
fn plan(
    app: &App,
    actor: &Actor,
    change: &BulkChange,
    wanted: &Change,
    row: &store::Certificate,
) -> Result<Step, OpError> {
    let origin = Origin { address: change.origin.clone(), request_id: change.request_id.clone() };
    let record = &row.record;
    let decided = match wanted {
        Change::Revoke { .. } if record.revoked_at.is_some() => return Ok(Step::Unchanged),
        Change::Revoke { reason, block_key } => {
            let certificate = Certificate::from_der(&row.der)
                .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", record.id)))?;
            if revoke_authority::is_authority(&certificate) {
                return Ok(Step::Refused("the certificate of a CA is revoked by itself, not among others".to_owned()));
            }
            let ground = RevocationGround::Administration;
            let asked = Revocation { reason: *reason, block_key: *block_key, ground, confirmed: None };
            revoke::prepare(app, actor, &origin, (record, &certificate), &asked).map(Step::Revoke)
        }
        Change::AskForRenewal { by } => care::may_ask(app, actor, record).map(|permitted| {
            Step::AskForRenewal(record.id, *by, audit::event(app, &permitted, &origin, object(record)))
        }),
        Change::AssignOwner { owner } => care::may_assign(app, actor, record, owner.as_deref()).map(|permitted| {
            Step::AssignOwner(record.id, owner.clone(), audit::event(app, &permitted, &origin, object(record)))
        }),
    };
    match decided {
        Ok(step) => Ok(step),
        Err(error @ (OpError::Denied(_) | OpError::Conflict(_) | OpError::Problem(_))) => {
            Ok(Step::Refused(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

/// One write: every certificate of the piece that is still waiting, its events, and the counts.
fn write(c: &mut Connection, id: BulkChangeId, planned: &[(i64, Step)]) -> Result<(), StoreError> {
    let mut counts = [0; 3];
    for (position, step) in planned {
        let (outcome, detail) = match step {
            Step::Unchanged => (ItemOutcome::Unchanged, None),
            Step::Refused(why) => (ItemOutcome::Refused, Some(why.as_str())),
            _ => (ItemOutcome::Changed, None),
        };
        // Another server may have taken the job over: who settles the certificate first changes it.
        if !bulk_change::settle(c, id, *position, outcome, detail)? {
            continue;
        }
        let changed = perform(c, step)?;
        match outcome {
            ItemOutcome::Changed if changed => counts[0] += 1,
            ItemOutcome::Changed | ItemOutcome::Unchanged => counts[1] += 1,
            ItemOutcome::Refused => counts[2] += 1,
        }
    }
    bulk_change::count(c, id, counts)
}

/// Answers whether anything changed.
fn perform(c: &mut Connection, step: &Step) -> Result<bool, StoreError> {
    let (changed, event) = match step {
        Step::Revoke(prepared) => return Ok(matches!(prepared.perform(c)?, RevocationOutcome::Revoked(_))),
        Step::AskForRenewal(id, by, event) => (certificate_care::ask_for_renewal(c, *id, *by)?, event),
        Step::AssignOwner(id, owner, event) => (certificate_care::assign_owner(c, *id, owner.as_deref())?, event),
        Step::Unchanged | Step::Refused(_) => return Ok(false),
    };
    if changed {
        audit_event::insert(c, event)?;
    }
    Ok(changed)
}
