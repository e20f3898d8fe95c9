//! What somebody may do still, who confirmed some time ago what a job does now.

use ca_core::policy::Actor;
use ca_core::time::UnixTime;

use super::is_active;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::ApiTokenId;
use crate::store::operator::Operator;
use crate::store::{api_token, operator};

/// The actor with those of the roles of then that are held now; none who may not sign in any more, whose token is not in
/// force, or who holds a role now that they did not hold then: it may forbid what they confirmed.
///
/// # Errors
/// When the database fails.
pub async fn standing(app: &App, then: Actor) -> Result<Option<Actor>, OpError> {
    match then {
        Actor::Operator { name, roles } => {
            let sought = name.clone();
            let found = app.store.read(move |c| operator::by_name(c, &sought)).await?;
            let active = found.filter(|now| is_active(now) && now.roles.iter().all(|role| roles.contains(role)));
            Ok(active.map(|now| Actor::Operator { roles: kept(roles, &now), name }))
        }
        Actor::ApiToken { id, name, roles, scopes, .. } => {
            let Ok(sought) = id.parse::<ApiTokenId>() else { return Ok(None) };
            let found = app.store.read(move |c| api_token::by_id(c, sought)).await?;
            let now = app.clock.now();
            let in_force = found.filter(|(token, operator)| is_in_force(token, now) && is_active(operator));
            Ok(in_force.map(|(_, operator)| Actor::ApiToken {
                roles: kept(roles, &operator),
                holder_roles: operator.roles,
                id,
                name,
                scopes,
            }))
        }
        other => Ok(Some(other)),
    }
}

fn is_in_force(token: &api_token::ApiToken, now: UnixTime) -> bool {
    token.revoked_at.is_none() && token.expires_at > now
}

fn kept(roles: Vec<String>, operator: &Operator) -> Vec<String> {
    roles.into_iter().filter(|role| operator.roles.contains(role)).collect()
}
