//! What must not be overlooked: a refusal, a warning, what was just done.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Link, State, Value};

/// A few lines set apart.
///
/// `Callout::new(CalloutKind::Done, "Revoked").with_text("The next list carries it; it is published in a minute.")`
#[derive(Clone, Debug, Template)]
#[template(path = "parts/callout.html")]
pub struct Callout {
    kind: CalloutKind,
    title: String,
    text: Option<Value>,
    points: Vec<Value>,
    link: Option<Link>,
    request_id: Option<String>,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalloutKind {
    /// It was not done: which rule, and what would help.
    Denied,
    /// It can be done, but look at this first.
    Warning,
    /// It was done: what happens next, and where to see it.
    Done,
    /// It waits.
    Waiting,
    /// Good to know.
    Note,
}

// Its template escapes what it writes.
impl HtmlSafe for Callout {}

impl Callout {
    /// The title says all of it in a few words.
    pub fn new(kind: CalloutKind, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), text: None, points: Vec::new(), link: None, request_id: None }
    }

    /// What was wrong with what was sent, in a sentence.
    pub fn denied(title: &str) -> Self {
        Self::new(CalloutKind::Denied, title)
    }

    /// One or two sentences more.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Value>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Several things: findings, or what to do.
    #[must_use]
    pub fn with_points(mut self, points: Vec<Value>) -> Self {
        self.points = points;
        self
    }

    /// Where to see it or to go on.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }

    /// The id that finds the line in the log.
    #[must_use]
    pub fn with_request_id(mut self, request_id: Option<impl Into<String>>) -> Self {
        self.request_id = request_id.map(Into::into);
        self
    }
}

impl CalloutKind {
    fn state(self) -> State {
        match self {
            Self::Denied => State::Broken,
            Self::Warning => State::Soon,
            Self::Done => State::Good,
            Self::Waiting => State::Pending,
            Self::Note => State::Neutral,
        }
    }

    /// A refusal is read out at once, the rest when there is time.
    fn role(self) -> &'static str {
        if self == Self::Denied { "alert" } else { "status" }
    }
}
