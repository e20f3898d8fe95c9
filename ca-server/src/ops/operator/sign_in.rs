//! Signing in with name, password and code, and proving it again later.

use ca_core::policy::Actor;
use ca_core::policy::action::SignIn;
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::secret_token::SecretToken;
use super::session::{self, Proof, Session, Visitor};
use super::{is_active, is_past, name, second_factor, throttle};
use crate::app::App;
use crate::ops::{OpError, audit};
use crate::store::fields::{OperatorId, SessionStage};
use crate::store::operator::{self, LOCAL, Operator};
use crate::store::{audit_event, operator_session};

/// What came of an attempt to sign in.
#[derive(Debug)]
pub enum Outcome {
    /// A session has begun: its cookie.
    SignedIn(SecretToken),
    /// The password is right, and a code is asked for: the cookie that remembers the first half.
    SecondFactor(SecretToken),
    /// What was given does not belong together, or the person is kept out: which of these is not told.
    Refused,
    /// Too many attempts failed: none is looked at before this.
    Locked(UnixTime),
}

const PASSWORD: Proof = Proof::by("password");
const PASSWORD_AND_CODE: Proof = Proof::by("password+totp");

/// Signs in with name and password. Takes the same time and the same tries whether or not there is such a name.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn with_password(
    app: &App,
    visitor: &Visitor,
    name: &str,
    password: Zeroizing<String>,
) -> Result<Outcome, OpError> {
    let attempt = match throttle::begin(app, name, &visitor.origin.address).await? {
        Ok(attempt) => attempt,
        Err(until) => return Ok(locked(visitor, until)),
    };
    let Some(operator) = known(app, name, password).await? else { return Ok(refused(visitor)) };
    if operator.totp_enrolled_at.is_none() {
        attempt.succeeded(app).await?;
        return begin(app, &operator, PASSWORD, visitor).await.map(Outcome::SignedIn);
    }
    attempt.half_succeeded(app).await?;
    let (token, half) = session::begin(app, &operator, SessionStage::SecondFactor, PASSWORD, visitor);
    app.store.write(move |c| operator_session::insert(c, &half)).await?;
    Ok(Outcome::SecondFactor(token))
}

/// Signs in with the code, after the password was right.
///
/// # Errors
/// When the policy denies it, the database fails, or the HSM that opens secrets is away.
pub async fn with_code(app: &App, visitor: &Visitor, half: &Session, code: &str) -> Result<Outcome, OpError> {
    let attempt = match throttle::begin(app, &half.operator.name, &visitor.origin.address).await? {
        Ok(attempt) => attempt,
        Err(until) => return Ok(locked(visitor, until)),
    };
    let Some(operator) = by_id(app, half.operator.id).await? else { return Ok(refused(visitor)) };
    if !second_factor::check(app, &operator, code).await? {
        return Ok(refused(visitor));
    }
    attempt.succeeded(app).await?;
    let (of, id, now) = (operator.id, half.id, app.clock.now());
    app.store.write(move |c| operator_session::revoke(c, of, id, now)).await?;
    begin(app, &operator, PASSWORD_AND_CODE, visitor).await.map(Outcome::SignedIn)
}

fn refused(visitor: &Visitor) -> Outcome {
    metrics::counter!("signet_sign_ins_total", "outcome" => "refused").increment(1);
    tracing::warn!(address = %visitor.origin.address, "a sign-in was refused");
    Outcome::Refused
}

fn locked(visitor: &Visitor, until: UnixTime) -> Outcome {
    tracing::warn!(address = %visitor.origin.address, %until, "a sign-in was not looked at: too many have failed");
    Outcome::Locked(until)
}

async fn by_id(app: &App, id: OperatorId) -> Result<Option<Operator>, OpError> {
    Ok(app.store.read(move |c| operator::by_id(c, id)).await?.filter(is_active))
}

/// The operator of a name, if the password is theirs and they may use it now.
async fn known(app: &App, given: &str, password: Zeroizing<String>) -> Result<Option<Operator>, OpError> {
    let row = match name::parse(given) {
        Ok(name) => app.store.read(move |c| operator::by_name(c, &name)).await?,
        Err(_) => None,
    };
    let now = app.clock.now();
    let usable = row.filter(|row| is_active(row) && row.provider == LOCAL && !is_past(row.password_expires_at, now));
    let stored = usable.as_ref().and_then(|row| row.password.clone());
    let right = app.passwords.verify(stored, password).await?;
    Ok(usable.filter(|_| right))
}

/// Begins a session of an operator who proved who they are.
pub(super) async fn begin(
    app: &App,
    operator: &Operator,
    proof: Proof,
    visitor: &Visitor,
) -> Result<SecretToken, OpError> {
    let actor = Actor::Operator { name: operator.name.clone(), roles: operator.roles.clone() };
    let act = SignIn { operator: operator.name.clone(), method: proof.method.to_owned() };
    let permitted = app.policies.load().engine().decide(&actor, act)?;
    let (token, new) = session::begin(app, operator, SessionStage::Whole, proof, visitor);
    let event = audit::event(app, &permitted, &visitor.origin, format!("session {}", new.id));
    let (seen, now) = (operator.clone(), new.created_at);
    let unchanged = app.store.write(move |c| {
        // What was proved may have been taken away meanwhile.
        let unchanged = operator::by_id(c, seen.id)?.filter(is_active).is_some_and(|row| row.password == seen.password);
        if unchanged {
            operator_session::insert(c, &new)?;
            operator::signed_in(c, seen.id, now)?;
            audit_event::insert(c, &event)?;
        }
        Ok(unchanged)
    });
    if !unchanged.await? {
        return Err(OpError::Conflict("the account changed in this moment: sign in again".to_owned()));
    }
    metrics::counter!("signet_sign_ins_total", "outcome" => "signed-in").increment(1);
    Ok(token)
}

/// What came of proving it again.
#[derive(Debug)]
pub enum Again {
    /// It is them: the token by which the session goes on.
    Right(SecretToken),
    /// Password or code is wrong.
    Wrong,
    /// Too many attempts failed: none is looked at before this.
    Locked(UnixTime),
}

/// The person of a session proves themself again, with password and, if they have a second factor, a code.
///
/// # Errors
/// When the database fails, or the HSM that opens secrets is away.
pub async fn prove_again(
    app: &App,
    session: &Session,
    visitor: &Visitor,
    password: Zeroizing<String>,
    code: &str,
) -> Result<Again, OpError> {
    let attempt = match throttle::begin(app, &session.operator.name, &visitor.origin.address).await? {
        Ok(attempt) => attempt,
        Err(until) => return Ok(Again::Locked(until)),
    };
    let found = known(app, &session.operator.name, password).await?;
    let Some(operator) = found.filter(|row| row.id == session.operator.id) else { return Ok(Again::Wrong) };
    if operator.totp_enrolled_at.is_some() && !second_factor::check(app, &operator, code).await? {
        return Ok(Again::Wrong);
    }
    attempt.succeeded(app).await?;
    Ok(Again::Right(session::renew(app, session, app.clock.now()).await?))
}
