//! The installation, its wrapped data-encryption keys and its sealed secrets.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::Seconds;
use super::schema::{data_encryption_key, installation, sealed_secret};

/// The installation that a database belongs to.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = installation)]
pub struct Installation {
    /// A UUID.
    pub id: String,
    /// The name given at `init`.
    pub name: String,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// A data-encryption key as an HSM has wrapped it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_encryption_key)]
pub struct WrappedDataKey {
    /// Counts up from 1; sealed values name it.
    pub key_version: i64,
    /// Name of the HSM that can unwrap it.
    pub hsm: String,
    /// What that HSM made of it.
    pub wrapped: Vec<u8>,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Stores the installation.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &Installation) -> Result<(), StoreError> {
    use installation as table;
    let row = (table::id.eq(&new.id), table::name.eq(&new.name), table::created_at.eq(Seconds(new.created_at)));
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The installation, if `init` was run on this database.
///
/// # Errors
/// When the database fails.
pub fn load(connection: &mut Connection) -> Result<Option<Installation>, StoreError> {
    Ok(on_each!(connection, |c| installation::table.select(Installation::as_select()).first(c).optional())?)
}

/// Stores a wrapped data-encryption key.
///
/// # Errors
/// [`StoreError::Conflict`] when its version exists.
pub fn insert_data_key(connection: &mut Connection, new: &WrappedDataKey) -> Result<(), StoreError> {
    use data_encryption_key as table;
    let row = (
        table::key_version.eq(new.key_version),
        table::hsm.eq(&new.hsm),
        table::wrapped.eq(&new.wrapped),
        table::created_at.eq(Seconds(new.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// All wrapped data-encryption keys, oldest version first.
///
/// # Errors
/// When the database fails.
pub fn data_keys(connection: &mut Connection) -> Result<Vec<WrappedDataKey>, StoreError> {
    use data_encryption_key as table;
    Ok(on_each!(connection, |c| table::table.select(WrappedDataKey::as_select()).order(table::key_version).load(c))?)
}

/// The place of a sealed secret, for [`DataKeys`](super::sealed::DataKeys).
pub const fn secret_place(name: &str) -> super::sealed::Place<'_> {
    super::sealed::Place { table: "sealed_secret", column: "sealed", row: name }
}

/// The sealed secret of a name; `candidate` becomes it if there is none, so that servers that start together agree.
///
/// # Errors
/// When the database fails.
pub fn secret(connection: &mut Connection, name: &str, candidate: &[u8], now: UnixTime) -> Result<Vec<u8>, StoreError> {
    use sealed_secret as table;
    let row = (table::name.eq(name), table::sealed.eq(candidate), table::created_at.eq(Seconds(now)));
    on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(table::name).do_nothing().execute(c)
    })?;
    Ok(on_each!(connection, |c| table::table.find(name).select(table::sealed).first(c))?)
}
