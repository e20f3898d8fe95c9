//! Deleting what nobody needs any more of signing. Signatures, and the requests that they were made for, are never deleted.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, Seconds, SigningRequestId};
use super::schema::{signing_request, signing_request_token, signing_token_use};

/// Deletes requests that ended without a signature before an instant, with their history. The audit trail stays.
///
/// # Errors
/// When the database fails.
pub fn requests(connection: &mut Connection, ended_before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use signing_request as table;
    let query = table::table
        .select(table::id)
        .filter(table::ended_at.lt(Seconds(ended_before)).and(table::certificate_id.is_null()))
        .order(table::ended_at)
        .limit(limit);
    let ids: Vec<SigningRequestId> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::id.eq_any(ids)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Forgets what tokens were used for that have expired.
///
/// # Errors
/// When the database fails.
pub fn token_uses(connection: &mut Connection, now: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use signing_token_use as table;
    let query = table::table
        .select(table::token_sha256)
        .filter(table::expires_at.lt(Seconds(now)))
        .order(table::expires_at)
        .limit(limit);
    let tokens: Vec<Hash> = on_each!(connection, |c| query.load(c))?;
    let delete = diesel::delete(table::table.filter(table::token_sha256.eq_any(tokens)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

/// Forgets tokens that were made before an instant, of requests that ended before it.
///
/// # Errors
/// When the database fails.
pub fn request_tokens(connection: &mut Connection, before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    use signing_request_token as table;
    let query = table::table
        .inner_join(signing_request::table.on(signing_request::id.eq(table::request_id)))
        .select(table::token_sha256)
        .filter(table::created_at.le(Seconds(before)).and(signing_request::ended_at.le(Seconds(before))))
        .order(table::created_at)
        .limit(limit);
    let tokens: Vec<Hash> = on_each!(connection, |c| query.load(c))?;
    if tokens.is_empty() {
        return Ok(0);
    }
    let delete = diesel::delete(table::table.filter(table::token_sha256.eq_any(tokens)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}
