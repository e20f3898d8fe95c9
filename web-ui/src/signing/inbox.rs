//! `/signing`: what waits for me, then everything.

use askama::Template;

use super::{Place, SigningEnvironment, badge, recipes, request_path, tabs};
use crate::RenderError;
use crate::certificates::shortened;
use crate::frame::Frame;
use crate::parts::{Act, Choice, Column, Empty, Filter, Headline, Row, Select, Table, Tabs, Value, grouped};

/// One request of the list.
#[derive(Clone, Debug)]
pub struct SigningRow {
    /// Its id.
    pub id: String,
    /// Where it stands, as in the API: `pending_approval`.
    pub state: String,
    /// Name of the profile.
    pub profile: String,
    /// What the signatures are for.
    pub environment: SigningEnvironment,
    /// What the submitter wrote: a version, a ticket. Perhaps empty.
    pub reason: String,
    /// Who asked.
    pub requester: String,
    /// When.
    pub created_at: i64,
    /// Name of the first artifact.
    pub first_item: String,
    /// Number of artifacts.
    pub items: u64,
    /// Those that are signed.
    pub signed: u64,
    /// Approvals that it needs.
    pub need: u32,
    /// Approvals that it has.
    pub have: u32,
}

/// The page.
#[derive(Clone, Debug)]
pub struct SigningInboxPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What waits for whoever looks, oldest first.
    pub waiting: Vec<SigningRow>,
    /// How many wait for them: more than are shown, perhaps.
    pub waiting_total: u64,
    /// All requests, newest first.
    pub rows: Vec<SigningRow>,
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
    /// The public URL of this server.
    pub server: String,
}

#[derive(Template)]
#[template(path = "signing/inbox.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    waiting: Option<Table>,
    filter: Filter,
    table: Table,
}

impl SigningInboxPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            headline: self.headline(),
            tabs: tabs(Place::Requests),
            waiting: (!self.waiting.is_empty()).then(|| self.waits()),
            filter: self.filter(),
            table: self.table(),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let sentence = match self.waiting_total {
            0 => "Nothing waits for your approval.".to_owned(),
            1 => "One request waits for your approval.".to_owned(),
            more => format!("{more} requests wait for your approval."),
        };
        Headline::new("Signing").saying(sentence)
    }

    fn filter(&self) -> Filter {
        let choices = |any: &str, known: &[String], chosen: &str| {
            let first = Choice::new("", any).chosen_if(chosen.is_empty());
            let known = known.iter().map(|word| Choice::new(word, said(word)).chosen_if(word == chosen));
            std::iter::once(first).chain(known).collect()
        };
        let state = Select::new("state", "State", choices("any state", &self.states, &self.state));
        let profile = Select::new("profile", "Profile", choices("any profile", &self.profiles, &self.profile));
        Filter::new("/signing", vec![state.into(), profile.into()])
    }

    fn waits(&self) -> Table {
        let rows = self.waiting.iter().map(|row| self.row(row)).collect();
        let table = Table::new("Requests that wait for you", columns(), rows).with_id("mine");
        let shown = self.waiting.len().try_into().unwrap_or(u64::MAX);
        if shown < self.waiting_total {
            return table.with_count(format!("The oldest {shown} of {}", self.waiting_total));
        }
        table
    }

    fn table(&self) -> Table {
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        Table::new("All requests", columns(), rows)
            .with_pages(self.newer.clone(), self.older.clone())
            .or_empty(self.empty())
    }

    fn row(&self, row: &SigningRow) -> Row {
        row_of(&self.frame, row)
    }

    fn empty(&self) -> Empty {
        if !self.state.is_empty() || !self.profile.is_empty() || self.newer.is_some() {
            return Empty::new("No request is like that", "Take a filter away, or look at all requests.")
                .with_act(Act::open("All requests", "/signing"));
        }
        let text = "A build asks for signatures of its files' digests; the files stay where they are. People approve \
                    where the profile says so, and the build fetches the signatures.";
        let profile = self.profiles.first().map_or("release", String::as_str);
        Empty::new("Nobody has asked for a signature yet", text).with_recipes(recipes::asking(
            &self.server,
            profile,
            "cms-detached",
        ))
    }
}

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::text("What"),
        Column::tight("State"),
        Column::text("Profile"),
        Column::text("Asked"),
        Column::number("Items"),
        Column::tight("Approvals"),
    ]
}

/// A request as a row of any list.
pub(super) fn row_of(frame: &Frame, row: &SigningRow) -> Row {
    let what = Value::from(shortened(&what(row), 60));
    let what = if row.reason.is_empty() { what } else { what.with_under(shortened(&row.reason, 90)) };
    let approvals = match row.need {
        0 => Value::Quiet("none needed".to_owned()),
        need => format!("{} of {need}", row.have).into(),
    };
    let cells = vec![
        what,
        badge(&row.state).into(),
        Value::from(row.profile.clone()).with_under(row.environment.tag()),
        Value::from(shortened(&row.requester, 60)).with_under(frame.moment(&row.created_at)),
        row.items.into(),
        approvals,
    ];
    Row::to(request_path(&row.id), cells)
}

fn what(row: &SigningRow) -> String {
    match row.items {
        0 | 1 => row.first_item.clone(),
        more => format!("{} and {} more", shortened(&row.first_item, 40), grouped(&(more - 1))),
    }
}

/// A word of the API for people.
fn said(word: &str) -> String {
    word.replace('_', " ")
}
