//! One line to fill in.

use askama::Template;
use askama::filters::HtmlSafe;

/// An input with its label, hint and error.
///
/// `Field::text("name", "Name").with_value(sent.name).with_hint("As in the certificate").with_error(error)`
#[derive(Clone, Debug, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    id: String,
    name: String,
    label: String,
    kind: &'static str,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    placeholder: Option<String>,
    autocomplete: &'static str,
    inputmode: Option<&'static str>,
    longest: Option<u32>,
    shortest: Option<u32>,
    required: bool,
    optional: bool,
    focused: bool,
    class: &'static str,
}

// Its template escapes what it writes.
impl HtmlSafe for Field {}

impl Field {
    /// A line of text that must be filled in.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: format!("field-{name}"),
            name,
            label: label.into(),
            kind: "text",
            value: String::new(),
            hint: None,
            error: None,
            placeholder: None,
            autocomplete: "off",
            inputmode: None,
            longest: None,
            shortest: None,
            required: true,
            optional: false,
            focused: false,
            class: "",
        }
    }

    /// A password. `autocomplete` is `current-password` or `new-password`. It is never filled in by the server.
    pub fn password(name: impl Into<String>, label: impl Into<String>, autocomplete: &'static str) -> Self {
        Self { kind: "password", autocomplete, ..Self::text(name, label) }
    }

    /// A one-time code of six digits, or a recovery code.
    pub fn one_time_code(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { autocomplete: "one-time-code", longest: Some(32), class: "short", ..Self::text(name, label) }
    }

    /// An e-mail address.
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { kind: "email", autocomplete: "email", ..Self::text(name, label) }
    }

    /// A whole number.
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { inputmode: Some("numeric"), class: "short", ..Self::text(name, label) }
    }

    /// A day, as `2026-07-01`.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { kind: "date", class: "short", ..Self::text(name, label) }
    }

    /// Words to search for.
    pub fn search(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { kind: "search", required: false, ..Self::text(name, label) }
    }

    /// What is in it already.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
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

    /// An example, shown while it is empty.
    #[must_use]
    pub fn with_placeholder(mut self, placeholder: impl Into<String>) -> Self {
        self.placeholder = Some(placeholder.into());
        self
    }

    /// What a browser may fill in (the tokens of the HTML standard's autofill section).
    #[must_use]
    pub fn with_autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    /// At most so many characters.
    #[must_use]
    pub fn at_most(mut self, characters: u32) -> Self {
        self.longest = Some(characters);
        self
    }

    /// At least so many characters.
    #[must_use]
    pub fn at_least(mut self, characters: u32) -> Self {
        self.shortest = Some(characters);
        self
    }

    /// An id of its own, where two forms of a page have fields of one name.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// It may stay empty, and its label says so.
    #[must_use]
    pub fn optional(mut self) -> Self {
        (self.required, self.optional) = (false, true);
        self
    }

    /// The cursor stands in it when the page opens: at most one of a page.
    #[must_use]
    pub fn focused(self) -> Self {
        self.focused_if(true)
    }

    /// The cursor may stand in it when the page opens.
    #[must_use]
    pub fn focused_if(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }
}
