//! Responding to a challenge (RFC 8555 §7.5.1): probe, judge, record.
//!
//! The request probes at once and waits up to a second. A decided outcome is one commit; otherwise `processing` and a job
//! row are committed before the answer, and the job goes on, after a crash too.

use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::challenge::{self as rules, Outcome, Response, judge, probe};
use ca_core::acme::{ChallengeType, Identifier, Problem};
use ca_core::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::accounts::KnownAccount;
use super::{ChallengeView, Requester, authorization, evidence};
use crate::app::App;
use crate::config::AcmeSettings;
use crate::ops::OpError;
use crate::store::attempt::{self, Attempt, Decision};
use crate::store::authorization::Authorization;
use crate::store::challenge::{self, Challenge};
use crate::store::fields::{AccountId, AttemptId, AuthorizationState, ChallengeId, ChallengeState, JobId};
use crate::store::job::{self, NewJob};

/// How long the request itself waits for the first probe.
const PATIENCE: Duration = Duration::from_secs(1);

/// Pauses before the second, third and fourth probe when the target could not be reached.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

/// Kind of the jobs that go on with a validation.
pub const JOB: &str = "validate-challenge";

/// What a validation needs to know, and what its job row holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Validation {
    /// The ACME endpoint.
    pub endpoint: String,
    /// The account.
    pub account: String,
    /// The challenge.
    pub challenge: String,
    /// RFC 7638 thumbprint of the account's key when it responded.
    pub thumbprint: String,
}

/// The challenge of that id, if it is the account's.
///
/// # Errors
/// 404 when there is none.
pub async fn view(app: &App, who: &Requester, id: ChallengeId) -> Result<ChallengeView, OpError> {
    let (challenge, _) = load(app, &who.endpoint, who.account, id).await?;
    Ok(ChallengeView::of(&challenge))
}

async fn load(
    app: &App,
    endpoint: &str,
    account: AccountId,
    id: ChallengeId,
) -> Result<(Challenge, Authorization), OpError> {
    let loaded = app.store.look_up(move |c| challenge::by_id(c, account, id)).await?;
    let found = loaded.filter(|(_, authorization)| authorization.endpoint == endpoint);
    Ok(found.ok_or_else(|| Problem::not_found("challenge"))?)
}

/// Responds to a challenge. A second response changes nothing and answers the present state.
///
/// # Errors
/// 404 when there is none, `malformed` when its authorization is over.
pub async fn respond(
    app: &Arc<App>,
    who: &Requester,
    account: &KnownAccount,
    id: ChallengeId,
) -> Result<ChallengeView, OpError> {
    let (challenge, authorization) = load(app, &who.endpoint, who.account, id).await?;
    let shown = ChallengeView::of(&challenge);
    if rules::respond(authorization::status(app, &authorization)?, shown.status)? == Response::Show {
        return Ok(shown);
    }
    let validation = Validation {
        endpoint: who.endpoint.clone(),
        account: who.account.to_string(),
        challenge: id.to_string(),
        thumbprint: account.account.jwk_thumbprint.clone(),
    };
    let mut trial = tokio::spawn(attempt(Arc::clone(app), validation.clone(), challenge, authorization, 0));
    match tokio::time::timeout(PATIENCE, &mut trial).await {
        Ok(finished) => finished.map_err(|fault| OpError::Integrity(format!("validation: {fault}")))?,
        Err(_) => {
            set_processing(app, id, &validation, app.clock.now().plus(LONGEST_PROBE)).await?;
            view(app, who, id).await
        }
    }
}

/// A probe that has not come back by then died with its process; the job probes anew.
const LONGEST_PROBE: Duration = Duration::from_secs(30);

/// One probe with its judgement, recorded. An undecided one leaves a job for the next. Answers what then stands.
async fn attempt(
    app: Arc<App>,
    validation: Validation,
    challenge: Challenge,
    authorization: Authorization,
    number: usize,
) -> Result<ChallengeView, OpError> {
    let kind: ChallengeType = challenge.kind.parse().map_err(|_| unreadable(&challenge))?;
    let identifier = authorization::identifier(&authorization)?;
    let started_at = app.clock.now_micros();
    let outcome = perform(&app, &validation, kind, &identifier, &challenge.token).await?;
    let thumbprint = validation.thumbprint.parse().map_err(|_| unreadable(&challenge))?;
    let verdict = judge(kind, &identifier, &challenge.token, &thumbprint, &outcome);
    let record = Attempt {
        id: AttemptId::new(app.entropy.uuid()),
        authorization_id: authorization.id,
        challenge_id: challenge.id,
        started_at,
        finished_at: app.clock.now_micros(),
        passed: verdict.is_ok(),
        evidence: evidence::of(&outcome).to_string(),
    };
    let decision = decide(&app, &validation, verdict, &outcome, number)?;
    let stands = store(&app, &validation, record, decision, number).await?;
    Ok(ChallengeView::of(&stands.unwrap_or(challenge)))
}

