//! What the audit keeps of an act that the policies denied. Whoever calls this is somebody known, and bounds how often.

use std::collections::BTreeMap;

use ca_core::policy::action::Action;
use ca_core::policy::{Actor, Denied, Inquiry};

use super::recorded;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::store::audit_event::NewAuditEvent;
use crate::store::fields::AuditEventId;

/// What the name of an act that was denied ends with: `SubmitSigningDenied`.
const ENDING: &str = "Denied";

/// Acts whose denials are events.
pub(super) const RECORDED: [&str; 1] = ["SubmitSigningDenied"];

/// The event that `actor` wanted to do `act` to `object`, and was denied it.
pub fn event<A: Action>(
    app: &App,
    actor: &Actor,
    act: &A,
    denied: &Denied,
    origin: &Origin,
    object: String,
) -> NewAuditEvent {
    let policy_set = app.policies.load().engine().policy_set_hash().to_string();
    let forbidding = || denied.refusals().iter().flat_map(|refusal| refusal.forbidden_by());
    let ids: Vec<&str> = forbidding().map(|policy| policy.id.as_str()).collect();
    NewAuditEvent {
        id: AuditEventId::new(app.entropy.uuid()),
        at: app.clock.now_micros(),
        actor: actor.to_string(),
        action: format!("{}{ENDING}", A::NAME),
        object,
        decision: recorded::denial(&ids, &policy_set, &Inquiry::of(actor, act)).to_string(),
        origin: origin.address.clone(),
        request_id: origin.request_id.clone(),
        certificate_sha256: None,
        details: BTreeMap::new(),
    }
}
