//! How a number went lately: latency, queue length.

use askama::Template;
use askama::filters::HtmlSafe;

use super::scale::{axis_end, short};

/// Height of the line's area in pixels.
const HEIGHT: f64 = 48.0;

/// A line with gaps where nothing was measured.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chart/sparkline.html")]
pub struct Sparkline {
    title: String,
    unit: String,
    points: Vec<(String, Option<f64>)>,
}

// Its template escapes what it writes.
impl HtmlSafe for Sparkline {}

impl Sparkline {
    /// `title` states the finding ("Signs in 4 ms, 9 ms at worst"), `unit` is "ms"; each point has the time it was
    /// measured at, as words, the newest last.
    pub fn new(title: impl Into<String>, unit: impl Into<String>, points: Vec<(String, Option<f64>)>) -> Self {
        Self { title: title.into(), unit: unit.into(), points }
    }

    fn is_empty(&self) -> bool {
        self.points.iter().all(|point| point.1.is_none())
    }

    fn end(&self) -> f64 {
        axis_end(self.points.iter().filter_map(|point| point.1).fold(0.0, f64::max))
    }

    fn limit(&self) -> String {
        short(self.end())
    }

    fn first(&self) -> &str {
        self.points.first().map_or("", |point| point.0.as_str())
    }

    fn last(&self) -> &str {
        self.points.last().map_or("", |point| point.0.as_str())
    }

    fn rows(&self) -> impl Iterator<Item = (&str, String)> {
        self.points.iter().map(|(at, value)| (at.as_str(), value.map_or_else(|| "–".to_owned(), short)))
    }

    /// The line as an SVG path in a box of 100 by the height; a lone point is a short dash.
    fn path(&self) -> String {
        let step = 100.0 / self.points.len().saturating_sub(1).max(1) as f64;
        let mut path = String::new();
        let mut drawing = false;
        for (index, (_, value)) in self.points.iter().enumerate() {
            let Some(value) = value else {
                drawing = false;
                continue;
            };
            let (x, y) = (short(index as f64 * step), short(HEIGHT * (1.0 - value / self.end())));
            path.push_str(&if drawing { format!("L{x} {y}") } else { format!("M{x} {y}h.5") });
            drawing = true;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_a_gap() {
        let points = [Some(1.0), Some(2.0), None, Some(0.0)].map(|value| ("t".to_owned(), value));
        assert_eq!(Sparkline::new("t", "ms", points.to_vec()).path(), "M0 24h.5L33.33 0M100 48h.5");
        assert_eq!(Sparkline::new("t", "ms", Vec::new()).path(), "");
    }
}
