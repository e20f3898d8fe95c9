//! Counts over time, one bar for each stretch of it; several series stand on one another.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Fill;
use super::scale::{HEIGHT, count_axis_end, is_labelled, short};
use crate::parts::value::grouped;

/// Part of a column that its bar fills.
const FILLED: f64 = 0.76;

/// A bar chart.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chart/bars.html")]
pub struct Bars {
    title: String,
    unit: String,
    columns: Vec<String>,
    series: Vec<Series>,
}

/// What one colour of the bars counts.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    fill: Fill,
    values: Vec<u64>,
}

/// One column as it is drawn, heard and tabled.
struct Drawn<'a> {
    label: &'a str,
    words: String,
    pieces: Vec<Piece>,
    counts: Vec<u64>,
}

/// One rectangle: distance from the left and width in percent, distance from the top and height in pixels.
struct Piece {
    class: &'static str,
    left: String,
    width: String,
    top: String,
    height: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Bars {}

impl Series {
    /// `name` is what is counted ("issued"), `values` has one number for each column.
    pub fn new(name: impl Into<String>, fill: Fill, values: Vec<u64>) -> Self {
        Self { name: name.into(), fill, values }
    }

    fn at(&self, column: usize) -> u64 {
        self.values.get(column).copied().unwrap_or(0)
    }

    fn total(&self) -> u64 {
        self.values.iter().sum()
    }
}

impl Bars {
    /// `title` states the finding, `unit` says what a column is ("Day"), `columns` names each.
    pub fn new(title: impl Into<String>, unit: impl Into<String>, columns: Vec<String>, series: Vec<Series>) -> Self {
        Self { title: title.into(), unit: unit.into(), columns, series }
    }

    fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.total() == 0)
    }

    fn end(&self) -> f64 {
        let heights = (0..self.columns.len()).map(|column| self.sum(column));
        count_axis_end(heights.max().unwrap_or(0))
    }

    fn sum(&self, column: usize) -> u64 {
        self.series.iter().map(|series| series.at(column)).sum()
    }

    /// The lines across the chart: how far from the top, and the number there.
    fn grid(&self) -> [(String, String); 3] {
        [0.0, 0.5, 1.0].map(|part| {
            let number = self.end() * part;
            (short(HEIGHT * (1.0 - part)), grouped(&(number.round() as u64)))
        })
    }

    /// The middles of the columns that have a label.
    fn labels(&self) -> Vec<(String, &str)> {
        let count = self.columns.len();
        let labelled = self.columns.iter().enumerate().filter(|(index, _)| is_labelled(*index, count));
        labelled.map(|(index, label)| (short((index as f64 + 0.5) * self.slot()), label.as_str())).collect()
    }

    fn slot(&self) -> f64 {
        100.0 / self.columns.len().max(1) as f64
    }

    fn drawn(&self) -> impl Iterator<Item = Drawn<'_>> {
        self.columns.iter().enumerate().map(|(column, label)| Drawn {
            label,
            words: self.words(column),
            pieces: self.pieces(column),
            counts: self.series.iter().map(|series| series.at(column)).collect(),
        })
    }

    /// The rectangles of one column, from the bottom up.
    fn pieces(&self, column: usize) -> Vec<Piece> {
        let (slot, end) = (self.slot(), self.end());
        let mut bottom = HEIGHT;
        let counted = self.series.iter().filter(|series| series.at(column) > 0);
        counted
            .map(|series| {
                // What happened is seen, however small beside the rest.
                let height = (series.at(column) as f64 / end * HEIGHT).max(2.0);
                bottom -= height;
                Piece {
                    class: series.fill.class(),
                    left: short((column as f64 + (1.0 - FILLED) / 2.0) * slot),
                    width: short(slot * FILLED),
                    top: short(bottom),
                    height: short(height),
                }
            })
            .collect()
    }

    /// "1 July: 12 issued, 1 failed".
    fn words(&self, column: usize) -> String {
        let counts = self.series.iter().map(|series| format!("{} {}", grouped(&series.at(column)), series.name));
        format!("{}: {}", self.columns[column], counts.collect::<Vec<_>>().join(", "))
    }
}
