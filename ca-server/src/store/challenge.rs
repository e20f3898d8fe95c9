//! ACME challenges (RFC 8555 §7.1.5).

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::authorization::{Authorization, NewAuthorization};
use super::connection::{Connection, Kept, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{AccountId, AuthorizationId, ChallengeId, ChallengeState, OptionalSeconds, Seconds};
use super::schema::acme_authorization;
use super::schema::acme_challenge as table;

/// A challenge as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Challenge {
    /// Its id, also in its URL.
    pub id: ChallengeId,
    /// The authorization it can make valid.
    pub authorization_id: AuthorizationId,
    /// The challenge type, `http-01` for instance.
    pub kind: String,
    /// The token.
    pub token: String,
    /// How far validation has come.
    pub state: ChallengeState,
    /// When it was met.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub validated_at: Option<UnixTime>,
    /// Why it failed: a problem document in JSON, as the account may see it.
    pub problem: Option<String>,
}

/// A challenge to be stored, in state pending.
#[derive(Clone, Debug)]
pub struct NewChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// The challenge type; one of a kind in an authorization.
    pub kind: String,
    /// The token.
    pub token: String,
}

pub(super) fn insert(connection: &mut Connection, authorizations: &[&NewAuthorization]) -> Result<(), StoreError> {
    let row = |authorization: AuthorizationId, new: &NewChallenge| {
        (
            table::authorization_id.eq(authorization),
            table::kind.eq(new.kind.clone()),
            table::id.eq(new.id),
            table::token.eq(new.token.clone()),
            table::state.eq(ChallengeState::Pending),
        )
    };
    let rows = authorizations.iter().flat_map(|new| new.challenges.iter().map(|challenge| row(new.id, challenge)));
    insert_rows!(connection, table::table, rows.collect::<Vec<_>>());
    Ok(())
}

/// The challenges of an authorization.
///
/// # Errors
/// When the database fails.
pub fn of_authorization(
    connection: &mut Connection,
    authorization: AuthorizationId,
) -> Result<Vec<Challenge>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Challenge::as_select())
        .filter(table::authorization_id.eq(authorization))
        .order(table::kind)
        .load(c))?)
}

/// The challenges of several authorizations that failed.
///
/// # Errors
/// When the database fails.
pub fn failed_of(connection: &mut Connection, of: &[AuthorizationId]) -> Result<Vec<Challenge>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Challenge::as_select())
        .filter(table::authorization_id.eq_any(of).and(table::problem.is_not_null()))
        .order((table::authorization_id, table::kind))
        .load(c))?)
}

/// The challenge of an id and account, with its authorization.
///
/// # Errors
/// When the database fails.
pub fn by_id(
    connection: &mut Connection,
    account: AccountId,
    id: ChallengeId,
) -> Result<Option<(Challenge, Authorization)>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .inner_join(acme_authorization::table.on(acme_authorization::id.eq(table::authorization_id)))
        .select((Challenge::as_select(), Authorization::as_select()))
        .filter(table::id.eq(id).and(acme_authorization::account_id.eq(account)))
        .first(c)
        .optional())?)
}

/// The challenge of an id, for whoever has just changed it.
///
/// # Errors
/// When the database fails.
pub fn find(connection: &mut Connection, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Challenge::as_select())
        .filter(table::id.eq(id))
        .first(c)
        .optional())?)
}

/// Moves a pending challenge to processing; answers whether it was pending.
///
/// # Errors
/// When the database fails.
pub fn start(connection: &mut Connection, id: ChallengeId) -> Result<bool, StoreError> {
    let pending = table::table.filter(table::id.eq(id).and(table::state.eq(ChallengeState::Pending)));
    let update = diesel::update(pending).set(table::state.eq(ChallengeState::Processing));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

pub(super) fn set_valid(connection: &mut Connection, id: ChallengeId, at: UnixTime) -> Result<(), StoreError> {
    let update = diesel::update(table::table.filter(table::id.eq(id)))
        .set((table::state.eq(ChallengeState::Valid), table::validated_at.eq(Seconds(at))));
    on_each!(connection, |c| Kept(update).execute(c))?;
    Ok(())
}

pub(super) fn set_invalid(connection: &mut Connection, id: ChallengeId, problem: &str) -> Result<(), StoreError> {
    let update = diesel::update(table::table.filter(table::id.eq(id)))
        .set((table::state.eq(ChallengeState::Invalid), table::problem.eq(problem)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}
