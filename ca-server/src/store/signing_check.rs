//! What the server does for signing profiles by itself: when it did so last, and how it went. One row a profile and kind,
//! by which several servers also agree on who does it.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Seconds, SigningCheckKind};
use super::schema::signing_check as table;

/// How it went last.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SigningCheck {
    /// Name of the signing profile.
    pub profile: String,
    /// What was done.
    pub kind: SigningCheckKind,
    /// When it was begun.
    #[diesel(deserialize_as = Seconds)]
    pub checked_at: UnixTime,
    /// Why it did not go well, if it did not.
    pub fault: Option<String>,
}

/// Takes it upon this server, if nobody did so after `before`; answers whether it is this server's now.
///
/// # Errors
/// When the database fails.
pub fn begin(
    connection: &mut Connection,
    profile: &str,
    kind: SigningCheckKind,
    now: UnixTime,
    before: UnixTime,
) -> Result<bool, StoreError> {
    let row = (table::profile.eq(profile), table::kind.eq(kind), table::checked_at.eq(Seconds(now)));
    let insert = diesel::insert_into(table::table).values(row).on_conflict_do_nothing();
    if on_each!(connection, |c| insert.execute(c))? == 1 {
        return Ok(true);
    }
    let due = table::table.find((profile, kind)).filter(table::checked_at.le(Seconds(before)));
    let update = diesel::update(due).set(table::checked_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Writes down how it went that was begun at `begun`; answers `false`, with nothing changed, when it was begun again since.
///
/// # Errors
/// When the database fails.
pub fn end(
    connection: &mut Connection,
    profile: &str,
    kind: SigningCheckKind,
    begun: UnixTime,
    fault: Option<&str>,
) -> Result<bool, StoreError> {
    let same = table::table.find((profile, kind)).filter(table::checked_at.eq(Seconds(begun)));
    let update = diesel::update(same).set(table::fault.eq(fault));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// There is nothing to do: what went wrong before is settled in another way.
///
/// # Errors
/// When the database fails.
pub fn settle(connection: &mut Connection, profile: &str, kind: SigningCheckKind) -> Result<(), StoreError> {
    let faulty = table::table.find((profile, kind)).filter(table::fault.is_not_null());
    let update = diesel::update(faulty).set(table::fault.eq(None::<String>));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// How everything went: a handful of rows.
///
/// # Errors
/// When the database fails.
pub fn all(connection: &mut Connection) -> Result<Vec<SigningCheck>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(SigningCheck::as_select())
        .order((table::profile, table::kind))
        .load(c))?)
}
