//! An operator's own account: password, sessions, tokens.

mod password;
mod second_factor;
mod token;

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;

pub use password::PasswordPage;
pub use second_factor::{RecoveryCodesPage, SecondFactorPage, SecondFactorState};
pub use token::{Choice, NewTokenPage, TokenMadePage};

/// The account at a glance.
#[derive(Clone, Debug, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whether there is a password to change.
    pub has_password: bool,
    /// Whether codes are asked for at sign-in.
    pub has_second_factor: bool,
    /// Open sessions, newest first.
    pub sessions: Vec<SessionRow>,
    /// Tokens, newest first.
    pub tokens: Vec<TokenRow>,
}

/// One session. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// Whether it is the one that looks.
    pub is_this: bool,
    /// How the person proved who they are.
    pub method: String,
    /// Where it was begun.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: i64,
    /// When it was last used.
    pub seen_at: i64,
}

/// One token. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Roles it has.
    pub roles: Vec<String>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
    /// Whether it can be used.
    pub is_in_force: bool,
}

impl AccountPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        Template::render(self)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script>";

    #[test]
    fn what_others_wrote_is_escaped() {
        let session = SessionRow {
            id: HOSTILE.to_owned(),
            is_this: false,
            method: HOSTILE.to_owned(),
            address: HOSTILE.to_owned(),
            user_agent: HOSTILE.to_owned(),
            created_at: 0,
            seen_at: 0,
        };
        let token = TokenRow {
            id: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            roles: vec![HOSTILE.to_owned()],
            scopes: vec![HOSTILE.to_owned()],
            created_at: 0,
            expires_at: 0,
            last_used_at: None,
            is_in_force: true,
        };
        let frame = Frame::public("Example", 0);
        let (sessions, tokens) = (vec![session], vec![token]);
        let page = AccountPage { frame, has_password: true, has_second_factor: false, sessions, tokens };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>"), "{html}");
    }
}
