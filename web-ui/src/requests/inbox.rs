//! The list of requests: what waits for me, what I asked for, everything.

use askama::Template;

use super::{badge, names};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Act, Choice, Column, Empty, Filter, Headline, Recipe, Row, Select, Tab, Table, Tabs, Value};

/// Which requests are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pile {
    /// What waits for the vote of whoever looks.
    Waiting,
    /// What they asked for.
    Mine,
    /// Everything.
    All,
}

/// One request of the list.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Its id.
    pub id: String,
    /// Names of the certificate.
    pub names: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub state: String,
    /// Name of the profile.
    pub profile: String,
    /// Who asked.
    pub requester: String,
    /// When.
    pub created_at: i64,
    /// When it ends undecided; none once it has ended.
    pub expires_at: Option<i64>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Which requests.
    pub pile: Pile,
    /// How many wait for whoever looks.
    pub waiting: u64,
    /// The requests, newest first.
    pub rows: Vec<InboxRow>,
    /// The state that the list is narrowed to; empty for any.
    pub state: String,
    /// The states that there are.
    pub states: Vec<String>,
    /// The profile that the list is narrowed to; empty for any.
    pub profile: String,
    /// The profiles that there are.
    pub profiles: Vec<String>,
    /// Link to newer requests.
    pub newer: Option<String>,
    /// Link to older requests.
    pub older: Option<String>,
    /// Why whoever looks may not ask for a certificate.
    pub may_not_submit: Option<String>,
    /// How a request is made without this page.
    pub recipe: String,
}

#[derive(Template)]
#[template(path = "requests/inbox.html")]
struct Html<'a> {
    frame: &'a Frame,
    head: Headline,
    tabs: Tabs,
    filter: Filter,
    table: Table,
}

impl Pile {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::All => "all",
        }
    }
}

impl InboxPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let tab = |pile: Pile, label: &str| {
            Tab::new(label, format!("/requests?show={}", pile.word())).here_if(self.pile == pile)
        };
        let waiting = tab(Pile::Waiting, "Waiting for me").counting(self.waiting);
        let tabs = vec![waiting, tab(Pile::Mine, "Mine"), tab(Pile::All, "All")];
        Html {
            frame: &self.frame,
            head: self.head(),
            tabs: Tabs::new("Requests", tabs),
            filter: self.filter(),
            table: self.table(),
        }
        .render()
    }

    fn submit(&self) -> Act {
        Act::open("Request a certificate", "/requests/new").primary().refused_because(self.may_not_submit.clone())
    }

    fn head(&self) -> Headline {
        let sentence = match self.waiting {
            0 => "Nothing waits for your approval.".to_owned(),
            1 => "One request waits for your approval.".to_owned(),
            more => format!("{more} requests wait for your approval."),
        };
        Headline::new("Requests").saying(sentence).with_act(self.submit())
    }

    fn filter(&self) -> Filter {
        let choices = |any: &str, known: &[String], chosen: &str| {
            let first = Choice::new("", any).chosen_if(chosen.is_empty());
            let known = known.iter().map(|word| Choice::new(word, word).chosen_if(word == chosen));
            std::iter::once(first).chain(known).collect()
        };
        let state = Select::new("state", "State", choices("any", &self.states, &self.state));
        let profile = Select::new("profile", "Profile", choices("any", &self.profiles, &self.profile));
        Filter::new("/requests", vec![state.into(), profile.into()]).keeping("show", self.pile.word())
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("For"),
            Column::tight("State"),
            Column::text("Profile"),
            Column::text("Requested by"),
            Column::tight("Requested"),
            Column::tight("Expires"),
        ];
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        Table::new("Requests", columns, rows).with_pages(self.newer.clone(), self.older.clone()).or_empty(self.empty())
    }

    fn row(&self, row: &InboxRow) -> Row {
        let cells = vec![
            names(&row.names, &row.subject).into(),
            badge(&row.state).into(),
            row.profile.clone().into(),
            row.requester.clone().into(),
            self.frame.moment(&row.created_at).into(),
            Value::or_absent(row.expires_at.map(|at| self.frame.moment(&at))),
        ];
        Row::to(format!("/requests/{}", row.id), cells)
    }

    fn empty(&self) -> Empty {
        let narrowed = !self.state.is_empty() || !self.profile.is_empty();
        let (headline, text) = match self.pile {
            _ if narrowed => ("No request is like that", "Take a filter away, or look at all requests."),
            Pile::Waiting => ("Nothing waits for you", "Requests of others that you may approve are listed here."),
            Pile::Mine => {
                ("You have asked for nothing yet", "Hosts that cannot speak ACME get their certificates this way.")
            }
            Pile::All => ("There are no requests yet", "Hosts that cannot speak ACME get their certificates this way."),
        };
        let empty = Empty::new(headline, text).with_act(self.submit());
        match (self.pile, narrowed) {
            (Pile::Mine | Pile::All, false) => {
                empty.with_recipes(vec![Recipe::lines("From a command line", self.recipe.clone())])
            }
            _ => empty,
        }
    }
}
