//! Yes and no. A yes is for one digest; enough of them are an approval, one no ends the request.

use ca_core::issuance_request::approval::{self, VoteRefusal};
use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{Difference, RequestDigest, RequestState, Vote};
use ca_core::policy::Actor;
use ca_core::policy::action::{ApproveRequest, RejectRequest};

use super::change::moved_on;
use super::comment::checked;
use super::history::Record;
use super::load::{Loaded, load, read_content};
use super::refresh::refresh;
use super::telling::Subject;
use super::{people, process};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::{issuance_request, issuance_request_revision, issuance_request_vote};

/// What became of a yes.
#[derive(Debug)]
pub enum Approval {
    /// It counts.
    Counted,
    /// This person has approved this very version before; it counts once.
    CountedBefore,
    /// The request has changed since the voter looked at it, in this way. Nothing was stored.
    Stale(Difference),
}

/// Approves the version `seen` of a request. The last vote that is needed also starts the issuance.
///
/// # Errors
/// `Conflict` for one's own request, a request that has ended, or a profile that is gone; policy.
pub async fn approve(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    seen: RequestDigest,
    comment: &str,
) -> Result<Approval, OpError> {
    let comment = checked(comment)?;
    let loaded = refresh(app, load(app, id).await?).await?;
    let facts = people::facts(app, actor, &loaded.row).await?;
    let permitted = app.policies.load().engine().decide(actor, ApproveRequest(facts))?;
    if loaded.row.state.is_open() && loaded.row.is_overdue(app.clock.now()) {
        return Err(OpError::Conflict("the time of this request is over: ask for it again".to_owned()));
    }
    let current = loaded.row.version();
    let voter = people::person(app, actor).await?;
    let voter = voter.ok_or_else(|| OpError::Conflict("only a person approves".to_owned()))?;
    match approval::admit(current, &loaded.authors, &loaded.ballot(), &voter, seen) {
        Ok(()) => {}
        Err(VoteRefusal::Repeated) => return Ok(Approval::CountedBefore),
        Err(VoteRefusal::Stale) => return Ok(Approval::Stale(since(app, &loaded, seen).await?)),
        Err(refusal) => return Err(OpError::Conflict(refusal.to_string())),
    }
    loaded.row.state.after(Event::ApprovalsComplete).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Approved, comment).about(current);
    let (vote, now) = (Vote { voter, version: current }, app.clock.now());
    let stored = app.store.write(move |c| {
        let pending = issuance_request::by_id(c, id)?.filter(|row| row.state == RequestState::Pending);
        let unchanged = pending.is_some_and(|row| row.version() == current && !row.is_overdue(now));
        if !unchanged || !issuance_request_vote::insert(c, id, &vote, now)? {
            return Ok(false);
        }
        record.write(c)?;
        Ok(true)
    });
    if !stored.await? {
        return Err(moved_on());
    }
    process::now(app, id).await;
    Ok(Approval::Counted)
}

/// What changed since the version that somebody saw; everything, if that version never was.
async fn since(app: &App, loaded: &Loaded, seen: RequestDigest) -> Result<Difference, OpError> {
    let (id, digest) = (loaded.row.id, *seen.as_bytes());
    match app.store.read(move |c| issuance_request_revision::by_digest(c, id, digest)).await? {
        Some(revision) => Ok(Difference::between(&read_content(id, &revision.content)?, &loaded.content)),
        None => Err(OpError::Conflict("this request never asked for what you approved: look at it again".to_owned())),
    }
}

/// Ends a request with a no.
///
/// # Errors
/// `Conflict` when it has ended, is being signed, or moved on; policy.
pub async fn reject(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    reason: &str,
) -> Result<(), OpError> {
    let reason = checked(reason)?;
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let permitted = app.policies.load().engine().decide(actor, RejectRequest(facts))?;
    row.state.after(Event::Reject).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    let subject = Subject { id, asked: &row.asked, requester: &row.requester };
    let told = subject.ended(app, "rejected", &actor.to_string(), &reason);
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Rejected, reason.clone()).telling(told);
    let now = app.clock.now();
    let done = app.store.write(move |c| {
        let done = issuance_request::end(c, &row, Event::Reject, Some(&reason), now)?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    done.await?.then_some(()).ok_or_else(moved_on)
}
