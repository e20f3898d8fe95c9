//! Public keys that nobody may use any more.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, Seconds, Sha256};
use super::schema::blocked_key as table;

/// A blocked key as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct BlockedKey {
    /// SHA-256 of its SubjectPublicKeyInfo.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// Why it is blocked.
    pub reason: String,
    /// What made it so: a certificate, or the list in the policies.
    pub source: String,
    /// Since when.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Blocks keys; those that are blocked already stay as they are. At most 500 at a time.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, keys: &[BlockedKey]) -> Result<(), StoreError> {
    for key in keys {
        let row = (
            table::spki_sha256.eq(Hash(key.spki_sha256)),
            table::reason.eq(&key.reason),
            table::source.eq(&key.source),
            table::created_at.eq(Seconds(key.created_at)),
        );
        on_each!(connection, |c| {
            diesel::insert_into(table::table).values(row).on_conflict(table::spki_sha256).do_nothing().execute(c)
        })?;
    }
    Ok(())
}

/// Whether, and why, a key is blocked.
///
/// # Errors
/// When the database fails.
pub fn by_hash(connection: &mut Connection, spki_sha256: Sha256) -> Result<Option<BlockedKey>, StoreError> {
    let key = Hash(spki_sha256);
    Ok(on_each!(connection, |c| table::table.find(key).select(BlockedKey::as_select()).first(c).optional())?)
}
