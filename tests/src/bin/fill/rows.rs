//! Rows as statements of many rows, in a text that both engines read.

use std::fmt::Write as _;

/// Rows of one statement.
const MANY: usize = 500;

/// Rows of one table that wait to be written.
#[derive(Debug)]
pub(crate) struct Rows {
    head: String,
    body: String,
    count: usize,
    done: Vec<String>,
}

impl Rows {
    /// `table (column, column)`.
    pub(crate) fn of(table: &str) -> Self {
        Self { head: format!("INSERT INTO {table} VALUES "), body: String::new(), count: 0, done: Vec::new() }
    }

    /// A row of literals.
    pub(crate) fn push(&mut self, literals: &[&str]) {
        self.body.push_str(if self.count == 0 { "(" } else { ",(" });
        for (place, literal) in literals.iter().enumerate() {
            if place > 0 {
                self.body.push(',');
            }
            self.body.push_str(literal);
        }
        self.body.push(')');
        self.count += 1;
        if self.count == MANY {
            self.close();
        }
    }

    /// The statements so far.
    pub(crate) fn take(&mut self) -> Vec<String> {
        self.close();
        std::mem::take(&mut self.done)
    }

    fn close(&mut self) {
        if self.count > 0 {
            self.done.push(format!("{}{}", self.head, std::mem::take(&mut self.body)));
            self.count = 0;
        }
    }
}

/// A literal of text.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    let _ = write!(literal, "'{}'", value.replace('\'', "''"));
    literal
}

/// The same where there may be none.
pub(crate) fn maybe(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), text)
}
