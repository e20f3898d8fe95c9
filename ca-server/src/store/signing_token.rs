//! Tokens around requests for signatures: those by which one is followed, and what the tokens of a CI were used for.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{Hash, Seconds, Sha256, SigningRequestId};
use super::schema::{signing_request, signing_request_token as table, signing_token_use as uses};

/// Tokens of one request that are kept; older ones open nothing any more.
const KEPT: i64 = 20;

/// Stores a token of a request, and forgets the oldest when there are too many.
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
    // The new one is kept whatever else was made in the same second.
    let surplus = table::table
        .select(table::token_sha256)
        .filter(table::request_id.eq(request).and(table::token_sha256.ne(Hash(token))))
        .order((table::created_at.desc(), table::token_sha256))
        .offset(KEPT - 1)
        .limit(i64::MAX);
    let surplus: Vec<Hash> = on_each!(connection, |c| surplus.load(c))?;
    if !surplus.is_empty() {
        let delete = diesel::delete(table::table.filter(table::token_sha256.eq_any(surplus)));
        on_each!(connection, |c| delete.execute(c))?;
    }
    Ok(())
}

/// The request that a token opens: one that is open, or has ended after `ended_after`, or that the token was made for after
/// that instant.
///
/// # Errors
/// When the database fails.
pub fn request(
    connection: &mut Connection,
    token: Sha256,
    ended_after: UnixTime,
) -> Result<Option<SigningRequestId>, StoreError> {
    let ended_after = Seconds(ended_after);
    let lasts = signing_request::ended_at
        .is_null()
        .or(signing_request::ended_at.gt(ended_after))
        .or(table::created_at.gt(ended_after));
    let query = table::table
        .inner_join(signing_request::table.on(signing_request::id.eq(table::request_id)))
        .select(table::request_id)
        .filter(table::token_sha256.eq(Hash(token)).and(lasts));
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
