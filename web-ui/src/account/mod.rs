//! An operator's own account: password, sessions, tokens.

mod password;
mod second_factor;
mod session;
mod token;

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Act, Badge, Fact, Facts, Headline, Link, State, Table, Value};

pub use password::PasswordPage;
pub use second_factor::{RecoveryCodesPage, SecondFactorPage, SecondFactorState};
pub use session::SessionRow;
pub use token::{Choice, NewTokenPage, TokenMadePage, TokenRow};

pub(crate) use session::sessions;
pub(crate) use token::{choices, tokens};

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

rendered!(AccountPage);

impl AccountPage {
    fn headline(&self) -> Headline {
        let Some(operator) = &self.frame.operator else { return Headline::new("Your account") };
        let sentence = match operator.roles.as_slice() {
            [] => "You hold no role yet: a security officer gives you one.".to_owned(),
            roles => format!("You hold {}.", roles.join(", ")),
        };
        Headline::new(&operator.name).saying(sentence)
    }

    /// How the person proves who they are.
    fn proofs(&self) -> Facts {
        if !self.has_password {
            return Facts(vec![Fact::new("Password", "None here: you sign in elsewhere.")]);
        }
        let (state, word, link) = match self.has_second_factor {
            true => (State::Good, "asked for", "Look at it"),
            false => (State::Soon, "none", "Add an authenticator"),
        };
        let second_factor = Value::Sentence(vec![
            Badge::new(state, word).into(),
            " · ".into(),
            Link::new("/account/second-factor", link).into(),
        ]);
        let gloss = "With a code from your phone, a stolen password is not enough.";
        Facts(vec![
            Fact::new("Password", Link::new("/account/password", "Change it")),
            Fact::new("Second factor", second_factor).with_gloss(gloss),
        ])
    }

    fn sessions(&self) -> Table {
        sessions(&self.frame, &self.sessions, |session| {
            Some(Act::post(&self.frame, "End", format!("/account/sessions/{}/end", session.id)))
        })
    }

    /// Whether there is another session than the one that looks.
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }

    fn end_others(&self) -> Act {
        Act::post(&self.frame, "End all others", "/account/sessions/end")
    }

    fn tokens(&self) -> Table {
        tokens(&self.frame, &self.tokens, |token| {
            Some(Act::post(&self.frame, "Revoke", format!("/account/tokens/{}/revoke", token.id)).danger())
        })
    }

    fn new_token(&self) -> Act {
        Act::open("Make a token", "/account/tokens/new")
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
