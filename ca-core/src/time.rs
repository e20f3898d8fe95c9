//! Instants as the database and the standards hold them. This crate reads no clock: an instant is always an argument.

use std::fmt;
use std::time::Duration;

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The instant `seconds` after the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This instant moved later, saturating.
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(duration.as_secs()))
    }

    /// This instant moved earlier, saturating.
    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(duration.as_secs()))
    }

    /// How long after `earlier` this instant lies; zero if it lies before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

/// RFC 3339 in UTC, as in every JSON answer (RFC 8555 §7.1.3).
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use time::format_description::well_known::Rfc3339;
        match time::OffsetDateTime::from_unix_timestamp(self.0).map(|t| t.format(&Rfc3339)) {
            Ok(Ok(text)) => f.write_str(&text),
            _ => write!(f, "{} s after 1970", self.0),
        }
    }
}

/// Microseconds since 1970-01-01T00:00:00Z, where the order of events matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMicros(i64);

impl UnixMicros {
    /// The instant `micros` after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The first microsecond of a second.
    pub const fn of_second(second: UnixTime) -> Self {
        Self(second.seconds().saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The whole second this instant lies in.
    pub const fn to_unix_time(self) -> UnixTime {
        UnixTime(self.0.div_euclid(1_000_000))
    }
}