fn unreadable(challenge: &Challenge) -> OpError {
    OpError::Integrity(format!("acme_challenge {}: its kind or thumbprint cannot be read", challenge.id))
}

async fn perform(
    app: &App,
    validation: &Validation,
    kind: ChallengeType,
    identifier: &Identifier,
    token: &str,
) -> Result<Outcome, OpError> {
    let validator = app.validators.get(&validation.endpoint);
    let validator = validator.ok_or_else(|| OpError::NotFound(format!("ACME endpoint {}", validation.endpoint)))?;
    Ok(validator.perform(&probe(kind, identifier, token)).await)
}

fn decide(
    app: &App,
    validation: &Validation,
    verdict: Result<(), Problem>,
    outcome: &Outcome,
    number: usize,
) -> Result<Decision, OpError> {
    let at = app.clock.now();
    match verdict {
        Ok(()) => Ok(Decision::Valid { at, reuse_until: reuse_until(app.endpoint(&validation.endpoint), at) }),
        // The target could not be reached: it may come up in a moment, within a bounded time.
        Err(_) if transient(outcome) && number < PAUSES.len() => Ok(Decision::Undecided),
        Err(problem) => {
            let problem = serde_json::to_string(&problem).map_err(|fault| OpError::Integrity(fault.to_string()))?;
            Ok(Decision::Invalid { problem })
        }
    }
}

fn transient(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { failure, .. } if failure.is_transient())
}

fn reuse_until(endpoint: Option<&AcmeSettings>, at: UnixTime) -> Option<UnixTime> {
    let reuse = endpoint?.authorization_reuse;
    (!reuse.is_zero()).then(|| at.plus(reuse))
}

async fn store(
    app: &App,
    validation: &Validation,
    record: Attempt,
    decision: Decision,
    number: usize,
) -> Result<Option<Challenge>, OpError> {
    let id = record.challenge_id;
    let next = PAUSES.get(number).filter(|_| matches!(decision, Decision::Undecided));
    let job = match next {
        Some(pause) => Some(job(app, validation, app.clock.now().plus(*pause), number + 1)?),
        None => None,
    };
    let recorded = app.store.write(move |c| {
        attempt::record(c, &record, &decision)?;
        if let Some(job) = &job {
            challenge::start(c, id)?;
            job::enqueue(c, job)?;
        }
        challenge::find(c, id)
    });
    Ok(recorded.await?)
}

async fn set_processing(app: &App, id: ChallengeId, validation: &Validation, run_at: UnixTime) -> Result<(), OpError> {
    let job = job(app, validation, run_at, 0)?;
    app.store
        .write(move |c| {
            // The probe may have been recorded in this very moment: then there is nothing left to do.
            if challenge::start(c, id)? { job::enqueue(c, &job) } else { Ok(()) }
        })
        .await?;
    Ok(())
}

/// The payload of a job row.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    validation: Validation,
    number: usize,
}

fn job(app: &App, validation: &Validation, run_at: UnixTime, number: usize) -> Result<NewJob, OpError> {
    let payload = Payload { validation: validation.clone(), number };
    let payload = serde_json::to_string(&payload).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    Ok(NewJob {
        id: JobId::new(app.entropy.uuid()),
        kind: JOB.to_owned(),
        key: validation.challenge.clone(),
        payload,
        run_at,
        created_at: app.clock.now(),
    })
}

/// Goes on with the validation that a job row describes.
///
/// # Errors
/// When the database fails; the job is then tried again.
pub async fn resume(app: &Arc<App>, payload: &str) -> Result<(), OpError> {
    let Payload { validation, number } =
        serde_json::from_str(payload).map_err(|fault| OpError::Integrity(format!("job {JOB}: {fault}")))?;
    let ids = validation.account.parse().ok().zip(validation.challenge.parse().ok());
    let (account, id) = ids.ok_or_else(|| OpError::Integrity(format!("job {JOB}: unreadable ids")))?;
    let (challenge, authorization) = load(app, &validation.endpoint, account, id).await?;
    let over = authorization.state != AuthorizationState::Pending || challenge.state != ChallengeState::Processing;
    if over {
        return Ok(());
    }
    attempt(Arc::clone(app), validation, challenge, authorization, number).await.map(drop)
}
