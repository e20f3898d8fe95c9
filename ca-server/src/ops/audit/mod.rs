//! What the audit keeps of a permitted act: written in the same transaction as what it tells of.

pub mod denied;
pub mod export;
pub mod recorded;
pub mod search;
pub mod written;

use std::collections::BTreeMap;

use ca_core::policy::action::Action;
use ca_core::policy::{Inquiry, Permitted};

pub use search::{Event, Filter};

use super::acme::Origin;
use crate::app::App;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::store::audit_event::NewAuditEvent;
use crate::store::fields::AuditEventId;

/// The event of a permitted act on `object`.
pub fn event<A: Action>(app: &App, permitted: &Permitted<A>, origin: &Origin, object: String) -> NewAuditEvent {
    event_at(&app.clock, &app.entropy, permitted, origin, object)
}

/// The same where the decision is in words already.
pub fn event_decided<A: Action>(
    app: &App,
    permitted: &Permitted<A>,
    origin: &Origin,
    object: String,
    decision: String,
) -> NewAuditEvent {
    written(&app.clock, &app.entropy, permitted, origin, object, decision)
}

/// The same before there is an [`App`].
pub fn event_at<A: Action>(
    clock: &Clock,
    entropy: &Entropy,
    permitted: &Permitted<A>,
    origin: &Origin,
    object: String,
) -> NewAuditEvent {
    written(clock, entropy, permitted, origin, object, decision(permitted))
}

fn written<A: Action>(
    clock: &Clock,
    entropy: &Entropy,
    permitted: &Permitted<A>,
    origin: &Origin,
    object: String,
    decision: String,
) -> NewAuditEvent {
    NewAuditEvent {
        id: AuditEventId::new(entropy.uuid()),
        at: clock.now_micros(),
        actor: permitted.actor().to_string(),
        action: A::NAME.to_owned(),
        object,
        decision,
        origin: origin.address.clone(),
        request_id: origin.request_id.clone(),
        certificate_sha256: None,
        details: BTreeMap::new(),
    }
}

/// Several things in one detail: none of ours has a space in it.
pub fn list<T: ToString>(things: impl IntoIterator<Item = T>) -> String {
    things.into_iter().map(|thing| thing.to_string()).collect::<Vec<_>>().join(" ")
}

/// Which policies permitted it, of which set they are, and everything that they could look at: the same question can be
/// put to other policies later.
pub fn decision<A: Action>(permitted: &Permitted<A>) -> String {
    let policies: Vec<&str> = permitted.policies().map(|policy| policy.id.as_str()).collect();
    let inquiry = Inquiry::of(permitted.actor(), permitted.action());
    recorded::decision(&policies, &permitted.policy_set_hash().to_string(), &inquiry).to_string()
}

#[cfg(test)]
mod tests;
