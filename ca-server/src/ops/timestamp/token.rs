//! The one way to a token: policy, clock, lint, signature, audit, and only then out of the door.

use ca_core::policy::action::Timestamp;
use ca_core::policy::{Actor, Permitted};
use ca_core::timestamp::{
    FailureInfo, LintedTimestamp, Rejection, SignableTimestamp, TimeStampRequest, TimeStampToken, TimestampError,
    TsaPolicy,
};

use super::NAME;
use super::obstacle::obstacle;
use super::signer::{self, Ready};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::issue::{SIGNING_TIME_LIMIT, fresh_serial, listed_reason};
use crate::ops::{OpError, audit};
use crate::store::fields::{CertificateId, Sha256};
use crate::store::{Connection, StoreError, audit_event, blocked_key, certificate};

/// Makes the token that a request gets, and records it.
///
/// # Errors
/// A refusal in the words of RFC 3161.
pub(super) async fn issue(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    request: &TimeStampRequest,
    policy: &TsaPolicy,
) -> Result<TimeStampToken, Rejection> {
    let chosen = policy.accept(request)?;
    let digest_algorithm = request.imprint().algorithm();
    let act = Timestamp { tsa: NAME.to_owned(), policy: chosen.to_string(), digest_algorithm };
    let permitted = app.policies.load().engine().decide(actor, act);
    let permitted = permitted
        .map_err(|denied| Rejection::new(FailureInfo::BadRequest, OpError::from(denied).to_problem().detail()))?;
    // First of all: no certificate is made by a clock that is wrong either.
    believe_clock(app)?;
    let ready = signer::ready(app).await?;
    let linted = lint(app, &permitted, request, policy, &ready)?;
    let token = sign(app, &ready, linted).await.map_err(|error| obstacle(&error))?;
    record(app, &permitted, origin, &ready, &token).await?;
    metrics::counter!("signet_timestamps_total").increment(1);
    Ok(token)
}

fn believe_clock(app: &App) -> Result<(), Rejection> {
    let trust = app.timestamps.guard.trust(&app.clock, &app.settings.timestamp);
    trust.map_err(|fault| Rejection::new(FailureInfo::TimeNotAvailable, fault.to_string()))
}

fn lint(
    app: &App,
    permitted: &Permitted<Timestamp>,
    request: &TimeStampRequest,
    policy: &TsaPolicy,
    ready: &Ready,
) -> Result<LintedTimestamp, Rejection> {
    // Read before the guard is asked: reading it is what notices a jump.
    let time = app.clock.now_micros();
    believe_clock(app)?;
    let built = SignableTimestamp::build(permitted, request, policy, (fresh_serial(app), time), &ready.signer);
    let built = built.map_err(|error| match error {
        TimestampError::Rejected(rejection) => rejection,
        other => obstacle(&OpError::Integrity(other.to_string())),
    })?;
    built.lint().map_err(|refusal| obstacle(&OpError::Integrity(refusal.to_string())))
}

async fn sign(app: &App, ready: &Ready, linted: LintedTimestamp) -> Result<TimeStampToken, OpError> {
    let missing = || OpError::NotFound(format!("the HSM {:?} is not configured", ready.hsm));
    let hsm = app.hsms.get(&ready.hsm).ok_or_else(missing)?;
    let begun = app.clock.now_micros();
    let signature = hsm.sign(linted.sign_request(SIGNING_TIME_LIMIT)).await;
    let signature = signature.inspect_err(|error| app.hsm_watch.failed(&ready.hsm, app.clock.now(), error))?;
    app.observe_signature(&ready.hsm, begun);
    linted.assemble(&signature).map_err(|fault| OpError::Integrity(fault.to_string()))
}

/// Nothing is released that the audit does not know, and nothing of a certificate that was revoked meanwhile or of a key that
/// was blocked, be it with another certificate.
async fn record(
    app: &App,
    permitted: &Permitted<Timestamp>,
    origin: &Origin,
    ready: &Ready,
    token: &TimeStampToken,
) -> Result<(), Rejection> {
    let info = token.info();
    let imprint: String = info.imprint.digest().iter().map(|octet| format!("{octet:02x}")).collect();
    let event = audit::event(app, permitted, origin, format!("timestamp {}", info.serial))
        .detail("policy", info.policy)
        .detail("algorithm", info.imprint.algorithm())
        .detail("imprint", imprint)
        .detail("time", info.time.to_unix_time())
        .detail("certificate", ready.signer.certificate().serial());
    let (id, key) = (ready.certificate, ready.signer.key().public_key.clone());
    let (listed, hash) = (listed_reason(app, &key).is_some(), key.sha256());
    let write = app.store.write(move |c| {
        let objection = if listed { Some(BLOCKED) } else { objection(c, id, hash)? };
        if objection.is_none() {
            audit_event::insert(c, &event)?;
        }
        Ok(objection)
    });
    match write.await {
        Ok(None) => Ok(()),
        Ok(Some(text)) => {
            // The next request gets another certificate.
            app.timestamps.signer.store(None);
            Err(Rejection::new(FailureInfo::SystemFailure, text))
        }
        Err(error) => Err(obstacle(&error.into())),
    }
}

const REVOKED: &str = "the certificate of this time-stamping authority was revoked: ask again";
const BLOCKED: &str = "the key of this time-stamping authority is on the list of blocked keys: ask again";

/// Renewed certificates have the same key: what is known of it counts for all of them.
fn objection(connection: &mut Connection, id: CertificateId, key: Sha256) -> Result<Option<&'static str>, StoreError> {
    let known = certificate::by_id(connection, id)?;
    if known.is_none_or(|found| found.record.revoked_at.is_some()) {
        return Ok(Some(REVOKED));
    }
    Ok(blocked_key::by_hash(connection, key)?.map(|_| BLOCKED))
}
