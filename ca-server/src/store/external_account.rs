//! External account bindings (RFC 8555 §7.3.4): keys that an operator hands out, each for one ACME account.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AccountId, ExternalAccountId, OptionalSeconds, Seconds, seconds};
use super::schema::external_account as table;
use super::sealed::Place;

/// An external account as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct ExternalAccount {
    /// Its id, the "kid".
    pub id: ExternalAccountId,
    /// The ACME endpoint it is for.
    pub endpoint: String,
    /// What the operator calls it.
    pub name: String,
    /// The MAC key, sealed for [`key_place`].
    pub hmac_key: Vec<u8>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// Until when an account can be bound to it.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub expires_at: Option<UnixTime>,
    /// When it was withdrawn.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub revoked_at: Option<UnixTime>,
    /// The account bound to it.
    pub account_id: Option<AccountId>,
    /// When that was bound.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub bound_at: Option<UnixTime>,
}

/// An external account to be stored.
#[derive(Clone, Debug)]
pub struct NewExternalAccount {
    /// Its id, the "kid".
    pub id: ExternalAccountId,
    /// The ACME endpoint it is for.
    pub endpoint: String,
    /// What the operator calls it.
    pub name: String,
    /// The MAC key, sealed for [`key_place`].
    pub hmac_key: Vec<u8>,
    /// Who makes it.
    pub created_by: String,
    /// When it is made.
    pub created_at: UnixTime,
    /// Until when an account can be bound to it.
    pub expires_at: Option<UnixTime>,
}

/// Where a MAC key is sealed; `row` is the id as text.
pub const fn key_place(row: &str) -> Place<'_> {
    Place { table: "external_account", column: "hmac_key", row }
}

/// Stores an external account.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewExternalAccount) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::endpoint.eq(&new.endpoint),
        table::name.eq(&new.name),
        table::hmac_key.eq(&new.hmac_key),
        table::created_by.eq(&new.created_by),
        table::created_at.eq(Seconds(new.created_at)),
        table::expires_at.eq(seconds(new.expires_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The external account of an id at an endpoint, in whatever state.
///
/// # Errors
/// When the database fails.
pub fn by_id(
    connection: &mut Connection,
    endpoint: &str,
    id: ExternalAccountId,
) -> Result<Option<ExternalAccount>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(ExternalAccount::as_select())
        .filter(table::id.eq(id).and(table::endpoint.eq(endpoint)))
        .first(c)
        .optional())?)
}

/// External accounts in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    after: Option<ExternalAccountId>,
    limit: i64,
) -> Result<Vec<ExternalAccount>, StoreError> {
    let after = after.unwrap_or(ExternalAccountId::new(uuid::Uuid::nil()));
    Ok(on_each!(connection, |c| table::table
        .select(ExternalAccount::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// Which bindings are looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these ACME endpoints.
    pub endpoints: Vec<String>,
    /// In this state at this time.
    pub state: Option<(BindingState, UnixTime)>,
}

/// What can be done with a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// An account can be bound to it.
    Unused,
    /// An account is bound to it.
    Bound,
    /// Nobody used it in its time.
    Expired,
    /// It was withdrawn.
    Revoked,
}

/// External accounts, the newest first, below a given one.
///
/// # Errors
/// When the database fails.
pub fn page(
    connection: &mut Connection,
    filter: &Filter,
    below: Option<ExternalAccountId>,
    limit: i64,
) -> Result<Vec<ExternalAccount>, StoreError> {
    let below = below.unwrap_or(ExternalAccountId::new(uuid::Uuid::max()));
    Ok(on_each!(connection, |c| {
        let mut query = table::table
            .select(ExternalAccount::as_select())
            .filter(table::id.lt(below))
            .order(table::id.desc())
            .limit(limit)
            .into_boxed();
        query = match filter.endpoints.as_slice() {
            // One is the beginning of an index, several are not.
            [only] => query.filter(table::endpoint.eq(only)),
            several => query.filter(table::endpoint.eq_any(several)),
        };
        query = match filter.state {
            None => query,
            Some((BindingState::Revoked, _)) => query.filter(table::revoked_at.is_not_null()),
            Some((BindingState::Bound, _)) => {
                query.filter(table::revoked_at.is_null().and(table::account_id.is_not_null()))
            }
            Some((BindingState::Expired, now)) => query
                .filter(table::revoked_at.is_null().and(table::account_id.is_null()))
                .filter(table::expires_at.le(Seconds(now))),
            Some((BindingState::Unused, now)) => query
                .filter(table::revoked_at.is_null().and(table::account_id.is_null()))
                .filter(table::expires_at.is_null().or(table::expires_at.gt(Seconds(now)))),
        };
        query.load(c)
    })?)
}

/// Withdraws an external account; answers whether it was in force. An account bound to it stays.
///
/// # Errors
/// When the database fails.
pub fn revoke(connection: &mut Connection, id: ExternalAccountId, now: UnixTime) -> Result<bool, StoreError> {
    let in_force = table::table.filter(table::id.eq(id).and(table::revoked_at.is_null()));
    let update = diesel::update(in_force).set(table::revoked_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Binds an account; answers `false` when the external account is bound, withdrawn or expired.
///
/// # Errors
/// When the database fails.
pub fn bind(
    connection: &mut Connection,
    id: ExternalAccountId,
    account: AccountId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let free = table::table
        .filter(table::id.eq(id).and(table::account_id.is_null()).and(table::revoked_at.is_null()))
        .filter(table::expires_at.is_null().or(table::expires_at.gt(Seconds(now))));
    let update = diesel::update(free).set((table::account_id.eq(account), table::bound_at.eq(Seconds(now))));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
