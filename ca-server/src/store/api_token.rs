//! API tokens: for machines that act for an operator. Only the SHA-256 of a token is here.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{ApiTokenId, Hash, OperatorId, OptionalSeconds, Seconds, Sha256, Texts, texts_text};
use super::operator::Operator;
use super::schema::api_token as table;
use super::schema::operator as operators;

/// A token as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// For whom it acts.
    pub operator_id: OperatorId,
    /// What they call it.
    pub name: String,
    /// Roles it has as long as its operator has them.
    #[diesel(deserialize_as = Texts)]
    pub roles: Vec<String>,
    /// What it may be used for.
    #[diesel(deserialize_as = Texts)]
    pub scopes: Vec<String>,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it ends.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
    /// When it was last used, to the minute.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub last_used_at: Option<UnixTime>,
    /// When it was ended.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub revoked_at: Option<UnixTime>,
}

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// SHA-256 of the token.
    pub token_sha256: Sha256,
    /// For whom it acts.
    pub operator_id: OperatorId,
    /// What they call it.
    pub name: String,
    /// Roles it has.
    pub roles: Vec<String>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it is made.
    pub created_at: UnixTime,
    /// When it ends.
    pub expires_at: UnixTime,
}

/// Stores a token.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewApiToken) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::token_sha256.eq(Hash(new.token_sha256)),
        table::operator_id.eq(new.operator_id),
        table::name.eq(&new.name),
        table::roles.eq(texts_text(&new.roles)),
        table::scopes.eq(texts_text(&new.scopes)),
        table::created_at.eq(Seconds(new.created_at)),
        table::expires_at.eq(Seconds(new.expires_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The token of a hash with its operator, in whatever state.
///
/// # Errors
/// When the database fails.
pub fn by_token(connection: &mut Connection, token: Sha256) -> Result<Option<(ApiToken, Operator)>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .inner_join(operators::table.on(operators::id.eq(table::operator_id)))
        .select((ApiToken::as_select(), Operator::as_select()))
        .filter(table::token_sha256.eq(Hash(token)))
        .first(c)
        .optional())?)
}

/// The token of an id, in force or not, with its operator.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: ApiTokenId) -> Result<Option<(ApiToken, Operator)>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .inner_join(operators::table.on(operators::id.eq(table::operator_id)))
        .select((ApiToken::as_select(), Operator::as_select()))
        .filter(table::id.eq(id))
        .first(c)
        .optional())?)
}

/// The tokens of an operator, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_operator(connection: &mut Connection, operator: OperatorId) -> Result<Vec<ApiToken>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(ApiToken::as_select())
        .filter(table::operator_id.eq(operator))
        .order(table::id.desc())
        .limit(200)
        .load(c))?)
}

/// Notes that a token is in use.
///
/// # Errors
/// When the database fails.
pub fn used(connection: &mut Connection, id: ApiTokenId, now: UnixTime) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set(table::last_used_at.eq(Seconds(now)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Ends every token of an operator.
///
/// # Errors
/// When the database fails.
pub fn revoke_all(connection: &mut Connection, operator: OperatorId, at: UnixTime) -> Result<(), StoreError> {
    let in_force = table::table.filter(table::operator_id.eq(operator).and(table::revoked_at.is_null()));
    let update = diesel::update(in_force).set(table::revoked_at.eq(Seconds(at)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Ends a token of an operator; answers whether it was in force.
///
/// # Errors
/// When the database fails.
pub fn revoke(
    connection: &mut Connection,
    operator: OperatorId,
    id: ApiTokenId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let in_force = table::table.filter(table::id.eq(id).and(table::operator_id.eq(operator)));
    let update = diesel::update(in_force.filter(table::revoked_at.is_null())).set(table::revoked_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
