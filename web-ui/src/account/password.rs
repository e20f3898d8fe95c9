//! Changing one's own password.

use askama::Template;

use crate::frame::Frame;
use crate::parts::Field;

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

rendered!(PasswordPage);

impl PasswordPage {
    fn present_field(&self) -> Field {
        Field::password("present", "Present password", "current-password").focused()
    }

    fn new_field(&self) -> Field {
        Field::password("new", "New password", "new-password").at_least(12)
    }

    fn again_field(&self) -> Field {
        Field::password("again", "New password again", "new-password").at_least(12)
    }
}
