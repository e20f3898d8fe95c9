//! Grants: so many signatures that somebody may have made of digests until an instant.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{OptionalSeconds, Seconds, SigningGrantId};
use super::schema::signing_grant as table;

/// A grant as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SigningGrant {
    /// Its id.
    pub id: SigningGrantId,
    /// Name of the signing profile.
    pub profile: String,
    /// Who may sign.
    pub grantee: String,
    /// How many signatures.
    pub max_signatures: i64,
    /// How many were made.
    pub used: i64,
    /// Who granted it, by sign-in name.
    pub created_by: String,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// Until when.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// Who took it back.
    pub revoked_by: Option<String>,
    /// When.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub revoked_at: Option<UnixTime>,
}

/// Stores a grant.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, grant: &SigningGrant) -> Result<(), StoreError> {
    let row = (
        table::id.eq(grant.id),
        table::profile.eq(&grant.profile),
        table::grantee.eq(&grant.grantee),
        table::max_signatures.eq(grant.max_signatures),
        table::used.eq(grant.used),
        table::created_by.eq(&grant.created_by),
        table::created_at.eq(Seconds(grant.created_at)),
        table::not_after.eq(Seconds(grant.not_after)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The grant of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: SigningGrantId) -> Result<Option<SigningGrant>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(SigningGrant::as_select()).first(c).optional())?)
}

/// Grants looked at for one signature.
const LOOKED_AT: i64 = 50;

/// The grants that are in force for somebody, those that end first.
///
/// # Errors
/// When the database fails.
pub fn in_force(
    connection: &mut Connection,
    profile: &str,
    grantee: &str,
    now: UnixTime,
) -> Result<Vec<SigningGrant>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(SigningGrant::as_select())
        .filter(table::grantee.eq(grantee).and(table::profile.eq(profile)))
        .filter(table::not_after.gt(Seconds(now)).and(table::revoked_at.is_null()))
        .filter(table::used.lt(table::max_signatures))
        .order((table::not_after, table::id))
        .limit(LOOKED_AT)
        .load(c))?)
}

/// Whether any grant is in force for somebody, under whatever profile.
///
/// # Errors
/// When the database fails.
pub fn is_granted(connection: &mut Connection, grantee: &str, now: UnixTime) -> Result<bool, StoreError> {
    let found = table::table
        .select(table::id)
        .filter(table::grantee.eq(grantee).and(table::not_after.gt(Seconds(now))))
        .filter(table::revoked_at.is_null().and(table::used.lt(table::max_signatures)));
    Ok(on_each!(connection, |c| found.first::<SigningGrantId>(c).optional())?.is_some())
}

/// Takes one signature from a grant; answers `false` when none is left or it has ended.
///
/// # Errors
/// When the database fails.
pub fn spend(connection: &mut Connection, id: SigningGrantId, now: UnixTime) -> Result<bool, StoreError> {
    let left = table::table
        .filter(table::id.eq(id).and(table::used.lt(table::max_signatures)))
        .filter(table::not_after.gt(Seconds(now)).and(table::revoked_at.is_null()));
    let update = diesel::update(left).set(table::used.eq(table::used + 1));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Takes a grant back; answers whether it was there.
///
/// # Errors
/// When the database fails.
pub fn revoke(connection: &mut Connection, id: SigningGrantId, by: &str, now: UnixTime) -> Result<bool, StoreError> {
    let there = table::table.filter(table::id.eq(id).and(table::revoked_at.is_null()));
    let update = diesel::update(there).set((table::revoked_by.eq(by), table::revoked_at.eq(Seconds(now))));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Grants, newest first, older than a given one.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    after: Option<SigningGrantId>,
    limit: i64,
) -> Result<Vec<SigningGrant>, StoreError> {
    let after = after.unwrap_or(SigningGrantId::new(uuid::Uuid::max()));
    Ok(on_each!(connection, |c| table::table
        .select(SigningGrant::as_select())
        .filter(table::id.lt(after))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?)
}
