//! Making a token for a machine.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{self, Act, Choices, Column, Empty, Field, Headline, Lines, Link, Row, Table, Value};

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

rendered!(NewTokenPage, TokenMadePage);

impl NewTokenPage {
    fn headline(&self) -> Headline {
        Headline::new("Make a token")
            .within(Link::new("/account", "Your account"))
            .saying("Whoever has it acts for you, within its scopes and roles. It is shown once.")
    }

    fn name_field(&self) -> Field {
        let field = Field::text("name", "Name").with_hint("What it is for, such as the script that uses it");
        field.with_value(&self.name).at_most(100).focused()
    }

    fn scope_choices(&self) -> Choices {
        choices("scopes", "Scopes", &self.scopes)
    }

    fn role_choices(&self) -> Choices {
        choices("roles", "Roles", &self.roles)
    }

    fn days_field(&self) -> Field {
        Field::number("days", "Days until it ends").with_hint("A year at most").with_value("90").at_most(3)
    }
}

impl TokenMadePage {
    fn token_lines(&self) -> Lines {
        Lines::new("the token", &self.token)
    }

    fn example_lines(&self) -> Lines {
        Lines::new("the line", &self.example)
    }
}

/// Boxes to tick, with what each is for.
pub(crate) fn choices(name: &str, label: &str, choices: &[Choice]) -> Choices {
    let choice = |choice: &Choice| {
        parts::Choice::new(&choice.name, &choice.name).explained(&choice.meaning).chosen_if(choice.is_chosen)
    };
    Choices::any_of(name, label, choices.iter().map(choice).collect())
}

/// A table of tokens. `revoke` is the button that ends one.
pub(crate) fn tokens(frame: &Frame, tokens: &[TokenRow], revoke: impl Fn(&TokenRow) -> Option<Act>) -> Table {
    let columns = vec![
        Column::text("Name"),
        Column::text("Scopes"),
        Column::text("Roles"),
        Column::tight("Ends"),
        Column::tight("Last used"),
        Column::tight("Revoke it").unseen(),
    ];
    let row = |token: &TokenRow| {
        Row::plain(vec![
            token.name.as_str().into(),
            token.scopes.join(", ").into(),
            token.roles.join(", ").into(),
            frame.moment(&token.expires_at).into(),
            token.last_used_at.map_or_else(|| Value::Quiet("never".to_owned()), |at| frame.moment(&at).into()),
            match token.is_in_force {
                true => revoke(token).map_or_else(|| "".into(), Value::from),
                false => Value::Quiet("ended".to_owned()),
            },
        ])
    };
    let empty =
        Empty::new("No token", "A token lets a script act for a person, for what was ticked and a year at most.");
    Table::new("Tokens", columns, tokens.iter().map(row).collect()).with_id("token-list").or_empty(empty)
}
