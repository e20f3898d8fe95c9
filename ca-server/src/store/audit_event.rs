//! The audit trail: one row an event, written with what it tells of, never changed (a trigger forbids it).

use aws_lc_rs::digest::{Context, SHA256};
use ca_core::time::UnixMicros;
use diesel::prelude::*;
use serde::Serialize;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AuditEventId, Hash, Micros, Sha256};
use super::schema::audit_event as table;

/// An event to be stored.
#[derive(Clone, Debug)]
pub struct NewAuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// When it happened.
    pub at: UnixMicros,
    /// Who did it.
    pub actor: String,
    /// What was done, `certificate.issue` for instance.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// The decision with the ids of the policies that determined it, in JSON.
    pub decision: String,
    /// Where the request came from: an address, or the command line.
    pub origin: String,
    /// The request it belongs to, as in the log.
    pub request_id: String,
    /// For an issuance, the SHA-256 of the certificate.
    pub certificate_sha256: Option<Sha256>,
}

/// An event as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// When it happened.
    #[diesel(deserialize_as = Micros, column_name = at_micros)]
    pub at: UnixMicros,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// The decision, in JSON.
    pub decision: String,
    /// Where the request came from.
    pub origin: String,
    /// The request it belongs to.
    pub request_id: String,
    /// The whole event in its canonical encoding.
    pub body: Vec<u8>,
    /// SHA-256 of a zero octet and the body.
    #[diesel(deserialize_as = Hash)]
    pub leaf_hash: Sha256,
}

/// Version 1 of the canonical encoding: JSON without spaces, with exactly these members in exactly this order. It is
/// what the hash is over, so it never changes; another content is another version.
#[derive(Serialize)]
struct BodyV1<'a> {
    version: u8,
    id: String,
    at_micros: i64,
    actor: &'a str,
    action: &'a str,
    object: &'a str,
    decision: &'a str,
    origin: &'a str,
    request_id: &'a str,
    certificate_sha256: Option<String>,
}

impl NewAuditEvent {
    fn body(&self) -> Result<Vec<u8>, StoreError> {
        let body = BodyV1 {
            version: 1,
            id: self.id.to_string(),
            at_micros: self.at.micros(),
            actor: &self.actor,
            action: &self.action,
            object: &self.object,
            decision: &self.decision,
            origin: &self.origin,
            request_id: &self.request_id,
            certificate_sha256: self.certificate_sha256.map(hexadecimal),
        };
        serde_json::to_vec(&body).map_err(|error| StoreError::Refused(std::sync::Arc::new(error)))
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// RFC 9162 §2.1.1: the hash of a leaf of a Merkle tree.
fn leaf_hash(body: &[u8]) -> Sha256 {
    let mut context = Context::new(&SHA256);
    context.update(&[0x00]);
    context.update(body);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Stores an event; call it in the write that does what the event tells of.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewAuditEvent) -> Result<(), StoreError> {
    let body = new.body()?;
    let row = (
        table::id.eq(new.id),
        table::at_micros.eq(Micros(new.at)),
        table::actor.eq(&new.actor),
        table::action.eq(&new.action),
        table::object.eq(&new.object),
        table::decision.eq(&new.decision),
        table::origin.eq(&new.origin),
        table::request_id.eq(&new.request_id),
        table::leaf_hash.eq(Hash(leaf_hash(&body))),
        table::body.eq(body),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// Events in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    after: Option<AuditEventId>,
    limit: i64,
) -> Result<Vec<AuditEvent>, StoreError> {
    let after = after.unwrap_or(AuditEventId::new(uuid::Uuid::nil()));
    Ok(on_each!(connection, |c| table::table
        .select(AuditEvent::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// The last events about one thing, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_object(connection: &mut Connection, object: &str, limit: i64) -> Result<Vec<AuditEvent>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(AuditEvent::as_select())
        .filter(table::object.eq(object))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_encoding_never_changes() {
        let event = NewAuditEvent {
            id: AuditEventId::new(uuid::Uuid::nil()),
            at: UnixMicros::from_micros(1_700_000_000_000_001),
            actor: "operator:anna".into(),
            action: "certificate.revoke".into(),
            object: "issuing/0abc".into(),
            decision: "{\"policies\":[\"operators\"]}".into(),
            origin: "192.0.2.1".into(),
            request_id: "r-1".into(),
            certificate_sha256: Some([0xab; 32]),
        };
        let body = event.body().unwrap_or_default();
        let expected = format!(
            "{{\"version\":1,\"id\":\"00000000-0000-0000-0000-000000000000\",\"at_micros\":1700000000000001,\
             \"actor\":\"operator:anna\",\"action\":\"certificate.revoke\",\"object\":\"issuing/0abc\",\
             \"decision\":\"{{\\\"policies\\\":[\\\"operators\\\"]}}\",\"origin\":\"192.0.2.1\",\
             \"request_id\":\"r-1\",\"certificate_sha256\":\"{}\"}}",
            "ab".repeat(32)
        );
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }

    #[test]
    fn a_leaf_is_hashed_with_its_prefix() {
        // SHA-256 of one zero octet: the hash of an empty leaf (RFC 9162 §2.1.1).
        let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hexadecimal(leaf_hash(b"")), empty);
    }
}
