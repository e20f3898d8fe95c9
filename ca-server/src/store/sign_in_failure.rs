//! Failed sign-ins by what was tried and from where, so that all servers on one database slow down whoever guesses.

use std::time::Duration;

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, Seconds, Sha256};
use super::schema::sign_in_failure as table;

/// How one key is slowed down.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// So many failures cost nothing.
    pub free: u32,
    /// The pause after the first that does; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Failures are forgotten so long after the last one.
    pub memory: Duration,
}

impl Pace {
    fn pause(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.free + 1) {
            None => Duration::ZERO,
            Some(doublings) => self.first_pause.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest_pause),
        }
    }
}

/// Counts an attempt as failed before it is looked at, so that many at once count as many; answers until when none is
/// looked at, if that is so. [`forget`] takes it back when the attempt succeeds.
///
/// # Errors
/// When the database fails.
pub fn charge(
    connection: &mut Connection,
    key: Sha256,
    pace: &Pace,
    now: UnixTime,
) -> Result<Option<UnixTime>, StoreError> {
    begin(connection, key, now)?;
    let forgotten = table::table.find(Hash(key)).filter(table::failed_at.le(Seconds(now.minus(pace.memory))));
    let update = diesel::update(forgotten).set(table::failures.eq(0));
    on_each!(connection, |c| update.execute(c))?;
    let open = table::table.find(Hash(key)).filter(table::locked_until.le(Seconds(now)));
    let update = diesel::update(open)
        .set((table::failures.eq(table::failures + 1), table::failed_at.eq(Seconds(now))))
        .returning(table::failures);
    let counted: Option<i64> = on_each!(connection, |c| update.get_result(c).optional())?;
    let Some(failures) = counted else { return locked_until(connection, key).map(Some) };
    let until = now.plus(pace.pause(u32::try_from(failures).unwrap_or(u32::MAX)));
    let update = diesel::update(table::table.find(Hash(key))).set(table::locked_until.eq(Seconds(until)));
    on_each!(connection, |c| update.execute(c))?;
    Ok(None)
}

fn begin(connection: &mut Connection, key: Sha256, now: UnixTime) -> Result<(), StoreError> {
    let row = (
        table::key_sha256.eq(Hash(key)),
        table::failures.eq(0),
        table::failed_at.eq(Seconds(now)),
        table::locked_until.eq(Seconds(now)),
    );
    on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(table::key_sha256).do_nothing().execute(c)
    })?;
    Ok(())
}

fn locked_until(connection: &mut Connection, key: Sha256) -> Result<UnixTime, StoreError> {
    let query = table::table.find(Hash(key)).select(table::locked_until);
    let seconds: i64 = on_each!(connection, |c| query.first(c))?;
    Ok(UnixTime::from_seconds(seconds))
}

/// Forgets the failures of a key.
///
/// # Errors
/// When the database fails.
pub fn forget(connection: &mut Connection, key: Sha256) -> Result<(), StoreError> {
    let delete = diesel::delete(table::table.find(Hash(key)));
    on_each!(connection, |c| delete.execute(c))?;
    Ok(())
}

/// Takes back one failure of a key: the attempt that was counted succeeded.
///
/// # Errors
/// When the database fails.
pub fn take_back(connection: &mut Connection, key: Sha256, now: UnixTime) -> Result<(), StoreError> {
    let counted = table::table.find(Hash(key)).filter(table::failures.gt(0));
    let update =
        diesel::update(counted).set((table::failures.eq(table::failures - 1), table::locked_until.eq(Seconds(now))));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let seconds = Duration::from_secs;
        let pace = Pace { free: 2, first_pause: seconds(30), longest_pause: seconds(300), memory: seconds(3_600) };
        let pauses = [0, 1, 2, 3, 4, 5, 6, 7, u32::MAX].map(|failures| pace.pause(failures).as_secs());
        assert_eq!(pauses, [0, 0, 0, 30, 60, 120, 240, 300, 300]);
    }
}
