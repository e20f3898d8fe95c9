//! The pages at the door: signing in, and proving it again before something dangerous.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Field, Lines};

/// Sign-in with name and password.
#[derive(Clone, Debug, Template)]
#[template(path = "sign-in.html")]
pub struct SignInPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// The name that was given, to be corrected.
    pub name: String,
    /// Other ways in.
    pub ways: Vec<Way>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// A way in without a password of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the client certificate of this connection.
    Certificate,
    /// Elsewhere: at an identity provider, or at the listener that asks for certificates.
    Link {
        /// What it is called.
        title: String,
        /// Where it begins.
        url: String,
    },
}

/// The code of the authenticator, after the password was right.
#[derive(Clone, Debug, Template)]
#[template(path = "sign-in-code.html")]
pub struct CodePage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// The password again, before something dangerous.
#[derive(Clone, Debug, Template)]
#[template(path = "step-up.html")]
pub struct StepUpPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// Whether a password is asked for.
    pub asks_password: bool,
    /// Whether a code is asked for too.
    pub asks_code: bool,
    /// Other ways to prove it.
    pub ways: Vec<Way>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

rendered!(SignInPage, CodePage, StepUpPage);

impl SignInPage {
    fn name_field(&self) -> Field {
        let field = Field::text("name", "Name").with_autocomplete("username").with_value(&self.name);
        field.focused_if(self.name.is_empty())
    }

    fn password_field(&self) -> Field {
        password_field().focused_if(!self.name.is_empty())
    }

    fn reset(&self) -> Lines {
        Lines::new("the command", "signet operator reset-password NAME")
    }
}

impl CodePage {
    fn code_field(&self) -> Field {
        Field::one_time_code("code", "Code").focused()
    }
}

impl StepUpPage {
    fn password_field(&self) -> Field {
        password_field().focused()
    }

    fn code_field(&self) -> Field {
        Field::one_time_code("code", "Code").with_hint("Of your authenticator, or a recovery code")
    }
}

fn password_field() -> Field {
    Field::password("password", "Password", "current-password")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_was_given_is_escaped() {
        let page = SignInPage {
            frame: Frame::public("Example", 0),
            next: "/\"><script>".to_owned(),
            name: "<script>alert(1)</script>".to_owned(),
            ways: vec![Way::Certificate, Way::Link { title: "<script>".to_owned(), url: "\"><script>".to_owned() }],
            problem: Some("<b>".to_owned()),
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("autocomplete=\"current-password\""));
    }
}
