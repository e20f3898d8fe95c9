//! Versions of signing profiles, by the hash of their canonical text.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{Hash, Seconds, Sha256};
use super::schema::signing_profile_version as table;

/// Stores a version unless it is known.
///
/// # Errors
/// When the database fails.
pub fn insert(
    connection: &mut Connection,
    hash: Sha256,
    name: &str,
    canonical: &str,
    now: UnixTime,
) -> Result<(), StoreError> {
    let row = (
        table::hash.eq(Hash(hash)),
        table::name.eq(name),
        table::canonical.eq(canonical),
        table::created_at.eq(Seconds(now)),
    );
    on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(table::hash).do_nothing().execute(c)
    })?;
    Ok(())
}

/// Name and canonical text of a version.
///
/// # Errors
/// When the database fails.
pub fn by_hash(connection: &mut Connection, hash: Sha256) -> Result<Option<(String, String)>, StoreError> {
    let query = table::table.find(Hash(hash)).select((table::name, table::canonical));
    Ok(on_each!(connection, |c| query.first(c).optional())?)
}
