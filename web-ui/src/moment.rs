//! A moment as people read it: "in 12 days", with the exact UTC time for whoever hovers, prints or parses it.

use askama::Template;
use askama::filters::HtmlSafe;
use time::OffsetDateTime;
use time::macros::format_description;

/// A moment seen from `now`, both in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ self.iso() }}" title="{{ self.exact() }}" data-moment>{{ self.relative() }}</time>"#
)]
pub struct Moment {
    /// The moment.
    pub at: i64,
    /// When the page was made.
    pub now: i64,
}

/// The same moment as date and time: UTC, and the viewer's own zone where the script runs.
#[derive(Clone, Copy, Debug, Template)]
#[template(ext = "html", source = r#"<time datetime="{{ self.0.iso() }}" data-exact>{{ self.0.exact() }}</time>"#)]
pub struct Exact(pub Moment);

// The templates above escape what they write.
impl HtmlSafe for Moment {}
impl HtmlSafe for Exact {}

impl Moment {
    /// `2026-07-01T12:00:00Z`.
    pub fn iso(self) -> String {
        self.utc().map_or_else(String::new, |utc| {
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
            utc.format(format).unwrap_or_default()
        })
    }

    /// `2026-07-01 12:00:00 UTC`.
    pub fn exact(self) -> String {
        self.utc().map_or_else(String::new, |utc| {
            let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
            utc.format(format).unwrap_or_default()
        })
    }

    /// `2026-07-01`.
    pub fn date(self) -> String {
        self.exact().chars().take_while(|c| *c != ' ').collect()
    }

    /// "in 12 days", "3 hours ago", "now".
    pub fn relative(self) -> String {
        let distance = self.at.saturating_sub(self.now);
        let length = length(distance.unsigned_abs());
        match distance {
            ..=-1 => format!("{length} ago"),
            0 => "now".to_owned(),
            1.. => format!("in {length}"),
        }
    }

    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.at).ok()
    }
}

/// A length of time in the largest unit that still says something: two at least, but for a single one of the smaller unit.
pub(crate) fn length(seconds: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (365 * 86_400 + 86_400 / 4, "year"),
        (30 * 86_400, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    // Months are rough: days say it better up to a quarter of a year.
    let least = |unit: &str| if unit == "month" { 4 } else { 2 };
    let found = UNITS.iter().find(|(size, unit)| seconds >= size * least(unit));
    let (size, unit) = found.unwrap_or(&(1, "second"));
    // "In 10 years" is said of ten years less a day; days and less are not rounded up.
    let count = if *size > 86_400 { (seconds + size / 2) / size } else { seconds / size };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_782_907_200;
    const DAY: i64 = 86_400;

    fn relative(distance: i64) -> String {
        Moment { at: NOW.saturating_add(distance), now: NOW }.relative()
    }

    #[test]
    fn a_distance_is_told_in_one_unit() {
        let told = [0, 1, 90, 130, 3 * 3_600, 36 * 3_600, 12 * DAY, 90 * DAY, 130 * DAY, 400 * DAY, 3_652 * DAY];
        let words = told.map(relative);
        let expected = [
            "now",
            "in 1 second",
            "in 90 seconds",
            "in 2 minutes",
            "in 3 hours",
            "in 36 hours",
            "in 12 days",
            "in 90 days",
            "in 4 months",
            "in 13 months",
            "in 10 years",
        ];
        assert_eq!(words, expected);
        assert_eq!(relative(-3 * 3_600), "3 hours ago");
    }

    #[test]
    fn the_exact_time_is_in_the_markup() {
        let html = Moment { at: NOW, now: NOW - 12 * DAY }.to_string();
        let expected =
            "<time datetime=\"2026-07-01T12:00:00Z\" title=\"2026-07-01 12:00:00 UTC\" data-moment>in 12 days</time>";
        assert_eq!(html, expected);
    }

    #[test]
    fn a_moment_out_of_all_bounds_is_no_panic() {
        let never = Moment { at: i64::MAX, now: NOW };
        assert_eq!(never.exact(), "");
        assert!(never.relative().starts_with("in "));
    }
}
