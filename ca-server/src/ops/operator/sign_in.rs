//! Signing in with name and password, and proving it again later.

use ca_core::policy::Actor;
use ca_core::policy::action::SignIn;
use zeroize::Zeroizing;

use super::secret_token::SecretToken;
use super::session::{self, Session, Visitor};
use super::{is_active, is_past, name};
use crate::app::App;
use crate::ops::{OpError, audit};
use crate::store::fields::SessionStage;
use crate::store::operator::{self, LOCAL, Operator};
use crate::store::{audit_event, operator_session};

/// What came of an attempt to sign in.
#[derive(Debug)]
pub enum Outcome {
    /// A session has begun: its cookie.
    SignedIn(SecretToken),
    /// Name and password do not belong together, or the person is kept out: which of these is not told.
    Refused,
}

/// The proof of a session by password.
pub(super) const PASSWORD: &str = "password";

/// Signs in with name and password. Takes the same time whether or not there is such a name.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn with_password(
    app: &App,
    visitor: &Visitor,
    name: &str,
    password: Zeroizing<String>,
) -> Result<Outcome, OpError> {
    match known(app, name, password).await? {
        Some(operator) => begin(app, &operator, PASSWORD, visitor).await.map(Outcome::SignedIn),
        None => {
            tracing::warn!(address = %visitor.origin.address, "a sign-in was refused");
            Ok(Outcome::Refused)
        }
    }
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
    method: &str,
    visitor: &Visitor,
) -> Result<SecretToken, OpError> {
    let actor = Actor::Operator { name: operator.name.clone(), roles: operator.roles.clone() };
    let act = SignIn { operator: operator.name.clone(), method: method.to_owned() };
    let permitted = app.policies.load().engine().decide(&actor, act)?;
    let (token, new) = session::begin(app, operator, SessionStage::Whole, method, visitor);
    let event = audit::event(app, &permitted, &visitor.origin, format!("session {}", new.id));
    let (id, now) = (operator.id, new.created_at);
    app.store
        .write(move |c| {
            operator_session::insert(c, &new)?;
            operator::signed_in(c, id, now)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(token)
}

/// Notes that the person of a session proved themself again; answers whether the password was right.
///
/// # Errors
/// When the database fails.
pub async fn prove_again(app: &App, session: &Session, password: Zeroizing<String>) -> Result<bool, OpError> {
    let right = known(app, &session.operator.name, password).await?.is_some_and(|row| row.id == session.operator.id);
    if right {
        let (id, now) = (session.id, app.clock.now());
        app.store.write(move |c| operator_session::proved(c, id, now)).await?;
    }
    Ok(right)
}
