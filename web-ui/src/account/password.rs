//! Changing one's own password.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;

/// The form for a new password.
#[derive(Clone, Debug, Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whether nothing else can be done before.
    pub is_required: bool,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

impl PasswordPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        Template::render(self)
    }
}
