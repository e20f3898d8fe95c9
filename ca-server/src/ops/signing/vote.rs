//! Yes and no, each to one digest set, and a yes of one security officer alone in an emergency.

use ca_core::policy::Actor;
use ca_core::policy::action::{ApproveSigning, BreakGlass, RejectSigning};
use ca_core::signing::{DigestSetHash, SigningEvent, SigningState};

use super::history::Record;
use super::load::load;
use super::{people, process, telling};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::ops::request::comment::checked;
use crate::ops::request::people::person;
use crate::store::fields::{SigningEventKind, SigningRequestId};
use crate::store::signing_request;
use crate::store::signing_vote::{self, StoredSigningVote};

/// Approves the digest set `saw` of a request. The last vote that is needed has it signed.
///
/// # Errors
/// `Conflict` for what one asked for oneself, another digest set, a stage of others, or a request that nobody decides about
/// any more; policy.
pub async fn approve(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: SigningRequestId,
    saw: DigestSetHash,
    comment: &str,
) -> Result<(), OpError> {
    let comment = checked(comment)?;
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded).await?;
    let permitted = app.policies.load().engine().decide(actor, ApproveSigning(facts.clone()))?;
    let voter = person(app, actor).await?.ok_or_else(|| OpError::Conflict("only a person approves".to_owned()))?;
    let Actor::Operator { roles, .. } = actor else {
        return Err(OpError::Conflict("only a person approves".to_owned()));
    };
    let tally = loaded.tally(app).await?;
    let admitted = tally.admit(&people::excluded(&facts, &voter), &voter, roles, saw);
    let stage = admitted.map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    require_pending(&loaded.row, app)?;
    let now = app.clock.now();
    let stage_number = i64::try_from(stage).unwrap_or(i64::MAX);
    let vote = StoredSigningVote { voter, stage: stage_number, digest_set: *saw.as_bytes(), created_at: now };
    let record = Record::of(app, &permitted, origin, id, SigningEventKind::Approved, comment)
        .detail("digest_set", saw)
        .detail("stage", stage + 1);
    let write = app.store.write(move |c| {
        let pending = signing_request::by_id(c, id)?.is_some_and(|row| row.state == SigningState::PendingApproval);
        if !pending || !signing_vote::insert(c, id, &vote)? {
            return Ok(false);
        }
        record.write(c)?;
        Ok(true)
    });
    if !write.await? {
        return Err(moved_on());
    }
    process::decide(app, id).await;
    Ok(())
}

/// Ends a request with a no. The digest set is compared as well: nobody rejects what they did not look at.
///
/// # Errors
/// As for [`approve`].
pub async fn reject(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: SigningRequestId,
    saw: DigestSetHash,
    reason: &str,
) -> Result<(), OpError> {
    let reason = checked(reason)?;
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded).await?;
    let permitted = app.policies.load().engine().decide(actor, RejectSigning(facts))?;
    require_same(&loaded.row, saw)?;
    loaded.row.state.after(SigningEvent::Reject).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    let told = telling::ended(app, &loaded.row, "rejected", &actor.to_string(), &reason);
    let record = Record::of(app, &permitted, origin, id, SigningEventKind::Rejected, reason.clone())
        .detail("digest_set", saw)
        .telling(told);
    let (row, now) = (loaded.row, app.clock.now());
    let write = app.store.write(move |c| {
        let done = signing_request::end(c, &row, SigningEvent::Reject, &reason, now)?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    write.await?.then_some(()).ok_or_else(moved_on)?;
    app.signing.tell();
    Ok(())
}

/// Lets a pending request through alone. Everybody who hears of anything hears of it.
///
/// # Errors
/// As for [`approve`]; a problem when no reason is given.
pub async fn break_glass(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: SigningRequestId,
    saw: DigestSetHash,
    reason: &str,
) -> Result<(), OpError> {
    let reason = checked(reason)?;
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded).await?;
    let own = facts.own;
    let permitted = app.policies.load().engine().decide(actor, BreakGlass(facts))?;
    if reason.is_empty() {
        return Err(super::ask::refusal("say in comment why nobody can be waited for: it is on record for ever"));
    }
    require_same(&loaded.row, saw)?;
    require_pending(&loaded.row, app)?;
    let officer = person(app, actor).await?.ok_or_else(|| OpError::Conflict("only a person does this".to_owned()))?;
    if own {
        return Err(OpError::Conflict("nobody lets through what they asked for themself".to_owned()));
    }
    tracing::error!(request = %id, officer, "a security officer let a signing request through alone");
    metrics::counter!("signet_signing_glass_broken_total").increment(1);
    let record = Record::of(app, &permitted, origin, id, SigningEventKind::GlassBroken, reason.clone())
        .detail("digest_set", saw)
        .detail("reason", &reason)
        .telling(telling::glass_broken(app, &loaded.row, &officer, &reason));
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        let done = signing_request::break_glass(c, id, &officer, now)?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    write.await?.then_some(()).ok_or_else(moved_on)?;
    app.signing.tell();
    app.signing.work.notify_one();
    Ok(())
}

fn require_same(row: &signing_request::StoredSigningRequest, saw: DigestSetHash) -> Result<(), OpError> {
    if row.set() == saw {
        return Ok(());
    }
    let detail = format!("the digest set is {}, you decided about another one: look at the request again", row.set());
    Err(OpError::Conflict(detail))
}

fn require_pending(row: &signing_request::StoredSigningRequest, app: &App) -> Result<(), OpError> {
    // Nobody can have looked at artifacts that are still being stored.
    if row.state == SigningState::Received {
        return Err(OpError::Conflict(
            "the request is still being submitted: look again when all of it is here".to_owned(),
        ));
    }
    row.state.after(SigningEvent::ApprovalsComplete).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    if row.is_overdue(app.clock.now()) {
        return Err(OpError::Conflict("the time of this request is over: have it asked for again".to_owned()));
    }
    Ok(())
}

/// Somebody else did something to the request at the same moment.
pub(super) fn moved_on() -> OpError {
    OpError::Conflict("the request has moved on while you looked at it: look again".to_owned())
}
