//! `/settings/policy/replay`: what another policy or profile would have decided.

use askama::Template;

use super::{Place, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Callout, CalloutKind, Choice, Choices, Column, Empty, Field, Headline, Link, Row, Select, Table, Tabs, TextArea,
    Value,
};

/// The proposal, and what it would change if it was asked.
#[derive(Clone, Debug)]
pub struct ReplayPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The proposal as it was written.
    pub proposal: ProposalText,
    /// Names of the profiles in force.
    pub profiles: Vec<String>,
    /// Why it cannot be asked.
    pub problem: Option<String>,
    /// What it would change.
    pub result: Option<ReplayView>,
}

/// A proposal as somebody wrote it.
#[derive(Clone, Debug, Default)]
pub struct ProposalText {
    /// Policies in Cedar.
    pub policies: String,
    /// Whether they come on top of those in force.
    pub on_top: bool,
    /// The profile that is proposed anew.
    pub profile_name: String,
    /// Its text.
    pub profile: String,
    /// Days to look back.
    pub days: u32,
}

/// What would change.
#[derive(Clone, Debug)]
pub struct ReplayView {
    /// Decisions that were asked again.
    pub asked: u64,
    /// Decisions that could not be.
    pub unreadable: u64,
    /// Whether older ones were left out.
    pub is_cut: bool,
    /// Decisions that would change.
    pub changed: u64,
    /// Act, what would become of it, how often.
    pub summary: Vec<(String, String, u64)>,
    /// The newest of them.
    pub examples: Vec<ChangedRow>,
    /// What is suspicious about the proposal.
    pub warnings: Vec<String>,
}

/// One decision that would be another one.
#[derive(Clone, Debug)]
pub struct ChangedRow {
    /// When it was made.
    pub at: i64,
    /// Who asked.
    pub actor: String,
    /// The act.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// What would become of it.
    pub reason: String,
}

#[derive(Template)]
#[template(path = "settings/replay.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    problem: Option<Callout>,
    result: Option<Found>,
    policies: TextArea,
    on_top: Choices,
    profile_name: Select,
    profile: TextArea,
    days: Field,
}

struct Found {
    callouts: Vec<Callout>,
    summary: Option<Table>,
    examples: Option<Table>,
}

impl ReplayPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let proposal = &self.proposal;
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Replay").within(Link::new("/settings/policy", "Policy")).saying(
                "What would other policies, or another profile, have decided in the last days? Nothing is done.",
            ),
            tabs: tabs(Place::Policy),
            problem: self.problem.as_deref().map(|text| Callout::denied("This cannot be asked").with_text(text)),
            result: self.result.as_ref().map(|result| result.parts(&self.frame)),
            policies: TextArea::new("policies", "Policies")
                .literal()
                .with_value(&proposal.policies)
                .with_hint("In Cedar. Each has an @id and a @reason.")
                .optional(),
            on_top: Choices::any_of(
                "on_top",
                "How they count",
                vec![
                    Choice::new("yes", "On top of those in force")
                        .explained("Else they replace the whole set")
                        .chosen_if(proposal.on_top),
                ],
            ),
            profile_name: self.profile_choice(),
            profile: TextArea::new("profile", "The profile, written anew")
                .literal()
                .with_value(&proposal.profile)
                .with_hint("In TOML, as in policies/profiles. Names, keys and lengths are compared.")
                .optional(),
            days: Field::number("days", "Days to look back").with_value(proposal.days.to_string()).at_most(3),
        };
        html.render()
    }

    fn profile_choice(&self) -> Select {
        let mut choices = vec![Choice::new("", "none")];
        let known = self.profiles.iter();
        choices.extend(known.map(|name| Choice::new(name, name).chosen_if(*name == self.proposal.profile_name)));
        Select::new("profile_name", "A profile", choices)
    }
}

