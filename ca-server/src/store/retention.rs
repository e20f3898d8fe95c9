//! Deleting what nobody needs any more, in batches small enough for the write queue. Each function answers how many rows
//! it deleted; fewer than `limit` means that it is done for now.
//!
//! Certificates and audit events are never deleted.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{
    AuthorizationId, BulkChangeId, BulkState, FetchCodeId, Finalization, IntentId, IssuanceRequestId, NoticeId,
    OrderId, Seconds, SessionId, first_uuid,
};
use super::schema::{acme_authorization, acme_order, crl, issuance_intent, nonce_used, revoked_serial};
use super::schema::{bulk_change, bulk_item, idempotency_key, operator_session, sign_in_failure};
use super::schema::{certificate_count, issuance_request, issuance_request_fetch_code, notice};

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

/// Deletes requests that ended without a certificate before an instant, with their history. The audit trail stays.
///
/// # Errors
/// When the database fails.
pub fn requests(connection: &mut Connection, ended_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use issuance_request as table;
    let query = table::table
        .select(table::id)
        .filter(table::ended_at.lt(Seconds(ended_before)).and(table::certificate_id.is_null()))
        .order(table::ended_at)
        .limit(limit);
    let ids: Vec<IssuanceRequestId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes codes that open nothing any more.
///
/// # Errors
/// When the database fails.
pub fn fetch_codes(connection: &mut Connection, now: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use issuance_request_fetch_code as table;
    let query =
        table::table.select(table::id).filter(table::expires_at.lt(Seconds(now))).order(table::expires_at).limit(limit);
    let ids: Vec<FetchCodeId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes messages that arrived or were given up before an instant.
///
/// # Errors
/// When the database fails.
pub fn notices(connection: &mut Connection, ended_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use notice as table;
    let query = table::table
        .select(table::id)
        .filter(table::ended_at.lt(Seconds(ended_before)))
        .order(table::ended_at)
        .limit(limit);
    let ids: Vec<NoticeId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Deletes changes to many certificates that ended before an instant, or were never begun, with the list of their
/// certificates. What they did is in the audit trail.
///
/// # Errors
/// When the database fails.
pub fn bulk_items(connection: &mut Connection, ended_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use bulk_change as table;
    let query = table::table
        .select(table::id)
        .filter(table::id.lt(BulkChangeId::new(first_uuid(ended_before))))
        .filter(table::state.ne(BulkState::Running))
        .order(table::id)
        .limit(1);
    let change: Option<BulkChangeId> = on_each!(connection, |c| query.first(c).optional())?;
    let Some(change) = change else { return Ok(0) };
    let items = bulk_item::table.select(bulk_item::position).filter(bulk_item::change_id.eq(change)).limit(limit);
    let places: Vec<i64> = on_each!(connection, |c| items.load(c))?;
    if places.is_empty() {
        let delete = diesel::delete(table::table.find(change));
        return Ok(on_each!(connection, |c| delete.execute(c))?);
    }
    let listed = bulk_item::table.filter(bulk_item::change_id.eq(change).and(bulk_item::position.eq_any(places)));
    Ok(on_each!(connection, |c| diesel::delete(listed).execute(c))?)
}

/// Deletes counts of days that nobody draws any more.
///
/// # Errors
/// When the database fails.
pub fn counts(connection: &mut Connection, before_day: i64, limit: i64) -> Result<usize, StoreError> {
    use certificate_count as table;
    let mut deleted = 0;
    for kind in ["ends", "issued"] {
        let old = table::kind.eq(kind).and(table::day.lt(before_day));
        let days = table::table.select(table::day).filter(old).order(table::day).limit(limit);
        let days: Vec<i64> = on_each!(connection, |c| days.load(c))?;
        let delete = diesel::delete(table::table.filter(table::kind.eq(kind).and(table::day.eq_any(days))));
        deleted += on_each!(connection, |c| delete.execute(c))?;
    }
    Ok(deleted)
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
