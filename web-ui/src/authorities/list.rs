//! The hierarchy as a picture: each authority below the one that certified it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::AuthorityState;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Badge, Fact, Facts, Headline, Link, State, Value};

/// Every authority.
#[derive(Clone, Debug)]
pub struct AuthoritiesPage {
    /// The frame.
    pub frame: Frame,
    /// Every authority, in any order.
    pub authorities: Vec<AuthorityNode>,
}

/// One authority of the picture. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct AuthorityNode {
    /// Its slug, which is in URLs.
    pub slug: String,
    /// Its name in the configuration.
    pub name: String,
    /// Slug of the authority that certified it; none for a trust anchor.
    pub parent: Option<String>,
    /// How it is.
    pub state: AuthorityState,
    /// Subject of its certificate.
    pub subject: String,
    /// Type of its key.
    pub key_algorithm: String,
    /// The HSM that holds its key.
    pub hsm: String,
    /// Last second of its certificate.
    pub not_after: i64,
    /// How many lists it publishes.
    pub lists: usize,
    /// The earliest nextUpdate of its lists; none while one is missing.
    pub next_update: Option<i64>,
}

impl AuthorityNode {
    fn list_value(&self, frame: &Frame) -> Value {
        match self.next_update {
            None => Badge::new(State::Broken, "not published").into(),
            Some(next) if next < frame.now => Value::Sentence(vec![
                Badge::new(State::Broken, "overdue").into(),
                " since ".into(),
                frame.moment(&next).into(),
            ]),
            Some(next) => Value::Sentence(vec!["valid, ends ".into(), frame.moment(&next).into()]),
        }
    }

    fn facts(&self, frame: &Frame) -> Facts {
        let lists = if self.lists > 1 { format!("{} CRLs", self.lists) } else { "CRL".to_owned() };
        let key = Value::Sentence(vec![
            Value::from(format!("{} in ", self.key_algorithm)),
            Link::new(format!("/hsm/{}", self.hsm), &self.hsm).into(),
        ]);
        Facts(vec![
            Fact::new("Subject", self.subject.clone()),
            Fact::new("Key", key),
            Fact::new("Certificate", Value::Sentence(vec!["ends ".into(), frame.moment(&self.not_after).into()])),
            Fact::new(lists, self.list_value(frame)),
        ])
    }
}

/// An authority with those that it certified.
#[derive(Template)]
#[template(path = "authorities/branch.html")]
struct Branch<'a> {
    node: &'a AuthorityNode,
    facts: Facts,
    children: Vec<Branch<'a>>,
}

// Its template escapes what it writes.
impl HtmlSafe for Branch<'_> {}

/// Deeper than any chain that a client accepts; what points at itself ends there.
const DEPTH: usize = 8;

impl<'a> Branch<'a> {
    fn of(page: &'a AuthoritiesPage, node: &'a AuthorityNode, depth: usize) -> Self {
        let below = page.authorities.iter().filter(|other| other.parent.as_ref() == Some(&node.slug));
        let children = match depth {
            0 => Vec::new(),
            _ => below.map(|child| Self::of(page, child, depth - 1)).collect(),
        };
        Self { node, facts: node.facts(&page.frame), children }
    }
}

#[derive(Template)]
#[template(path = "authorities/list.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    branches: Vec<Branch<'a>>,
}

impl AuthoritiesPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let is_top = |node: &&AuthorityNode| match &node.parent {
            None => true,
            Some(parent) => !self.authorities.iter().any(|other| &other.slug == parent),
        };
        let tops = self.authorities.iter().filter(is_top);
        let branches = tops.map(|node| Branch::of(self, node, DEPTH)).collect();
        Html { frame: &self.frame, headline: self.headline(), branches }.render()
    }

    fn headline(&self) -> Headline {
        let late = |node: &&AuthorityNode| node.next_update.is_none_or(|next| next < self.frame.now);
        let sentence = match self.authorities.iter().filter(late).count() {
            0 => "Who signs here, and what says that their certificates still hold. Every revocation list is current.",
            _ => "A revocation list is missing or overdue: clients that insist on one refuse what is below it.",
        };
        Headline::new("Authorities").saying(sentence)
    }
}
