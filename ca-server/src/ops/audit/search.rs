//! Searching the audit trail, newest first.

use std::collections::BTreeMap;

use ca_core::policy::action::ReadAudit;
use ca_core::policy::{Actor, DeclaredAct};
use ca_core::time::{UnixMicros, UnixTime};
use serde_json::Value;

use super::{denied, recorded};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::listing::{self, Listing};
use crate::store::audit_event::{self, AuditEvent, Position, Search};
use crate::store::fields::AuditEventId;

/// What is looked for; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Who, as `Operator:ann`; a bare name is an operator's.
    pub actor: Option<String>,
    /// The act, `RevokeCertificate` for instance.
    pub action: Option<String>,
    /// What it was done to, as the events spell it.
    pub object: Option<String>,
    /// Events of one request.
    pub request_id: Option<String>,
    /// Not before.
    pub since: Option<UnixTime>,
    /// Before.
    pub until: Option<UnixTime>,
}

impl Filter {
    pub(super) fn search(&self) -> Search {
        let actor = self.actor.as_deref().map(|actor| match actor.contains(':') {
            true => actor.to_owned(),
            false => format!("Operator:{actor}"),
        });
        Search {
            actor,
            action: self.action.clone(),
            object: self.object.clone(),
            request_id: self.request_id.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

/// An event as operators see it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: UnixMicros,
    /// Who did it, as `Operator:ann`.
    pub actor: String,
    /// Roles that the actor had.
    pub roles: Vec<String>,
    /// What was done.
    pub action: String,
    /// What it was done to, in words.
    pub object: String,
    /// The same as policies see it, `Certificate:issuing/0abc` for instance.
    pub entity: Option<String>,
    /// Names that it was about.
    pub identifiers: Vec<String>,
    /// What else the policies could look at.
    pub attributes: Value,
    /// Whether it was denied, and so not done.
    pub denied: bool,
    /// Ids of the policies that permitted it, or forbade it.
    pub policies: Vec<String>,
    /// SHA-256 of the policy set.
    pub policy_set: Option<String>,
    /// Where the request came from.
    pub origin: String,
    /// The request it belongs to.
    pub request_id: String,
    /// For an issuance, the SHA-256 of the certificate.
    pub certificate_sha256: Option<String>,
    /// What else there is to tell, by name.
    pub details: BTreeMap<String, String>,
    /// RFC 9162 §2.1.1: hash of the event in its canonical encoding.
    pub leaf_hash: [u8; 32],
    /// The canonical encoding.
    pub canonical: String,
}

impl From<AuditEvent> for Event {
    fn from(row: AuditEvent) -> Self {
        let decision: Value = serde_json::from_str(&row.decision).unwrap_or_default();
        let body: Value = serde_json::from_slice(&row.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect();
        Self {
            id: row.id.to_string(),
            at: row.at,
            actor: row.actor,
            roles: texts(&decision["roles"]),
            action: row.action,
            object: row.object,
            entity: text(&decision["object"]),
            identifiers: texts(&decision["identifiers"]),
            attributes: decision.get("attributes").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            denied: recorded::is_denial(&decision),
            policies: recorded::policies(&decision),
            policy_set: text(&decision["policy_set"]),
            origin: row.origin,
            request_id: row.request_id,
            certificate_sha256: text(&body["certificate_sha256"]),
            details: serde_json::from_value(body["details"].clone()).unwrap_or_default(),
            leaf_hash: row.leaf_hash,
            canonical: String::from_utf8_lossy(&row.body).into_owned(),
        }
    }
}

/// One page of the events that match, newest first.
///
/// # Errors
/// When the key is none, the policy denies it or the database fails.
pub async fn search(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    after: Option<&str>,
    limit: i64,
) -> Result<Listing<Event>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadAudit)?;
    let below: Option<AuditEventId> = after.map(listing::parse).transpose()?;
    let search = filter.search();
    let from = Position::Below(below);
    let rows = app.store.read(move |c| audit_event::search(c, &search, from, limit.saturating_add(1))).await?;
    Ok(Listing::of_rows(rows, limit, |row| row.id.to_string()).map(Event::from))
}

/// Names of the acts that leave an event: all but those that only look, and those whose denial does.
pub fn actions() -> Vec<String> {
    let leaves = |act: &&DeclaredAct| !act.groups.iter().any(|group| group == "Read");
    let mut names: Vec<String> = DeclaredAct::all().iter().filter(leaves).map(|act| act.name.clone()).collect();
    names.extend(denied::RECORDED.map(str::to_owned));
    names.sort_unstable();
    names
}

/// One event.
///
/// # Errors
/// When there is none, the policy denies it or the database fails.
pub async fn one(app: &App, actor: &Actor, id: &str) -> Result<Event, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadAudit)?;
    let unknown = || OpError::NotFound(format!("there is no audit event {id:?}"));
    let id: AuditEventId = id.parse().map_err(|_| unknown())?;
    Ok(app.store.read(move |c| audit_event::by_id(c, id)).await?.ok_or_else(unknown)?.into())
}
