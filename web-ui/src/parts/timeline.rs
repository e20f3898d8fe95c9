//! The history of a thing as a story: what happened, when, who did it, why, and the policy that decided.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Link, State, Value};
use crate::moment::Moment;

/// Events, in the order they are given: the newest first where the answer is what happened last.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/timeline.html")]
pub struct Timeline(pub Vec<Event>);

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    at: Moment,
    state: State,
    what: Value,
    who: Option<Value>,
    why: Option<String>,
    policy: Option<String>,
    links: Vec<Link>,
}

// Its template escapes what it writes.
impl HtmlSafe for Timeline {}

impl Event {
    /// What happened, in words, and how that stands.
    pub fn new(at: Moment, state: State, what: impl Into<Value>) -> Self {
        Self { at, state, what: what.into(), who: None, why: None, policy: None, links: Vec::new() }
    }

    /// Who did it: "ada, approver" or a link to an account.
    #[must_use]
    pub fn by(mut self, who: impl Into<Value>) -> Self {
        self.who = Some(who.into());
        self
    }

    /// What they wrote: a reason or a comment.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The policies that decided.
    #[must_use]
    pub fn permitted_by(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Where more of it is.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }
}