impl ReplayView {
    fn parts(&self, frame: &Frame) -> Found {
        let grouped = |number: &u64| crate::parts::grouped(number);
        let told = format!("{} of {} decisions would change", grouped(&self.changed), grouped(&self.asked));
        let kind = if self.changed == 0 { CalloutKind::Done } else { CalloutKind::Warning };
        let mut points = Vec::new();
        if self.unreadable > 0 {
            points.push(format!(
                "{} were recorded in another form and could not be asked again.",
                grouped(&self.unreadable)
            ));
        }
        if self.is_cut {
            points.push("Older decisions of these days were left out: there are too many.".to_owned());
        }
        points.push("Refusals are not recorded, so what would newly be permitted is not seen here.".to_owned());
        let first = Callout::new(kind, told).with_points(points.into_iter().map(Value::from).collect());
        let warning = |text: &String| {
            Callout::new(CalloutKind::Note, "The proposal is sound, but look at this").with_text(text.as_str())
        };
        Found {
            callouts: [first].into_iter().chain(self.warnings.iter().map(warning)).collect(),
            summary: (!self.summary.is_empty()).then(|| self.summary()),
            examples: (!self.examples.is_empty()).then(|| self.examples(frame)),
        }
    }

    fn summary(&self) -> Table {
        let columns = vec![Column::text("Act"), Column::text("What would become of it"), Column::number("Decisions")];
        let row = |(action, reason, count): &(String, String, u64)| {
            Row::plain(vec![action.as_str().into(), reason.as_str().into(), Value::Number(*count)])
        };
        Table::new("What would change", columns, self.summary.iter().map(row).collect()).with_id("summary")
    }

    fn examples(&self, frame: &Frame) -> Table {
        let columns = vec![
            Column::tight("When"),
            Column::text("Who"),
            Column::text("Did what"),
            Column::text("What would become of it"),
        ];
        let row = |changed: &ChangedRow| {
            Row::plain(vec![
                frame.moment(&changed.at).into(),
                changed.actor.as_str().into(),
                Value::Lines(vec![changed.action.as_str().into(), Value::Quiet(changed.object.clone())]),
                changed.reason.as_str().into(),
            ])
        };
        Table::new("The newest decisions that would change", columns, self.examples.iter().map(row).collect())
            .with_id("examples")
            .or_empty(Empty::new("Nothing", "Nothing would change."))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::settings::{AnswerView, OneAnswerView, PolicyPage, PolicyView, QuestionText};

    const HOSTILE: &str = "\"></textarea><script>alert(1)</script>";

    fn text() -> String {
        HOSTILE.to_owned()
    }

    fn changed() -> ChangedRow {
        ChangedRow { at: 0, actor: text(), action: text(), object: text(), reason: text() }
    }

    #[test]
    fn what_was_asked_is_text() {
        let result = ReplayView {
            asked: 12_000,
            unreadable: 1,
            is_cut: true,
            changed: 1,
            summary: vec![(text(), text(), 1)],
            examples: vec![changed()],
            warnings: vec![text()],
        };
        let page = ReplayPage {
            frame: Frame::public("Example", 0),
            proposal: ProposalText { policies: text(), on_top: true, profile_name: text(), profile: text(), days: 30 },
            profiles: vec![text()],
            problem: Some(text()),
            result: Some(result),
        };
        let policy = PolicyView { id: text(), reason: text(), forbids: true, decided: true, outcome: text() };
        let question = OneAnswerView { name: Some(text()), permitted: false, fault: None, policies: vec![policy] };
        let asked = PolicyPage {
            frame: Frame::public("Example", 0),
            question: QuestionText { actor: text(), attributes: text(), ..QuestionText::default() },
            acts: vec![text()],
            policy_set: text(),
            problem: Some(text()),
            answer: Some(AnswerView {
                permitted: false,
                sentence: text(),
                roles: vec![text()],
                supposed: vec![text()],
                questions: vec![question],
            }),
        };
        for html in [page.render().unwrap(), asked.render().unwrap()] {
            assert!(!html.contains("<script>"), "{html}");
        }
        assert!(page.render().unwrap().contains("1 of 12,000 decisions would change"));
    }
}
