//! Lines to copy: a command, a file, a certificate as text.

use askama::Template;
use askama::filters::HtmlSafe;

/// A block of lines with a copy button.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<div class="lines"><pre tabindex="0"><code>{{ lines }}</code></pre>{% include "copy.html" %}</div>"#
)]
pub struct Lines {
    what: String,
    lines: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Lines {}

impl Lines {
    /// `what` completes "Copy …": "the certificate", "the command".
    pub fn new(what: impl Into<String>, lines: impl Into<String>) -> Self {
        Self { what: what.into(), lines: lines.into() }
    }
}
