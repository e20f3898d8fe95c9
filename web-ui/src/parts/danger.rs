//! An act that breaks something: what will happen, why it is wanted, and the name typed where it cannot be undone.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Select, TextArea, Value};
use crate::frame::Frame;

/// A form with a border in the colour of what is broken.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/danger.html")]
pub struct Danger {
    title: String,
    action: String,
    csrf: String,
    button: String,
    consequences: Vec<Value>,
    reason: Option<Select>,
    comment: Option<TextArea>,
    typed: Option<String>,
    typed_error: Option<String>,
    hidden: Vec<(String, String)>,
    back: Option<String>,
}

// Its template escapes what it writes.
impl HtmlSafe for Danger {}

impl Danger {
    /// `button` repeats the verb of the title and the number: "Revoke 3 certificates".
    pub fn new(
        frame: &Frame,
        title: impl Into<String>,
        action: impl Into<String>,
        button: impl Into<String>,
        consequences: Vec<Value>,
    ) -> Self {
        Self {
            title: title.into(),
            action: action.into(),
            csrf: frame.csrf.clone(),
            button: button.into(),
            consequences,
            reason: None,
            comment: None,
            typed: None,
            typed_error: None,
            hidden: Vec::new(),
            back: None,
        }
    }

    /// The reasons that the standard or the house knows.
    #[must_use]
    pub fn with_reason(mut self, reason: Select) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Why, in words.
    #[must_use]
    pub fn with_comment(mut self, comment: TextArea) -> Self {
        self.comment = Some(comment);
        self
    }

    /// Only where it cannot be undone: `name` has to be typed, and comes back as the field `confirmation`, which the
    /// server compares. The script keeps the button off until it is right.
    #[must_use]
    pub fn confirmed_by_typing(mut self, name: impl Into<String>, error: Option<impl Into<String>>) -> Self {
        self.typed = Some(name.into());
        self.typed_error = error.map(Into::into);
        self
    }

    /// A field that the form sends along.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// Where whoever changes their mind goes.
    #[must_use]
    pub fn or_back_to(mut self, href: impl Into<String>) -> Self {
        self.back = Some(href.into());
        self
    }
}
