//! From votes to an approval, from an approval to signatures. Called after every vote and by a job, as often as anybody likes:
//! each step is a compare-and-set, and one process at a time signs for a request.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::policy::action::ProcessSigning;
use ca_core::signing::{ApprovedSet, DigestSet, SigningEvent, SigningState};
use tokio::task::JoinSet;

use super::history::{Record, job_origin};
use super::load::{self, Loaded, load};
use super::{JOB, sign, telling};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::{SigningEventKind, SigningRequestId};
use crate::store::{signing_request, signing_request_list};

/// Requests looked at in one read.
const PAGE: i64 = 100;

/// Requests signed at the same time.
const AT_ONCE: usize = 4;

/// After so long another process takes a request up. It is renewed with each batch.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// Seconds between two looks through the pending requests.
const LOOK: i64 = 30;

/// Pause after the first failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);

const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Moves a pending request on when enough people approved it. What stands in the way is logged; a job tries again.
pub(super) async fn decide(app: &App, id: SigningRequestId) {
    match advance(app, id).await {
        Ok(true) => app.signing.work.notify_one(),
        Ok(false) => {}
        Err(error) => tracing::warn!(request = %id, %error, "a signing request cannot be processed now"),
    }
    app.signing.tell();
}

async fn advance(app: &App, id: SigningRequestId) -> Result<bool, OpError> {
    let loaded = load(app, id).await?;
    if loaded.row.state != SigningState::PendingApproval || loaded.tally(app).await?.open_stage().is_some() {
        return Ok(false);
    }
    let now = app.clock.now();
    Ok(app.store.write(move |c| signing_request::advance(c, id, SigningEvent::ApprovalsComplete, now)).await?)
}

/// Signs every request that can be: what was just approved, and what a server that died left behind.
///
/// # Errors
/// When the database fails.
pub async fn all(app: &Arc<App>) -> Result<(), OpError> {
    pending(app).await?;
    let (mut after, now) = (None, app.clock.now());
    let mut signing = JoinSet::new();
    loop {
        let page = app.store.read(move |c| signing_request_list::due(c, now, after, PAGE)).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for id in page {
            if signing.len() >= AT_ONCE {
                signing.join_next().await;
            }
            signing.spawn(one(Arc::clone(app), id));
        }
    }
    while signing.join_next().await.is_some() {}
    Ok(())
}

/// What nobody has to approve is decided with its submission, and each vote with itself. This finds those of a server that
/// died in between, now and then.
async fn pending(app: &App) -> Result<(), OpError> {
    let (now, before) = (app.clock.now().seconds(), app.signing.looked_at.load(Ordering::Relaxed));
    if now.saturating_sub(before) < LOOK {
        return Ok(());
    }
    app.signing.looked_at.store(now, Ordering::Relaxed);
    let filter = signing_request_list::SigningFilter {
        states: vec![SigningState::PendingApproval],
        ..signing_request_list::SigningFilter::default()
    };
    let mut after = None;
    loop {
        let filter = filter.clone();
        let page = app.store.read(move |c| signing_request_list::list(c, &filter, after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for row in page {
            decide(app, row.id).await;
        }
    }
}

async fn one(app: Arc<App>, id: SigningRequestId) {
    if let Err(error) = claimed(&app, id).await {
        tracing::warn!(request = %id, %error, "a signing request cannot be processed now; it is tried again");
    }
    app.signing.tell();
}

async fn claimed(app: &Arc<App>, id: SigningRequestId) -> Result<(), OpError> {
    let (holder, now) = (app.instance.clone(), app.clock.now());
    if !app.store.write(move |c| signing_request::claim(c, id, &holder, now, now.plus(LEASE))).await? {
        return Ok(());
    }
    let loaded = load(app, id).await?;
    if loaded.row.is_overdue(now) {
        return Ok(());
    }
    let (row, attempts) = (loaded.row.clone(), loaded.row.attempts);
    match through(app, loaded).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_final() => fail(app, &row, &error).await,
        Err(error) => postpone(app, id, attempts, &error).await,
    }
}

async fn through(app: &Arc<App>, loaded: Loaded) -> Result<(), OpError> {
    require_thawed(app, &loaded)?;
    let (items, set) = load::items(app, &loaded.row).await?;
    match approved(app, &loaded, set).await? {
        Some(approved) => sign::sign(app, loaded, items, approved).await,
        None if loaded.row.state == SigningState::Approved => {
            // Somebody who approved may no longer approve: others have to.
            let (id, now) = (loaded.row.id, app.clock.now());
            app.store.write(move |c| signing_request::advance(c, id, SigningEvent::ApprovalsLost, now)).await?;
            Ok(())
        }
        None => Err(OpError::Conflict("somebody who approved may no longer approve".to_owned())),
    }
}

/// The proof that enough people approved, or that an officer answers for it alone.
async fn approved(app: &App, loaded: &Loaded, set: DigestSet) -> Result<Option<ApprovedSet>, OpError> {
    let tally = loaded.tally(app).await?;
    Ok(match &loaded.row.glass_broken_by {
        Some(officer) => ApprovedSet::by_breaking_glass(set, loaded.row.set(), officer.clone(), tally.need()),
        None => tally.approved(set),
    })
}

/// A profile that was frozen after the request was approved signs nothing.
fn require_thawed(app: &App, loaded: &Loaded) -> Result<(), OpError> {
    match app.policies.load().signing_profile(&loaded.row.profile) {
        Some(profile) if !profile.limits().frozen => Ok(()),
        Some(profile) => Err(OpError::Conflict(format!("the profile {} is frozen", profile.name()))),
        None => Err(OpError::Conflict(format!("there is no signing profile {:?} any more", loaded.row.profile))),
    }
}

async fn postpone(app: &App, id: SigningRequestId, attempts: i64, error: &OpError) -> Result<(), OpError> {
    let doublings = u32::try_from(attempts).unwrap_or(0).min(16);
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    let (told, again) = (told(error), app.clock.now().plus(pause));
    tracing::warn!(request = %id, %error, attempts, "signing is interrupted; nothing is released, and it goes on by itself");
    Ok(app.store.write(move |c| signing_request::postpone(c, id, &told, again)).await?)
}

/// What those outside may know of an obstacle.
fn told(error: &OpError) -> String {
    match error {
        OpError::Hsm(fault) => format!("the HSM {} does not sign at the moment", fault.hsm()),
        OpError::Store(_) => "the database does not answer at the moment".to_owned(),
        OpError::Conflict(rule) => rule.clone(),
        other => other.to_problem().detail().to_owned(),
    }
}

/// What was approved cannot be signed, now or later.
async fn fail(app: &App, row: &signing_request::StoredSigningRequest, error: &OpError) -> Result<(), OpError> {
    let (id, reason) = (row.id, error.to_string());
    let told_reason = error.to_problem().detail().to_owned();
    tracing::error!(request = %id, error = reason, "an approved signing request cannot be signed");
    let act = ProcessSigning { request: id.to_string(), profile: row.profile.clone(), outcome: "failed" };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    let told = telling::ended(app, row, "failed", "this server", &told_reason);
    let kind = SigningEventKind::Failed;
    let record =
        Record::of(app, &permitted, &job_origin(app), id, kind, reason.clone()).detail("why", reason).telling(told);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        let Some(row) = signing_request::by_id(c, id)? else { return Ok(()) };
        if signing_request::end(c, &row, SigningEvent::Fail, &told_reason, now)? {
            record.write(c)?;
        }
        Ok(())
    });
    Ok(write.await?)
}
