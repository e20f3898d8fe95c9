//! Who may sign in.

use askama::Template;

use crate::RenderError;
use crate::account::{Choice, SessionRow, TokenRow};
use crate::frame::Frame;

/// Every operator, and the form that adds one.
#[derive(Clone, Debug, Template)]
#[template(path = "settings/operators.html")]
pub struct OperatorsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Operators by name.
    pub operators: Vec<OperatorRow>,
    /// The name after which the next page goes on.
    pub older: Option<String>,
    /// Whether the viewer may add one.
    pub may_add: bool,
    /// The name that was given, to be corrected.
    pub name: String,
    /// Roles to give.
    pub roles: Vec<Choice>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// One operator. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct OperatorRow {
    /// Sign-in name.
    pub name: String,
    /// Who says who they are, such as `local`.
    pub provider: String,
    /// Roles held.
    pub roles: Vec<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether they still have a one-time password.
    pub must_change_password: bool,
    /// Whether codes are asked for.
    pub has_second_factor: bool,
    /// When they last signed in.
    pub signed_in_at: Option<i64>,
}

/// One operator, and what can be done about them.
#[derive(Clone, Debug, Template)]
#[template(path = "settings/operator.html")]
pub struct OperatorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The operator.
    pub operator: OperatorRow,
    /// Roles, with those held ticked.
    pub roles: Vec<Choice>,
    /// Why the viewer may not change roles, if so.
    pub roles_refusal: Option<String>,
    /// Whether the viewer may disable, enable and reset.
    pub may_change: bool,
    /// Open sessions, newest first.
    pub sessions: Vec<SessionRow>,
    /// Tokens, newest first.
    pub tokens: Vec<TokenRow>,
}

/// A one-time password just made: the only time that it is shown.
#[derive(Clone, Debug, Template)]
#[template(path = "settings/one-time-password.html")]
pub struct OneTimePasswordPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whose it is.
    pub name: String,
    /// The password.
    pub password: String,
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

rendered!(OperatorsPage, OperatorPage, OneTimePasswordPage);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script>";

    fn row() -> OperatorRow {
        OperatorRow {
            name: HOSTILE.to_owned(),
            provider: HOSTILE.to_owned(),
            roles: vec![HOSTILE.to_owned()],
            is_active: true,
            must_change_password: false,
            has_second_factor: false,
            signed_in_at: None,
        }
    }

    #[test]
    fn names_are_text() {
        let frame = Frame::public("Example", 0);
        let roles = vec![Choice { name: HOSTILE.to_owned(), meaning: HOSTILE.to_owned(), is_chosen: true }];
        let all = OperatorsPage {
            frame: frame.clone(),
            operators: vec![row()],
            older: Some(HOSTILE.to_owned()),
            may_add: true,
            name: HOSTILE.to_owned(),
            roles: roles.clone(),
            problem: Some(HOSTILE.to_owned()),
        };
        let one = OperatorPage {
            frame,
            operator: row(),
            roles,
            roles_refusal: Some(HOSTILE.to_owned()),
            may_change: true,
            sessions: Vec::new(),
            tokens: Vec::new(),
        };
        for html in [all.render().unwrap(), one.render().unwrap()] {
            assert!(!html.contains("<script>"), "{html}");
        }
    }
}
