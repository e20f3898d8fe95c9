//! `/certificates/changes/new`: what one change to many certificates means, before it is made.

use askama::Template;

use super::list::{CertificateRow, grouped};
use super::revoke::ReasonView;
use super::state::shortened;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Callout, CalloutKind, Choice, Column, Danger, Field, Headline, Link, Row, Select, Table, Value,
};

/// The preview of a change to many certificates.
#[derive(Clone, Debug)]
pub struct NewChangePage {
    /// The frame.
    pub frame: Frame,
    /// What is to be done.
    pub kind: ChangeKind,
    /// How the certificates were chosen, in words.
    pub selection: String,
    /// How many are chosen.
    pub total: u64,
    /// How many of them are valid.
    pub valid: u64,
    /// How many have expired.
    pub expired: u64,
    /// How many are revoked already.
    pub revoked: u64,
    /// The first few.
    pub examples: Vec<CertificateRow>,
    /// The reasons to choose from, for a revocation.
    pub reasons: Vec<ReasonView>,
    /// Fields that bring the same certificates back: their ids, or the filter.
    pub chosen: Vec<(String, String)>,
    /// Names exactly these certificates.
    pub digest: String,
    /// Why the viewer may not do it, or why it cannot be done.
    pub refusal: Option<String>,
    /// What is wrong with the form that was sent.
    pub problem: Option<String>,
    /// The list to go back to.
    pub back: String,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Revoke them.
    Revoke,
    /// Ask their holders to renew.
    AskForRenewal,
    /// Say who answers for them.
    AssignOwner,
}

impl ChangeKind {
    /// The word in forms and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::AskForRenewal => "ask-for-renewal",
            Self::AssignOwner => "assign-owner",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Revoke => "Revoke",
            Self::AskForRenewal => "Ask for the renewal of",
            Self::AssignOwner => "Say who answers for",
        }
    }
}

#[derive(Template)]
#[template(path = "certificates/new_change.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    problem: Option<Callout>,
    refusal: Option<Callout>,
    danger: Option<Danger>,
    form: Option<Form<'a>>,
    examples: Table,
}

/// The form of a change that breaks nothing.
struct Form<'a> {
    hidden: Vec<(&'a str, &'a str)>,
    consequence: &'static str,
    field: Option<Field>,
    select: Option<Select>,
    button: String,
    back: &'a str,
}

impl NewChangePage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let title = format!("{} {}", self.kind.title(), self.counted());
        let open = self.refusal.is_none() && self.total > 0;
        let html = Html {
            frame: &self.frame,
            headline: Headline::new(title.clone())
                .within(Link::new(self.back.clone(), "Back to the list"))
                .saying(format!("Chosen: {}.", shortened(&self.selection, 200))),
            title,
            problem: self.problem.as_ref().map(|text| Callout::new(CalloutKind::Denied, text.clone())),
            refusal: self
                .refusal
                .as_ref()
                .map(|text| Callout::new(CalloutKind::Denied, "This cannot be done").with_text(text.clone())),
            danger: (open && self.kind == ChangeKind::Revoke).then(|| self.danger()),
            form: (open && self.kind != ChangeKind::Revoke).then(|| self.form()),
            examples: self.examples(),
        };
        html.render()
    }

    fn counted(&self) -> String {
        match self.total {
            1 => "one certificate".to_owned(),
            total => format!("{} certificates", grouped(total)),
        }
    }

    fn danger(&self) -> Danger {
        let choice = |reason: &ReasonView| {
            Choice::new(reason.name.clone(), format!("{}: {}", reason.name, reason.meaning)).chosen_if(reason.chosen)
        };
        let reasons = Select::new("reason", "Why", self.reasons.iter().map(choice).collect());
        let title = format!("Revoke {}", self.counted());
        let danger = Danger::new(&self.frame, title.clone(), "/certificates/changes", title, self.consequences())
            .with_reason(reasons.with_hint("With keyCompromise the keys are blocked for good."))
            .confirmed_by_typing(self.total.to_string(), None::<String>)
            .or_back_to(&self.back);
        self.hidden().into_iter().fold(danger, |danger, (name, value)| danger.with(name, value))
    }

    fn consequences(&self) -> Vec<Value> {
        let mut lines = vec![Value::from(format!(
            "Clients that check revocation refuse the {} that are valid. It cannot be taken back.",
            grouped(self.valid)
        ))];
        if self.expired > 0 {
            lines.push(Value::from(match self.expired {
                1 => "One has expired: nothing uses it any more.".to_owned(),
                expired => format!("{} have expired: nothing uses them any more.", grouped(expired)),
            }));
        }
        if self.revoked > 0 {
            lines.push(Value::from(match self.revoked {
                1 => "One is revoked already, and stays as it is.".to_owned(),
                revoked => format!("{} are revoked already, and stay as they are.", grouped(revoked)),
            }));
        }
        lines.push(Value::from(
            "It is done in pieces, with a page that shows how far it is, and goes on after a restart of the server. It can \
             be stopped; what is revoked by then stays revoked.",
        ));
        lines.push(Value::from("Certificates of CAs are left alone: they are revoked one at a time."));
        lines
    }

    fn hidden(&self) -> Vec<(&str, &str)> {
        let own = [("change", self.kind.word()), ("digest", self.digest.as_str())];
        let chosen = self.chosen.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        own.into_iter().chain(chosen).collect()
    }

    fn form(&self) -> Form<'_> {
        let days = || {
            let choices =
                [("7", "within a week"), ("1", "within a day"), ("30", "within a month"), ("", "take it back")];
            let choices = choices.map(|(value, label)| Choice::new(value, label)).to_vec();
            Select::new("days", "When they should be replaced", choices)
        };
        let owner = || Field::text("owner", "Who answers for them").at_most(200).optional();
        let (consequence, field, select) = match self.kind {
            ChangeKind::AssignOwner => ("An empty field takes the owner away.", Some(owner()), None),
            _ => (
                "This marks them in lists, under “asked to renew”. ACME clients are not told by the server yet. Revoked \
                 and expired ones are left alone.",
                None,
                Some(days()),
            ),
        };
        let button = format!("{} {}", self.kind.title(), self.counted());
        Form { hidden: self.hidden(), consequence, field, select, button, back: &self.back }
    }

    fn examples(&self) -> Table {
        let columns = vec![Column::text("Name"), Column::tight("State"), Column::tight("Ends")];
        let row = |row: &CertificateRow| {
            let cells = vec![
                Value::from(shortened(&row.title, 64)),
                row.state.badge().into(),
                self.frame.moment(&row.not_after).into(),
            ];
            Row::to(format!("/certificates/{}", row.id), cells)
        };
        let shown = self.examples.len();
        let count = match u64::try_from(shown).is_ok_and(|shown| shown == self.total) {
            true => format!("All {shown} of them"),
            false => format!("The first {shown} of {}", grouped(self.total)),
        };
        Table::new("Certificates that are chosen", columns, self.examples.iter().map(row).collect())
            .with_count(count)
            .or_empty(
                crate::parts::Empty::new("No certificate is chosen", "Select some in the list, or change the filter.")
                    .with_act(Act::open("Back to the list", self.back.clone())),
            )
    }
}
