//! Sessions of operators. Only the SHA-256 of a session's token is here.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, OperatorId, OptionalSeconds, Seconds, SessionId, SessionStage, Sha256};
use super::operator::Operator;
use super::schema::operator as operators;
use super::schema::operator_session as table;

/// A session as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub operator_id: OperatorId,
    /// How far its sign-in has come.
    pub stage: SessionStage,
    /// How the person proved who they are.
    pub method: String,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it began.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it was last used, to the minute.
    #[diesel(deserialize_as = Seconds)]
    pub seen_at: UnixTime,
    /// When the person last proved who they are.
    #[diesel(deserialize_as = Seconds)]
    pub proved_at: UnixTime,
    /// When it ends, used or not.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
    /// When it was ended.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub revoked_at: Option<UnixTime>,
    /// SHA-256 of the client certificate that it rests on.
    pub certificate: Option<Vec<u8>>,
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of its token.
    pub token_sha256: Sha256,
    /// Whose it is.
    pub operator_id: OperatorId,
    /// How far its sign-in has come.
    pub stage: SessionStage,
    /// How the person proved who they are.
    pub method: String,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When it begins.
    pub created_at: UnixTime,
    /// When the person proved who they are.
    pub proved_at: UnixTime,
    /// When it ends, used or not.
    pub expires_at: UnixTime,
    /// SHA-256 of the client certificate that it rests on.
    pub certificate: Option<Sha256>,
}

/// Stores a session.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewSession) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::token_sha256.eq(Hash(new.token_sha256)),
        table::operator_id.eq(new.operator_id),
        table::stage.eq(new.stage),
        table::method.eq(&new.method),
        table::address.eq(&new.address),
        table::user_agent.eq(&new.user_agent),
        table::created_at.eq(Seconds(new.created_at)),
        table::seen_at.eq(Seconds(new.created_at)),
        table::proved_at.eq(Seconds(new.proved_at)),
        table::expires_at.eq(Seconds(new.expires_at)),
        table::certificate.eq(new.certificate.map(Hash)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The session of a token's hash with its operator, in whatever state.
///
/// # Errors
/// When the database fails.
pub fn by_token(connection: &mut Connection, token: Sha256) -> Result<Option<(Session, Operator)>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .inner_join(operators::table.on(operators::id.eq(table::operator_id)))
        .select((Session::as_select(), Operator::as_select()))
        .filter(table::token_sha256.eq(Hash(token)))
        .first(c)
        .optional())?)
}

/// The sessions of an operator that have neither ended nor run out, newest first.
///
/// # Errors
/// When the database fails.
pub fn open(connection: &mut Connection, operator: OperatorId, now: UnixTime) -> Result<Vec<Session>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Session::as_select())
        .filter(table::operator_id.eq(operator).and(table::revoked_at.is_null()))
        .filter(table::expires_at.gt(Seconds(now)))
        .order(table::id.desc())
        .limit(100)
        .load(c))?)
}

/// Notes that a session is in use.
///
/// # Errors
/// When the database fails.
pub fn seen(connection: &mut Connection, id: SessionId, now: UnixTime) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set(table::seen_at.eq(Seconds(now)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Notes that the person of a session proved themself again, and exchanges the hash of its token; answers whether the
/// session was open and had the first of the two.
///
/// # Errors
/// When the database fails.
pub fn renew(
    connection: &mut Connection,
    id: SessionId,
    tokens: (Sha256, Sha256),
    proved_at: UnixTime,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let open = table::table.filter(table::id.eq(id).and(table::revoked_at.is_null()));
    let update = diesel::update(open.filter(table::token_sha256.eq(Hash(tokens.0)))).set((
        table::token_sha256.eq(Hash(tokens.1)),
        table::seen_at.eq(Seconds(now)),
        table::proved_at.eq(Seconds(proved_at)),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Ends a session of an operator; answers whether it was open.
///
/// # Errors
/// When the database fails.
pub fn revoke(
    connection: &mut Connection,
    operator: OperatorId,
    id: SessionId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let open = table::table.filter(table::id.eq(id).and(table::operator_id.eq(operator)));
    let update = diesel::update(open.filter(table::revoked_at.is_null())).set(table::revoked_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Ends every session of an operator but one.
///
/// # Errors
/// When the database fails.
pub fn revoke_all(
    connection: &mut Connection,
    operator: OperatorId,
    except: Option<SessionId>,
    now: UnixTime,
) -> Result<usize, StoreError> {
    let kept = except.unwrap_or(SessionId::new(uuid::Uuid::nil()));
    let open = table::table.filter(table::operator_id.eq(operator).and(table::id.ne(kept)));
    let update = diesel::update(open.filter(table::revoked_at.is_null())).set(table::revoked_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))?)
}
