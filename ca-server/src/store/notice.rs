//! Messages on their way out. Enqueueing is an insert, in the write that makes the message necessary; a job takes what is
//! due and sends it, never inside a request.

use ca_core::time::UnixTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{NoticeChannel, NoticeId, NoticeState, OptionalSeconds, Seconds, seconds};
use super::schema::notice as table;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// Its id, which the recipient sees too.
    pub id: NoticeId,
    /// What it tells, `request-submitted` for instance.
    pub kind: String,
    /// How it travels.
    pub channel: NoticeChannel,
    /// An e-mail address, or the name of a webhook.
    pub recipient: String,
    /// Its content, in JSON.
    pub payload: String,
    /// A message with the same key is not sent again.
    pub once_key: Option<String>,
    /// When it is made.
    pub created_at: UnixTime,
}

/// A message as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What it tells.
    pub kind: String,
    /// How it travels.
    pub channel: NoticeChannel,
    /// To whom.
    pub recipient: String,
    /// Its content, in JSON.
    pub payload: String,
    /// Where it stands.
    pub state: NoticeState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; while it is tried, when its lease ends.
    #[diesel(deserialize_as = Seconds)]
    pub next_try: UnixTime,
    /// How the last try failed.
    pub last_error: Option<String>,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it arrived or was given up.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub ended_at: Option<UnixTime>,
}

/// Stores messages that are due at once; one whose key was used before is dropped. At most 500 at a time.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, notices: &[NewNotice]) -> Result<(), StoreError> {
    for new in notices {
        let row = (
            table::id.eq(new.id),
            table::kind.eq(&new.kind),
            table::channel.eq(new.channel),
            table::recipient.eq(&new.recipient),
            table::payload.eq(&new.payload),
            table::once_key.eq(&new.once_key),
            table::state.eq(NoticeState::Waiting),
            table::attempts.eq(0_i64),
            table::next_try.eq(Seconds(new.created_at)),
            table::created_at.eq(Seconds(new.created_at)),
        );
        on_each!(connection, |c| {
            diesel::insert_into(table::table).values(row).on_conflict(table::once_key).do_nothing().execute(c)
        })?;
    }
    Ok(())
}

/// The condition of the partial index, word for word.
fn is_waiting() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("state = 'waiting'")
}

/// Changes a waiting message that is still as in `seen`; answers whether it was.
macro_rules! change {
    ($connection:expr, $seen:expr, $values:expr) => {{
        let unchanged = table::table
            .filter(table::id.eq($seen.id).and(table::state.eq(NoticeState::Waiting)))
            .filter(table::next_try.eq(Seconds($seen.next_try)));
        let update = diesel::update(unchanged).set($values);
        Ok::<bool, StoreError>(on_each!($connection, |c| update.execute(c))? == 1)
    }};
}

/// Takes messages that are due, longest first, under a lease until `until`; those that another server takes are left to it.
///
/// # Errors
/// When the database fails.
pub fn claim(
    connection: &mut Connection,
    now: UnixTime,
    until: UnixTime,
    limit: i64,
) -> Result<Vec<Notice>, StoreError> {
    let due = on_each!(connection, |c| table::table
        .select(Notice::as_select())
        .filter(is_waiting().and(table::next_try.le(Seconds(now))))
        .order((table::next_try, table::id))
        .limit(limit)
        .load(c))?;
    let mut claimed = Vec::with_capacity(due.len());
    for notice in due {
        let leased = (table::next_try.eq(Seconds(until)), table::attempts.eq(notice.attempts + 1));
        if change!(connection, notice, leased)? {
            claimed.push(Notice { next_try: until, attempts: notice.attempts + 1, ..notice });
        }
    }
    Ok(claimed)
}

/// Ends a claimed message: it arrived, or is given up with the reason. Answers whether the lease was still ours.
///
/// # Errors
/// When the database fails.
pub fn end(
    connection: &mut Connection,
    notice: &Notice,
    state: NoticeState,
    error: Option<&str>,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let ended = (table::state.eq(state), table::last_error.eq(error), table::ended_at.eq(seconds(Some(at))));
    change!(connection, notice, ended)
}

/// Puts a claimed message that did not arrive back. Answers whether the lease was still ours.
///
/// # Errors
/// When the database fails.
pub fn retry(connection: &mut Connection, notice: &Notice, again: UnixTime, error: &str) -> Result<bool, StoreError> {
    change!(connection, notice, (table::next_try.eq(Seconds(again)), table::last_error.eq(error)))
}

/// The newest messages.
///
/// # Errors
/// When the database fails.
pub fn newest(connection: &mut Connection, limit: i64) -> Result<Vec<Notice>, StoreError> {
    Ok(on_each!(connection, |c| table::table.select(Notice::as_select()).order(table::id.desc()).limit(limit).load(c))?)
}
