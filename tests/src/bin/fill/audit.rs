//! Audit events, in the canonical encoding that the server hashes.

use serde::Serialize;
use serde_json::{Value, json};

use crate::database::Dialect;
use crate::rows::{Rows, text};
use crate::sha256;

/// One event.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) id: String,
    pub(crate) at_micros: i64,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) object: &'a str,
    pub(crate) decision: String,
    pub(crate) certificate_sha256: Option<String>,
    /// In the order of their names.
    pub(crate) details: Value,
}

/// The members in the order of version 1.
#[derive(Serialize)]
struct Body<'a> {
    version: u8,
    id: &'a str,
    at_micros: i64,
    actor: &'a str,
    action: &'a str,
    object: &'a str,
    decision: &'a str,
    origin: &'a str,
    request_id: &'a str,
    certificate_sha256: Option<&'a str>,
    details: &'a Value,
}

pub(crate) fn rows() -> Rows {
    Rows::of("audit_event (id, at_micros, actor, action, object, decision, origin, request_id, body, leaf_hash)")
}

pub(crate) fn push(rows: &mut Rows, event: &Event<'_>, dialect: Dialect) -> anyhow::Result<()> {
    let (origin, request_id) = ("192.0.2.17", event.id.clone());
    let body = serde_json::to_vec(&Body {
        version: 1,
        id: &event.id,
        at_micros: event.at_micros,
        actor: event.actor,
        action: event.action,
        object: event.object,
        decision: &event.decision,
        origin,
        request_id: &request_id,
        certificate_sha256: event.certificate_sha256.as_deref(),
        details: &event.details,
    })?;
    let mut leaf = vec![0];
    leaf.extend(&body);
    rows.push(&[
        &text(&event.id),
        &event.at_micros.to_string(),
        &text(event.actor),
        &text(event.action),
        &text(event.object),
        &text(&event.decision),
        &text(origin),
        &text(&request_id),
        &dialect.octets(&body),
        &dialect.octets(&sha256(&leaf)),
    ]);
    Ok(())
}

/// The decision of the template about other names.
pub(crate) fn decision(template: &Value, names: &[String]) -> String {
    let mut decision = template.clone();
    decision["identifiers"] = json!(names.iter().map(|name| format!("dns:{name}")).collect::<Vec<_>>());
    decision.to_string()
}
