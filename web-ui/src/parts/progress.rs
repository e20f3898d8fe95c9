//! Something that takes a while.

use askama::Template;
use askama::filters::HtmlSafe;

/// A bar with words. While it runs, the script asks again each second; without the script the page reloads, if its
/// template says `{% block head %}{{ progress.reload() }}{% endblock %}`.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/progress.html")]
pub struct Progress {
    text: String,
    done: u64,
    total: u64,
    refresh: Option<String>,
}

/// What a page without a script does while something runs; stands in the head.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"{% if running %}<noscript><meta http-equiv="refresh" content="2"></noscript>{% endif %}"#
)]
pub struct Reload {
    running: bool,
}

// Their templates escape what they write.
impl HtmlSafe for Progress {}
impl HtmlSafe for Reload {}

impl Progress {
    /// `text` says what is being done and how far it is: "Revoking: 312 of 1,000 done, 2 failed".
    pub fn new(text: impl Into<String>, done: u64, total: u64) -> Self {
        Self { text: text.into(), done, total: total.max(1), refresh: None }
    }

    /// It still runs; `page` is the path of the page that shows it.
    #[must_use]
    pub fn running_at(mut self, page: impl Into<String>) -> Self {
        self.refresh = Some(page.into());
        self
    }

    /// For the head of the page.
    pub fn reload(&self) -> Reload {
        Reload { running: self.refresh.is_some() }
    }
}
