//! What the audit keeps of a permitted act: written in the same transaction as what it tells of.

use std::collections::BTreeMap;

use ca_core::policy::Permitted;
use ca_core::policy::action::{Action, Value};
use serde_json::json;

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

/// The same before there is an [`App`].
pub fn event_at<A: Action>(
    clock: &Clock,
    entropy: &Entropy,
    permitted: &Permitted<A>,
    origin: &Origin,
    object: String,
) -> NewAuditEvent {
    NewAuditEvent {
        id: AuditEventId::new(entropy.uuid()),
        at: clock.now_micros(),
        actor: permitted.actor().to_string(),
        action: A::NAME.to_owned(),
        object,
        decision: decision(permitted),
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

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::Texts(texts) => json!(texts),
        Value::Number(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Entity(resource) => json!(resource.to_string()),
    }
}

/// Which policies permitted it, of which set they are, and what they looked at.
pub fn decision<A: Action>(permitted: &Permitted<A>) -> String {
    let policies: Vec<&str> = permitted.policies().map(|policy| policy.id.as_str()).collect();
    let names: Vec<String> = permitted.action().identifiers().iter().map(ToString::to_string).collect();
    let attributes: serde_json::Map<_, _> =
        permitted.action().attributes().into_iter().map(|(name, value)| (name.to_owned(), plain(&value))).collect();
    let set = permitted.policy_set_hash().to_string();
    json!({ "policies": policies, "policy_set": set, "identifiers": names, "attributes": attributes }).to_string()
}
