//! `/settings/policy`: may X do Y, and why?

use askama::Template;

use super::{Place, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Badge, Callout, CalloutKind, Choice, Column, Fact, Facts, Field, Headline, Row, Select, State, Table, Tabs,
    TextArea, Value,
};

/// The question, and the answer if one was asked.
#[derive(Clone, Debug)]
pub struct PolicyPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The question as it was written.
    pub question: QuestionText,
    /// Names of the acts that can be asked about.
    pub acts: Vec<String>,
    /// SHA-256 of the policies in force.
    pub policy_set: String,
    /// Why the question cannot be put.
    pub problem: Option<String>,
    /// The answer.
    pub answer: Option<AnswerView>,
}

/// A question as somebody wrote it.
#[derive(Clone, Debug, Default)]
pub struct QuestionText {
    /// Who.
    pub actor: String,
    /// Roles to suppose, with commas.
    pub roles: String,
    /// Scopes to suppose, with commas.
    pub scopes: String,
    /// The act.
    pub action: String,
    /// What it is done to.
    pub object: String,
    /// `name=value`, one a line.
    pub attributes: String,
    /// Names of a certificate, one a line.
    pub names: String,
}

/// The answer, and why.
#[derive(Clone, Debug)]
pub struct AnswerView {
    /// Whether it is permitted.
    pub permitted: bool,
    /// Who, act, object.
    pub sentence: String,
    /// Roles that were supposed or held.
    pub roles: Vec<String>,
    /// Attributes that nobody gave.
    pub supposed: Vec<String>,
    /// One for each name, or one for the act as such.
    pub questions: Vec<OneAnswerView>,
}

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct OneAnswerView {
    /// The name that it is about.
    pub name: Option<String>,
    /// Whether it is permitted.
    pub permitted: bool,
    /// Why the question cannot be put.
    pub fault: Option<String>,
    /// Every policy that could have a say.
    pub policies: Vec<PolicyView>,
}

/// One policy, and what became of it.
#[derive(Clone, Debug)]
pub struct PolicyView {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub reason: String,
    /// Whether it forbids; else it permits.
    pub forbids: bool,
    /// Whether the answer is its.
    pub decided: bool,
    /// What became of it, in words.
    pub outcome: String,
}

#[derive(Template)]
#[template(path = "settings/policy.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    problem: Option<Callout>,
    answer: Option<Answer>,
    actor: Field,
    action: Select,
    object: Field,
    roles: Field,
    scopes: Field,
    attributes: TextArea,
    names: TextArea,
    policy_set: &'a str,
}

struct Answer {
    callout: Callout,
    facts: Facts,
    questions: Vec<Table>,
}

impl PolicyPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let question = &self.question;
        let line = |name, label, value: &str, hint| Field::text(name, label).with_value(value).with_hint(hint);
        let lines = |name, label, value: &str, hint| {
            TextArea::new(name, label).literal().with_rows(3).with_value(value).with_hint(hint).optional()
        };
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Policy")
                .saying("May somebody do something, and which rule says so? Nothing is done."),
            tabs: tabs(Place::Policy),
            problem: self.problem.as_deref().map(|text| Callout::denied("This cannot be asked").with_text(text)),
            answer: self.answer.as_ref().map(AnswerView::parts),
            actor: line("actor", "Who", &question.actor, "An operator's name, or TYPE:ID such as ApiToken:0198…")
                .at_most(300),
            action: self.acts(),
            object: line(
                "object",
                "To what",
                &question.object,
                "TYPE:ID, such as Issuer:issuing; empty where there is one only",
            )
            .at_most(300)
            .optional(),
            roles: line(
                "roles",
                "Roles to suppose",
                &question.roles,
                "With commas; empty: those that the operator has",
            )
            .at_most(300)
            .optional(),
            scopes: line("scopes", "Scopes to suppose", &question.scopes, "With commas; of an API token")
                .at_most(300)
                .optional(),
            attributes: lines("attributes", "Attributes", &question.attributes, "reason=superseded, one a line"),
            names: lines("names", "Names of the certificate", &question.names, "dns:www.example.org, one a line"),
            policy_set: &self.policy_set,
        };
        html.render()
    }

    fn acts(&self) -> Select {
        let chosen = &self.question.action;
        let choices = self.acts.iter().map(|act| Choice::new(act, act).chosen_if(act == chosen));
        Select::new("action", "Does what", choices.collect())
    }
}

impl AnswerView {
    fn parts(&self) -> Answer {
        let (kind, title) = match self.permitted {
            true => (CalloutKind::Done, "Yes, it is permitted"),
            false => (CalloutKind::Denied, "No, it is refused"),
        };
        let words = |list: &[String]| (!list.is_empty()).then(|| Value::from(list.join(", ")));
        let facts = vec![
            Fact::new("Roles", Value::or_absent(words(&self.roles))),
            Fact::new("Supposed empty", Value::or_absent(words(&self.supposed)))
                .with_gloss("Attributes that the question does not give: empty, zero or false."),
        ];
        Answer {
            callout: Callout::new(kind, title).with_text(self.sentence.as_str()),
            facts: Facts(facts),
            questions: self.questions.iter().enumerate().map(|(place, one)| one.table(place)).collect(),
        }
    }
}

impl OneAnswerView {
    fn table(&self, place: usize) -> Table {
        let columns = vec![Column::text("Policy"), Column::tight("Effect"), Column::text("What became of it")];
        let answer = if self.permitted { "yes" } else { "no" };
        let caption = match (&self.name, &self.fault) {
            (_, Some(fault)) => format!("The question cannot be put: {fault}"),
            (Some(name), None) => format!("{name}: {answer}"),
            (None, None) => format!("The answer is {answer}"),
        };
        let table = Table::new("Policies", columns, self.policies.iter().map(PolicyView::row).collect());
        table.with_id(format!("answer-{place}")).with_count(caption)
    }
}

impl PolicyView {
    fn row(&self) -> Row {
        let effect = match (self.forbids, self.decided) {
            (true, true) => Badge::new(State::Broken, "forbids"),
            (false, true) => Badge::new(State::Good, "permits"),
            (true, false) => Badge::new(State::Neutral, "would forbid"),
            (false, false) => Badge::new(State::Neutral, "would permit"),
        };
        let id = Value::Code(self.id.clone()).with_under(Value::Quiet(self.reason.clone()));
        Row::plain(vec![id, effect.into(), self.outcome.as_str().into()])
    }
}
