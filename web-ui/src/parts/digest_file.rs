//! Hashing a file where it lies: the browser reads it, and only its digest is sent.

use askama::Template;
use askama::filters::HtmlSafe;

/// A file to choose whose SHA-256 the script writes into a field. The file does not leave the browser. Without the script
/// nothing is shown: one types the digest.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<p class="file" hidden><label for="{{ into }}-file">{{ label }}</label> <input type="file" id="{{ into }}-file" data-digest-into="{{ into }}"></p>"#
)]
pub struct DigestFile {
    into: String,
    label: String,
}

// Its template escapes what it writes.
impl HtmlSafe for DigestFile {}

impl DigestFile {
    /// `into` is the id of the field, such as `field-digest`.
    pub fn new(into: impl Into<String>, label: impl Into<String>) -> Self {
        Self { into: into.into(), label: label.into() }
    }
}
