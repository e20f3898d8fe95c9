//! When requests are taken: days of the week and a span of the day, in UTC.

use std::fmt;
use std::str::FromStr;

use crate::time::UnixTime;

/// `Mon-Fri 08:00-18:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    first_day: i64,
    last_day: i64,
    /// Seconds since midnight, the first one within.
    begin: i64,
    /// The first one after.
    end: i64,
}

/// Text that is no [`Hours`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no span of working hours: write days and a span in UTC, as in \"Mon-Fri 08:00-18:00\"")]
pub struct InvalidHours(String);

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const DAY: i64 = 86_400;

impl Hours {
    /// Whether an instant lies within.
    pub fn contain(self, at: UnixTime) -> bool {
        // 1970-01-01 was a Thursday.
        let day = (at.seconds().div_euclid(DAY) + 3).rem_euclid(7);
        let second = at.seconds().rem_euclid(DAY);
        let in_week = if self.first_day <= self.last_day {
            (self.first_day..=self.last_day).contains(&day)
        } else {
            day >= self.first_day || day <= self.last_day
        };
        in_week && (self.begin..self.end).contains(&second)
    }
}

/// As it is written, with both days and both ends of the span.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: i64| usize::try_from(day).ok().and_then(|place| DAYS.get(place)).copied().unwrap_or_default();
        let clock = |second: i64| format!("{:02}:{:02}", second / 3600, second % 3600 / 60);
        let days = match self.first_day == self.last_day {
            true => name(self.first_day).to_owned(),
            false => format!("{}-{}", name(self.first_day), name(self.last_day)),
        };
        write!(f, "{days} {}-{}", clock(self.begin), clock(self.end))
    }
}

impl FromStr for Hours {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| InvalidHours(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Hours> {
    let (days, span) = text.split_once(' ')?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (begin, end) = span.split_once('-')?;
    let hours =
        Hours { first_day: day(first)?, last_day: day(last)?, begin: second(begin, false)?, end: second(end, true)? };
    (hours.begin < hours.end).then_some(hours)
}

fn day(word: &str) -> Option<i64> {
    DAYS.iter().position(|day| *day == word).and_then(|place| i64::try_from(place).ok())
}

fn second(text: &str, is_end: bool) -> Option<i64> {
    let (hour, minute) = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let in_day = (0..24).contains(&hour) && (0..60).contains(&minute);
    (in_day || (is_end && (hour, minute) == (24, 0))).then_some(hour * 3600 + minute * 60)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_as_they_are_written() {
        for text in ["Mon-Fri 08:00-18:00", "Sun 00:00-24:00", "Sat-Mon 22:30-23:00"] {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), text);
        }
    }

    /// 2027-01-15 08:00:00 UTC, a Friday.
    const FRIDAY: i64 = 1_800_000_000;

    fn within(hours: &str, offset: i64) -> bool {
        hours.parse::<Hours>().unwrap().contain(UnixTime::from_seconds(FRIDAY + offset))
    }

    #[test]
    fn both_ends_of_day_and_week() {
        assert!(within("Mon-Fri 08:00-18:00", 0) && !within("Mon-Fri 08:00-18:00", -1));
        assert!(within("Fri 00:00-08:01", 59) && !within("Fri 00:00-08:01", 60));
        assert!(!within("Mon-Fri 00:00-24:00", DAY) && within("Mon-Sat 00:00-24:00", DAY));
        assert!(within("Fri-Mon 00:00-24:00", 3 * DAY) && !within("Fri-Mon 00:00-24:00", 4 * DAY));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "Mon", "Mon-Fri", "Mo-Fr 08:00-18:00", "Mon 18:00-08:00", "Mon 8:00-9:00", "Mon 24:00-24:00"] {
            text.parse::<Hours>().unwrap_err();
        }
    }
}
