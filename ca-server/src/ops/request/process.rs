//! From votes to an approval, from an approval to a certificate. Called after every vote and by a job, as often as anybody
//! likes: each step is a compare-and-set.

use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{ApprovedRequest, RequestState};
use ca_core::policy::Actor;
use ca_core::policy::action::ProcessRequest;

use super::JOB;
use super::history::{Record, job_origin};
use super::load::{Loaded, load};
use super::refresh::refresh;
use super::sign;
use super::telling::Subject;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::issuance_request_list;

/// Requests looked at in one read.
const PAGE: i64 = 100;

/// Processes every request that could get further: what a request or a server that died left behind.
///
/// # Errors
/// When the database fails.
pub async fn all(app: &App) -> Result<(), OpError> {
    let mut after = None;
    loop {
        let page = app.store.read(move |c| issuance_request_list::processable(c, after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(*last);
        for id in page {
            now(app, id).await;
        }
    }
}

/// Processes one request. What stands in the way is logged; a job tries again.
pub(super) async fn now(app: &App, id: IssuanceRequestId) {
    if let Err(error) = one(app, id).await {
        tracing::warn!(request = %id, %error, "a request cannot be processed now; it is tried again");
    }
}

async fn one(app: &App, id: IssuanceRequestId) -> Result<(), OpError> {
    let loaded = load(app, id).await?;
    let waits = matches!(loaded.row.state, RequestState::Pending | RequestState::Approved);
    // What is overdue is ended by a job, and nothing else becomes of it before.
    if !waits || loaded.row.is_overdue(app.clock.now()) {
        return Ok(());
    }
    let was_approved = loaded.row.state == RequestState::Approved;
    let loaded = match refresh(app, loaded.clone()).await {
        Ok(loaded) => loaded,
        Err(error) if was_approved && error.is_final() => return fail(app, loaded, &error).await,
        Err(error) => return Err(error),
    };
    match (loaded.row.state, loaded.tally(app).await?.approved()) {
        (RequestState::Pending, Some(approved)) if advance(app, &loaded, Event::ApprovalsComplete).await? => {
            sign(app, loaded, approved).await?;
        }
        (RequestState::Approved, Some(approved)) => sign(app, loaded, approved).await?,
        // Somebody who approved may no longer approve: others have to.
        (RequestState::Approved, None) => drop(advance(app, &loaded, Event::Change).await?),
        _ => {}
    }
    Ok(())
}

async fn advance(app: &App, loaded: &Loaded, event: Event) -> Result<bool, OpError> {
    let (id, version, now) = (loaded.row.id, loaded.row.version(), app.clock.now());
    Ok(app.store.write(move |c| issuance_request::advance(c, id, version, event, now)).await?)
}

async fn sign(app: &App, loaded: Loaded, approved: ApprovedRequest) -> Result<(), OpError> {
    match sign::sign(app, &loaded, approved).await {
        Err(error) if error.is_final() => fail(app, loaded, &error).await,
        other => other,
    }
}

/// What was approved cannot be issued, now or later.
async fn fail(app: &App, loaded: Loaded, error: &OpError) -> Result<(), OpError> {
    let Loaded { row, .. } = loaded;
    let (id, reason, outcome) = (row.id, error.to_string(), "failed");
    // Outside, people hear what they can change; the rest is for operators.
    let told_reason = error.to_problem().detail().to_owned();
    tracing::error!(request = %id, error = reason, "an approved request cannot be issued");
    let act = ProcessRequest { request: id.to_string(), profile: row.asked.profile.clone(), outcome };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    let subject = Subject { id, asked: &row.asked, requester: &row.requester };
    let told = subject.ended(app, "failed", "this server", &told_reason);
    let kind = RequestEventKind::Failed;
    let record = Record::of(app, &permitted, &job_origin(app), id, kind, &reason).detail("why", &reason).telling(told);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        // Its state may have moved from pending to approved since it was loaded. What another server signs is left to it.
        let same = |now: &StoredRequest| now.version() == row.version() && now.state == RequestState::Approved;
        let Some(row) = issuance_request::by_id(c, id)?.filter(same) else { return Ok(()) };
        if issuance_request::end(c, &row, Event::Fail, Some(&told_reason), now)? {
            record.write(c)?;
        }
        Ok(())
    });
    Ok(write.await?)
}
