//! Who may sign in.

use askama::Template;

use super::{Place, tabs};
use crate::account::{Choice, SessionRow, TokenRow, choices, sessions, tokens};
use crate::audit::audit_of;
use crate::certificates::address;
use crate::frame::Frame;
use crate::parts::{Act, Badge, Choices, Column, Field, Headline, Lines, Link, Row, State, Table, Tabs, Value};

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

rendered!(OperatorsPage, OperatorPage, OneTimePasswordPage);

impl OperatorsPage {
    fn headline(&self) -> Headline {
        let sentence = match self.may_add {
            true => "Who may sign in, and with which roles.",
            false => "Who may sign in, and with which roles. A security officer adds them.",
        };
        Headline::new("Operators").saying(sentence)
    }

    fn tabs(&self) -> Tabs {
        tabs(Place::Operators)
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Name"),
            Column::text("Roles"),
            Column::tight("State"),
            Column::tight("Second factor"),
            Column::tight("Last sign-in"),
        ];
        let rows = self.operators.iter().map(|operator| operator.row(&self.frame)).collect();
        let older = self.older.as_ref().map(|after| format!("/settings/operators?after={after}"));
        Table::new("Operators", columns, rows).with_pages(None, older)
    }

    fn name_field(&self) -> Field {
        Field::text("name", "Name").with_hint("What they sign in with").with_value(&self.name).at_most(64)
    }

    fn role_choices(&self) -> Choices {
        choices("roles", "Roles", &self.roles)
    }
}

impl OperatorRow {
    fn href(&self) -> String {
        format!("/settings/operators/{}", self.name)
    }

    fn badge(&self) -> Badge {
        match (self.is_active, self.must_change_password) {
            (false, _) => Badge::new(State::Revoked, "disabled"),
            (true, true) => Badge::new(State::Pending, "one-time password"),
            (true, false) => Badge::new(State::Good, "active"),
        }
    }

    fn row(&self, frame: &Frame) -> Row {
        let name = Value::from(self.name.as_str());
        let name = if self.provider == "local" { name } else { name.with_under(self.provider.as_str()) };
        let second_factor = match self.has_second_factor {
            true => Value::from("yes"),
            false => Value::Quiet("no".to_owned()),
        };
        Row::to(
            self.href(),
            vec![name, self.roles.join(", ").into(), self.badge().into(), second_factor, self.last_sign_in(frame)],
        )
    }

    fn last_sign_in(&self, frame: &Frame) -> Value {
        self.signed_in_at.map_or_else(|| Value::Quiet("never".to_owned()), |at| frame.moment(&at).into())
    }
}

impl OperatorPage {
    fn headline(&self) -> Headline {
        let roles = match self.operator.roles.as_slice() {
            [] => "no role".to_owned(),
            roles => roles.join(", "),
        };
        let sentence =
            vec![format!("Holds {roles}; last signed in ").into(), self.operator.last_sign_in(&self.frame), ".".into()];
        let who = format!("Operator:{}", self.operator.name);
        let headline = Headline::new(&self.operator.name)
            .within(Link::new("/settings/operators", "Operators"))
            .with_badge(self.operator.badge())
            .saying(Value::Sentence(sentence))
            .with_act(Act::open("What they did", address("/audit", [("actor", who.as_str())].into_iter())))
            .with_act(audit_of(&who));
        self.acts().into_iter().fold(headline, Headline::with_act)
    }

    fn acts(&self) -> Vec<Act> {
        if !self.may_change {
            return Vec::new();
        }
        let reset = self.act("Reset password and second factor", "reset-password");
        let switch = match self.operator.is_active {
            true => self.act("Disable", "disable").danger(),
            false => self.act("Enable", "enable"),
        };
        let is_local = self.operator.provider == "local";
        is_local.then_some(reset).into_iter().chain([switch]).collect()
    }

    fn act(&self, label: &str, what: &str) -> Act {
        Act::post(&self.frame, label, format!("{}/{what}", self.operator.href()))
    }

    fn role_choices(&self) -> Choices {
        choices("roles", "Roles", &self.roles).unseen()
    }

    fn session_table(&self) -> Table {
        sessions(&self.frame, &self.sessions, |_| None)
    }

    fn end_sessions(&self) -> Option<Act> {
        (self.may_change && !self.sessions.is_empty()).then(|| self.act("End all", "end-sessions"))
    }

    fn token_table(&self) -> Table {
        let revoke = |token: &TokenRow| self.act("Revoke", &format!("tokens/{}/revoke", token.id)).danger();
        tokens(&self.frame, &self.tokens, |token| self.may_change.then(|| revoke(token)))
    }
}

impl OneTimePasswordPage {
    fn password_lines(&self) -> Lines {
        Lines::new("the password", &self.password)
    }
}

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
