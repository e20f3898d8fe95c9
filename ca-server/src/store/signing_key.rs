//! The keys of signing profiles in HSMs.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{CertificateId, Seconds};
use super::hsm_key::{self, HsmKey};
use super::schema::signing_key as table;

/// The key of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SigningKey {
    /// Its id, as in the table of keys.
    pub key_id: String,
    /// Name of the signing profile.
    pub profile: String,
    /// Name of the HSM.
    pub hsm: String,
    /// Its type.
    pub algorithm: String,
    /// The certificate that serves all requests.
    pub certificate_id: Option<CertificateId>,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// The key of a profile of that type in that HSM, with its row in the table of keys.
///
/// # Errors
/// When the database fails.
pub fn of_profile(
    connection: &mut Connection,
    profile: &str,
    hsm: &str,
    algorithm: &str,
) -> Result<Option<(SigningKey, HsmKey)>, StoreError> {
    let found = on_each!(connection, |c| table::table
        .select(SigningKey::as_select())
        .filter(table::profile.eq(profile).and(table::hsm.eq(hsm)).and(table::algorithm.eq(algorithm)))
        .first(c)
        .optional())?;
    let Some(found) = found else { return Ok(None) };
    with_key(connection, found).map(Some)
}

/// The key of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, key: &str) -> Result<Option<(SigningKey, HsmKey)>, StoreError> {
    let found = on_each!(connection, |c| table::table.find(key).select(SigningKey::as_select()).first(c).optional())?;
    let Some(found) = found else { return Ok(None) };
    with_key(connection, found).map(Some)
}

fn with_key(connection: &mut Connection, found: SigningKey) -> Result<(SigningKey, HsmKey), StoreError> {
    let missing = || StoreError::corrupt(format!("the signing key {} is not among the keys", found.key_id));
    let key = hsm_key::by_id(connection, &found.key_id)?.ok_or_else(missing)?;
    Ok((found, key))
}

/// Stores a key that an HSM has made, in both tables; answers `false`, with nothing stored, when the profile has one.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, profile: &str, key: &HsmKey) -> Result<bool, StoreError> {
    let row = (
        table::key_id.eq(&key.id),
        table::profile.eq(profile),
        table::hsm.eq(&key.hsm),
        table::algorithm.eq(&key.algorithm),
        table::created_at.eq(Seconds(key.created_at)),
    );
    let stored = on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict_do_nothing().execute(c)
    })? == 1;
    if stored {
        hsm_key::insert(connection, key)?;
    }
    Ok(stored)
}

/// Another certificate serves all requests now, if `before` did; answers whether it did.
///
/// # Errors
/// When the database fails.
pub fn certify(
    connection: &mut Connection,
    key: &str,
    before: Option<CertificateId>,
    certificate: CertificateId,
) -> Result<bool, StoreError> {
    let update = table::certificate_id.eq(certificate);
    let changed = match before {
        Some(before) => {
            let same = table::table.filter(table::key_id.eq(key).and(table::certificate_id.eq(before)));
            on_each!(connection, |c| diesel::update(same).set(update).execute(c))?
        }
        None => {
            let same = table::table.filter(table::key_id.eq(key).and(table::certificate_id.is_null()));
            on_each!(connection, |c| diesel::update(same).set(update).execute(c))?
        }
    };
    Ok(changed == 1)
}
