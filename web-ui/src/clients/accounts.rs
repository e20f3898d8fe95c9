//! `/clients/accounts`: who may order.

use askama::Template;

use super::{AccountState, Place, choose, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Act, Chip, Choice, Column, Empty, Filter, Headline, Id, Recipe, Row, Select, Table, Tabs, Value};

/// The list of accounts.
#[derive(Clone, Debug)]
pub struct AccountsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Names of the endpoints.
    pub endpoints: Vec<String>,
    /// The endpoint that the list is narrowed to, or nothing.
    pub endpoint: String,
    /// The status that the list is narrowed to, or nothing.
    pub status: String,
    /// The binding that the list is narrowed to, or nothing.
    pub binding: String,
    /// The accounts of this page.
    pub accounts: Vec<AccountRow>,
    /// Where the list begins, when this page is not there.
    pub newest: Option<String>,
    /// Where it goes on.
    pub older: Option<String>,
    /// How the first one comes to be.
    pub recipes: Vec<Recipe>,
}

/// One account.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Its id.
    pub id: String,
    /// Its endpoint.
    pub endpoint: String,
    /// How it stands.
    pub state: AccountState,
    /// Contact URLs.
    pub contacts: Vec<String>,
    /// The address it was opened from.
    pub created_from: String,
    /// When it was opened.
    pub created_at: i64,
}

#[derive(Template)]
#[template(path = "clients/list.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: &'static str,
    headline: Headline,
    tabs: Tabs,
    filter: Filter,
    table: Table,
}

impl AccountsPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            title: "ACME accounts",
            headline: Headline::new("Clients")
                .saying("An account is a key that may order certificates at one endpoint."),
            tabs: tabs(Place::Accounts),
            filter: self.line(),
            table: self.table(),
        };
        html.render()
    }

    fn line(&self) -> Filter {
        let endpoints: Vec<&str> = self.endpoints.iter().map(String::as_str).collect();
        let controls = vec![
            Select::new("status", "State", states(&self.status)).into(),
            choose("endpoint", "Endpoint", "any endpoint", &endpoints, &self.endpoint).into(),
        ];
        let line = Filter::new("/clients/accounts", controls);
        if self.binding.is_empty() { line } else { line.keeping("binding", &self.binding) }
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::tight("Account"),
            Column::tight("State"),
            Column::text("Contact"),
            Column::tight("Endpoint"),
            Column::tight("Opened from"),
            Column::tight("Opened"),
        ];
        let rows = self.accounts.iter().map(|account| self.row(account)).collect();
        let chips = (!self.binding.is_empty())
            .then(|| Chip { label: format!("binding {}", self.binding), without: "/clients/accounts".to_owned() });
        Table::new("Accounts", columns, rows)
            .with_chips(chips.into_iter().collect())
            .with_pages(self.newest.clone(), self.older.clone())
            .or_empty(self.empty())
    }

    fn row(&self, account: &AccountRow) -> Row {
        let contacts = account.contacts.iter().map(|contact| Value::from(contact.as_str())).collect();
        Row::to(
            format!("/clients/{}/accounts/{}", account.endpoint, account.id),
            vec![
                short_id(&account.id),
                account.state.badge().into(),
                if account.contacts.is_empty() { Value::Absent } else { Value::Lines(contacts) },
                account.endpoint.as_str().into(),
                account.created_from.as_str().into(),
                self.frame.moment(&account.created_at).into(),
            ],
        )
    }

    fn empty(&self) -> Empty {
        let is_narrowed = !(self.endpoint.is_empty() && self.status.is_empty() && self.binding.is_empty());
        match is_narrowed || self.newest.is_some() {
            true => Empty::new("Nothing found", "No account fits this filter.")
                .with_act(Act::open("All accounts", "/clients/accounts")),
            false => Empty::new("No account yet", "An account comes to be with the first certificate of a client:")
                .with_recipes(self.recipes.clone()),
        }
    }
}

/// The two ends of an id as text: a row's link holds no button.
pub(super) fn short_id(id: &str) -> Value {
    Value::Code(crate::certificates::shortened(id, 17))
}

/// The whole id with its button.
pub(super) fn long_id(what: &str, id: &str) -> Id {
    Id::new(what, id)
}

fn states(chosen: &str) -> Vec<Choice> {
    let all =
        [("", "any state"), ("valid", "in use"), ("deactivated", "closed by its owner"), ("revoked", "closed here")];
    all.map(|(value, label)| Choice::new(value, label).chosen_if(value == chosen)).to_vec()
}
