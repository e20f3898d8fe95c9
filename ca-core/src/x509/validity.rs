//! The period a certificate is valid in, inclusive at both ends (RFC 5280 §4.1.2.5).

use std::time::Duration;

use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use x509_cert::time::Time;

use super::EncodingError;
use crate::time::UnixTime;

/// First and last second of validity; both belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First valid second.
    pub not_before: UnixTime,
    /// Last valid second.
    pub not_after: UnixTime,
}

impl Validity {
    /// A period of exactly `duration` that starts at `not_before`: the last second counts, so one is taken off.
    pub fn starting(not_before: UnixTime, duration: Duration) -> Self {
        let not_after = not_before.plus(duration.saturating_sub(Duration::from_secs(1)));
        Self { not_before, not_after }
    }

    /// Length in seconds with both ends counted.
    pub fn duration(self) -> Duration {
        self.not_after.since(self.not_before) + Duration::from_secs(1)
    }

    /// Whether `instant` lies inside.
    pub fn contains(self, instant: UnixTime) -> bool {
        self.not_before <= instant && instant <= self.not_after
    }

    /// This period cut to what lies inside `outer`, so that a certificate never outlives its issuer.
    pub fn clipped_to(self, outer: Self) -> Self {
        Self { not_before: self.not_before.max(outer.not_before), not_after: self.not_after.min(outer.not_after) }
    }

    pub(crate) fn to_asn1(self) -> Result<x509_cert::time::Validity, EncodingError> {
        Ok(x509_cert::time::Validity::new(to_time(self.not_before)?, to_time(self.not_after)?))
    }

    pub(crate) fn from_asn1<P: x509_cert::certificate::Profile>(validity: &x509_cert::time::Validity<P>) -> Self {
        Self { not_before: from_time(&validity.not_before), not_after: from_time(&validity.not_after) }
    }
}

/// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
pub(crate) fn to_time(instant: UnixTime) -> Result<Time, EncodingError> {
    let error = EncodingError::of("Time");
    let since_epoch = Duration::from_secs(instant.seconds().max(0).unsigned_abs());
    let date = DateTime::from_unix_duration(since_epoch).map_err(&error)?;
    if date.year() < 2050 {
        UtcTime::from_date_time(date).map(Time::UtcTime).map_err(&error)
    } else {
        Ok(Time::GeneralTime(GeneralizedTime::from_date_time(date)))
    }
}

pub(crate) fn from_time(time: &Time) -> UnixTime {
    UnixTime::from_seconds(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn both_ends_belong_to_the_period() {
        let start = UnixTime::from_seconds(1_000_000);
        let validity = Validity::starting(start, DAY);
        assert_eq!(validity.duration(), DAY);
        assert!(validity.contains(start) && validity.contains(validity.not_after));
        assert!(!validity.contains(validity.not_after.plus(Duration::from_secs(1))));
    }

    #[test]
    fn the_encoding_changes_with_the_year_2050() {
        let last_utc = UnixTime::from_seconds(2_524_607_999);
        assert!(matches!(to_time(last_utc), Ok(Time::UtcTime(_))));
        assert!(matches!(to_time(last_utc.plus(Duration::from_secs(1))), Ok(Time::GeneralTime(_))));
    }
}
