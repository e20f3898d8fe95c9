//! ACME accounts (RFC 8555 §7.1.2).

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{
    AccountId, AccountState, ExternalAccountId, Hash, OptionalSeconds, Seconds, Sha256, Texts, seconds, texts_text,
};
use super::schema::acme_account as table;

/// An account as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Account {
    /// Its id, also in its URL.
    pub id: AccountId,
    /// The ACME endpoint it belongs to.
    pub endpoint: String,
    /// RFC 7638 thumbprint of its key, base64url.
    pub jwk_thumbprint: String,
    /// Its public key as JSON.
    pub jwk: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// Contact URLs.
    #[diesel(deserialize_as = Texts)]
    pub contacts: Vec<String>,
    /// Whether it may be used.
    pub state: AccountState,
    /// When the terms of service were agreed to, if there are any.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub terms_agreed_at: Option<UnixTime>,
    /// The external account it is bound to.
    pub external_account_id: Option<ExternalAccountId>,
    /// The address that created it.
    pub created_from: String,
    /// When it was created.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// An account's public key in the forms that are stored.
#[derive(Clone, Debug)]
pub struct AccountKey {
    /// RFC 7638 thumbprint, base64url.
    pub jwk_thumbprint: String,
    /// The key as JSON.
    pub jwk: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: Sha256,
}

/// An account to be stored.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// The ACME endpoint it belongs to.
    pub endpoint: String,
    /// Its key.
    pub key: AccountKey,
    /// Contact URLs.
    pub contacts: Vec<String>,
    /// When the terms of service were agreed to.
    pub terms_agreed_at: Option<UnixTime>,
    /// The external account it is bound to.
    pub external_account_id: Option<ExternalAccountId>,
    /// The address that created it.
    pub created_from: String,
    /// When it is created.
    pub created_at: UnixTime,
}

/// Stores an account unless its key has one at this endpoint already; answers whether it was stored.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewAccount) -> Result<bool, StoreError> {
    let row = (
        table::id.eq(new.id),
        table::endpoint.eq(&new.endpoint),
        table::jwk_thumbprint.eq(&new.key.jwk_thumbprint),
        table::jwk.eq(&new.key.jwk),
        table::spki_sha256.eq(Hash(new.key.spki_sha256)),
        table::contacts.eq(texts_text(&new.contacts)),
        table::state.eq(AccountState::Valid),
        table::terms_agreed_at.eq(seconds(new.terms_agreed_at)),
        table::external_account_id.eq(new.external_account_id),
        table::created_from.eq(&new.created_from),
        table::created_at.eq(Seconds(new.created_at)),
    );
    let conflict = (table::endpoint, table::jwk_thumbprint);
    let stored = on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(conflict).do_nothing().execute(c)
    })?;
    Ok(stored == 1)
}

/// The account of an id at an endpoint.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, endpoint: &str, id: AccountId) -> Result<Option<Account>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Account::as_select())
        .filter(table::id.eq(id).and(table::endpoint.eq(endpoint)))
        .first(c)
        .optional())?)
}

/// The account of an id at whatever endpoint, for operators.
///
/// # Errors
/// When the database fails.
pub fn find(connection: &mut Connection, id: AccountId) -> Result<Option<Account>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(Account::as_select()).first(c).optional())?)
}

/// The account of a key at an endpoint (RFC 8555 §7.3.1).
///
/// # Errors
/// When the database fails.
pub fn by_key(connection: &mut Connection, endpoint: &str, thumbprint: &str) -> Result<Option<Account>, StoreError> {
    let key = table::endpoint.eq(endpoint).and(table::jwk_thumbprint.eq(thumbprint));
    Ok(on_each!(connection, |c| table::table.select(Account::as_select()).filter(key).first(c).optional())?)
}

/// Accounts in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(connection: &mut Connection, after: Option<AccountId>, limit: i64) -> Result<Vec<Account>, StoreError> {
    let after = after.unwrap_or(AccountId::new(uuid::Uuid::nil()));
    Ok(on_each!(connection, |c| table::table
        .select(Account::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// Which accounts are looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these ACME endpoints.
    pub endpoints: Vec<String>,
    /// In this state.
    pub state: Option<AccountState>,
    /// Bound to this external account.
    pub external_account: Option<ExternalAccountId>,
}

/// Accounts, the newest first, below a given one.
///
/// # Errors
/// When the database fails.
pub fn page(
    connection: &mut Connection,
    filter: &Filter,
    below: Option<AccountId>,
    limit: i64,
) -> Result<Vec<Account>, StoreError> {
    let below = below.unwrap_or(AccountId::new(uuid::Uuid::max()));
    Ok(on_each!(connection, |c| {
        let mut query = table::table
            .select(Account::as_select())
            .filter(table::id.lt(below))
            .order(table::id.desc())
            .limit(limit)
            .into_boxed();
        query = match filter.endpoints.as_slice() {
            // One is the beginning of an index, several are not.
            [only] => query.filter(table::endpoint.eq(only)),
            several => query.filter(table::endpoint.eq_any(several)),
        };
        if let Some(state) = filter.state {
            query = query.filter(table::state.eq(state));
        }
        if let Some(binding) = filter.external_account {
            query = query.filter(table::external_account_id.eq(binding));
        }
        query.load(c)
    })?)
}

/// Replaces the contacts of a valid account; answers whether it was one.
///
/// # Errors
/// When the database fails.
pub fn set_contacts(connection: &mut Connection, id: AccountId, contacts: &[String]) -> Result<bool, StoreError> {
    let valid = table::table.filter(table::id.eq(id).and(table::state.eq(AccountState::Valid)));
    let update = diesel::update(valid).set(table::contacts.eq(texts_text(contacts)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Moves a valid account to another state, for good; answers whether it was valid (RFC 8555 §7.3.6).
///
/// # Errors
/// When the database fails.
pub fn close(connection: &mut Connection, id: AccountId, state: AccountState) -> Result<bool, StoreError> {
    let valid = table::table.filter(table::id.eq(id).and(table::state.eq(AccountState::Valid)));
    let update = diesel::update(valid).set(table::state.eq(state));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Replaces the key of a valid account that still has the key `old`; answers whether it had (RFC 8555 §7.3.5).
///
/// # Errors
/// [`StoreError::Conflict`] with [`UniqueKey::AccountKey`](super::error::UniqueKey::AccountKey) when another account of
/// the endpoint has the new key.
pub fn change_key(connection: &mut Connection, id: AccountId, old: &str, new: &AccountKey) -> Result<bool, StoreError> {
    let current = table::id.eq(id).and(table::jwk_thumbprint.eq(old)).and(table::state.eq(AccountState::Valid));
    let update = diesel::update(table::table.filter(current)).set((
        table::jwk_thumbprint.eq(&new.jwk_thumbprint),
        table::jwk.eq(&new.jwk),
        table::spki_sha256.eq(Hash(new.spki_sha256)),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
