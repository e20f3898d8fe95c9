//! Durations as people write them in configuration: `90d`, `36h`, `15m`, `30s`, `10y`.

use std::time::Duration;

/// Text that is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration: write a whole number and a unit, as in 30s, 15m, 36h, 90d, 10y (a year is 365 days)")]
pub struct InvalidDuration(String);

const UNITS: [(char, u64); 5] = [('y', 365 * 86_400), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a whole number with one unit.
///
/// # Errors
/// [`InvalidDuration`] for anything else, overflow included.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = || InvalidDuration(text.to_owned());
    let unit = text.chars().last().ok_or_else(invalid)?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
    let digits = text.strip_suffix(unit).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid());
    }
    let number: u64 = digits.parse().map_err(|_| invalid())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(invalid)
}

/// The shortest text that [`parse`] reads back to the same whole seconds.
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let fits = |(_, unit): &(char, u64)| seconds > 0 && seconds.is_multiple_of(*unit);
    let (name, unit) = UNITS.into_iter().find(fits).unwrap_or(('s', 1));
    format!("{}{name}", seconds / unit)
}

/// For `#[serde(with = "crate::duration::text")]`.
pub mod text {
    use serde::{Deserialize as _, Deserializer, Serializer, de};
    use std::time::Duration;

    /// Writes the text form.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::format(*duration))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// When the text is no duration.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_duration_go_both_ways() {
        for (text, seconds) in
            [("0s", 0), ("30s", 30), ("15m", 900), ("36h", 129_600), ("90d", 7_776_000), ("10y", 315_360_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
            assert_eq!(format(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "d", "1", "-1d", "1.5h", "1 d", "1w", "99999999999999999999d", "9999999999999999y"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
