//! The second factor of operators: enrolled with an authenticator, checked once a code, with recovery codes for the day
//! that it is lost.

use aws_lc_rs::digest;
use ca_core::policy::action::ChangeSecondFactor;
use zeroize::Zeroizing;

use super::session::Session;
use super::totp::{self, TotpSecret};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::fields::{OperatorId, Sha256};
use crate::store::operator::{self, Operator, totp_place};
use crate::store::{audit_event, operator_session, recovery_code};

/// What an authenticator has to be told.
#[derive(Debug)]
pub struct Enrolment {
    /// What it scans.
    pub uri: Zeroizing<String>,
    /// What is typed where nothing can be scanned.
    pub spelled: Zeroizing<String>,
}

/// Begins an enrolment with a new secret. Until it is confirmed, nothing is asked for.
///
/// # Errors
/// When there is a second factor already, or the HSM that seals secrets is away.
pub async fn begin(app: &App, session: &Session) -> Result<(), OpError> {
    let id = session.operator.id;
    let secret = TotpSecret::fresh(&app.entropy);
    let row = id.to_string();
    let sealed = app.secrets.seal(&app.store, &app.hsms, &app.entropy, totp_place(&row), secret.octets()).await?;
    let begun = app.store.write(move |c| operator::begin_totp(c, id, &sealed)).await?;
    begun.then_some(()).ok_or_else(|| OpError::Conflict("there is a second factor already: remove it first".to_owned()))
}

/// The enrolment that a session's operator has begun, if there is one.
///
/// # Errors
/// When the database fails or the HSM that opens secrets is away.
pub async fn enrolment(app: &App, session: &Session) -> Result<Option<Enrolment>, OpError> {
    let Some(secret) = pending(app, session).await? else { return Ok(None) };
    let issuer = match app.installation_name.as_str() {
        "" => "Signet",
        name => name,
    };
    Ok(Some(Enrolment { uri: secret.uri(issuer, &session.operator.name), spelled: secret.spelled() }))
}

async fn pending(app: &App, session: &Session) -> Result<Option<TotpSecret>, OpError> {
    let id = session.operator.id;
    let row = app.store.read(move |c| operator::by_id(c, id)).await?;
    match row.filter(|row| row.totp_enrolled_at.is_none()) {
        Some(row) => secret(app, &row).await,
        None => Ok(None),
    }
}

async fn secret(app: &App, row: &Operator) -> Result<Option<TotpSecret>, OpError> {
    let Some(sealed) = &row.totp_secret else { return Ok(None) };
    let id = row.id.to_string();
    let opened = app.secrets.open(&app.store, &app.hsms, totp_place(&id), sealed).await?;
    let secret = TotpSecret::from_octets(&opened);
    secret.map(Some).ok_or_else(|| OpError::Integrity(format!("operator.totp_secret {id}: not 20 octets")))
}

/// Confirms an enrolment with a first code; answers the recovery codes, shown once, or nothing when the code is wrong.
/// Sessions elsewhere end: they began without a second factor.
///
/// # Errors
/// When no enrolment was begun, or the policy denies it.
pub async fn confirm(
    app: &App,
    session: &Session,
    origin: &Origin,
    code: &str,
) -> Result<Option<Vec<Zeroizing<String>>>, OpError> {
    let none = || OpError::Conflict("no enrolment was begun: begin one first".to_owned());
    let secret = pending(app, session).await?.ok_or_else(none)?;
    let (id, now) = (session.operator.id, app.clock.now());
    let Some(step) = secret.step_of(code, now) else { return Ok(None) };
    let act = ChangeSecondFactor { operator: session.operator.name.clone() };
    let permitted = app.policies.load().engine().decide(&session.actor(), act)?;
    let event = audit::event(app, &permitted, origin, format!("second factor of {}: enrolled", session.operator.name));
    let codes = totp::recovery_codes(&app.entropy);
    let hashes: Vec<Sha256> = codes.iter().map(|code| hash(&code.replace('-', ""))).collect();
    let kept = session.id;
    let done = app
        .store
        .write(move |c| {
            let done = operator::enrol_totp(c, id, step, now)?;
            if done {
                recovery_code::replace(c, id, &hashes)?;
                operator_session::revoke_all(c, id, Some(kept), now)?;
                audit_event::insert(c, &event)?;
            }
            Ok(done)
        })
        .await?;
    if done { Ok(Some(codes)) } else { Err(none()) }
}

/// Takes the second factor of a session's operator away; their other sessions end.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn remove(app: &App, session: &Session, origin: &Origin) -> Result<(), OpError> {
    let act = ChangeSecondFactor { operator: session.operator.name.clone() };
    let permitted = app.policies.load().engine().decide(&session.actor(), act)?;
    let event = audit::event(app, &permitted, origin, format!("second factor of {}: removed", session.operator.name));
    let (id, kept, now) = (session.operator.id, session.id, app.clock.now());
    app.store
        .write(move |c| {
            operator::remove_totp(c, id)?;
            recovery_code::remove(c, id)?;
            operator_session::revoke_all(c, id, Some(kept), now)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(())
}

/// Recovery codes that an operator has left.
///
/// # Errors
/// When the database fails.
pub async fn codes_left(app: &App, operator: OperatorId) -> Result<i64, OpError> {
    Ok(app.store.read(move |c| recovery_code::left(c, operator)).await?)
}

/// Whether a code is a fresh one of an operator's authenticator or an unused recovery code. It is used with that.
pub(super) async fn check(app: &App, row: &Operator, code: &str) -> Result<bool, OpError> {
    let (id, now) = (row.id, app.clock.now());
    if let Some(recovery) = totp::recovery_code(code) {
        let hash = hash(&recovery);
        return Ok(app.store.write(move |c| recovery_code::spend(c, id, hash, now)).await?);
    }
    let step = secret(app, row).await?.and_then(|secret| secret.step_of(code, now));
    match step {
        // RFC 6238 §5.2: a code is accepted once, so a step that is not later than the last one used is refused.
        Some(step) => Ok(app.store.write(move |c| operator::spend_totp_step(c, id, step)).await?),
        None => Ok(false),
    }
}

fn hash(text: &str) -> Sha256 {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}
