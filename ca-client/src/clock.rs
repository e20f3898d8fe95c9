//! Real time: a CI step waits for people.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ca_core::time::UnixTime;

/// When something has to be over; never, if there is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) const NEVER: Self = Self(None);

    pub(crate) fn after(duration: Duration) -> Self {
        Self(instant().checked_add(duration))
    }

    /// So long after an instant.
    pub(crate) fn since(start: Instant, duration: Duration) -> Self {
        Self(start.checked_add(duration))
    }

    pub(crate) fn earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Self(Some(one.min(two))),
            (one, two) => Self(one.or(two)),
        }
    }

    /// How long there is still; more than anybody waits if there is no limit.
    pub(crate) fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(instant()))
    }

    /// What the future gives, or none when it is over first.
    pub(crate) async fn bound<T>(self, future: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(future.await),
            Some(_) => tokio::time::timeout(self.left(), future).await.ok(),
        }
    }

    pub(crate) fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

#[expect(clippy::disallowed_methods, reason = "a CI step lives in real time")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "certificates are judged now")]
pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "a CI step waits in real time")]
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Any duration up to this one, so that builds which a restart interrupted do not come back at the same instant.
pub(crate) fn jitter(longest: Duration) -> Duration {
    // The standard library seeds each of these anew; nothing secret depends on it.
    let random = RandomState::new().hash_one(0) % 1024;
    longest * u32::try_from(random).unwrap_or_default() / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_longer_than_the_deadline_is_given_up() {
        let soon = Deadline::after(Duration::from_millis(20));
        assert_eq!(soon.bound(std::future::pending::<()>()).await, None);
        assert_eq!(soon.bound(async { 1 }).await, Some(1));
        assert_eq!(Deadline::NEVER.bound(async { 1 }).await, Some(1));
    }

    #[test]
    fn jitter_stays_below_its_limit() {
        let limit = Duration::from_secs(4);
        let some: Vec<Duration> = (0..50).map(|_| jitter(limit)).collect();
        assert!(some.iter().all(|one| *one < limit) && some.iter().any(|one| *one != some[0]), "{some:?}");
    }
}
