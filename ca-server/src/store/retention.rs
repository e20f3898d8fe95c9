//! Deleting what nobody needs any more, in batches small enough for the write queue. Each function answers how many rows
//! it deleted; fewer than `limit` means that it is done for now.
//!
//! Certificates and audit events are never deleted.

use ca_core::time::UnixTime;
use diesel::prelude::*;
use uuid::Uuid;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AuthorizationId, Finalization, IntentId, OrderId, Seconds, SessionId};
use super::schema::{acme_authorization, acme_order, crl, issuance_intent, nonce_used, revoked_serial};
use super::schema::{idempotency_key, operator_session, sign_in_failure};

/// Deletes orders that expired before an instant and are not being processed. Their authorizations go by
/// [`authorizations`] with the same instant, afterwards: an authorization ends no earlier than its orders.
///
/// # Errors
/// When the database fails.
pub fn orders(connection: &mut Connection, expired_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use acme_order as table;
    let query = table::table
        .select(table::id)
        .filter(table::expires_at.lt(Seconds(expired_before)).and(table::finalization.ne(Finalization::Processing)))
        .order(table::expires_at)
        .limit(limit);
    let ids: Vec<OrderId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes authorizations that expired before an instant, with their challenges and the evidence of their validation.
///
/// # Errors
/// When the database fails.
pub fn authorizations(connection: &mut Connection, expired_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use acme_authorization as table;
    let query = table::table
        .select(table::id)
        .filter(table::expires_at.lt(Seconds(expired_before)))
        .order(table::expires_at)
        .limit(limit);
    let ids: Vec<AuthorizationId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes intents that ended before an instant. What they recorded is in their certificates.
///
/// # Errors
/// When the database fails.
pub fn intents(connection: &mut Connection, finished_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use issuance_intent as table;
    let query = table::table
        .select(table::id)
        .filter(table::id.lt(IntentId::new(first_uuid(finished_before))))
        .filter(table::finished_at.lt(Seconds(finished_before)))
        .order(table::id)
        .limit(limit);
    let ids: Vec<IntentId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// The lowest UUIDv7 of an instant: rows with lower ids were made before it, so the primary key bounds the search.
fn first_uuid(at: UnixTime) -> Uuid {
    let millis = u128::try_from(at.seconds()).unwrap_or(0).saturating_mul(1000);
    Uuid::from_u128(millis << 80)
}

/// Deletes entries of revocation lists whose certificates expired before an instant. That instant must be thisUpdate of
/// a published list or earlier (RFC 5280 §3.3, see [`revocation::page`](super::revocation::page)).
///
/// # Errors
/// When the database fails.
pub fn revoked_serials(connection: &mut Connection, expired_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use revoked_serial as table;
    let query = table::table
        .select((table::issuer, table::shard, table::serial))
        .filter(table::not_after.lt(Seconds(expired_before)))
        .order(table::not_after)
        .limit(limit);
    let keys: Vec<(String, i64, String)> = on_each!(connection, |c| query.load(c))?;
    for key in &keys {
        let delete = diesel::delete(table::table.find((&key.0, key.1, &key.2)));
        on_each!(connection, |c| delete.execute(c))?;
    }
    Ok(keys.len())
}

/// Deletes one revocation list, with its chunks, that is not current and was stored before an instant.
///
/// # Errors
/// When the database fails.
pub fn superseded_crl(connection: &mut Connection, stored_before: UnixTime) -> Result<usize, StoreError> {
    use crl as table;
    let query = table::table
        .select((table::issuer, table::shard, table::number))
        .filter(table::created_at.lt(Seconds(stored_before)).and(diesel::dsl::not(table::is_current)));
    let key: Option<(String, i64, i64)> = on_each!(connection, |c| query.first(c).optional())?;
    let Some((issuer, shard, number)) = key else { return Ok(0) };
    let delete = diesel::delete(table::table.find((issuer, shard, number)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes used nonces that have expired: they are refused by their age.
///
/// # Errors
/// When the database fails.
pub fn nonces(connection: &mut Connection, now: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use nonce_used as table;
    let query = table::table
        .select(table::nonce)
        .filter(table::expires_at.lt(Seconds(now)))
        .order(table::expires_at)
        .limit(limit);
    let nonces: Vec<Vec<u8>> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::nonce.eq_any(nonces)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes sessions that ended before an instant; their sign-ins stay in the audit trail.
///
/// # Errors
/// When the database fails.
pub fn sessions(connection: &mut Connection, ended_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use operator_session as table;
    let query = table::table
        .select(table::id)
        .filter(table::expires_at.lt(Seconds(ended_before)))
        .order(table::expires_at)
        .limit(limit);
    let ids: Vec<SessionId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes counts of failed sign-ins that nobody added to since an instant.
///
/// # Errors
/// When the database fails.
pub fn sign_in_failures(connection: &mut Connection, last_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use sign_in_failure as table;
    let query = table::table
        .select(table::key_sha256)
        .filter(table::failed_at.lt(Seconds(last_before)))
        .order(table::failed_at)
        .limit(limit);
    let keys: Vec<Vec<u8>> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::key_sha256.eq_any(keys)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes answers that nobody will ask for again: of requests that began before an instant.
///
/// # Errors
/// When the database fails.
pub fn idempotency_keys(connection: &mut Connection, begun_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use idempotency_key as table;
    let query = table::table
        .select((table::actor, table::key))
        .filter(table::started_at.lt(Seconds(begun_before)))
        .order(table::started_at)
        .limit(limit);
    let keys: Vec<(String, String)> = on_each!(connection, |c| query.load(c))?;
    for (actor, key) in &keys {
        let old = table::table.find((actor, key)).filter(table::started_at.lt(Seconds(begun_before)));
        on_each!(connection, |c| diesel::delete(old).execute(c))?;
    }
    Ok(keys.len())
}
