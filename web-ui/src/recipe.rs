//! Step-by-step instructions with lines to copy.

use askama::Template;
use askama::filters::HtmlSafe;

/// Recipes of which one is open at a time.
#[derive(Clone, Debug, Template)]
#[template(path = "recipes.html")]
pub struct Recipes {
    group: String,
    recipes: Vec<Recipe>,
}

// Its template escapes what it writes.
impl HtmlSafe for Recipes {}

/// How to do one thing in one place, such as "certbot" or "Debian and Ubuntu".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What it is for.
    pub title: String,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

/// One step of a [`Recipe`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A sentence.
    Text(String),
    /// Lines to copy: shell commands or part of a file.
    Lines(String),
}

impl Recipes {
    /// `group` tells several blocks of recipes on one page apart.
    pub fn new(group: impl Into<String>, recipes: Vec<Recipe>) -> Self {
        Self { group: group.into(), recipes }
    }
}

impl Recipe {
    /// A recipe of one block of lines.
    pub fn lines(title: &str, lines: impl Into<String>) -> Self {
        Self { title: title.to_owned(), steps: vec![Step::Lines(lines.into())] }
    }

    /// This recipe with one more sentence at its end.
    #[must_use]
    pub fn then_text(mut self, text: impl Into<String>) -> Self {
        self.steps.push(Step::Text(text.into()));
        self
    }

    /// This recipe with one more block of lines at its end.
    #[must_use]
    pub fn then_lines(mut self, lines: impl Into<String>) -> Self {
        self.steps.push(Step::Lines(lines.into()));
        self
    }
}
