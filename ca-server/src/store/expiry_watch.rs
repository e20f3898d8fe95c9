//! The watch over renewals: one row for the newest certificate of each set of names.
//!
//! A row says from when on a person is wanted if no successor has come. It goes when one comes: a certificate that was
//! replaced alarms nobody.

use std::time::Duration;

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::certificate::{CertificateRecord, NewCertificate};
use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, ExpiryTold, Hash, OptionalSeconds, Seconds, Sha256};
use super::schema::{certificate, expiry_watch as table};

/// Without a habit to go by, a person is wanted so long before the end, or in the last third of a shorter life.
const USUAL_NOTICE: Duration = Duration::from_secs(14 * 86_400);

/// A certificate that lives no longer and renews nothing is thought to be for one use.
const ONE_USE: Duration = Duration::from_secs(10 * 86_400);

/// A row of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Watched {
    /// The certificate.
    pub certificate_id: CertificateId,
    /// When it ends.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// From when on a person is wanted.
    #[diesel(deserialize_as = Seconds)]
    pub watch_at: UnixTime,
    /// Whether that follows from when its predecessor was renewed.
    pub is_usual: bool,
    /// What people were told.
    pub told: ExpiryTold,
}

/// What is known of the certificate before.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = certificate)]
struct Before {
    #[diesel(deserialize_as = Seconds)]
    not_after: UnixTime,
    #[diesel(deserialize_as = OptionalSeconds)]
    revoked_at: Option<UnixTime>,
}

/// From when on a person is wanted, and whether that follows from a habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    watch_at: UnixTime,
    is_usual: bool,
}

/// Watches a certificate that was just stored in place of the one before it with the same names.
///
/// # Errors
/// When the database fails.
pub fn begin(connection: &mut Connection, new: &NewCertificate) -> Result<(), StoreError> {
    let facts = &new.facts;
    let before = match facts.names.is_empty() {
        // Nothing says that a certificate without names renews another.
        true => None,
        false => before(connection, facts.certificate_id, facts.names_hash)?,
    };
    if before.is_some() {
        let replaced = diesel::delete(table::table.filter(table::names_hash.eq(Hash(facts.names_hash))));
        on_each!(connection, |c| replaced.execute(c))?;
    }
    match plan(new.issued_at, facts.not_after, before) {
        Some(plan) => insert(connection, facts.certificate_id, facts.names_hash, facts.not_after, plan),
        None => Ok(()),
    }
}

/// Ends the watch over a certificate that was revoked. The one that stands for its names now is watched again.
///
/// # Errors
/// When the database fails.
pub fn revoked(connection: &mut Connection, record: &CertificateRecord, at: UnixTime) -> Result<(), StoreError> {
    end(connection, record.id)?;
    if record.names.is_empty() {
        return Ok(());
    }
    let standing = standing(connection, record.names_hash)?;
    let Some(standing) = standing.filter(|standing| standing.not_after > at) else { return Ok(()) };
    match plan(standing.issued_at, standing.not_after, None) {
        Some(plan) => insert(connection, standing.id, standing.names_hash, standing.not_after, plan),
        None => Ok(()),
    }
}

/// The newest certificate of a set of names that is not revoked.
fn standing(connection: &mut Connection, names_hash: Sha256) -> Result<Option<CertificateRecord>, StoreError> {
    use certificate as table;
    Ok(on_each!(connection, |c| table::table
        .select(CertificateRecord::as_select())
        .filter(table::names_hash.eq(Hash(names_hash)).and(table::revoked_at.is_null()))
        .order(table::id.desc())
        .first(c)
        .optional())?)
}

/// Ends the watch over a certificate.
///
/// # Errors
/// When the database fails.
pub fn end(connection: &mut Connection, id: CertificateId) -> Result<(), StoreError> {
    on_each!(connection, |c| diesel::delete(table::table.find(id)).execute(c))?;
    Ok(())
}

