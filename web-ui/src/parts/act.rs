//! A button for something that can be done.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::frame::Frame;

/// A button: a form of its own that posts, or a link to the page that asks for more.
///
/// ```
/// # use web_ui::{frame::Frame, parts::Act};
/// # let frame = Frame::public("Example", 0);
/// Act::post(&frame, "Publish now", "/authorities/issuing/publish").primary();
/// Act::open("Revoke …", "/certificates/3c9e/revoke").danger().refused_because(Some("It is revoked already."));
/// ```
#[derive(Clone, Debug, Template)]
#[template(path = "parts/act.html")]
pub struct Act {
    label: String,
    action: String,
    /// None for a link.
    csrf: Option<String>,
    tone: Tone,
    hidden: Vec<(String, String)>,
    download: bool,
    refused: Option<String>,
}

/// How much a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// One of several.
    Plain,
    /// What most people came for: at most one of a page.
    Primary,
    /// Breaks something.
    Danger,
}

// Its template escapes what it writes.
impl HtmlSafe for Act {}

impl Act {
    /// A button that posts to `action`, with the frame's token against forgery.
    pub fn post(frame: &Frame, label: impl Into<String>, action: impl Into<String>) -> Self {
        Self { csrf: Some(frame.csrf.clone()), ..Self::open(label, action) }
    }

    /// A link that looks like a button. Its label ends in " …" where the page asks for more before it acts.
    pub fn open(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            action: href.into(),
            csrf: None,
            tone: Tone::Plain,
            hidden: Vec::new(),
            download: false,
            refused: None,
        }
    }

    /// A link to a file.
    pub fn download(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { download: true, ..Self::open(label, href) }
    }

    /// What most people came for.
    #[must_use]
    pub fn primary(mut self) -> Self {
        self.tone = Tone::Primary;
        self
    }

    /// Breaks something.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.tone = Tone::Danger;
        self
    }

    /// A field that the form sends along.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// The button is off, and says why.
    #[must_use]
    pub fn refused_because(mut self, reason: Option<impl Into<String>>) -> Self {
        self.refused = reason.map(Into::into);
        self
    }
}

impl Tone {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "ordinary",
            Self::Primary => "primary",
            Self::Danger => "danger",
        }
    }
}
