//! What the dashboard shows: what needs a person now, and how the installation went lately.

mod authorities;
pub mod counting;
mod failures;
mod hsms;
pub mod need;
mod renewals;
mod signing;
mod timestamps;

use std::collections::BTreeMap;

use ca_core::policy::Actor;
use ca_core::policy::action::ListCertificates;
use ca_core::time::UnixTime;

use self::counting::{DAY, day};
use self::need::Need;
use super::OpError;
use super::hsm::{self, HsmOverview};
use crate::app::App;
use crate::store::certificate_count::{self, CountKind, DayCount};
use crate::store::{StoreError, acme_failure};

/// Days of the chart of issuance, today with them.
const PAST: i64 = 30;

/// Days over which key algorithms are counted.
const ALGORITHMS: i64 = 90;

/// Days of the calendar of ends.
const AHEAD: i64 = 90;

/// Later ends than this are no certificate's: the last second of 9999 (RFC 5280 §4.1.2.5).
const LAST_DAY: i64 = 2_932_897;

/// Failures of each kind that are counted; more than that is said as so many.
const FAILURES: i64 = 5_000;

/// Revoked certificates are counted no further.
const REVOKED: i64 = 50_000;

/// The dashboard.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// When it was looked at.
    pub now: UnixTime,
    /// What needs a person, the most urgent first.
    pub needs: Vec<Need>,
    /// Certificates that are valid.
    pub valid: i64,
    /// The days of the chart of issuance, oldest first.
    pub past: Vec<PastDay>,
    /// Whether more failed than is counted.
    pub more_failed: bool,
    /// Key algorithms of the certificates of the last ninety days, and how many there are of each.
    pub algorithms: Vec<(String, i64)>,
    /// The first day of the calendar, since 1970.
    pub first_end: i64,
    /// Certificates that end on that day and the next ones.
    pub ends: Vec<i64>,
    /// The HSMs, with how they answered lately.
    pub hsms: Vec<HsmOverview>,
}

/// One day of the chart of issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastDay {
    /// The day, since 1970.
    pub day: i64,
    /// Certificates issued.
    pub issued: i64,
    /// Validations and orders that were begun then and failed.
    pub failed: i64,
}

struct Counts {
    issued: Vec<DayCount>,
    ends: Vec<DayCount>,
    failures: Vec<UnixTime>,
    revoked: i64,
}

/// Looks at everything.
///
/// # Errors
/// Policy and database.
pub async fn dashboard(app: &App, actor: &Actor) -> Result<Dashboard, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let now = app.clock.now();
    let today = day(now);
    let counts = read(app, now).await?;
    let tomorrow = usize::try_from(AHEAD).unwrap_or_default();
    let unended: i64 = counts.ends.iter().map(|count| count.count).sum();
    Ok(Dashboard {
        now,
        needs: need::all(app, actor).await?,
        valid: unended.saturating_sub(counts.revoked).max(0),
        past: past(&counts, today),
        more_failed: i64::try_from(counts.failures.len()).is_ok_and(|failed| failed >= FAILURES),
        algorithms: algorithms(&counts.issued),
        first_end: today,
        ends: by_day(&counts.ends, today, tomorrow),
        hsms: hsm::all(app, actor)?,
    })
}

async fn read(app: &App, now: UnixTime) -> Result<Counts, OpError> {
    let today = day(now);
    let first = UnixTime::from_seconds((today - PAST + 1) * DAY);
    let read = move |c: &mut _| {
        Ok::<_, StoreError>(Counts {
            issued: certificate_count::counts(c, CountKind::Issued, today - ALGORITHMS + 1, today + 2)?,
            ends: certificate_count::counts(c, CountKind::Ends, today, LAST_DAY)?,
            failures: acme_failure::since(c, first, FAILURES)?,
            revoked: certificate_count::revoked_unexpired(c, now, REVOKED)?,
        })
    };
    Ok(app.store.read(read).await?)
}

fn past(counts: &Counts, today: i64) -> Vec<PastDay> {
    let failed = |wanted| counts.failures.iter().filter(|at| day(**at) == wanted).count();
    let issued = by_day(&counts.issued, today - PAST + 1, usize::try_from(PAST).unwrap_or_default());
    let day = |(day, issued)| PastDay { day, issued, failed: i64::try_from(failed(day)).unwrap_or(i64::MAX) };
    (today - PAST + 1..).zip(issued).map(day).collect()
}

/// The counts of so many days from the first on, whatever their values.
fn by_day(counts: &[DayCount], first: i64, days: usize) -> Vec<i64> {
    let mut all = vec![0; days];
    for count in counts {
        let place = usize::try_from(count.day.saturating_sub(first)).ok();
        if let Some(sum) = place.and_then(|place| all.get_mut(place)) {
            *sum += count.count;
        }
    }
    all
}

fn algorithms(counts: &[DayCount]) -> Vec<(String, i64)> {
    let mut all: BTreeMap<&str, i64> = BTreeMap::new();
    for count in counts {
        *all.entry(&count.value).or_default() += count.count;
    }
    all.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(day: i64, value: &str, count: i64) -> DayCount {
        DayCount { day, value: value.to_owned(), count }
    }

    #[test]
    fn counts_fall_into_their_days() {
        let counts = [count(9, "a", 1), count(10, "a", 2), count(10, "b", 3), count(13, "a", 4)];
        assert_eq!(by_day(&counts, 10, 3), [5, 0, 0]);
        assert_eq!(algorithms(&counts), [("a".to_owned(), 7), ("b".to_owned(), 3)]);
    }

    #[test]
    fn the_last_day_of_the_chart_is_today() {
        let at = |day: i64| UnixTime::from_seconds(day * DAY + 5);
        let counts = Counts {
            issued: vec![count(100, "a", 2), count(71, "a", 1), count(70, "a", 9)],
            ends: Vec::new(),
            failures: vec![at(100), at(100), at(99)],
            revoked: 0,
        };
        let days = past(&counts, 100);
        assert_eq!((days.len(), days[0].day, days[0].issued), (30, 71, 1));
        assert_eq!(days[29], PastDay { day: 100, issued: 2, failed: 2 });
    }
}
