//! Keys in HSMs: where they are and how to know them again.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, Seconds, Sha256};
use super::schema::hsm_key as table;

/// A key as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct HsmKey {
    /// Our id of the key: a UUID.
    pub id: String,
    /// Name of the HSM.
    pub hsm: String,
    /// Where the HSM finds it, in the manner of RFC 7512, without a PIN.
    pub locator: String,
    /// `ecdsa-p256` and so on.
    pub algorithm: String,
    /// Its SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// SHA-256 of the SubjectPublicKeyInfo, checked whenever the key is loaded.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// What it may sign, separated by commas.
    pub purposes: String,
    /// Its state by NIST SP 800-57 name.
    pub state: String,
    /// How it came to be: generated, imported, by whom.
    pub provenance: String,
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it entered its state.
    #[diesel(deserialize_as = Seconds)]
    pub state_changed_at: UnixTime,
}

/// Stores a key.
///
/// # Errors
/// [`StoreError::Conflict`] when its id or locator is known.
pub fn insert(connection: &mut Connection, new: &HsmKey) -> Result<(), StoreError> {
    let row = (
        table::id.eq(&new.id),
        table::hsm.eq(&new.hsm),
        table::locator.eq(&new.locator),
        table::algorithm.eq(&new.algorithm),
        table::public_key.eq(&new.public_key),
        table::spki_sha256.eq(Hash(new.spki_sha256)),
        table::purposes.eq(&new.purposes),
        table::state.eq(&new.state),
        table::provenance.eq(&new.provenance),
        table::created_at.eq(Seconds(new.created_at)),
        table::state_changed_at.eq(Seconds(new.state_changed_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The key of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: &str) -> Result<Option<HsmKey>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(HsmKey::as_select()).first(c).optional())?)
}

/// Keys in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(connection: &mut Connection, after: &str, limit: i64) -> Result<Vec<HsmKey>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(HsmKey::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// Moves a key from one state to another; answers whether it was in the first.
///
/// # Errors
/// When the database fails.
pub fn set_state(
    connection: &mut Connection,
    id: &str,
    from: &str,
    to: &str,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let current = table::table.filter(table::id.eq(id).and(table::state.eq(from)));
    let update = diesel::update(current).set((table::state.eq(to), table::state_changed_at.eq(Seconds(at))));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
