//! What a list shows before there is anything in it: the next step, ready to copy.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Act;
use crate::recipe::{Recipe, Recipes};

/// An empty state that teaches.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/empty.html")]
pub struct Empty {
    headline: String,
    text: String,
    recipes: Option<Recipes>,
    act: Option<Act>,
}

// Its template escapes what it writes.
impl HtmlSafe for Empty {}

impl Empty {
    /// What is not there yet, and how it comes to be.
    pub fn new(headline: impl Into<String>, text: impl Into<String>) -> Self {
        Self { headline: headline.into(), text: text.into(), recipes: None, act: None }
    }

    /// The exact lines for this server.
    #[must_use]
    pub fn with_recipes(mut self, recipes: Vec<Recipe>) -> Self {
        self.recipes = Some(Recipes::new("empty", recipes));
        self
    }

    /// The button that makes the first one.
    #[must_use]
    pub fn with_act(mut self, act: Act) -> Self {
        self.act = Some(act);
        self
    }
}
