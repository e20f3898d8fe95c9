//! CRL numbers (RFC 5280 §5.2.3).

use std::fmt;
use std::str::FromStr;

use crate::time::UnixMicros;

/// Grows with every list of one CA and scope. It is what tells the newer of two lists, not their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlNumber(u128);

/// A text that is no number of at most 128 bits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a CRL number: a decimal number of at most 128 bits")]
pub struct InvalidCrlNumber(String);

impl CrlNumber {
    /// The number itself. RFC 5280 allows 20 octets; ours and those we read fit into 16.
    pub const fn new(number: u128) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn value(self) -> u128 {
        self.0
    }

    /// The number of a list made at `this_update` after the one numbered `previous`. By following the clock it stays
    /// ahead of numbers that a restored database has forgotten; by following `previous` it grows when the clock does
    /// not.
    pub fn next(previous: Option<Self>, this_update: UnixMicros) -> Self {
        let clock = u128::try_from(this_update.micros()).unwrap_or(0);
        Self(previous.map_or(clock, |previous| clock.max(previous.0.saturating_add(1))))
    }
}

impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CrlNumber {
    type Err = InvalidCrlNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Self).ok_or_else(|| InvalidCrlNumber(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_clock_and_never_stand_still() {
        let next = |previous: Option<u128>, micros| {
            CrlNumber::next(previous.map(CrlNumber::new), UnixMicros::from_micros(micros)).value()
        };
        assert_eq!(next(None, 1_700_000_000_000_000), 1_700_000_000_000_000);
        assert_eq!(next(Some(7), 1_700_000_000_000_000), 1_700_000_000_000_000, "a database that was restored");
        assert_eq!(next(Some(1_700_000_000_000_000), 1_700_000_000_000_000), 1_700_000_000_000_001);
        assert_eq!(next(Some(1_800_000_000_000_000), 1_700_000_000_000_000), 1_800_000_000_000_001, "a clock set back");
        assert_eq!(next(None, -1), 0);
    }

    #[test]
    fn text_is_decimal() {
        for number in [0, 1, u128::MAX] {
            assert_eq!(number.to_string().parse(), Ok(CrlNumber::new(number)));
        }
        for text in ["", "+1", "-1", "0x10", "1 ", "340282366920938463463374607431768211456"] {
            assert_eq!(text.parse::<CrlNumber>(), Err(InvalidCrlNumber(text.to_owned())));
        }
    }
}
