//! Serials, fingerprints, digests and account ids.

use askama::Template;
use askama::filters::HtmlSafe;

/// Longer ids lose their middle.
const WHOLE: usize = 20;
/// Characters kept at each end.
const KEPT: usize = 8;

/// A long id: its ends are shown, the whole is on hover and under a copy button.
///
/// `{{ Id::new("serial number", serial) }}`
#[derive(Clone, Debug, Template)]
#[template(path = "parts/id.html")]
pub struct Id {
    what: String,
    text: String,
    is_whole: bool,
}

// Its template escapes what it writes.
impl HtmlSafe for Id {}

impl Id {
    /// `what` completes "Copy the …": "serial number", "fingerprint".
    pub fn new(what: impl Into<String>, text: impl Into<String>) -> Self {
        Self { what: what.into(), text: text.into(), is_whole: false }
    }

    /// Shown in full, however long.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    fn is_long(&self) -> bool {
        !self.is_whole && self.text.chars().count() > WHOLE
    }

    fn start(&self) -> String {
        self.text.chars().take(KEPT).collect()
    }

    fn end(&self) -> String {
        self.text.chars().skip(self.text.chars().count() - KEPT).collect()
    }
}
