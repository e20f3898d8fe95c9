//! `/certificates/{id}`: one certificate with everything that belongs to it.

use askama::Template;

use super::description::{CertificateText, Description};
use super::history::{self, EventView};
use super::list::address;
use super::state::{CertificateState, shortened};
use crate::RenderError;
use crate::audit::audit_of;
use crate::frame::Frame;
use crate::moment::length;
use crate::parts::{
    Act, Callout, CalloutKind, Exact, Fact, Facts, Field, Headline, Id, Lines, Link, Table, Timeline, Value,
};
use crate::signing::DyingView;

/// One certificate.
#[derive(Clone, Debug)]
pub struct DetailPage {
    /// The frame.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// Its first name, or its subject.
    pub title: String,
    /// How it is.
    pub state: CertificateState,
    /// What it says.
    pub text: CertificateText,
    /// Its names, each with its kind in front.
    pub names: Vec<String>,
    /// Hash of its names in hexadecimal.
    pub lineage: String,
    /// Name of the authority that issued it.
    pub authority: String,
    /// Its profile.
    pub profile: String,
    /// Who asked for it, as in the audit trail.
    pub requester: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Until when its holder is asked to renew.
    pub renew_by: Option<i64>,
    /// ACME endpoint and account that ordered it.
    pub account: Option<(String, String)>,
    /// Its ACME order, while that is kept.
    pub order: Option<OrderView>,
    /// Id of the request that people approved for it.
    pub request: Option<String>,
    /// How it was revoked, if it was.
    pub revocation: Option<RevocationView>,
    /// URL of the list that names it once it is revoked, with the end of the one that is served.
    pub list: (String, Option<i64>),
    /// The certificate before it for the same names.
    pub replaces: Option<NeighbourView>,
    /// The newest certificate for the same names.
    pub replaced_by: Option<NeighbourView>,
    /// Other certificates of the same key.
    pub same_key: Vec<NeighbourView>,
    /// Why its key is never certified again, if so.
    pub blocked: Option<String>,
    /// Subjects of the certificates above it, each with its end.
    pub chain: Vec<(String, i64)>,
    /// What it signed, if it is one for signing.
    pub signatures: Option<DyingView>,
    /// What happened to it, newest first.
    pub history: Vec<EventView>,
    /// Why the viewer may not revoke it, if so.
    pub no_revoke: Option<String>,
    /// Why the viewer may not say who answers for it, if so.
    pub no_owner: Option<String>,
    /// Why the viewer may not ask for its renewal, if so.
    pub no_renewal: Option<String>,
    /// What was just done, if something was.
    pub done: Option<String>,
    /// What audit events call it.
    pub audit_object: String,
    /// URL of the same in the API.
    pub api_url: String,
}

/// The order that a certificate came from.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// Its ACME endpoint.
    pub endpoint: String,
    /// Its id.
    pub id: String,
}

/// How a certificate was revoked.
#[derive(Clone, Debug)]
pub struct RevocationView {
    /// When.
    pub at: i64,
    /// Why, by the name in RFC 5280.
    pub reason: String,
}

/// Another certificate.
#[derive(Clone, Debug)]
pub struct NeighbourView {
    /// Its id.
    pub id: String,
    /// Its first name, or its subject.
    pub title: String,
    /// Its serial number.
    pub serial: String,
    /// How it is.
    pub state: CertificateState,
    /// Last second of its validity.
    pub not_after: i64,
}

impl NeighbourView {
    fn link(&self) -> Link {
        Link::new(format!("/certificates/{}", self.id), shortened(&self.serial, 13))
    }

    pub(super) fn line(&self, frame: &Frame) -> Value {
        Value::Sentence(vec![
            Link::new(format!("/certificates/{}", self.id), shortened(&self.title, 64)).into(),
            Value::from(" "),
            self.state.badge().into(),
            Value::from(" ends "),
            frame.moment(&self.not_after).into(),
        ])
    }
}

