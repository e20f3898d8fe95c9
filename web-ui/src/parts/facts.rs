//! What is known of a thing, label by label.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Value;

/// A list of facts, as `dl`.
///
/// `Facts(vec![Fact::new("Subject", "CN=web-1"), Fact::new("Key", "ECDSA P-256").with_gloss("an elliptic curve key")])`
#[derive(Clone, Debug, Template)]
#[template(path = "parts/facts.html")]
pub struct Facts(pub Vec<Fact>);

/// One label with its value.
#[derive(Clone, Debug)]
pub struct Fact {
    label: String,
    value: Value,
    gloss: Option<String>,
}

// Its template escapes what it writes.
impl HtmlSafe for Facts {}

impl Fact {
    /// A label of one or two words, and what it is.
    pub fn new(label: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { label: label.into(), value: value.into(), gloss: None }
    }

    /// With plain words below the value that say what the standard's term means.
    #[must_use]
    pub fn with_gloss(mut self, gloss: impl Into<String>) -> Self {
        self.gloss = Some(gloss.into());
        self
    }
}
