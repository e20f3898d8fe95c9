//! The keys of signing profiles in HSMs.

use ca_core::hsm::KeyState;
use ca_core::signing::SigningState;
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Seconds, SigningRequestId, SigningStateWord};
use super::hsm_key::{self, HsmKey};
use super::schema::{signing_key as table, signing_request};

/// The key of a profile, or of one of its requests. It is reserved before the HSM makes it, so that none is made that nobody
/// knows of.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SigningKey {
    /// Its id, as in the table of keys.
    pub key_id: String,
    /// Whose it is: the name of the signing profile, or `PROFILE:REQUEST`.
    pub profile: String,
    /// Name of the HSM.
    pub hsm: String,
    /// Its type.
    pub algorithm: String,
    /// The certificate that serves all requests, or its one request.
    pub certificate_id: Option<CertificateId>,
    /// The request after whose end it is destroyed.
    pub request_id: Option<SigningRequestId>,
    /// The how manieth key of its owner it is, from one on.
    pub generation: i64,
    /// When it was made, or reserved.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// The key of that type in that HSM that an owner has now, with its row in the table of keys once it is made.
///
/// # Errors
/// When the database fails.
pub fn of_owner(
    connection: &mut Connection,
    owner: &str,
    hsm: &str,
    algorithm: &str,
) -> Result<Option<(SigningKey, Option<HsmKey>)>, StoreError> {
    let found = on_each!(connection, |c| table::table
        .select(SigningKey::as_select())
        .filter(table::profile.eq(owner).and(table::hsm.eq(hsm)).and(table::algorithm.eq(algorithm)))
        .first(c)
        .optional())?;
    let Some(found) = found else { return Ok(None) };
    let key = hsm_key::by_id(connection, &found.key_id)?;
    Ok(Some((found, key)))
}

/// The same, if it is made.
///
/// # Errors
/// When the database fails.
pub fn of_profile(
    connection: &mut Connection,
    profile: &str,
    hsm: &str,
    algorithm: &str,
) -> Result<Option<(SigningKey, HsmKey)>, StoreError> {
    let found = of_owner(connection, profile, hsm, algorithm)?;
    Ok(found.and_then(|(row, key)| Some((row, key?))))
}

/// The key of an id, if it is made.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, key: &str) -> Result<Option<(SigningKey, HsmKey)>, StoreError> {
    let found: Option<SigningKey> =
        on_each!(connection, |c| table::table.find(key).select(SigningKey::as_select()).first(c).optional())?;
    let Some(found) = found else { return Ok(None) };
    Ok(hsm_key::by_id(connection, key)?.map(|key| (found, key)))
}

/// Keeps a place for a key that is about to be made; answers `false`, with nothing stored, when its owner has one.
///
/// # Errors
/// When the database fails.
pub fn reserve(connection: &mut Connection, new: &SigningKey) -> Result<bool, StoreError> {
    let row = (
        table::key_id.eq(&new.key_id),
        table::profile.eq(&new.profile),
        table::hsm.eq(&new.hsm),
        table::algorithm.eq(&new.algorithm),
        table::request_id.eq(new.request_id),
        table::generation.eq(new.generation),
        table::created_at.eq(Seconds(new.created_at)),
    );
    let insert = diesel::insert_into(table::table).values(row).on_conflict_do_nothing();
    Ok(on_each!(connection, |c| insert.execute(c))? == 1)
}

/// Stores a key that an HSM has made for a reservation; answers `false`, with nothing stored, when it is stored already or
/// nothing is reserved.
///
/// # Errors
/// When the database fails.
pub fn record(connection: &mut Connection, key: &HsmKey) -> Result<bool, StoreError> {
    // On PostgreSQL this is also the lock that makes two who record the same key take turns.
    let made = diesel::update(table::table.find(&key.id)).set(table::created_at.eq(Seconds(key.created_at)));
    let reserved = on_each!(connection, |c| made.execute(c))? == 1;
    if !reserved || hsm_key::by_id(connection, &key.id)?.is_some() {
        return Ok(false);
    }
    hsm_key::insert(connection, key)?;
    Ok(true)
}

/// Another certificate serves now, if `before` did; answers whether it did.
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

/// Takes a compromised key from its owner and reserves the next one; answers `false`, with nothing changed, when the owner
/// has another one already.
///
/// # Errors
/// When the database fails.
pub fn replace(
    connection: &mut Connection,
    old: (&SigningKey, &HsmKey),
    next: &SigningKey,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let (row, key) = old;
    let owned = table::table.filter(table::key_id.eq(&row.key_id).and(table::profile.eq(&row.profile)));
    let update = diesel::update(owned).set(table::profile.eq(format!("{}:{}", row.profile, row.generation)));
    if on_each!(connection, |c| update.execute(c))? != 1 {
        return Ok(false);
    }
    hsm_key::set_state(connection, &key.id, &key.state, &KeyState::Compromised.to_string(), at)?;
    reserve(connection, next)
}

/// Keys of requests that have ended, which are still there or may be, in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn of_ended_requests(connection: &mut Connection, after: &str, limit: i64) -> Result<Vec<SigningKey>, StoreError> {
    let unended = [SigningState::Received].into_iter().chain(SigningState::OPEN).map(SigningStateWord);
    let unended: Vec<SigningStateWord> = unended.collect();
    Ok(on_each!(connection, |c| {
        let open = signing_request::table
            .filter(signing_request::id.nullable().eq(table::request_id))
            .filter(signing_request::state.eq_any(&unended));
        table::table
            .select(SigningKey::as_select())
            .filter(table::request_id.is_not_null().and(table::destroyed_at.is_null()))
            .filter(diesel::dsl::not(diesel::dsl::exists(open)))
            .filter(table::key_id.gt(after))
            .order(table::key_id)
            .limit(limit)
            .load(c)
    })?)
}

/// The private key of a request is gone; answers whether that was not known.
///
/// # Errors
/// When the database fails.
pub fn destroyed(connection: &mut Connection, key: &HsmKey, at: UnixTime) -> Result<bool, StoreError> {
    let there = table::table.filter(table::key_id.eq(&key.id).and(table::destroyed_at.is_null()));
    let update = diesel::update(there).set(table::destroyed_at.eq(Seconds(at)));
    if on_each!(connection, |c| update.execute(c))? != 1 {
        return Ok(false);
    }
    hsm_key::set_state(connection, &key.id, &key.state, &KeyState::Destroyed.to_string(), at)
}

/// Gives up the place of a key that was never made.
///
/// # Errors
/// When the database fails.
pub fn forget(connection: &mut Connection, key: &str) -> Result<(), StoreError> {
    on_each!(connection, |c| {
        use super::schema::hsm_key;
        let made = hsm_key::table.filter(hsm_key::id.eq(table::key_id));
        let unmade = table::table.filter(table::key_id.eq(key)).filter(diesel::dsl::not(diesel::dsl::exists(made)));
        diesel::delete(unmade).execute(c)
    })?;
    Ok(())
}