/// Certificates that a person should look at, longest due first, after a given one.
///
/// # Errors
/// When the database fails.
pub fn due(
    connection: &mut Connection,
    now: UnixTime,
    after: Option<Watched>,
    limit: i64,
) -> Result<Vec<Watched>, StoreError> {
    Ok(on_each!(connection, |c| {
        let mut query = table::table.select(Watched::as_select()).limit(limit).into_boxed();
        query = query.filter(table::watch_at.le(Seconds(now)));
        if let Some(last) = after {
            let (at, id) = (Seconds(last.watch_at), last.certificate_id);
            // The first condition is what the index is entered by.
            let beyond = table::watch_at.gt(at).or(table::certificate_id.gt(id));
            query = query.filter(table::watch_at.ge(at).and(beyond));
        }
        query.order((table::watch_at, table::certificate_id)).load(c)
    })?)
}

/// Notes what people are told now, unless somebody noted something else since it was `seen`: answers whether that was so.
///
/// # Errors
/// When the database fails.
pub fn tell(connection: &mut Connection, seen: &Watched, told: ExpiryTold) -> Result<bool, StoreError> {
    let same = table::table.filter(table::certificate_id.eq(seen.certificate_id).and(table::told.eq(seen.told)));
    let update = diesel::update(same).set(table::told.eq(told));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// The row of a certificate.
///
/// # Errors
/// When the database fails.
pub fn of(connection: &mut Connection, id: CertificateId) -> Result<Option<Watched>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(Watched::as_select()).first(c).optional())?)
}

fn before(connection: &mut Connection, id: CertificateId, names_hash: Sha256) -> Result<Option<Before>, StoreError> {
    use certificate as table;
    Ok(on_each!(connection, |c| table::table
        .select(Before::as_select())
        .filter(table::names_hash.eq(Hash(names_hash)).and(table::id.ne(id)))
        .order(table::id.desc())
        .first(c)
        .optional())?)
}

fn insert(
    connection: &mut Connection,
    id: CertificateId,
    names_hash: Sha256,
    not_after: UnixTime,
    plan: Plan,
) -> Result<(), StoreError> {
    let row = (
        table::certificate_id.eq(id),
        table::names_hash.eq(Hash(names_hash)),
        table::not_after.eq(Seconds(not_after)),
        table::watch_at.eq(Seconds(plan.watch_at)),
        table::is_usual.eq(plan.is_usual),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

fn plan(issued_at: UnixTime, not_after: UnixTime, before: Option<Before>) -> Option<Plan> {
    let life = not_after.since(issued_at);
    if before.is_none() && life <= ONE_USE {
        return None;
    }
    let latest = not_after.minus(USUAL_NOTICE.min(life / 3));
    let remaining = before.filter(|before| before.revoked_at.is_none()).map(|before| before.not_after.since(issued_at));
    // Who orders again at once has no habit of renewing, nor has who renews when it is over.
    let habit = remaining.filter(|remaining| !remaining.is_zero() && *remaining <= life * 2 / 3);
    Some(match habit {
        // A quarter late is late.
        Some(habit) => Plan { watch_at: not_after.minus(habit * 3 / 4).min(latest), is_usual: true },
        None => Plan { watch_at: latest, is_usual: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(day: i64) -> UnixTime {
        UnixTime::from_seconds(day * DAY)
    }

    fn planned(end: i64, before: Option<i64>) -> Option<(i64, bool)> {
        let before = before.map(|end| Before { not_after: at(100 + end), revoked_at: None });
        plan(at(100), at(100 + end), before).map(|plan| (plan.watch_at.seconds() / DAY - 100, plan.is_usual))
    }

    #[test]
    fn a_habit_is_taken_for_what_will_be_done_again() {
        // Renewed with 32 days left: wanted when 24 are left.
        assert_eq!(planned(90, Some(32)), Some((66, true)));
        // Renewed at the last moment: nobody should wait for that.
        assert_eq!(planned(90, Some(1)), Some((76, true)));
    }

    #[test]
    fn without_a_habit_a_fortnight_or_a_third_is_left() {
        assert_eq!(planned(90, None), Some((76, false)));
        assert_eq!(planned(30, None), Some((20, false)));
        assert_eq!(planned(90, Some(85)), Some((76, false)));
        assert_eq!(planned(90, Some(-3)), Some((76, false)));
    }

    #[test]
    fn what_is_for_one_use_is_not_watched_until_it_is_renewed() {
        assert_eq!(planned(1, None), None);
        assert_eq!(planned(6, Some(2)), Some((4, true)));
    }
}
