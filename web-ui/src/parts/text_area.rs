//! Several lines to fill in, by hand or from a file.

use askama::Template;
use askama::filters::HtmlSafe;

/// A text area with its label, hint and error.
///
/// With [`from_file`](Self::from_file) the script reads a chosen or dropped file into it: text as it is, DER as PEM.
/// Without the script one pastes.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/text_area.html")]
pub struct TextArea {
    id: String,
    name: String,
    label: String,
    value: String,
    rows: u32,
    hint: Option<String>,
    error: Option<String>,
    literal: bool,
    file: Option<File>,
    required: bool,
    optional: bool,
}

#[derive(Clone, Debug)]
struct File {
    accept: String,
    pem_label: String,
}

// Its template escapes what it writes.
impl HtmlSafe for TextArea {}

impl TextArea {
    /// Words, such as a comment or a reason, that must be given.
    pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: format!("field-{name}"),
            name,
            label: label.into(),
            value: String::new(),
            rows: 4,
            hint: None,
            error: None,
            literal: false,
            file: None,
            required: true,
            optional: false,
        }
    }

    /// Something literal, such as PEM or a policy.
    #[must_use]
    pub fn literal(mut self) -> Self {
        (self.literal, self.rows) = (true, 12);
        self
    }

    /// A file may be chosen for it. `accept` is as in HTML (`.pem,.csr,.der`); DER becomes PEM with this label
    /// (RFC 7468), such as `CERTIFICATE REQUEST`.
    #[must_use]
    pub fn from_file(mut self, accept: impl Into<String>, pem_label: impl Into<String>) -> Self {
        self.file = Some(File { accept: accept.into(), pem_label: pem_label.into() });
        self
    }

    /// What is in it already.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// So many lines high.
    #[must_use]
    pub fn with_rows(mut self, rows: u32) -> Self {
        self.rows = rows;
        self
    }

    /// What to write, and in which form.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with what was sent, and what would be right.
    #[must_use]
    pub fn with_error(mut self, error: Option<impl Into<String>>) -> Self {
        self.error = error.map(Into::into);
        self
    }

    /// It may stay empty, and its label says so.
    #[must_use]
    pub fn optional(mut self) -> Self {
        (self.required, self.optional) = (false, true);
        self
    }
}
