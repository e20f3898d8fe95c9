//! One event, with everything that was written down.

use askama::Template;

use super::action::words;
use super::object::object;
use crate::certificates::address;
use crate::frame::Frame;
use crate::parts::{Exact, Fact, Facts, Headline, Id, Lines, Link, Value};

/// One event of the audit trail.
#[derive(Clone, Debug, Template)]
#[template(path = "audit/event.html")]
pub struct EventPage {
    /// The frame.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// When, in Unix seconds.
    pub at: i64,
    /// Who did it, as `Operator:ann`.
    pub actor: String,
    /// Roles that the actor had.
    pub roles: Vec<String>,
    /// What was done, as `RevokeCertificate`.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// The same as policies see it.
    pub entity: Option<String>,
    /// Names that it was about.
    pub identifiers: Vec<String>,
    /// What else the policies could look at, by name.
    pub attributes: Vec<(String, String)>,
    /// What else there is to tell, by name.
    pub details: Vec<(String, String)>,
    /// Whether it was denied, and so not done.
    pub denied: bool,
    /// Policies that permitted it, or forbade it.
    pub policies: Vec<String>,
    /// SHA-256 of the policy set.
    pub policy_set: Option<String>,
    /// Where the request came from.
    pub origin: String,
    /// The request that it belongs to.
    pub request_id: String,
    /// SHA-256 of the certificate, for an issuance.
    pub certificate_sha256: Option<String>,
    /// Hash of the event in its canonical form.
    pub leaf_hash: String,
    /// The canonical form.
    pub canonical: String,
}

rendered!(EventPage);

impl EventPage {
    fn title(&self) -> String {
        words(&self.action)
    }

    fn why(&self) -> &'static str {
        if self.denied { "Why it was denied" } else { "Why it was permitted" }
    }

    fn headline(&self) -> Headline {
        let what = if self.denied { "was denied it" } else { "did it" };
        let sentence =
            vec![Value::from(format!("{} {what} ", self.actor)), self.frame.moment(&self.at).into(), ".".into()];
        Headline::new(self.title()).within(Link::new("/audit", "Audit")).saying(Value::Sentence(sentence))
    }

    fn happened(&self) -> Facts {
        let moment = self.frame.moment(&self.at);
        let roles = (!self.roles.is_empty()).then(|| Value::Quiet(self.roles.join(", ")));
        let actor = linked("actor", &self.actor);
        let certificate = self.certificate_sha256.as_ref().map(|hash| Id::new("fingerprint of the certificate", hash));
        let mut facts = vec![
            Fact::new("When", Value::from(Exact(moment)).with_under(moment)),
            Fact::new("Who", if let Some(roles) = roles { actor.with_under(roles) } else { actor }),
            Fact::new("Act", linked("action", &self.action)),
            Fact::new("To what", object(&self.object).with_under(others(&self.object))),
            Fact::new("From", Value::or_absent((!self.origin.is_empty()).then(|| self.origin.clone()))),
            Fact::new("Request", linked("request", &self.request_id)),
        ];
        facts.extend(certificate.map(|id| Fact::new("Certificate", id)));
        facts.extend(self.details.iter().map(|(name, text)| Fact::new(plain(name), text.clone())));
        Facts(facts)
    }

    fn decided(&self) -> Facts {
        let codes = |texts: &[String]| match texts {
            [] => Value::Absent,
            texts => Value::Lines(texts.iter().map(|text| Value::Code(text.clone())).collect()),
        };
        let mut facts = vec![
            Fact::new(if self.denied { "Forbidden by" } else { "Permitted by" }, codes(&self.policies)),
            Fact::new("Policy set", Value::or_absent(self.policy_set.as_ref().map(|hash| Id::new("hash", hash)))),
        ];
        facts.extend(self.entity.as_ref().map(|entity| Fact::new("Object", Value::Code(entity.clone()))));
        if !self.identifiers.is_empty() {
            facts.push(Fact::new("Names", codes(&self.identifiers)));
        }
        facts.extend(self.attributes.iter().map(|(name, text)| Fact::new(plain(name), text.clone())));
        Facts(facts)
    }

    fn hash(&self) -> Id {
        Id::new("hash of the event", &self.leaf_hash).whole()
    }

    fn canonical_lines(&self) -> Lines {
        Lines::new("the event", &self.canonical)
    }
}

/// A value as the link to every event that has it.
fn linked(name: &str, value: &str) -> Value {
    match value {
        "" => Value::Absent,
        value => Link::new(address("/audit", [(name, value)].into_iter()), value).into(),
    }
}

fn others(object: &str) -> Value {
    Link::new(address("/audit", [("object", object)].into_iter()), "what else was done to it").into()
}

/// `policy_set` is "Policy set".
fn plain(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str().replace('_', " "))
}
