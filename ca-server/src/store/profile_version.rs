//! Versions of certificate profiles and of policy sets, by the hash of their canonical text.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, OptionalSeconds, Seconds, Sha256};
use super::schema::{policy_set, profile_version as table};

/// A version of a profile as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct ProfileVersion {
    /// SHA-256 of the canonical text.
    #[diesel(deserialize_as = Hash)]
    pub hash: Sha256,
    /// The profile's name.
    pub name: String,
    /// Everything it says.
    pub canonical: String,
    /// When it was first seen.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// Since when orders created under it can no longer be finalized.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub withdrawn_at: Option<UnixTime>,
}

/// Stores a version of a profile unless it is known.
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

/// The version of a hash.
///
/// # Errors
/// When the database fails.
pub fn by_hash(connection: &mut Connection, hash: Sha256) -> Result<Option<ProfileVersion>, StoreError> {
    let found = on_each!(connection, |c| table::table
        .find(Hash(hash))
        .select(ProfileVersion::as_select())
        .first(c)
        .optional())?;
    Ok(found)
}

/// The versions of a profile, oldest first.
///
/// # Errors
/// When the database fails.
pub fn by_name(connection: &mut Connection, name: &str) -> Result<Vec<ProfileVersion>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(ProfileVersion::as_select())
        .filter(table::name.eq(name))
        .order(table::created_at)
        .limit(500)
        .load(c))?)
}

/// Withdraws a version; answers whether it was in force.
///
/// # Errors
/// When the database fails.
pub fn withdraw(connection: &mut Connection, hash: Sha256, now: UnixTime) -> Result<bool, StoreError> {
    let in_force = table::table.filter(table::hash.eq(Hash(hash)).and(table::withdrawn_at.is_null()));
    let update = diesel::update(in_force).set(table::withdrawn_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Stores a policy set unless it is known.
///
/// # Errors
/// When the database fails.
pub fn insert_policy_set(
    connection: &mut Connection,
    hash: Sha256,
    canonical: &str,
    now: UnixTime,
) -> Result<(), StoreError> {
    use policy_set as table;
    let row = (table::hash.eq(Hash(hash)), table::canonical.eq(canonical), table::created_at.eq(Seconds(now)));
    on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(table::hash).do_nothing().execute(c)
    })?;
    Ok(())
}

/// The canonical text of a policy set.
///
/// # Errors
/// When the database fails.
pub fn policy_set_text(connection: &mut Connection, hash: Sha256) -> Result<Option<String>, StoreError> {
    use policy_set as table;
    let query = table::table.find(Hash(hash)).select(table::canonical);
    Ok(on_each!(connection, |c| query.first(c).optional())?)
}
