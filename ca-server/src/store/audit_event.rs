//! The audit trail: one row an event, written with what it tells of, never changed (a trigger forbids it).

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use ca_core::time::{UnixMicros, UnixTime};
use diesel::prelude::*;
use serde::Serialize;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AuditEventId, Hash, Micros, Sha256, first_uuid};
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
    /// What else there is to tell of this act, by name: the reason of a revocation, for instance.
    pub details: BTreeMap<&'static str, String>,
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

/// Version 1 of the canonical encoding: JSON without spaces, with exactly these members in exactly this order; those of
/// `details` are in the order of their names' octets. It is what the hash is over, so it never changes; another content
/// is another version.
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
    details: &'a BTreeMap<&'static str, String>,
}

impl NewAuditEvent {
    /// The same event with one thing more to tell.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.insert(name, value.to_string());
        self
    }

    /// The same where there may be nothing to tell.
    #[must_use]
    pub fn detail_if_any(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.detail(name, value),
            None => self,
        }
    }

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
            details: &self.details,
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
    let after = after.unwrap_or(LOWEST);
    Ok(on_each!(connection, |c| table::table
        .select(AuditEvent::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// What is looked for; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Who did it.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// What it was done to.
    pub object: Option<String>,
    /// The request it belongs to.
    pub request_id: Option<String>,
    /// Not before.
    pub since: Option<UnixTime>,
    /// Before.
    pub until: Option<UnixTime>,
}

/// Where a page begins, and which way it goes.
#[derive(Clone, Copy, Debug)]
pub enum Position {
    /// Newest first, older than this one.
    Below(Option<AuditEventId>),
    /// Oldest first, newer than this one.
    Above(Option<AuditEventId>),
}

/// An id is made before the time of its event is read, and no longer before than this.
const SKEW: Duration = Duration::from_secs(60);

const LOWEST: AuditEventId = AuditEventId::new(uuid::Uuid::nil());
const HIGHEST: AuditEventId = AuditEventId::new(uuid::Uuid::max());

/// One page of the events that match.
///
/// # Errors
/// When the database fails.
pub fn search(
    connection: &mut Connection,
    search: &Search,
    from: Position,
    limit: i64,
) -> Result<Vec<AuditEvent>, StoreError> {
    let (lowest, highest) = bounds(search, from);
    // A request and an object have few events, an actor and an act perhaps half of all: what is concatenated has no index,
    // so that neither engine walks the long list for the sake of the short one.
    let is_narrow = search.object.is_some() || search.request_id.is_some();
    Ok(on_each!(connection, |c| {
        let mut query = table::table.select(AuditEvent::as_select()).limit(limit).into_boxed();
        query = query.filter(table::id.gt(lowest).and(table::id.lt(highest)));
        query = match from {
            Position::Below(_) => query.order(table::id.desc()),
            Position::Above(_) => query.order(table::id.asc()),
        };
        if let Some(actor) = &search.actor {
            query = match is_narrow {
                true => query.filter(table::actor.concat("").eq(actor)),
                false => query.filter(table::actor.eq(actor)),
            };
        }
        if let Some(action) = &search.action {
            query = match is_narrow {
                true => query.filter(table::action.concat("").eq(action)),
                false => query.filter(table::action.eq(action)),
            };
        }
        if let Some(object) = &search.object {
            query = match search.request_id {
                Some(_) => query.filter(table::object.concat("").eq(object)),
                None => query.filter(table::object.eq(object)),
            };
        }
        if let Some(request_id) = &search.request_id {
            query = query.filter(table::request_id.eq(request_id));
        }
        if let Some(since) = search.since {
            query = query.filter(table::at_micros.ge(Micros(UnixMicros::of_second(since))));
        }
        if let Some(until) = search.until {
            query = query.filter(table::at_micros.lt(Micros(UnixMicros::of_second(until))));
        }
        query.load(c)
    })?)
}

/// Between which ids, both excluded, the events of a page are. The primary key is in the order of time, so that times bound
/// the rows that are looked at. SQLite uses one bound of each side and tests the others row by row: they are one here.
fn bounds(search: &Search, from: Position) -> (AuditEventId, AuditEventId) {
    let lowest = search.since.map_or(LOWEST, |since| AuditEventId::new(first_uuid(since.minus(SKEW))));
    let highest = search.until.map_or(HIGHEST, |until| AuditEventId::new(first_uuid(until.plus(SKEW))));
    match from {
        Position::Below(id) => (lowest, id.map_or(highest, |id| id.min(highest))),
        Position::Above(id) => (id.map_or(lowest, |id| id.max(lowest)), highest),
    }
}

/// The event of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: AuditEventId) -> Result<Option<AuditEvent>, StoreError> {
    Ok(on_each!(connection, |c| table::table.select(AuditEvent::as_select()).find(id).first(c).optional())?)
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

    fn event() -> NewAuditEvent {
        NewAuditEvent {
            id: AuditEventId::new(uuid::Uuid::nil()),
            at: UnixMicros::from_micros(1_700_000_000_000_001),
            actor: "operator:anna".into(),
            action: "certificate.revoke".into(),
            object: "issuing/0abc".into(),
            decision: "{\"policies\":[\"operators\"]}".into(),
            origin: "192.0.2.1".into(),
            request_id: "r-1".into(),
            certificate_sha256: None,
            details: BTreeMap::new(),
        }
    }

    fn body(event: &NewAuditEvent) -> String {
        String::from_utf8(event.body().unwrap_or_default()).unwrap_or_default()
    }

    const BEGINNING: &str = "{\"version\":1,\"id\":\"00000000-0000-0000-0000-000000000000\",\
                             \"at_micros\":1700000000000001,\"actor\":\"operator:anna\",\
                             \"action\":\"certificate.revoke\",\"object\":\"issuing/0abc\",\
                             \"decision\":\"{\\\"policies\\\":[\\\"operators\\\"]}\",\
                             \"origin\":\"192.0.2.1\",\"request_id\":\"r-1\",\"certificate_sha256\":";

    #[test]
    fn the_canonical_encoding_never_changes() {
        assert_eq!(body(&event()), format!("{BEGINNING}null,\"details\":{{}}}}"));
        let told = NewAuditEvent { certificate_sha256: Some([0xab; 32]), ..event() }
            .detail("reason", "keyCompromise")
            .detail_if_any("invalidity_date", Some("2026-01-31T12:00:00Z"))
            .detail_if_any("replaced_by", None::<&str>)
            .detail("names", "dns:a.example.org dns:\"b\"\n\u{e9}\0");
        let expected = format!(
            "{BEGINNING}\"{}\",\"details\":{{\"invalidity_date\":\"2026-01-31T12:00:00Z\",\
             \"names\":\"dns:a.example.org dns:\\\"b\\\"\\n\u{e9}\\u0000\",\"reason\":\"keyCompromise\"}}}}",
            "ab".repeat(32)
        );
        assert_eq!(body(&told), expected);
        let leaf = "6b6bb0b0b101db035330f6566d9f2d7ccf76f86d61b4b2ee1342bd56096cfa54";
        assert_eq!(hexadecimal(leaf_hash(expected.as_bytes())), leaf);
    }

    #[test]
    fn the_order_of_telling_does_not_matter() {
        let one = event().detail("reason", "superseded").detail("names", "dns:a");
        let other = event().detail("names", "dns:a").detail("reason", "superseded");
        assert_eq!(body(&one), body(&other));
    }

    #[test]
    fn a_leaf_is_hashed_with_its_prefix() {
        // SHA-256 of one zero octet: the hash of an empty leaf (RFC 9162 §2.1.1).
        let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hexadecimal(leaf_hash(b"")), empty);
    }
}
