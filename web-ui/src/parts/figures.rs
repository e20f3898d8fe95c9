//! A few numbers that matter, in a row.

use askama::Template;
use askama::filters::HtmlSafe;

/// Numbers with what they count.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/figures.html")]
pub struct Figures(pub Vec<Figure>);

/// One number.
#[derive(Clone, Debug)]
pub struct Figure {
    number: u64,
    counts: String,
    href: Option<String>,
}

// Its template escapes what it writes.
impl HtmlSafe for Figures {}

impl Figure {
    /// `counts` completes the number: "expire within 30 days".
    pub fn new(number: u64, counts: impl Into<String>) -> Self {
        Self { number, counts: counts.into(), href: None }
    }

    /// Where they are listed.
    #[must_use]
    pub fn listed_at(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}
