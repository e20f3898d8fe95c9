//! An operator changes their own password.

use ca_core::policy::action::ChangePassword;
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::password::{self, WeakPassword};
use super::session::Session;
use super::throttle;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::operator::{self, NewPassword};
use crate::store::{audit_event, operator_session};

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The new password is in force; all other sessions have ended.
    Changed,
    /// The present password is another one.
    WrongPassword,
    /// Too many attempts failed: none is looked at before this.
    Locked(UnixTime),
    /// The new one will not do.
    Weak(WeakPassword),
}

/// Changes the password of a session's operator, who knows the present one.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn change(
    app: &App,
    session: &Session,
    origin: &Origin,
    present: Zeroizing<String>,
    new: Zeroizing<String>,
) -> Result<Outcome, OpError> {
    let attempt = match throttle::begin(app, &session.operator.name, &origin.address).await? {
        Ok(attempt) => attempt,
        Err(until) => return Ok(Outcome::Locked(until)),
    };
    let id = session.operator.id;
    let row = app.store.read(move |c| operator::by_id(c, id)).await?;
    let stored = row.and_then(|row| row.password);
    if !app.passwords.verify(stored, present.clone()).await? {
        return Ok(Outcome::WrongPassword);
    }
    attempt.succeeded(app).await?;
    if present == new {
        return Ok(Outcome::Weak(WeakPassword::Unchanged));
    }
    if let Err(weak) = password::check(&new, &session.operator.name) {
        return Ok(Outcome::Weak(weak));
    }
    let act = ChangePassword { operator: session.operator.name.clone() };
    let permitted = app.policies.load().engine().decide(&session.actor(), act)?;
    let event = audit::event(app, &permitted, origin, format!("Operator:{}", session.operator.name));
    let stored = NewPassword { hash: app.passwords.hash(&app.entropy, new).await?, one_time_until: None };
    let (kept, now) = (session.id, app.clock.now());
    app.store
        .write(move |c| {
            operator::change_password(c, id, &stored, now)?;
            operator_session::revoke_all(c, id, Some(kept), now)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(Outcome::Changed)
}
