//! ACME authorizations (RFC 8555 §7.1.4) with their challenges.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::challenge::{self, Challenge, NewChallenge};
use super::connection::{Connection, Kept, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{AccountId, AuthorizationId, AuthorizationState, Name, NameKind, OptionalSeconds, Seconds};
use super::schema::acme_authorization as table;

/// An authorization as stored. It is expired once `expires_at` has come, whatever its state.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Authorization {
    /// Its id, also in its URL.
    pub id: AuthorizationId,
    /// The ACME endpoint it belongs to.
    pub endpoint: String,
    /// The account that holds it.
    pub account_id: AccountId,
    /// Kind of the identifier.
    pub identifier_kind: NameKind,
    /// The identifier, without the `*.` of a wildcard.
    pub identifier: String,
    /// Whether it is for all names one label below the identifier.
    pub wildcard: bool,
    /// Whether control was shown.
    pub state: AuthorizationState,
    /// When control was shown.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub validated_at: Option<UnixTime>,
    /// When it was created.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it ends; never before the end of an order that uses it.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
}

/// An authorization to be stored, in state pending.
#[derive(Clone, Debug)]
pub struct NewAuthorization {
    /// Its id.
    pub id: AuthorizationId,
    /// The identifier, without the `*.` of a wildcard.
    pub identifier: Name,
    /// Whether it is for all names one label below the identifier.
    pub wildcard: bool,
    /// The challenges that are offered.
    pub challenges: Vec<NewChallenge>,
}

/// What new authorizations of one request have in common.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The ACME endpoint.
    pub endpoint: String,
    /// The account.
    pub account_id: AccountId,
    /// When they are created.
    pub created_at: UnixTime,
    /// When they end.
    pub expires_at: UnixTime,
}

/// Stores authorizations with their challenges.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, holder: &Holder, new: &[&NewAuthorization]) -> Result<(), StoreError> {
    let row = |new: &&NewAuthorization| {
        (
            table::id.eq(new.id),
            table::endpoint.eq(holder.endpoint.clone()),
            table::account_id.eq(holder.account_id),
            table::identifier_kind.eq(new.identifier.kind),
            table::identifier.eq(new.identifier.value.clone()),
            table::wildcard.eq(new.wildcard),
            table::state.eq(AuthorizationState::Pending),
            table::created_at.eq(Seconds(holder.created_at)),
            table::expires_at.eq(Seconds(holder.expires_at)),
        )
    };
    insert_rows!(connection, table::table, new.iter().map(row).collect::<Vec<_>>());
    challenge::insert(connection, new)
}

/// The authorization of an id and account, with its challenges.
///
/// # Errors
/// When the database fails.
pub fn by_id(
    connection: &mut Connection,
    account: AccountId,
    id: AuthorizationId,
) -> Result<Option<(Authorization, Vec<Challenge>)>, StoreError> {
    let key = table::id.eq(id).and(table::account_id.eq(account));
    match on_each!(connection, |c| table::table.select(Authorization::as_select()).filter(key).first(c).optional())? {
        Some(found) => Ok(Some((found, challenge::of_authorization(connection, id)?))),
        None => Ok(None),
    }
}

/// Most identifiers in one query.
const IDENTIFIERS: usize = 200;

/// The valid, unexpired authorizations that an account holds for any of the identifiers, wildcard or not.
///
/// # Errors
/// When the database fails.
pub fn valid_for(
    connection: &mut Connection,
    account: AccountId,
    identifiers: &[String],
    now: UnixTime,
) -> Result<Vec<Authorization>, StoreError> {
    let mut found = Vec::new();
    for chunk in identifiers.chunks(IDENTIFIERS) {
        found.extend(on_each!(connection, |c| table::table
            .select(Authorization::as_select())
            .filter(table::account_id.eq(account).and(table::identifier.eq_any(chunk)))
            .filter(table::state.eq(AuthorizationState::Valid).and(table::expires_at.gt(Seconds(now))))
            .load(c))?);
    }
    Ok(found)
}

/// Gives up a pending or valid authorization of an account; answers whether it was one (RFC 8555 §7.5.2).
///
/// # Errors
/// When the database fails.
pub fn deactivate(connection: &mut Connection, account: AccountId, id: AuthorizationId) -> Result<bool, StoreError> {
    let pending = table::state.eq(AuthorizationState::Pending);
    let live = table::table
        .filter(table::id.eq(id).and(table::account_id.eq(account)))
        .filter(pending.or(table::state.eq(AuthorizationState::Valid)));
    let update = diesel::update(live).set(table::state.eq(AuthorizationState::Deactivated));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Moves a pending authorization to valid; answers whether it was pending. `reuse_until` lengthens its life, so that
/// later orders may use it; it never shortens it.
pub(super) fn validate(
    connection: &mut Connection,
    id: AuthorizationId,
    at: UnixTime,
    reuse_until: Option<UnixTime>,
) -> Result<bool, StoreError> {
    let pending = table::table.filter(table::id.eq(id).and(table::state.eq(AuthorizationState::Pending)));
    let update =
        diesel::update(pending).set((table::state.eq(AuthorizationState::Valid), table::validated_at.eq(Seconds(at))));
    let won = on_each!(connection, |c| Kept(update).execute(c))? == 1;
    if let (true, Some(until)) = (won, reuse_until.map(Seconds)) {
        let shorter = table::table.filter(table::id.eq(id).and(table::expires_at.lt(until)));
        let update = diesel::update(shorter).set(table::expires_at.eq(until));
        on_each!(connection, |c| update.execute(c))?;
    }
    Ok(won)
}

/// Moves a pending authorization to invalid; answers whether it was pending.
pub(super) fn invalidate(connection: &mut Connection, id: AuthorizationId) -> Result<bool, StoreError> {
    let pending = table::table.filter(table::id.eq(id).and(table::state.eq(AuthorizationState::Pending)));
    let update = diesel::update(pending).set(table::state.eq(AuthorizationState::Invalid));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
