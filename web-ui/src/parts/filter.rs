//! The line above a list that narrows it. It is a form that asks by GET, so what it finds can be shared as a link.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Field, Select};

/// A filter line. With the script, the list follows while one types.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/filter.html")]
pub struct Filter {
    action: String,
    list: String,
    controls: Vec<Control>,
    more: Vec<Control>,
    is_open: bool,
    kept: Vec<(String, String)>,
}

/// What narrows the list.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"{% match self %}{% when Self::Words(field) %}<div class="grow">{{ field }}</div>{% when Self::Field(field) %}{{ field }}{% when Self::Select(select) %}{{ select }}{% endmatch %}"#
)]
pub enum Control {
    /// Words to search for; takes the room that is left.
    Words(Field),
    /// A date or a number.
    Field(Field),
    /// One of several.
    Select(Select),
}

/// Something that the list is narrowed to.
#[derive(Clone, Debug)]
pub struct Chip {
    /// What it says: "expires within 30 days".
    pub label: String,
    /// The same list without it.
    pub without: String,
}

// Their templates escape what they write.
impl HtmlSafe for Filter {}
impl HtmlSafe for Control {}

impl Filter {
    /// `action` is the path of the list's own page.
    pub fn new(action: impl Into<String>, controls: Vec<Control>) -> Self {
        Self {
            action: action.into(),
            list: "list".to_owned(),
            controls,
            more: Vec::new(),
            is_open: false,
            kept: Vec::new(),
        }
    }

    /// What few need, folded below the line; open where one of it is in use.
    #[must_use]
    pub fn with_more(mut self, controls: Vec<Control>, is_open: bool) -> Self {
        (self.more, self.is_open) = (controls, is_open);
        self
    }

    /// A parameter of the link that no control shows and that stays as it is.
    #[must_use]
    pub fn keeping(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.kept.push((name.into(), value.into()));
        self
    }
}

impl From<Field> for Control {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<Select> for Control {
    fn from(select: Select) -> Self {
        Self::Select(select)
    }
}
