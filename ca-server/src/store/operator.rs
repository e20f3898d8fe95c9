//! Operators: people who may sign in.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{OperatorId, OperatorState, OptionalSeconds, Seconds, Texts, seconds, texts_text};
use super::schema::operator as table;
use super::sealed::Place;

/// Provider of operators that have their password here.
pub const LOCAL: &str = "local";

/// An operator as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Sign-in name.
    pub name: String,
    /// Who says who they are: [`LOCAL`], `certificate`, or `oidc/NAME`.
    pub provider: String,
    /// By what the provider knows them; unique for it.
    pub subject: String,
    /// Roles held.
    #[diesel(deserialize_as = Texts)]
    pub roles: Vec<String>,
    /// Whether they may sign in.
    pub state: OperatorState,
    /// Argon2id hash with its parameters; none for who signs in another way.
    pub password: Option<String>,
    /// Whether it must be changed at the next sign-in.
    pub password_is_one_time: bool,
    /// Until when it can be used.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub password_expires_at: Option<UnixTime>,
    /// The secret of time-based codes, sealed for [`totp_place`].
    pub totp_secret: Option<Vec<u8>>,
    /// Since when codes are asked for; a secret without this is being enrolled.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub totp_enrolled_at: Option<UnixTime>,
    /// When they were added.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When they last signed in.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub signed_in_at: Option<UnixTime>,
}

/// An operator to be stored.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// Its id.
    pub id: OperatorId,
    /// Sign-in name.
    pub name: String,
    /// Who says who they are.
    pub provider: String,
    /// By what the provider knows them; unique for it.
    pub subject: String,
    /// Roles held.
    pub roles: Vec<String>,
    /// Their password.
    pub password: Option<NewPassword>,
    /// Who adds them.
    pub created_by: String,
    /// When.
    pub created_at: UnixTime,
}

/// A password to be stored.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// Argon2id hash with its parameters.
    pub hash: String,
    /// Until when it can be used, if it must be changed at the next sign-in.
    pub one_time_until: Option<UnixTime>,
}

/// Where a TOTP secret is sealed; `row` is the operator's id as text.
pub const fn totp_place(row: &str) -> Place<'_> {
    Place { table: "operator", column: "totp_secret", row }
}

/// Stores an operator.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub fn insert(connection: &mut Connection, new: &NewOperator) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::name.eq(&new.name),
        table::provider.eq(&new.provider),
        table::subject.eq(&new.subject),
        table::roles.eq(texts_text(&new.roles)),
        table::state.eq(OperatorState::Active),
        table::password.eq(new.password.as_ref().map(|password| &password.hash)),
        table::password_is_one_time.eq(one_time_until(new).is_some()),
        table::password_expires_at.eq(seconds(one_time_until(new))),
        table::password_changed_at.eq(seconds(new.password.as_ref().map(|_| new.created_at))),
        table::totp_last_step.eq(0),
        table::created_by.eq(&new.created_by),
        table::created_at.eq(Seconds(new.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

fn one_time_until(new: &NewOperator) -> Option<UnixTime> {
    new.password.as_ref().and_then(|password| password.one_time_until)
}

/// The operator of a sign-in name.
///
/// # Errors
/// When the database fails.
pub fn by_name(connection: &mut Connection, name: &str) -> Result<Option<Operator>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Operator::as_select())
        .filter(table::name.eq(name))
        .first(c)
        .optional())?)
}

/// The operator whom a provider knows by a name of its own.
///
/// # Errors
/// When the database fails.
pub fn by_subject(connection: &mut Connection, provider: &str, subject: &str) -> Result<Option<Operator>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Operator::as_select())
        .filter(table::provider.eq(provider).and(table::subject.eq(subject)))
        .first(c)
        .optional())?)
}

/// The operator of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Operator::as_select())
        .filter(table::id.eq(id))
        .first(c)
        .optional())?)
}

/// Operators in the order of their names, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(connection: &mut Connection, after: &str, limit: i64) -> Result<Vec<Operator>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Operator::as_select())
        .filter(table::name.gt(after))
        .order(table::name)
        .limit(limit)
        .load(c))?)
}

/// Gives an operator a password.
///
/// # Errors
/// When the database fails.
pub fn change_password(
    connection: &mut Connection,
    id: OperatorId,
    new: &NewPassword,
    now: UnixTime,
) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set((
        table::password.eq(&new.hash),
        table::password_is_one_time.eq(new.one_time_until.is_some()),
        table::password_expires_at.eq(seconds(new.one_time_until)),
        table::password_changed_at.eq(Seconds(now)),
    ));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Lets an operator in or keeps them out; answers whether that was a change.
///
/// # Errors
/// When the database fails.
pub fn change_state(connection: &mut Connection, id: OperatorId, state: OperatorState) -> Result<bool, StoreError> {
    let other = table::table.filter(table::id.eq(id).and(table::state.ne(state)));
    let update = diesel::update(other).set(table::state.eq(state));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Notes that an operator signed in.
///
/// # Errors
/// When the database fails.
pub fn signed_in(connection: &mut Connection, id: OperatorId, now: UnixTime) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set(table::signed_in_at.eq(Seconds(now)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Gives an operator other roles.
///
/// # Errors
/// When the database fails.
pub fn change_roles(connection: &mut Connection, id: OperatorId, roles: &[String]) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set(table::roles.eq(texts_text(roles)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Keeps a secret of time-based codes for an operator who will confirm it; answers `false` when one is in use.
///
/// # Errors
/// When the database fails.
pub fn begin_totp(connection: &mut Connection, id: OperatorId, sealed: &[u8]) -> Result<bool, StoreError> {
    let free = table::table.filter(table::id.eq(id).and(table::totp_enrolled_at.is_null()));
    let update = diesel::update(free).set((table::totp_secret.eq(sealed), table::totp_last_step.eq(0)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Puts the kept secret in force, with the step of the first code; answers whether there was one to be put in force.
///
/// # Errors
/// When the database fails.
pub fn enrol_totp(connection: &mut Connection, id: OperatorId, step: i64, now: UnixTime) -> Result<bool, StoreError> {
    let begun = table::table.filter(table::id.eq(id).and(table::totp_enrolled_at.is_null()));
    let update = diesel::update(begun.filter(table::totp_secret.is_not_null()))
        .set((table::totp_enrolled_at.eq(seconds(Some(now))), table::totp_last_step.eq(step)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Uses the code of a step; answers whether neither it nor a later one had been used.
///
/// # Errors
/// When the database fails.
pub fn spend_totp_step(connection: &mut Connection, id: OperatorId, step: i64) -> Result<bool, StoreError> {
    let unused = table::table.filter(table::id.eq(id).and(table::totp_last_step.lt(step)));
    let update = diesel::update(unused).set(table::totp_last_step.eq(step));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Takes the second factor of an operator away.
///
/// # Errors
/// When the database fails.
pub fn remove_totp(connection: &mut Connection, id: OperatorId) -> Result<(), StoreError> {
    let none: Option<Vec<u8>> = None;
    let update = diesel::update(table::table.find(id)).set((
        table::totp_secret.eq(none),
        table::totp_enrolled_at.eq(seconds(None)),
        table::totp_last_step.eq(0),
    ));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}
