//! Making a token for a machine.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;

/// The form for a new token.
#[derive(Clone, Debug, Template)]
#[template(path = "account/new-token.html")]
pub struct NewTokenPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The name that was given, to be corrected.
    pub name: String,
    /// Roles that it can have.
    pub roles: Vec<Choice>,
    /// What it can be used for.
    pub scopes: Vec<Choice>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// Something that can be ticked.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its word.
    pub name: String,
    /// What it is for.
    pub meaning: String,
    /// Whether it is ticked.
    pub is_chosen: bool,
}

/// A token just made: the only time that its text is shown.
#[derive(Clone, Debug, Template)]
#[template(path = "account/token-made.html")]
pub struct TokenMadePage {
    /// What surrounds it.
    pub frame: Frame,
    /// What it is called.
    pub name: String,
    /// Its text.
    pub token: String,
    /// A line that uses it.
    pub example: String,
}

macro_rules! rendered {
    ($($page:ident),*) => {$(
        impl $page {
            /// The page as HTML.
            ///
            /// # Errors
            /// None in practice: writing to memory does not fail.
            pub fn render(&self) -> Result<String, RenderError> {
                Template::render(self)
            }
        }
    )*};
}

rendered!(NewTokenPage, TokenMadePage);
