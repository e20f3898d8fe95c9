//! What an environment is for, in its own colour: the same as the frame's.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::frame::EnvironmentKind;

/// The word for an environment within a border of its colour: plain for what others rely on, dashed for rehearsals.
#[derive(Clone, Debug, Template)]
#[template(ext = "html", source = r#"<span class="tag {{ kind.word() }}">{{ word }}</span>"#)]
pub struct Tag {
    kind: EnvironmentKind,
    word: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Tag {}

impl Tag {
    /// `word` is what people call it: "release", "test".
    pub fn new(kind: EnvironmentKind, word: impl Into<String>) -> Self {
        Self { kind, word: word.into() }
    }
}