#[derive(Template)]
#[template(path = "certificates/detail.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    done: Option<Callout>,
    warnings: Vec<Callout>,
    facts: Facts,
    description: Description,
    chain: Option<Value>,
    downloads: Vec<Act>,
    same_key: Option<Value>,
    signatures: Option<(Callout, Table)>,
    history: Option<Timeline>,
    id: &'a str,
    may_assign: bool,
    owner: Field,
    may_ask: bool,
    is_asked: bool,
    api: Lines,
}

impl DetailPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let lines = |list: &[NeighbourView]| {
            (!list.is_empty()).then(|| Value::Lines(list.iter().map(|other| other.line(&self.frame)).collect()))
        };
        let html = Html {
            frame: &self.frame,
            title: shortened(&self.title, 80),
            headline: self.headline(),
            done: self.done.as_ref().map(|text| Callout::new(CalloutKind::Done, text.clone())),
            warnings: self.warnings(),
            facts: self.facts(),
            description: Description::of_certificate(&self.frame, &self.text, 1),
            chain: self.chain(),
            downloads: self.downloads(),
            same_key: lines(&self.same_key),
            signatures: self.signatures(),
            history: (!self.history.is_empty()).then(|| history::timeline(&self.frame, &self.history)),
            id: &self.id,
            may_assign: self.no_owner.is_none(),
            owner: Field::text("owner", "Who answers for it")
                .with_value(self.owner.clone().unwrap_or_default())
                .with_hint("A person or a team. Notices about this certificate name them.")
                .at_most(200)
                .optional(),
            may_ask: self.no_renewal.is_none(),
            is_asked: self.renew_by.is_some(),
            api: Lines::new("the command", format!("curl -H \"Authorization: Bearer $TOKEN\" {}", self.api_url)),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let path = |act: &str| format!("/certificates/{}/{act}", self.id);
        Headline::new(shortened(&self.title, 80))
            .within(Link::new("/certificates", "Certificates"))
            .with_badge(self.state.badge())
            .saying(self.sentence())
            .with_act(Act::download("Download", path("chain")))
            .with_act(audit_of(&self.audit_object))
            .with_act(Act::open("Revoke …", path("revoke")).danger().refused_because(self.no_revoke.clone()))
    }

    /// "Valid for 61 days, issued to web-1.internal by Issuing CA through ACME account 7f3a, replaces 3c9e."
    fn sentence(&self) -> Value {
        let now = self.frame.now;
        let when = |at: i64| self.frame.moment(&at).relative();
        let begin = match (&self.revocation, self.text.not_after) {
            (Some(revocation), _) => format!("Revoked {} ({})", when(revocation.at), revocation.reason),
            (None, end) if end < now => format!("Expired {}", when(end)),
            (None, _) if self.text.not_before > now => format!("Valid {}", when(self.text.not_before)),
            (None, end) => format!("Valid for {}", length(end.saturating_sub(now).unsigned_abs())),
        };
        let mut words = vec![Value::from(format!("{begin}, issued by {}", self.authority))];
        if let Some((endpoint, account)) = &self.account {
            words.push(Value::from(" through ACME account "));
            words.push(Link::new(format!("/clients/{endpoint}/accounts/{account}"), shortened(account, 13)).into());
        }
        for (word, other) in [(", replaces ", &self.replaces), (", replaced by ", &self.replaced_by)] {
            if let Some(other) = other {
                words.extend([Value::from(word), other.link().into()]);
            }
        }
        words.push(Value::from("."));
        Value::Sentence(words)
    }

    fn warnings(&self) -> Vec<Callout> {
        let mut warnings = Vec::new();
        if let Some(reason) = &self.blocked {
            let text = format!("No certificate is issued for this key any more: {reason}.");
            warnings.push(Callout::new(CalloutKind::Warning, "The key is blocked").with_text(text));
        }
        if let (Some(by), None) = (self.renew_by, &self.revocation) {
            let moment = self.frame.moment(&by);
            let text = vec![
                Value::from("It should be replaced "),
                moment.into(),
                Value::from(
                    ". The list shows it under “asked to renew”. ACME clients are not told by the server yet: whoever \
                     answers for it has to be.",
                ),
            ];
            let callout = Callout::new(CalloutKind::Waiting, "Its holder is asked to renew");
            warnings.push(callout.with_text(Value::Sentence(text)));
        }
        warnings
    }

    fn facts(&self) -> Facts {
        let names = self.names.iter().map(|name| Value::from(name.clone())).collect::<Vec<_>>();
        let family = address("/certificates", [("lineage", self.lineage.as_str())].into_iter());
        let names = match names.is_empty() {
            true => Value::Quiet("none: it is for its subject".to_owned()),
            false => Value::Lines(names),
        };
        let mut facts = vec![
            Fact::new("Names", names),
            Fact::new("Owner", Value::or_absent(self.owner.clone())),
            Fact::new("Profile", Value::Code(self.profile.clone()))
                .with_gloss("What a certificate of this kind may be."),
            Fact::new("Requested by", Value::from(self.requester.clone())),
        ];
        if let Some((endpoint, account)) = &self.account {
            let link = Link::new(format!("/clients/{endpoint}/accounts/{account}"), account.clone());
            facts.push(Fact::new("ACME account", link).with_gloss(format!("At the endpoint {endpoint}.")));
        }
        if let Some(order) = &self.order {
            let href = format!("/clients/{}/orders/{}", order.endpoint, order.id);
            facts.push(Fact::new("ACME order", Link::new(href, order.id.clone())));
        }
        if let Some(request) = &self.request {
            let link = Link::new(format!("/requests/{request}"), request.clone());
            facts.push(Fact::new("Request", link).with_gloss("What people approved."));
        }
        if let Some(revocation) = &self.revocation {
            let when = Value::from(Exact(self.frame.moment(&revocation.at)));
            facts.push(Fact::new("Revoked", when.with_under(Value::from(revocation.reason.clone()))));
        }
        let (url, next) = &self.list;
        let list = Value::from(Link::new(url.clone(), url.clone()));
        let list = match next {
            Some(next) => list.with_under(Value::Sentence(vec![
                Value::from("the one that is served is good until "),
                Exact(self.frame.moment(next)).into(),
            ])),
            None => list,
        };
        facts.push(Fact::new("Revocation list", list).with_gloss("Where clients see whether it is revoked."));
        if !self.names.is_empty() {
            facts.push(Fact::new("Lineage", Link::new(family, "all certificates for the same names")));
        }
        let key = address("/certificates", [("key", self.text.key.sha256.as_str())].into_iter());
        facts.push(Fact::new("Same key", Link::new(key, "all certificates for the same key")));
        facts.push(Fact::new("Id", Id::new("id", &self.id)));
        Facts(facts)
    }

    fn chain(&self) -> Option<Value> {
        let line = |(subject, end): &(String, i64)| {
            Value::from(subject.clone())
                .with_under(Value::Sentence(vec!["ends ".into(), self.frame.moment(end).into()]))
        };
        (!self.chain.is_empty()).then(|| Value::Lines(self.chain.iter().map(line).collect()))
    }

    fn signatures(&self) -> Option<(Callout, Table)> {
        let signed = self.signatures.as_ref()?;
        Some((signed.callout(self.revocation.is_some()), signed.table(&self.frame)))
    }

    fn downloads(&self) -> Vec<Act> {
        let kinds = [("pem", "PEM"), ("chain", "PEM with chain"), ("der", "DER"), ("pkcs7", "PKCS#7 (.p7b)")];
        kinds.map(|(kind, label)| Act::download(label, format!("/certificates/{}/{kind}", self.id))).to_vec()
    }
}
