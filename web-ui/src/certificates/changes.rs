//! `/certificates/changes` and `/certificates/changes/{id}`: changes to many certificates, and how far they are.

use askama::Template;

use super::change::ChangeKind;
use super::list::grouped;
use super::state::shortened;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Column, Empty, Fact, Facts, Headline, Link, Progress, Row, State, Table, Value,
};

/// Changes that were made, newest first.
#[derive(Clone, Debug)]
pub struct ChangesPage {
    /// The frame.
    pub frame: Frame,
    /// The changes of this page.
    pub rows: Vec<ChangeRow>,
    /// The page after this one.
    pub older: Option<String>,
}

/// One change.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Its id.
    pub id: String,
    /// What is done.
    pub kind: ChangeKind,
    /// How far it has come.
    pub state: ChangeState,
    /// How the certificates were chosen.
    pub selection: String,
    /// Who confirmed it.
    pub actor: String,
    /// When.
    pub created_at: i64,
    /// Certificates chosen.
    pub total: u64,
    /// Certificates changed.
    pub changed: u64,
    /// Certificates that were as wanted before.
    pub unchanged: u64,
    /// Certificates left alone.
    pub refused: u64,
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// The certificates are being noted down.
    Preparing,
    /// It is being done.
    Running,
    /// All were looked at.
    Done,
    /// It was ended before.
    Stopped,
}

/// One change and how far it is.
#[derive(Clone, Debug)]
pub struct ChangeProgressPage {
    /// The frame.
    pub frame: Frame,
    /// The change.
    pub change: ChangeRow,
    /// What is done, with its parameters in words: "Revoke, superseded".
    pub words: String,
    /// Why it was stopped, if it was.
    pub error: Option<String>,
    /// Certificates that were left alone.
    pub refused: Vec<RefusedRow>,
    /// Whether the viewer may stop it.
    pub may_stop: bool,
}

/// A certificate that was left alone.
#[derive(Clone, Debug)]
pub struct RefusedRow {
    /// Its id.
    pub id: String,
    /// Its first name, or its subject.
    pub title: String,
    /// Why.
    pub why: String,
}

impl ChangeState {
    fn badge(self) -> Badge {
        match self {
            Self::Preparing => Badge::new(State::Pending, "being prepared"),
            Self::Running => Badge::new(State::Pending, "running"),
            Self::Done => Badge::new(State::Good, "done"),
            Self::Stopped => Badge::new(State::Broken, "stopped"),
        }
    }
}

impl ChangeRow {
    fn path(&self) -> String {
        format!("/certificates/changes/{}", self.id)
    }

    fn settled(&self) -> u64 {
        self.changed + self.unchanged + self.refused
    }
}

#[derive(Template)]
#[template(path = "certificates/changes.html")]
struct ListHtml<'a> {
    frame: &'a Frame,
    headline: Headline,
    table: Table,
}

impl ChangesPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let columns = vec![
            Column::text("Change"),
            Column::tight("State"),
            Column::number("Certificates"),
            Column::text("Confirmed by"),
            Column::tight("When"),
        ];
        let row = |row: &ChangeRow| {
            let title = Value::from(row.kind.title().trim_end_matches(" for").to_owned());
            let cells = vec![
                title.with_under(Value::Quiet(shortened(&row.selection, 80))),
                row.state.badge().into(),
                Value::Number(row.total),
                Value::from(shortened(&row.actor, 40)),
                self.frame.moment(&row.created_at).into(),
            ];
            Row::to(row.path(), cells)
        };
        let empty =
            Empty::new("No change to many certificates yet", "Select certificates in the list, and choose what to do.")
                .with_act(Act::open("Certificates", "/certificates"));
        let table = Table::new("Changes to many certificates", columns, self.rows.iter().map(row).collect())
            .with_pages(None, self.older.clone())
            .or_empty(empty);
        let headline = Headline::new("Changes to many").within(Link::new("/certificates", "Certificates"));
        ListHtml { frame: &self.frame, headline, table }.render()
    }
}

#[derive(Template)]
#[template(path = "certificates/change.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    progress: Progress,
    stopped: Option<Callout>,
    facts: Facts,
    refused: Option<Table>,
}

impl ChangeProgressPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let change = &self.change;
        let html = Html {
            frame: &self.frame,
            title: self.words.clone(),
            headline: self.headline(),
            progress: self.progress(),
            stopped: self.error.as_ref().map(|text| {
                Callout::new(CalloutKind::Denied, "It was stopped")
                    .with_text(format!("{text}. What was changed by then stays changed."))
            }),
            facts: Facts(vec![
                Fact::new("Confirmed by", Value::from(change.actor.clone())),
                Fact::new("When", self.frame.moment(&change.created_at)),
                Fact::new("Chosen", Value::from(change.selection.clone())),
                Fact::new("Changed", Value::Number(change.changed)),
                Fact::new("As wanted before", Value::Number(change.unchanged)),
                Fact::new("Left alone", Value::Number(change.refused)),
            ]),
            refused: (!self.refused.is_empty()).then(|| self.refused()),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let headline = Headline::new(self.words.clone())
            .within(Link::new("/certificates/changes", "Changes to many"))
            .with_badge(self.change.state.badge());
        match self.may_stop && self.change.state == ChangeState::Running {
            true => headline.with_act(Act::post(&self.frame, "Stop", format!("{}/stop", self.change.path())).danger()),
            false => headline,
        }
    }

    fn progress(&self) -> Progress {
        let change = &self.change;
        let (done, total) = (change.settled(), change.total);
        let left = if change.refused > 0 { format!(", {} left alone", grouped(change.refused)) } else { String::new() };
        let text = format!("{} of {} done{left}", grouped(done), grouped(total));
        let progress = Progress::new(text, done, total);
        match change.state {
            ChangeState::Preparing | ChangeState::Running => progress.running_at(change.path()),
            ChangeState::Done | ChangeState::Stopped => progress,
        }
    }

    fn refused(&self) -> Table {
        let columns = vec![Column::text("Certificate"), Column::text("Why")];
        let row = |row: &RefusedRow| {
            let cells = vec![Value::from(shortened(&row.title, 64)), Value::from(row.why.clone())];
            Row::to(format!("/certificates/{}", row.id), cells)
        };
        Table::new("Certificates that were left alone", columns, self.refused.iter().map(row).collect())
    }
}
