//! Counts per day as a calendar: a column for each week, darker where there is more.

use askama::Template;
use askama::filters::HtmlSafe;

use super::scale::short;
use crate::moment::Moment;

const DAY: i64 = 86_400;
/// A day's height in pixels, and how much of it is filled.
const ROW: i64 = 17;
/// Part of a week's column that is filled.
const FILLED: f64 = 0.86;

/// A calendar of counts.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chart/calendar.html")]
pub struct Calendar {
    title: String,
    counts: String,
    first: i64,
    days: Vec<u64>,
}

/// One day: where it is and what it says.
struct Cell {
    left: String,
    width: String,
    top: i64,
    /// None on a day without any.
    strength: Option<&'static str>,
    date: String,
    count: u64,
}

// Its template escapes what it writes.
impl HtmlSafe for Calendar {}

impl Calendar {
    /// `first` is any second of the first day in UTC, `days` has the count of each day from then on; `counts` is what
    /// they count: "certificates expire".
    pub fn new(title: impl Into<String>, counts: impl Into<String>, first: i64, days: Vec<u64>) -> Self {
        Self { title: title.into(), counts: counts.into(), first: first - first.rem_euclid(DAY), days }
    }

    fn is_empty(&self) -> bool {
        self.days.iter().all(|count| *count == 0)
    }

    fn date(&self, index: usize) -> String {
        let at = self.first.saturating_add(index as i64 * DAY);
        Moment { at, now: at }.date()
    }

    /// Days since the Monday of the first week; 1970-01-01 was a Thursday.
    fn place(&self, index: usize) -> i64 {
        (self.first / DAY + 3).rem_euclid(7) + index as i64
    }

    fn weeks(&self) -> i64 {
        self.place(self.days.len().saturating_sub(1)) / 7 + 1
    }

    fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        let slot = 100.0 / self.weeks() as f64;
        let most = self.days.iter().copied().max().unwrap_or(0);
        self.days.iter().enumerate().map(move |(index, count)| Cell {
            left: short((self.place(index) / 7) as f64 * slot),
            width: short(slot * FILLED),
            top: self.place(index) % 7 * ROW,
            strength: strength(*count, most),
            date: self.date(index),
            count: *count,
        })
    }

    /// The weeks in which a month begins, with its name; not two that touch.
    fn months(&self) -> Vec<(String, &'static str)> {
        let slot = 100.0 / self.weeks() as f64;
        let firsts = (0..self.days.len()).filter(|index| *index == 0 || self.date(*index).ends_with("-01"));
        let mut months: Vec<(i64, &'static str)> =
            firsts.map(|index| (self.place(index) / 7, month(&self.date(index)))).collect();
        if months.len() > 1 && (months[1].0 - months[0].0) as f64 * slot < 8.0 {
            months.remove(0);
        }
        months.into_iter().map(|(week, name)| (short(week as f64 * slot), name)).collect()
    }

    /// The days that have any.
    fn busy(&self) -> impl Iterator<Item = Cell> + '_ {
        self.cells().filter(|cell| cell.count > 0)
    }
}

/// Four strengths: few differences are told apart.
fn strength(count: u64, most: u64) -> Option<&'static str> {
    let quarter = (count * 4).div_ceil(most.max(1));
    ["0.35", "0.55", "0.75", "1"].get(usize::try_from(quarter).ok()?.checked_sub(1)?).copied()
}

fn month(date: &str) -> &'static str {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = date.get(5..7).and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(1);
    NAMES.get(number.wrapping_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_stand_under_their_week() {
        // 2026-07-01 is a Wednesday.
        let calendar = Calendar::new("t", "c", 1_782_907_200, vec![1, 0, 0, 0, 0, 4]);
        assert_eq!(calendar.weeks(), 2);
        let places: Vec<_> = calendar.cells().map(|cell| (cell.left, cell.top / ROW, cell.strength)).collect();
        assert_eq!(places[0], ("0".to_owned(), 2, Some("0.35")));
        assert_eq!(places[4], ("0".to_owned(), 6, None));
        assert_eq!(places[5], ("50".to_owned(), 0, Some("1")));
        assert_eq!(calendar.date(5), "2026-07-06");
    }

    #[test]
    fn no_days_are_no_panic() {
        assert_eq!(Calendar::new("t", "c", 0, Vec::new()).weeks(), 1);
    }
}
