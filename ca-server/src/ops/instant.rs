//! Instants as people write them.

use ca_core::duration;
use ca_core::time::UnixTime;
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc3339};

/// Text that is no instant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no instant: write 2027-01-31, 2027-01-31T12:00:00Z, or 30d for thirty days from now")]
pub struct InvalidInstant(String);

/// An RFC 3339 time, a date, or a duration from now.
///
/// # Errors
/// [`InvalidInstant`].
pub fn parse(text: &str, now: UnixTime) -> Result<UnixTime, InvalidInstant> {
    if let Ok(duration) = duration::parse(text) {
        return Ok(now.plus(duration));
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).map(|time| time.unix_timestamp());
    let date = || time::Date::parse(text, &Iso8601::DATE).map(|date| date.midnight().assume_utc().unix_timestamp());
    time.or_else(|_| date()).map(UnixTime::from_seconds).map_err(|_| InvalidInstant(text.to_owned()))
}

/// Text that is no moment of the past.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment: write 2027-01-31, 2027-01-31T12:00:00Z, or 7d for seven days ago")]
pub struct InvalidMoment(String);

/// An RFC 3339 time, a date, or how long ago.
///
/// # Errors
/// [`InvalidMoment`].
pub fn parse_past(text: &str, now: UnixTime) -> Result<UnixTime, InvalidMoment> {
    match duration::parse(text) {
        Ok(ago) => Ok(now.minus(ago)),
        Err(_) => parse(text, now).map_err(|_| InvalidMoment(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_write_an_instant() {
        let now = UnixTime::from_seconds(1_000);
        let seconds = |text| parse(text, now).map(UnixTime::seconds);
        assert_eq!(seconds("1h"), Ok(4_600));
        assert_eq!(seconds("1970-01-02"), Ok(86_400));
        assert_eq!(seconds("1970-01-02T00:00:01+00:00"), Ok(86_401));
        for bad in ["", "tomorrow", "1970-13-01", "-1d"] {
            assert!(parse(bad, now).is_err(), "{bad}");
        }
    }
}
