//! Tokens around requests for signatures: those by which one is followed, and what the tokens of a CI were used for.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{Hash, Seconds, Sha256, SigningRequestId};
use super::schema::{signing_request_token as table, signing_token_use as uses};

/// Tokens of one request that are kept; older ones open nothing any more.
const KEPT: i64 = 20;

/// Stores a token of a request.
///
/// # Errors
/// When the database fails.
pub fn insert(
    connection: &mut Connection,
    token: Sha256,
    request: SigningRequestId,
    now: UnixTime,
) -> Result<(), StoreError> {
    let row = (table::token_sha256.eq(Hash(token)), table::request_id.eq(request), table::created_at.eq(Seconds(now)));
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    let newest = table::table
        .select(table::created_at)
        .filter(table::request_id.eq(request))
        .order(table::created_at.desc())
        .offset(KEPT)
        .limit(1);
    let oldest: Option<Seconds> = on_each!(connection, |c| newest.first(c).optional())?;
    if let Some(oldest) = oldest {
        let older = table::table.filter(table::request_id.eq(request).and(table::created_at.le(oldest)));
        on_each!(connection, |c| diesel::delete(older).execute(c))?;
    }
    Ok(())
}

/// The request that a token is for.
///
/// # Errors
/// When the database fails.
pub fn request(connection: &mut Connection, token: Sha256) -> Result<Option<SigningRequestId>, StoreError> {
    let query = table::table.find(Hash(token)).select(table::request_id);
    Ok(on_each!(connection, |c| query.first(c).optional())?)
}

/// Notes that the token of a CI asks for something; answers `false` when it asked for something else before.
///
/// # Errors
/// When the database fails.
pub fn use_once(
    connection: &mut Connection,
    token: Sha256,
    asked: Sha256,
    expires_at: UnixTime,
) -> Result<bool, StoreError> {
    let row = (
        uses::token_sha256.eq(Hash(token)),
        uses::asked_sha256.eq(Hash(asked)),
        uses::expires_at.eq(Seconds(expires_at)),
    );
    on_each!(connection, |c| {
        diesel::insert_into(uses::table).values(row).on_conflict(uses::token_sha256).do_nothing().execute(c)
    })?;
    let query = uses::table.find(Hash(token)).select(uses::asked_sha256);
    let before: Hash = on_each!(connection, |c| query.first(c))?;
    Ok(before.0 == asked)
}
