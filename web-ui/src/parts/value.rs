//! What stands in a cell, beside a label or within a sentence.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Act, Badge, Id, Link, Tag};
use crate::moment::{Exact, Moment};

/// One thing to show. Most come by `into()`: text, badges, ids, moments, links.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/value.html")]
pub enum Value {
    /// Words.
    Text(String),
    /// Words that matter less.
    Quiet(String),
    /// Something literal: an algorithm, a host, a file.
    Code(String),
    /// A number, with its thousands apart.
    Number(u64),
    /// A long id.
    Id(Id),
    /// "in 12 days".
    Moment(Moment),
    /// "2026-07-01 12:00:00 UTC", in the viewer's zone where the script runs.
    Exact(Exact),
    /// A state.
    Badge(Badge),
    /// What an environment is for.
    Tag(Tag),
    /// A link.
    Link(Link),
    /// A small button, such as one that ends what a row stands for.
    Act(Act),
    /// One after the other, with nothing between: words bring their own spaces.
    Sentence(Vec<Value>),
    /// One below the other.
    Lines(Vec<Value>),
    /// The first, and the second small below it.
    Under(Box<Value>, Box<Value>),
    /// Nothing, shown as a dash.
    Absent,
}

// Its template escapes what it writes.
impl HtmlSafe for Value {}

impl Value {
    /// This, with `under` small below it.
    #[must_use]
    pub fn with_under(self, under: impl Into<Self>) -> Self {
        Self::Under(Box::new(self), Box::new(under.into()))
    }

    /// `value` or a dash.
    pub fn or_absent(value: Option<impl Into<Self>>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// `1234567` is `1,234,567`.
pub(crate) fn grouped(number: &u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Id> for Value {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Self {
        Self::Moment(moment)
    }
}

impl From<Exact> for Value {
    fn from(exact: Exact) -> Self {
        Self::Exact(exact)
    }
}

impl From<Badge> for Value {
    fn from(badge: Badge) -> Self {
        Self::Badge(badge)
    }
}

impl From<Act> for Value {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

impl From<Link> for Value {
    fn from(link: Link) -> Self {
        Self::Link(link)
    }
}

impl From<Tag> for Value {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}
