//! Giving an operator other roles.

use ca_core::policy::action::ChangeRoles;
use ca_core::policy::{Action, Actor};

use super::accounts::{find, known_roles};
use super::last_officer;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::{audit_event, operator, operator_session};

/// Puts roles in place of those that an operator has. Their sessions end: how they signed in may not do for the new roles.
/// Their tokens lose what they lose at once.
///
/// # Errors
/// When there is no such operator, a role cannot be one, or the policy denies it.
pub async fn change(app: &App, actor: &Actor, origin: &Origin, name: &str, roles: Vec<String>) -> Result<(), OpError> {
    let row = find(app, name).await?;
    let roles = known_roles(roles)?;
    let act = ChangeRoles { operator: row.name.clone(), roles: roles.clone() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    last_officer::refuse(app, actor, &row, &roles).await?;
    let event = audit::event(app, &permitted, origin, permitted.action().resource().to_string());
    let now = app.clock.now();
    app.store
        .write(move |c| {
            operator::change_roles(c, row.id, &roles)?;
            operator_session::revoke_all(c, row.id, None, now)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(())
}
