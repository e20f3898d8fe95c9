//! Pages that belong together, as links.

use askama::Template;
use askama::filters::HtmlSafe;

/// Tabs. Each is a page of its own, so that it can be shared.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/tabs.html")]
pub struct Tabs {
    label: String,
    tabs: Vec<Tab>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Tab {
    label: String,
    href: String,
    count: Option<u64>,
    here: bool,
}

// Its template escapes what it writes.
impl HtmlSafe for Tabs {}

impl Tabs {
    /// `label` says what they are tabs of, for those who hear the page.
    pub fn new(label: impl Into<String>, tabs: Vec<Tab>) -> Self {
        Self { label: label.into(), tabs }
    }
}

impl Tab {
    /// A tab that leads to `href`.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), count: None, here: false }
    }

    /// With how many things are there.
    #[must_use]
    pub fn counting(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// It is the one that is shown.
    #[must_use]
    pub fn here_if(mut self, here: bool) -> Self {
        self.here = here;
        self
    }
}
