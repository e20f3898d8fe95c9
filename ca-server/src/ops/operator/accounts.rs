//! Who may sign in: adding, listing, disabling operators, and giving one a new one-time password.

use std::time::Duration;

use ca_core::policy::action::{AddOperator, DisableOperator, EnableOperator, ListOperators, ResetPassword};
use ca_core::policy::{Action, Actor};
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::{ROLES, is_active, last_officer, name, password, throttle};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::fields::{OperatorId, OperatorState};
use crate::store::operator::{self, LOCAL, NewOperator, NewPassword, Operator};
use crate::store::{api_token, audit_event, operator_session, recovery_code};

/// A one-time password that nobody used for so long is worth nothing.
const ONE_TIME_PASSWORD: Duration = Duration::from_secs(7 * 86_400);

/// Lets a person sign in, with a one-time password that is answered here and nowhere else.
///
/// # Errors
/// When the name is taken or no name, a role is unknown, or the policy denies it.
pub async fn add(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    name: &str,
    roles: Vec<String>,
) -> Result<Zeroizing<String>, OpError> {
    let name = name::parse(name).map_err(|fault| OpError::Conflict(format!("{name:?}: {fault}")))?;
    let roles = known_roles(roles)?;
    let act = AddOperator { operator: name.clone(), roles: roles.clone() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let (first, stored) = one_time_password(app).await?;
    let new = NewOperator {
        id: OperatorId::new(app.entropy.uuid()),
        subject: name.clone(),
        name: name.clone(),
        provider: LOCAL.to_owned(),
        roles,
        password: Some(stored),
        created_by: actor.to_string(),
        created_at: app.clock.now(),
    };
    let event = audit::event(app, &permitted, origin, permitted.action().resource().to_string());
    let stored = app
        .store
        .write(move |c| {
            operator::insert(c, &new)?;
            audit_event::insert(c, &event)
        })
        .await;
    match stored {
        Err(crate::store::StoreError::Conflict(_)) => {
            Err(OpError::Conflict(format!("there is an operator {name:?} already")))
        }
        other => other.map(|()| first).map_err(OpError::from),
    }
}

/// The roles in their order, each once.
pub(super) fn known_roles(mut roles: Vec<String>) -> Result<Vec<String>, OpError> {
    roles.sort();
    roles.dedup();
    let unknown = |role: &&String| role.is_empty() || role.len() > 64 || role.chars().any(|c| !is_role_letter(c));
    match roles.iter().find(unknown) {
        Some(role) => {
            let known = ROLES.map(|(role, _)| role).join(", ");
            Err(OpError::Conflict(format!("{role:?} cannot be a role; the default policies know {known}")))
        }
        None => Ok(roles),
    }
}

/// An installation's own policies may speak of roles of their own.
fn is_role_letter(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

pub(super) async fn one_time_password(app: &App) -> Result<(Zeroizing<String>, NewPassword), OpError> {
    let first = password::one_time(&app.entropy);
    let hash = app.passwords.hash(&app.entropy, first.clone()).await?;
    let until = app.clock.now().plus(ONE_TIME_PASSWORD);
    Ok((first, NewPassword { hash, one_time_until: Some(until) }))
}

/// An operator as others see them.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Sign-in name.
    pub name: String,
    /// Who says who they are: `local`, `certificate` or `oidc/NAME`.
    pub provider: String,
    /// Roles held.
    pub roles: Vec<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether their password is a one-time password.
    pub must_change_password: bool,
    /// Whether codes are asked for.
    pub has_second_factor: bool,
    /// When they were added.
    pub created_at: UnixTime,
    /// When they last signed in.
    pub signed_in_at: Option<UnixTime>,
}

impl Listed {
    fn of(row: Operator) -> Self {
        Self {
            is_active: row.state == OperatorState::Active,
            name: row.name,
            provider: row.provider,
            roles: row.roles,
            must_change_password: row.password_is_one_time,
            has_second_factor: row.totp_enrolled_at.is_some(),
            created_at: row.created_at,
            signed_in_at: row.signed_in_at,
        }
    }
}

/// Operators by name, after a given one.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn list(app: &App, actor: &Actor, after: &str, limit: i64) -> Result<Vec<Listed>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListOperators)?;
    let after = after.to_owned();
    let found = app.store.read(move |c| operator::list(c, &after, limit)).await?;
    Ok(found.into_iter().map(Listed::of).collect())
}

