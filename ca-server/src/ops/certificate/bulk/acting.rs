//! On whose behalf a job goes on with a change: whoever confirmed it, with what they may do still.

use ca_core::policy::Actor;
use serde_json::{Value, json};

use crate::app::App;
use crate::ops::OpError;
use crate::ops::operator::standing::standing;

/// An actor as it is stored with a change; none for those who start no changes.
pub(super) fn store(actor: &Actor) -> Option<String> {
    let value = match actor {
        Actor::Operator { name, roles } => json!({ "operator": name, "roles": roles }),
        Actor::ApiToken { id, name, roles, scopes, .. } => {
            json!({ "token": id, "name": name, "roles": roles, "scopes": scopes })
        }
        Actor::LocalRoot { os_user } => json!({ "os_user": os_user }),
        Actor::AcmeAccount { .. }
        | Actor::CertificateKey { .. }
        | Actor::FetchCode { .. }
        | Actor::RelyingParty { .. }
        | Actor::CiJob { .. }
        | Actor::SigningToken { .. }
        | Actor::Job { .. } => {
            return None;
        }
    };
    Some(value.to_string())
}

/// Who confirmed a change, with what they may do now; none if they may do nothing any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn current(app: &App, stored: &str) -> Result<Option<Actor>, OpError> {
    match load(stored) {
        Some(then) => standing(app, then).await,
        None => Ok(None),
    }
}

fn load(stored: &str) -> Option<Actor> {
    let value: Value = serde_json::from_str(stored).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let (roles, scopes) = (texts(&value["roles"]), texts(&value["scopes"]));
    if let Some(name) = text("operator") {
        return Some(Actor::Operator { name, roles });
    }
    if let (Some(id), Some(name)) = (text("token"), text("name")) {
        // What its operator holds is looked up when the job acts.
        return Some(Actor::ApiToken { id, name, holder_roles: roles.clone(), roles, scopes });
    }
    text("os_user").map(|os_user| Actor::LocalRoot { os_user })
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_back() {
        let roles = vec!["operator".to_owned()];
        for actor in [
            Actor::Operator { name: "ann".into(), roles: roles.clone() },
            Actor::ApiToken {
                id: "1".into(),
                name: "ci".into(),
                holder_roles: roles.clone(),
                roles,
                scopes: vec!["certificates".into()],
            },
            Actor::LocalRoot { os_user: "root".into() },
        ] {
            assert_eq!(store(&actor).as_deref().and_then(load), Some(actor));
        }
        assert_eq!(store(&Actor::Job { name: "readiness" }), None);
        assert_eq!(load("{}"), None);
    }
}
