//! A link that cannot run a script, whatever somebody wrote into it.

use askama::Template;
use askama::filters::HtmlSafe;

/// A link. An address that is neither on this server nor HTTP nor mail is shown as text.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"{% if self.is_safe() %}<a href="{{ href }}">{{ text }}</a>{% else %}{{ text }}{% endif %}"#
)]
pub struct Link {
    href: String,
    text: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Link {}

impl Link {
    /// A link to `href` that reads `text`.
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into() }
    }

    fn is_safe(&self) -> bool {
        let elsewhere = ["https://", "http://", "mailto:"].iter().any(|scheme| self.href.starts_with(scheme));
        let here = self.href.starts_with(['/', '#', '?']) && !self.href.starts_with("//");
        here || elsewhere
    }
}
