//! The top of a page: where it belongs, what it is in one sentence, and what can be done.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Act, Badge, Link, Value};

/// The head of a page, with its only `h1`.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/headline.html")]
pub struct Headline {
    title: String,
    crumb: Option<Link>,
    badge: Option<Badge>,
    sentence: Option<Value>,
    acts: Vec<Act>,
}

// Its template escapes what it writes.
impl HtmlSafe for Headline {}

impl Headline {
    /// The name of the thing, or of the list.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), crumb: None, badge: None, sentence: None, acts: Vec::new() }
    }

    /// The list that the thing is in.
    #[must_use]
    pub fn within(mut self, crumb: Link) -> Self {
        self.crumb = Some(crumb);
        self
    }

    /// How it is.
    #[must_use]
    pub fn with_badge(mut self, badge: Badge) -> Self {
        self.badge = Some(badge);
        self
    }

    /// The answer in plain words: "Valid for 61 days, issued to web-1.internal by Issuing CA".
    #[must_use]
    pub fn saying(mut self, sentence: impl Into<Value>) -> Self {
        self.sentence = Some(sentence.into());
        self
    }

    /// One thing that can be done now; the most wanted first.
    #[must_use]
    pub fn with_act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
}
