//! `/clients/bindings`: who may open an account where not everybody may.

use askama::Template;

use super::{BindingState, Place, choose, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Callout, Choice, Column, Empty, Field, Filter, Headline, Lines, Link, Recipe, Recipes, Row, Select, Table,
    Tabs, Value,
};

/// The list of bindings, and the form that makes one.
#[derive(Clone, Debug)]
pub struct BindingsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Names of the endpoints.
    pub endpoints: Vec<String>,
    /// The endpoint that the list is narrowed to, or nothing.
    pub endpoint: String,
    /// The status that the list is narrowed to, or nothing.
    pub status: String,
    /// The bindings of this page.
    pub bindings: Vec<BindingRow>,
    /// Where the list begins, when this page is not there.
    pub newest: Option<String>,
    /// Where it goes on.
    pub older: Option<String>,
    /// Why the viewer may not make one, if so.
    pub no_create: Option<String>,
    /// Whether the viewer may withdraw them.
    pub may_revoke: bool,
    /// For whom the one is that was to be made, to be corrected.
    pub name: String,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// One binding.
#[derive(Clone, Debug)]
pub struct BindingRow {
    /// Its key identifier.
    pub kid: String,
    /// Its endpoint.
    pub endpoint: String,
    /// For whom it is.
    pub name: String,
    /// How it stands.
    pub state: BindingState,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: i64,
    /// Until when it can be used.
    pub expires_at: Option<i64>,
    /// The account that was opened with it.
    pub account: Option<String>,
}

/// A binding just made: the only time that its key is shown.
#[derive(Clone, Debug)]
pub struct BindingMadePage {
    /// What surrounds it.
    pub frame: Frame,
    /// For whom it is.
    pub name: String,
    /// Its key identifier.
    pub kid: String,
    /// The MAC key in base64url.
    pub hmac_key: String,
    /// How clients use it.
    pub recipes: Vec<Recipe>,
}

#[derive(Template)]
#[template(path = "clients/bindings.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    filter: Filter,
    table: Table,
    no_create: Option<&'a str>,
    problem: Option<Callout>,
    name: Field,
    endpoint: Option<Select>,
    days: Field,
}

#[derive(Template)]
#[template(path = "clients/binding-made.html")]
struct MadeHtml<'a> {
    frame: &'a Frame,
    name: &'a str,
    kid: Lines,
    hmac_key: Lines,
    recipes: Recipes,
}

impl BindingsPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            headline: self.headline(),
            tabs: tabs(Place::Bindings),
            filter: self.line(),
            table: self.table(),
            no_create: self.no_create.as_deref(),
            problem: self.problem.as_deref().map(Callout::denied),
            name: Field::text("name", "Whom it is for")
                .with_hint("A team or a machine, so that you know it again")
                .with_value(&self.name)
                .at_most(200),
            endpoint: self.endpoint_choice(),
            days: Field::number("days", "Days in which it can be used")
                .with_hint("Empty: until it is used or withdrawn")
                .with_value("30")
                .at_most(4)
                .optional(),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        Headline::new("Clients").saying(
            "An external account binding (EAB) lets one client open one account at an endpoint that asks for it. Its key \
             is shown once.",
        )
    }

    fn line(&self) -> Filter {
        let endpoints: Vec<&str> = self.endpoints.iter().map(String::as_str).collect();
        let controls = vec![
            Select::new("status", "State", states(&self.status)).into(),
            choose("endpoint", "Endpoint", "any endpoint", &endpoints, &self.endpoint).into(),
        ];
        Filter::new("/clients/bindings", controls)
    }

    fn endpoint_choice(&self) -> Option<Select> {
        let choices = self.endpoints.iter().map(|name| Choice::new(name, name)).collect();
        (self.endpoints.len() > 1).then(|| {
            let select = Select::new("to", "Endpoint", choices);
            select.with_hint("Where the account can be opened")
        })
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("For"),
            Column::tight("State"),
            Column::tight("Account"),
            Column::tight("Endpoint"),
            Column::tight("Can be used until"),
            Column::text("Made"),
            Column::tight("Withdraw it").unseen(),
        ];
        let rows = self.bindings.iter().map(|binding| self.row(binding)).collect();
        let is_narrowed = !(self.endpoint.is_empty() && self.status.is_empty());
        let empty = match is_narrowed {
            true => Empty::new("Nothing found", "No binding fits this filter.")
                .with_act(Act::open("All bindings", "/clients/bindings")),
            false => Empty::new(
                "No binding yet",
                "They matter where an [[acme]] of the configuration has external_account_required = true. Make \
                 one below, or on the machine with signet eab create.",
            ),
        };
        Table::new("Bindings", columns, rows).with_pages(self.newest.clone(), self.older.clone()).or_empty(empty)
    }

    fn row(&self, binding: &BindingRow) -> Row {
        let is_open = matches!(binding.state, BindingState::Unused | BindingState::Bound);
        let withdraw = || {
            let action = format!("/clients/bindings/{}/revoke", binding.kid);
            Value::from(Act::post(&self.frame, "Withdraw", action).danger())
        };
        let account = binding.account.as_ref().map(|account| {
            let href = format!("/clients/{}/accounts/{account}", binding.endpoint);
            Value::from(Link::new(href, crate::certificates::shortened(account, 13)))
        });
        let name = if binding.name.is_empty() { Value::Absent } else { binding.name.as_str().into() };
        let until = binding.expires_at.map(|at| self.frame.moment(&at));
        Row::plain(vec![
            name.with_under(Value::Code(binding.kid.clone())),
            binding.state.badge().into(),
            Value::or_absent(account),
            binding.endpoint.as_str().into(),
            until.map_or_else(|| Value::Quiet("no end".to_owned()), Value::from),
            Value::from(self.frame.moment(&binding.created_at)).with_under(Value::Quiet(binding.created_by.clone())),
            if is_open && self.may_revoke { withdraw() } else { "".into() },
        ])
    }
}

impl BindingMadePage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = MadeHtml {
            frame: &self.frame,
            name: &self.name,
            kid: Lines::new("the key identifier", &self.kid),
            hmac_key: Lines::new("the key", &self.hmac_key),
            recipes: Recipes::new("binding", self.recipes.clone()),
        };
        html.render()
    }
}

fn states(chosen: &str) -> Vec<Choice> {
    let all =
        [("", "any state"), ("unused", "unused"), ("bound", "used"), ("expired", "expired"), ("revoked", "withdrawn")];
    all.map(|(value, label)| Choice::new(value, label).chosen_if(value == chosen)).to_vec()
}
