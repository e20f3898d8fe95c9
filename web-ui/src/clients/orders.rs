//! `/clients`: orders, newest first, and what stands against each.

use askama::Template;

use super::endpoint::{self, EndpointView};
use super::{OrderState, Place, choose, some_names, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Choice, Column, Control, Empty, Field, Filter, Headline, Recipe, Row, Select, Table, Tabs, Value,
};

/// The list of orders.
#[derive(Clone, Debug)]
pub struct OrdersPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The endpoints of this installation.
    pub endpoints: Vec<EndpointView>,
    /// What the list is narrowed to.
    pub filter: OrdersFilter,
    /// The orders of this page.
    pub orders: Vec<OrderRow>,
    /// Where the list begins, when this page is not there.
    pub newest: Option<String>,
    /// Where it goes on.
    pub older: Option<String>,
    /// How to make the first one.
    pub recipes: Vec<Recipe>,
}

/// What orders are narrowed to; what is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrdersFilter {
    /// A name that was ordered.
    pub name: String,
    /// A status of RFC 8555.
    pub status: String,
    /// An endpoint.
    pub endpoint: String,
    /// Id of an account.
    pub account: String,
}

/// One order.
#[derive(Clone, Debug)]
pub struct OrderRow {
    /// Its id.
    pub id: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Names ordered.
    pub names: Vec<String>,
    /// How it stands.
    pub state: OrderState,
    /// What stands against it.
    pub problem: Option<String>,
    /// The profile.
    pub profile: String,
    /// When it was made.
    pub created_at: i64,
}

#[derive(Template)]
#[template(path = "clients/orders.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    filter: Filter,
    table: Table,
    endpoints: Table,
}

impl OrdersPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Clients")
                .saying("What ACME clients asked for, newest first. An order that failed says why."),
            tabs: tabs(Place::Orders),
            filter: self.line(),
            table: self.table(),
            endpoints: endpoint::table(&self.endpoints),
        };
        html.render()
    }

    fn line(&self) -> Filter {
        let names: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        let search = Field::search("name", "Name").with_value(&self.filter.name).at_most(300);
        let controls = vec![
            Control::Words(search.with_placeholder("A whole name, such as www.example.org")),
            Select::new("status", "State", states(&self.filter.status)).into(),
            choose("endpoint", "Endpoint", "any endpoint", &names, &self.filter.endpoint).into(),
        ];
        let line = Filter::new("/clients", controls);
        match self.filter.account.as_str() {
            "" => line,
            account => line.keeping("account", account),
        }
    }

    fn table(&self) -> Table {
        table(&self.frame, &self.orders).with_pages(self.newest.clone(), self.older.clone()).or_empty(self.empty())
    }

    fn empty(&self) -> Empty {
        match (&self.older, self.filter == OrdersFilter::default()) {
            (Some(older), _) => {
                Empty::new("Nothing found yet", "The orders looked through so far do not fit. Older ones may.")
                    .with_act(Act::open("Keep looking", older))
            }
            (None, false) => Empty::new("Nothing found", "No order fits this filter. Orders are kept for some weeks.")
                .with_act(Act::open("All orders", "/clients")),
            (None, true) => Empty::new("No order yet", "Each order appears here at once. This makes the first one:")
                .with_recipes(self.recipes.clone()),
        }
    }
}

/// A table of orders, for pages that have some.
pub(super) fn table(frame: &Frame, orders: &[OrderRow]) -> Table {
    let columns = vec![
        Column::text("Names"),
        Column::tight("State"),
        Column::text("What stands against it"),
        Column::text("Profile"),
        Column::tight("Ordered"),
    ];
    let row = |order: &OrderRow| {
        let (first, more) = some_names(&order.names);
        let names = Value::from(first);
        let names = match more {
            Some(more) => names.with_under(Value::Quiet(more)),
            None => names,
        };
        Row::to(
            format!("/clients/{}/orders/{}", order.endpoint, order.id),
            vec![
                names,
                order.state.badge().into(),
                Value::or_absent(order.problem.clone()),
                Value::from(order.profile.as_str()).with_under(Value::Quiet(order.endpoint.clone())),
                frame.moment(&order.created_at).into(),
            ],
        )
    };
    Table::new("Orders", columns, orders.iter().map(row).collect())
}

fn states(chosen: &str) -> Vec<Choice> {
    let all = [
        ("", "any state"),
        ("invalid", "failed"),
        ("pending", "waits for proof"),
        ("ready", "waits for CSR"),
        ("processing", "being signed"),
        ("valid", "issued"),
    ];
    all.map(|(value, label)| Choice::new(value, label).chosen_if(value == chosen)).to_vec()
}
