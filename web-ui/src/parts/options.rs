//! Choosing: one of several from a list, or some of several by ticking.

use askama::Template;
use askama::filters::HtmlSafe;

/// A list to choose one from.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/select.html")]
pub struct Select {
    id: String,
    name: String,
    label: String,
    choices: Vec<Choice>,
    hint: Option<String>,
    error: Option<String>,
}

/// Boxes to tick, or buttons of which one is on.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/choices.html")]
pub struct Choices {
    kind: &'static str,
    name: String,
    label: String,
    is_unseen: bool,
    choices: Vec<Choice>,
    hint: Option<String>,
    error: Option<String>,
}

/// One thing to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    value: String,
    label: String,
    explanation: Option<String>,
    chosen: bool,
    refused: bool,
}

// Their templates escape what they write.
impl HtmlSafe for Select {}
impl HtmlSafe for Choices {}

impl Select {
    /// A list whose first choice is chosen unless another one is.
    pub fn new(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        let name = name.into();
        Self { id: format!("field-{name}"), name, label: label.into(), choices, hint: None, error: None }
    }

    /// What the choice means.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with what was sent.
    #[must_use]
    pub fn with_error(mut self, error: Option<impl Into<String>>) -> Self {
        self.error = error.map(Into::into);
        self
    }
}

impl Choices {
    /// Any number of them; each ticked one sends its value under the same name.
    pub fn any_of(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        let (name, label) = (name.into(), label.into());
        Self { kind: "checkbox", name, label, is_unseen: false, choices, hint: None, error: None }
    }

    /// Exactly one of them.
    pub fn one_of(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { kind: "radio", ..Self::any_of(name, label, choices) }
    }

    /// The label is only heard: a heading above says it already.
    #[must_use]
    pub fn unseen(mut self) -> Self {
        self.is_unseen = true;
        self
    }

    /// What the choice means.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with what was sent.
    #[must_use]
    pub fn with_error(mut self, error: Option<impl Into<String>>) -> Self {
        self.error = error.map(Into::into);
        self
    }
}

impl Choice {
    /// Sends `value`, reads `label`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), explanation: None, chosen: false, refused: false }
    }

    /// It is the one, or one of those, that are chosen now.
    #[must_use]
    pub fn chosen_if(mut self, chosen: bool) -> Self {
        self.chosen = chosen;
        self
    }

    /// With a line below it that says what it does, or why it cannot be chosen. A [`Select`] shows it on hover.
    #[must_use]
    pub fn explained(mut self, explanation: impl Into<String>) -> Self {
        self.explanation = Some(explanation.into());
        self
    }

    /// It cannot be chosen; the explanation says why.
    #[must_use]
    pub fn refused_if(mut self, refused: bool) -> Self {
        self.refused = refused;
        self
    }
}
