//! What operators see of ACME: endpoints, accounts, orders, and why they fail. Nothing here is for the accounts
//! themselves.

pub mod accounts;
pub mod endpoints;
pub mod order;
pub mod orders;
pub mod reason;

use ca_core::policy::Actor;
use ca_core::policy::action::ReadAcme;

use crate::app::App;
use crate::ops::OpError;

/// The endpoint asked for, or all that the actor may look at.
fn permitted_endpoints(app: &App, actor: &Actor, endpoint: Option<&str>) -> Result<Vec<String>, OpError> {
    let may = |name: &String| app.policies.load().engine().decide(actor, ReadAcme { endpoint: name.clone() });
    if let Some(name) = endpoint {
        if app.endpoint(name).is_none() {
            return Err(OpError::NotFound(format!("there is no ACME endpoint {name:?}")));
        }
        let _ = may(&name.to_owned())?;
        return Ok(vec![name.to_owned()]);
    }
    let (mut permitted, mut denied) = (Vec::new(), None);
    for name in app.settings.acme.iter().map(|endpoint| endpoint.name.clone()) {
        match may(&name) {
            Ok(_) => permitted.push(name),
            Err(refusal) => denied = Some(refusal),
        }
    }
    match denied {
        // Who may look at none learns why; who may look at some sees those.
        Some(refusal) if permitted.is_empty() => Err(refusal.into()),
        _ => Ok(permitted),
    }
}
