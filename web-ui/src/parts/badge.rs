//! How a thing is: a shape, a word and a colour.

use askama::Template;
use askama::filters::HtmlSafe;

/// What a colour may mean. There is no other use of colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be: valid, approved, well.
    Good,
    /// Works, but somebody should look before it does not.
    Soon,
    /// Does not work, was refused, is over.
    Broken,
    /// Withdrawn on purpose.
    Revoked,
    /// Waits for a person or a machine.
    Pending,
    /// Says nothing good or bad: replaced, draft, expired long ago.
    Neutral,
}

impl State {
    /// The class in the style sheet, and the name of the shape.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Soon => "soon",
            Self::Broken => "broken",
            Self::Revoked => "revoked",
            Self::Pending => "pending",
            Self::Neutral => "neutral",
        }
    }
}

/// A state with the word for it. `{{ Badge }}` is `● valid`.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r##"<span class="badge {{ state.class() }}"><svg class="shape" aria-hidden="true"><use href="#shape-{{ state.class() }}"/></svg>{{ word }}</span>"##
)]
pub struct Badge {
    state: State,
    word: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Badge {}

impl Badge {
    /// `word` says what the state is here: "valid", "expires soon", "waits for 2 approvals".
    pub fn new(state: State, word: impl Into<String>) -> Self {
        Self { state, word: word.into() }
    }
}
