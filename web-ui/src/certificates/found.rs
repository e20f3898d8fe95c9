//! `/search`: what the search field of the frame found, when that is not one thing.

use askama::Template;

use super::list::{CertificateRow, Count, address, grouped};
use super::state::shortened;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Act, Column, Empty, Field, Headline, Link, Row, Table, Value};

/// What was found.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// The frame.
    pub frame: Frame,
    /// What was searched for.
    pub q: String,
    /// Accounts, orders, requests and other things that are known by this text.
    pub things: Vec<FoundThing>,
    /// The newest certificates that fit.
    pub certificates: Vec<CertificateRow>,
    /// How many certificates fit.
    pub count: Count,
}

/// Something other than a certificate.
#[derive(Clone, Debug)]
pub struct FoundThing {
    /// What it is: "ACME account".
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub href: String,
}

#[derive(Template)]
#[template(path = "certificates/search.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    field: Field,
    things: Option<Table>,
    certificates: Option<Table>,
    all: Option<Link>,
    empty: Option<Empty>,
}

impl SearchPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let nothing = self.things.is_empty() && self.certificates.is_empty();
        let list = address("/certificates", [("q", self.q.as_str())].into_iter());
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Search"),
            field: Field::search("q", "Search for")
                .with_value(self.q.clone())
                .with_hint("A name, *.domain, serial number, fingerprint, key hash, owner, account, order, request or digest of a signed file.")
                .at_most(2000),
            things: (!self.things.is_empty()).then(|| self.things()),
            certificates: (!self.certificates.is_empty()).then(|| self.certificates()),
            all: (!self.certificates.is_empty()).then(|| Link::new(list, "All of them, with filters")),
            empty: (nothing && !self.q.is_empty()).then(|| {
                Empty::new(
                    "Nothing is known by this",
                    "A name is found by its beginning, or with *.domain everything below it; serial numbers and \
                     fingerprints by their first six digits.",
                )
                .with_act(Act::open("All certificates", "/certificates"))
            }),
        };
        html.render()
    }

    fn things(&self) -> Table {
        let columns = vec![Column::text("Name"), Column::tight("What")];
        let row = |thing: &FoundThing| {
            Row::to(thing.href.clone(), vec![Value::from(shortened(&thing.title, 80)), Value::from(thing.kind.clone())])
        };
        Table::new("Things that are known by this", columns, self.things.iter().map(row).collect()).with_id("things")
    }

    fn certificates(&self) -> Table {
        let columns =
            vec![Column::text("Name"), Column::tight("State"), Column::tight("Ends"), Column::text("Profile")];
        let row = |row: &CertificateRow| {
            let cells = vec![
                Value::from(shortened(&row.title, 64)),
                row.state.badge().into(),
                self.frame.moment(&row.not_after).into(),
                Value::from(shortened(&row.profile, 40)),
            ];
            Row::to(format!("/certificates/{}", row.id), cells)
        };
        let shown = self.certificates.len();
        let count = match self.count {
            Count::Exactly(count) if u64::try_from(shown).is_ok_and(|shown| shown == count) => {
                format!("{} certificates", grouped(count))
            }
            Count::Exactly(count) => format!("The newest {shown} of {} certificates", grouped(count)),
            Count::MoreThan(count) => format!("The newest {shown} of more than {} certificates", grouped(count)),
            Count::Unknown => format!("{shown} of many certificates"),
        };
        Table::new("Certificates", columns, self.certificates.iter().map(row).collect()).with_count(count)
    }
}
