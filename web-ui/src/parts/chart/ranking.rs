//! Shares of a whole, largest first: key algorithms, profiles, reasons.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Fill;
use super::scale::short;
use crate::parts::Link;

/// A row's height in pixels.
const ROW: usize = 36;

/// Horizontal bars.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chart/ranking.html")]
pub struct Ranking {
    title: String,
    unit: String,
    ranks: Vec<Rank>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Rank {
    label: String,
    count: u64,
    fill: Fill,
    href: Option<String>,
}

// Its template escapes what it writes.
impl HtmlSafe for Ranking {}

impl Rank {
    /// What is counted, and how many there are.
    pub fn new(label: impl Into<String>, count: u64) -> Self {
        Self { label: label.into(), count, fill: Fill::Accent, href: None }
    }

    /// With a meaning: a weak key is soon a problem.
    #[must_use]
    pub fn filled(mut self, fill: Fill) -> Self {
        self.fill = fill;
        self
    }

    /// Where they are listed; the table links there.
    #[must_use]
    pub fn listed_at(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    fn link(&self) -> Option<Link> {
        self.href.as_ref().map(|href| Link::new(href, &self.label))
    }
}

impl Ranking {
    /// `title` states the finding, `unit` says what a bar is ("Key algorithm").
    pub fn new(title: impl Into<String>, unit: impl Into<String>, mut ranks: Vec<Rank>) -> Self {
        ranks.sort_by_key(|rank| std::cmp::Reverse(rank.count));
        Self { title: title.into(), unit: unit.into(), ranks }
    }

    fn height(&self) -> usize {
        self.ranks.len() * ROW
    }

    fn rows(&self) -> impl Iterator<Item = (usize, &Rank)> {
        (0..).step_by(ROW).zip(&self.ranks)
    }

    fn total(&self) -> u64 {
        self.ranks.iter().map(|rank| rank.count).sum()
    }

    /// How far the bar reaches, in percent of the chart: all of it would be all of them.
    fn width(&self, rank: &Rank) -> String {
        // What there is, is seen, however small beside the rest.
        let least = if rank.count > 0 { 0.5 } else { 0.0 };
        short(self.percent(rank).max(least))
    }

    /// "61 %".
    fn share(&self, rank: &Rank) -> String {
        match self.percent(rank) {
            small if small > 0.0 && small < 1.0 => "under 1 %".to_owned(),
            percent => format!("{percent:.0} %"),
        }
    }

    fn percent(&self, rank: &Rank) -> f64 {
        rank.count as f64 * 100.0 / self.total().max(1) as f64
    }
}