/// One operator.
///
/// # Errors
/// When there is none of that name, or the policy denies it.
pub async fn one(app: &App, actor: &Actor, name: &str) -> Result<(OperatorId, Listed), OpError> {
    let _ = app.policies.load().engine().decide(actor, ListOperators)?;
    let row = find(app, name).await?;
    Ok((row.id, Listed::of(row)))
}

/// The stored operator of a name.
pub(super) async fn find(app: &App, name: &str) -> Result<Operator, OpError> {
    let unknown = || OpError::NotFound(format!("there is no operator {name:?}"));
    let name = name::parse(name).map_err(|_| unknown())?;
    app.store.read(move |c| operator::by_name(c, &name)).await?.ok_or_else(unknown)
}

/// Keeps an operator out: their sessions and API tokens end now.
///
/// # Errors
/// When there is no such operator, they are out already, or the policy denies it.
pub async fn disable(app: &App, actor: &Actor, origin: &Origin, name: &str) -> Result<(), OpError> {
    let row = find(app, name).await?;
    change_state(app, actor, origin, &row, DisableOperator { operator: row.name.clone() }, OperatorState::Disabled)
        .await
}

/// Lets a disabled operator in again.
///
/// # Errors
/// When there is no such operator, they are in already, or the policy denies it.
pub async fn enable(app: &App, actor: &Actor, origin: &Origin, name: &str) -> Result<(), OpError> {
    let row = find(app, name).await?;
    change_state(app, actor, origin, &row, EnableOperator { operator: row.name.clone() }, OperatorState::Active).await
}

async fn change_state<A: Action>(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    row: &Operator,
    act: A,
    state: OperatorState,
) -> Result<(), OpError> {
    let permitted = app.policies.load().engine().decide(actor, act)?;
    if state == OperatorState::Disabled {
        last_officer::refuse(app, actor, row, &[]).await?;
    }
    let event = audit::event(app, &permitted, origin, permitted.action().resource().to_string());
    let (id, now) = (row.id, app.clock.now());
    let changed = app
        .store
        .write(move |c| {
            let changed = operator::change_state(c, id, state)?;
            if changed {
                operator_session::revoke_all(c, id, None, now)?;
                api_token::revoke_all(c, id, now)?;
                audit_event::insert(c, &event)?;
            }
            Ok(changed)
        })
        .await?;
    changed.then_some(()).ok_or_else(|| OpError::Conflict(format!("operator {:?} is {state} already", row.name)))
}

/// Gives an operator a one-time password; their second factor is taken away, their sessions and API tokens end, and their
/// failed attempts are forgotten.
///
/// # Errors
/// When there is no such operator, they have no password here, or the policy denies it.
pub async fn reset_password(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    name: &str,
) -> Result<Zeroizing<String>, OpError> {
    let row = find(app, name).await?;
    if row.provider != LOCAL {
        let provider = &row.provider;
        return Err(OpError::Conflict(format!(
            "operator {:?} has no password here: {provider} signs them in",
            row.name
        )));
    }
    if !is_active(&row) {
        return Err(OpError::Conflict(format!("operator {:?} is disabled: let them in again first", row.name)));
    }
    let permitted = app.policies.load().engine().decide(actor, ResetPassword { operator: row.name.clone() })?;
    let (first, stored) = one_time_password(app).await?;
    let event = audit::event(app, &permitted, origin, permitted.action().resource().to_string());
    let (id, now) = (row.id, app.clock.now());
    app.store
        .write(move |c| {
            operator::change_password(c, id, &stored, now)?;
            operator::remove_totp(c, id)?;
            recovery_code::remove(c, id)?;
            operator_session::revoke_all(c, id, None, now)?;
            api_token::revoke_all(c, id, now)?;
            throttle::forget(c, &row.name)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(first)
}
