//! How much signing profiles are used, counted in the write that uses them, so that those who ask at the same time do not
//! exceed a limit together.

use ca_core::signing::SigningState;
use ca_core::time::UnixTime;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{Connection, Engine, on_each};
use super::error::StoreError;
use super::fields::{Seconds, SigningStateWord};
use super::schema::{signing_grant_use as uses, signing_request as table};

/// How much a profile may be used, and since when that is counted.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Name of the profile.
    pub profile: String,
    /// Requests since `hour`.
    pub requests: i64,
    /// The beginning of the span in which requests are counted.
    pub hour: UnixTime,
    /// Signatures since `day`, those under grants too.
    pub signatures: i64,
    /// The beginning of the span in which signatures are counted.
    pub day: UnixTime,
}

/// What of an allowance is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// The requests.
    Requests,
    /// The signatures.
    Signatures,
}

/// Whether so many signatures more are too many, as far as is stored now.
///
/// # Errors
/// When the database fails.
pub fn exhausted(
    connection: &mut Connection,
    allowance: &Allowance,
    wanted: i64,
) -> Result<Option<Exhausted>, StoreError> {
    if requests(connection, &allowance.profile, allowance.hour)? >= allowance.requests {
        return Ok(Some(Exhausted::Requests));
    }
    let used = signatures(connection, &allowance.profile, allowance.day)?;
    Ok((used.saturating_add(wanted) > allowance.signatures).then_some(Exhausted::Signatures))
}

/// The same in the write that makes the signatures' request or spends the grant: until it is stored, every other such write
/// for the profile waits here.
///
/// # Errors
/// When the database fails.
pub fn reserve(
    connection: &mut Connection,
    allowance: &Allowance,
    wanted: i64,
) -> Result<Option<Exhausted>, StoreError> {
    // SQLite has one writer at a time. On PostgreSQL the lock ends with the transaction.
    if let Engine::Postgres(c) = &mut connection.0 {
        let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('signing profile ' || $1, 0))");
        lock.bind::<Text, _>(&allowance.profile).execute(c.as_mut())?;
    }
    exhausted(connection, allowance, wanted)
}

fn requests(connection: &mut Connection, profile: &str, since: UnixTime) -> Result<i64, StoreError> {
    let made = table::table.filter(table::profile.eq(profile).and(table::created_at.gt(Seconds(since)))).count();
    Ok(on_each!(connection, |c| made.get_result(c))?)
}

/// Artifacts of requests that did not end without signatures, and signatures under grants, of begun minutes.
fn signatures(connection: &mut Connection, profile: &str, since: UnixTime) -> Result<i64, StoreError> {
    let counted = SigningState::OPEN.into_iter().chain([SigningState::Received, SigningState::Signed]);
    let items = table::table
        .filter(table::profile.eq(profile).and(table::created_at.gt(Seconds(since))))
        .filter(table::state.eq_any(counted.map(SigningStateWord)))
        .select(table::items)
        .limit(100_000);
    let items: Vec<i64> = on_each!(connection, |c| items.load(c))?;
    let granted =
        uses::table.filter(uses::profile.eq(profile).and(uses::minute.ge(minute(since)))).select(uses::signatures);
    let granted: Vec<i64> = on_each!(connection, |c| granted.load(c))?;
    Ok(items.into_iter().chain(granted).fold(0, i64::saturating_add))
}

/// Counts a signature under a grant.
///
/// # Errors
/// When the database fails.
pub fn note_grant_use(connection: &mut Connection, profile: &str, now: UnixTime) -> Result<(), StoreError> {
    let row = (uses::profile.eq(profile), uses::minute.eq(minute(now)), uses::signatures.eq(1_i64));
    on_each!(connection, |c| diesel::insert_into(uses::table)
        .values(row)
        .on_conflict((uses::profile, uses::minute))
        .do_update()
        .set(uses::signatures.eq(uses::signatures + 1_i64))
        .execute(c))?;
    Ok(())
}

/// Forgets what was used before an instant.
///
/// # Errors
/// When the database fails.
pub fn forget(connection: &mut Connection, before: UnixTime, limit: i64) -> Result<usize, StoreError> {
    let old = uses::table.select(uses::minute).filter(uses::minute.lt(minute(before))).order(uses::minute).limit(limit);
    let minutes: Vec<i64> = on_each!(connection, |c| old.load(c))?;
    let delete = diesel::delete(uses::table.filter(uses::minute.eq_any(minutes)));
    Ok(on_each!(connection, |c| delete.execute(c))?)
}

fn minute(at: UnixTime) -> i64 {
    at.seconds().div_euclid(60)
}
