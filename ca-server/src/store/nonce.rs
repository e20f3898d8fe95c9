//! Used nonces of servers that share a PostgreSQL database.
//!
//! Both tables are unlogged: after a crash, and on a promoted standby, they are empty. Then the epoch is missing too, a
//! new one is drawn, and every nonce made under the old one is refused, used or not.

use ca_core::time::UnixTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::Seconds;
use super::schema::{nonce_epoch, nonce_used};

const THE_EPOCH: i64 = 1;

/// The epoch under which nonces are made now; `candidate`, random, becomes it if there is none.
///
/// # Errors
/// When the database fails.
pub fn epoch(connection: &mut Connection, candidate: &[u8], now: UnixTime) -> Result<Vec<u8>, StoreError> {
    let row =
        (nonce_epoch::id.eq(THE_EPOCH), nonce_epoch::epoch.eq(candidate), nonce_epoch::created_at.eq(Seconds(now)));
    on_each!(connection, |c| {
        diesel::insert_into(nonce_epoch::table).values(row).on_conflict(nonce_epoch::id).do_nothing().execute(c)
    })?;
    let query = nonce_epoch::table.find(THE_EPOCH).select(nonce_epoch::epoch);
    Ok(on_each!(connection, |c| query.first(c))?)
}

/// Marks a nonce as used; answers `false` if it was used before or its epoch is over. One statement, hence atomic also
/// outside a transaction: with a shared database it may run in a [`Store::read`](super::Store::read) together with the
/// look-ups of the same request.
///
/// # Errors
/// When the database fails.
pub fn spend(
    connection: &mut Connection,
    epoch: &[u8],
    nonce: &[u8],
    expires_at: UnixTime,
) -> Result<bool, StoreError> {
    let row = nonce_epoch::table
        .filter(nonce_epoch::epoch.eq(epoch))
        .select((nonce.into_sql::<Binary>(), Seconds(expires_at).into_sql::<BigInt>()));
    let columns = (nonce_used::nonce, nonce_used::expires_at);
    let stored = on_each!(connection, |c| {
        row.insert_into(nonce_used::table).into_columns(columns).on_conflict_do_nothing().execute(c)
    })?;
    Ok(stored == 1)
}
