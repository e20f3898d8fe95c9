//! A list: a table with links to what its rows stand for, counts, and the way to older and newer rows.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Chip, Empty, Value};

/// A table within `<div id="list">`, which a [`Filter`](super::Filter) swaps. On a phone its rows are cards.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/table.html")]
pub struct Table {
    id: String,
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    chips: Vec<Chip>,
    count: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    words: PagerWords,
    selection: Option<Selection>,
    empty: Option<Empty>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    title: String,
    class: &'static str,
    is_unseen: bool,
}

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    href: Option<String>,
    cells: Vec<Value>,
    selectable: Option<String>,
}

/// What the links to other rows say: newer and older, or the pages before and after.
#[derive(Clone, Copy, Debug)]
struct PagerWords {
    back: &'static str,
    first: &'static str,
    forth: &'static str,
    last: &'static str,
}

const NEWEST_FIRST: PagerWords = PagerWords { back: "Newer", first: "Newest", forth: "Older", last: "Oldest" };
const IN_ORDER: PagerWords = PagerWords { back: "Before", first: "Start", forth: "Next", last: "End" };

/// Rows can be ticked for an act on many of them.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The name under which the form sends the values of the ticked rows.
    pub name: String,
    /// The id of the form, which stands outside the table.
    pub form: String,
}

// Its template escapes what it writes.
impl HtmlSafe for Table {}

impl Table {
    /// The caption says what the rows are; it is for those who hear the page.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self {
            id: "list".to_owned(),
            caption: caption.into(),
            columns,
            rows,
            chips: Vec::new(),
            count: None,
            newer: None,
            older: None,
            words: NEWEST_FIRST,
            selection: None,
            empty: None,
        }
    }

    /// For a page with several tables: an id other than `list`.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// What the list is narrowed to, each with the link that takes it away.
    #[must_use]
    pub fn with_chips(mut self, chips: Vec<Chip>) -> Self {
        self.chips = chips;
        self
    }

    /// How many there are: "50 of 1,204,331".
    #[must_use]
    pub fn with_count(mut self, count: impl Into<String>) -> Self {
        self.count = Some(count.into());
        self
    }

    /// Where newer and older rows are.
    #[must_use]
    pub fn with_pages(mut self, newer: Option<String>, older: Option<String>) -> Self {
        (self.newer, self.older) = (newer, older);
        self
    }

    /// Where the rows before and after are, in a list that is not by age.
    #[must_use]
    pub fn with_pages_in_order(mut self, before: Option<String>, next: Option<String>) -> Self {
        (self.newer, self.older, self.words) = (before, next, IN_ORDER);
        self
    }

    /// Rows that have a value can be ticked.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = Some(selection);
        self
    }

    /// What is shown in place of a table without rows.
    #[must_use]
    pub fn or_empty(mut self, empty: Empty) -> Self {
        self.empty = Some(empty);
        self
    }

    /// The cells of a row with their columns.
    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a Column, &'a Value)> {
        self.columns.iter().zip(&row.cells)
    }
}

impl Column {
    /// Words.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), class: "", is_unseen: false }
    }

    /// Numbers: right-aligned.
    pub fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), class: "number", is_unseen: false }
    }

    /// As narrow as its content: badges, moments, ids.
    pub fn tight(title: impl Into<String>) -> Self {
        Self { title: title.into(), class: "tight", is_unseen: false }
    }

    /// Network addresses: one of IPv4 stands on one line.
    pub fn address(title: impl Into<String>) -> Self {
        Self { title: title.into(), class: "network", is_unseen: false }
    }

    /// Its title is only heard: a column of buttons.
    #[must_use]
    pub fn unseen(mut self) -> Self {
        self.is_unseen = true;
        self
    }
}

impl Row {
    /// A row that leads to a page. Its first cell becomes the link, so it is text; the script makes the whole row click.
    pub fn to(href: impl Into<String>, cells: Vec<Value>) -> Self {
        Self { href: Some(href.into()), cells, selectable: None }
    }

    /// A row that leads nowhere.
    pub fn plain(cells: Vec<Value>) -> Self {
        Self { href: None, cells, selectable: None }
    }

    /// A row that can be ticked; `value` is what the form sends.
    #[must_use]
    pub fn selectable(mut self, value: impl Into<String>) -> Self {
        self.selectable = Some(value.into());
        self
    }
}
