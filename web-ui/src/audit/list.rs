//! The audit trail, narrowed by a filter line that is a link.

use askama::Template;

use super::action::words;
use super::object::object;
use crate::RenderError;
use crate::certificates::{address, shortened};
use crate::frame::Frame;
use crate::parts::{
    Act, Callout, CalloutKind, Chip, Choice, Column, Control, Empty, Field, Filter, Headline, Row, Select, Table, Value,
};

/// The audit trail, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The frame.
    pub frame: Frame,
    /// What the list is narrowed to.
    pub filter: FilterValues,
    /// What is wrong with the filter, if something is; the list is then empty.
    pub problem: Option<String>,
    /// Acts to choose from.
    pub actions: Vec<String>,
    /// The events of this page.
    pub events: Vec<EventRow>,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Where older events are: the value of `after`.
    pub older: Option<String>,
}

/// The filter line as it was sent; what is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterValues {
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// The request that it belongs to.
    pub request: String,
    /// First day or moment.
    pub since: String,
    /// The day or moment before which.
    pub until: String,
}

/// One event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its id.
    pub id: String,
    /// When, in Unix seconds.
    pub at: i64,
    /// Who did it, as `Operator:ann`.
    pub actor: String,
    /// What was done, as `RevokeCertificate`.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// A reason or another thing worth a line.
    pub detail: Option<String>,
    /// Where the request came from.
    pub origin: String,
}

impl FilterValues {
    /// Name and value of everything that narrows.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("actor", self.actor.as_str()),
            ("action", &self.action),
            ("object", &self.object),
            ("request", &self.request),
            ("since", &self.since),
            ("until", &self.until),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    fn at(&self, path: &str) -> String {
        address(path, self.pairs().into_iter())
    }

    fn older(&self, after: &str) -> String {
        address("/audit", self.pairs().into_iter().chain([("after", after)]))
    }

    fn chips(&self) -> Vec<Chip> {
        let pairs = self.pairs();
        let without = |part: &str| address("/audit", pairs.iter().copied().filter(|(name, _)| *name != part));
        let chip = |(name, value): &(&'static str, &str)| Chip {
            label: match *name {
                "since" => format!("from {value}"),
                "until" => format!("before {value}"),
                name => format!("{name} {}", shortened(value, 48)),
            },
            without: without(name),
        };
        pairs.iter().map(chip).collect()
    }
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    filter: Filter,
    problem: Option<Callout>,
    table: Table,
    exports: Vec<Act>,
}

impl AuditPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let problem = self.problem.as_ref();
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Audit").saying(
                "Everything that was permitted and done, each with who did it and the policy that decided. Nothing here is \
                 ever changed or deleted.",
            ),
            filter: self.line(),
            problem: problem
                .map(|text| Callout::new(CalloutKind::Denied, "This filter finds nothing").with_text(text.clone())),
            table: self.table(),
            exports: vec![
                Act::download("JSON lines", self.filter.at("/audit/export.jsonl")),
                Act::download("CSV", self.filter.at("/audit/export.csv")),
            ],
        };
        html.render()
    }

    fn line(&self) -> Filter {
        let filter = &self.filter;
        let field = |name, label, value: &str, example: &str| {
            let field = Field::search(name, label).with_value(value).with_placeholder(example).at_most(300);
            Control::Field(field)
        };
        let date = |name, label, value: &str| Control::Field(Field::date(name, label).with_value(value).optional());
        let mut choices = vec![Choice::new("", "any act").chosen_if(filter.action.is_empty())];
        let chosen = Some(&filter.action).filter(|action| !action.is_empty() && !self.actions.contains(action));
        let known = self.actions.iter().chain(chosen);
        choices.extend(known.map(|act| Choice::new(act.clone(), words(act)).chosen_if(*act == filter.action)));
        let controls = vec![
            field("actor", "Who", &filter.actor, "ann, Job:crl-publisher"),
            Control::Select(Select::new("action", "Act", choices)),
            field("object", "To what", &filter.object, "certificate issuing/0abc"),
            date("since", "From", &filter.since),
            date("until", "Before", &filter.until),
        ];
        let line = Filter::new("/audit", controls);
        if filter.request.is_empty() { line } else { line.keeping("request", &filter.request) }
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Act"),
            Column::text("To what"),
            Column::text("Who"),
            Column::tight("When"),
            Column::address("From"),
        ];
        let rows = self.events.iter().map(|event| self.row(event)).collect();
        let newest = self.is_later.then(|| self.filter.at("/audit"));
        let older = self.older.as_deref().map(|after| self.filter.older(after));
        Table::new("Audit events", columns, rows)
            .with_id("events")
            .with_chips(self.filter.chips())
            .with_pages(newest, older)
            .or_empty(self.empty())
    }

    fn row(&self, event: &EventRow) -> Row {
        let what = object(&event.object);
        let cells = vec![
            words(&event.action).into(),
            match &event.detail {
                Some(detail) => what.with_under(Value::Quiet(shortened(detail, 96))),
                None => what,
            },
            Value::from(shortened(&event.actor, 56)),
            self.frame.moment(&event.at).into(),
            Value::or_absent((!event.origin.is_empty()).then(|| shortened(&event.origin, 40))),
        ];
        Row::to(format!("/audit/{}", event.id), cells)
    }

    fn empty(&self) -> Empty {
        match self.filter.pairs().is_empty() {
            true => Empty::new(
                "Nothing was done yet",
                "Each act that the policies permit is written down here, and each signature that they deny to somebody known.",
            ),
            false => Empty::new("Nothing found", "No event fits this filter. Take a part of it away above.")
                .with_act(Act::open("All events", "/audit")),
        }
    }
}
