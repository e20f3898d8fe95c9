//! One authority: what it is, where its key is, and what it publishes.

use askama::Template;

use super::AuthorityState;
use crate::RenderError;
use crate::certificates::address;
use crate::frame::Frame;
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Column, Exact, Fact, Facts, Headline, Id, Lines, Link, Row, State, Table, Value,
};

/// One CA certificate and key. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct AuthorityPage {
    /// The frame.
    pub frame: Frame,
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
    /// Serial number in hexadecimal.
    pub serial: String,
    /// SHA-256 of its certificate in hexadecimal.
    pub fingerprint_sha256: String,
    /// First second of its certificate.
    pub not_before: i64,
    /// Last second of its certificate.
    pub not_after: i64,
    /// Its certificate in PEM.
    pub pem: String,
    /// Where its certificate is served.
    pub certificate_url: String,
    /// Its key.
    pub key: KeyView,
    /// Its lists, one a shard.
    pub lists: Vec<ListView>,
    /// Whether the server signs the next list by itself.
    pub automatic: bool,
    /// Why the viewer may not publish, if so.
    pub no_publish: Option<String>,
    /// What the act before this page says of itself.
    pub done: Option<String>,
    /// The same by the API.
    pub api_url: String,
}

/// Where a key is.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The HSM that holds it.
    pub hsm: String,
    /// Its id.
    pub id: String,
    /// Where the HSM finds it.
    pub locator: String,
    /// Its type.
    pub algorithm: String,
    /// Its state, in the words of NIST SP 800-57.
    pub state: String,
}

/// A revocation list.
#[derive(Clone, Debug)]
pub struct ListView {
    /// Its shard.
    pub shard: u32,
    /// Where it is served.
    pub url: String,
    /// CRL number.
    pub number: Option<i64>,
    /// Entries.
    pub entries: u64,
    /// Octets.
    pub size: u64,
    /// When it was made.
    pub this_update: Option<i64>,
    /// Until when it holds.
    pub next_update: Option<i64>,
    /// When the server signs the next one by itself.
    pub next_publication: Option<i64>,
}

#[derive(Template)]
#[template(path = "authorities/detail.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: &'a str,
    headline: Headline,
    callouts: Vec<Callout>,
    certificate: Facts,
    key: Facts,
    lists: Table,
    downloads: Vec<Act>,
    pem: Lines,
    links: Vec<Link>,
    api: Lines,
}

impl AuthorityPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            title: &self.name,
            headline: self.headline(),
            callouts: self.callouts(),
            certificate: self.certificate(),
            key: self.key(),
            lists: self.lists(),
            downloads: self.downloads(),
            pem: Lines::new("the certificate", self.pem.trim_end()),
            links: self.links(),
            api: Lines::new("the command", format!("curl -H \"Authorization: Bearer $TOKEN\" {}", self.api_url)),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let end = self.frame.moment(&self.not_after);
        let mut sentence = match &self.parent {
            None => vec!["A trust anchor: machines that trust it trust what is below it. ".into()],
            Some(parent) => vec![
                "Certified by ".into(),
                Link::new(format!("/authorities/{parent}"), parent).into(),
                ", and issues to end entities. ".into(),
            ],
        };
        sentence.extend(["Its certificate ends ".into(), end.into(), ".".into()]);
        let publish = Act::post(&self.frame, "Publish now", format!("/authorities/{}/publish", self.slug));
        Headline::new(&self.name)
            .within(Link::new("/authorities", "Authorities"))
            .with_badge(self.state.badge())
            .saying(Value::Sentence(sentence))
            .with_act(publish.refused_because(self.no_publish.clone()))
    }

    fn callouts(&self) -> Vec<Callout> {
        let done = self.done.as_ref().map(|text| Callout::new(CalloutKind::Done, text));
        let missing = self.lists.iter().any(|list| list.next_update.is_none());
        let overdue = self.lists.iter().any(|list| list.next_update.is_some_and(|next| next < self.frame.now));
        let list = (missing || overdue).then(|| {
            let word = if missing { "missing" } else { "overdue" };
            Callout::new(CalloutKind::Denied, format!("A revocation list is {word}"))
                .with_text("Clients that insist on a current list refuse every certificate that this authority issued.")
        });
        let state = match self.state {
            AuthorityState::EndsSoon => Some(
                Callout::new(CalloutKind::Warning, "Its certificate ends soon")
                    .with_text("Certificates that it issues end no later than its own. Plan its successor now."),
            ),
            AuthorityState::Revoked => Some(
                Callout::new(CalloutKind::Denied, "Its certificate was revoked")
                    .with_text("It issues no certificates any more, and relying parties trust nothing below it."),
            ),
            _ => None,
        };
        let by_hand = (!self.automatic).then(|| {
            Callout::new(CalloutKind::Note, "Its lists are published by hand")
                .with_text("crl.automatic is off: nothing is signed before somebody asks for it.")
        });
        done.into_iter().chain(list).chain(state).chain(by_hand).collect()
    }

    fn certificate(&self) -> Facts {
        let moment = |at: &i64| {
            let moment = self.frame.moment(at);
            Value::from(Exact(moment)).with_under(moment)
        };
        Facts(vec![
            Fact::new("Subject", self.subject.clone()),
            Fact::new("Valid from", moment(&self.not_before)),
            Fact::new("Valid until", moment(&self.not_after)),
            Fact::new("Serial", Id::new("serial number", &self.serial)),
            Fact::new("SHA-256", Id::new("fingerprint", &self.fingerprint_sha256)),
        ])
    }

    fn key(&self) -> Facts {
        Facts(vec![
            Fact::new("Key", self.key.algorithm.clone()),
            Fact::new("HSM", Link::new(format!("/hsm/{}", self.key.hsm), &self.key.hsm)),
            Fact::new("State", self.key.state.clone()),
            Fact::new("Key id", Id::new("id of the key", &self.key.id)),
            Fact::new("Locator", Value::Code(self.key.locator.clone())).with_gloss("Where the HSM finds the key."),
        ])
    }

    fn lists(&self) -> Table {
        let columns = vec![
            Column::text("Shard"),
            Column::tight("State"),
            Column::number("Number"),
            Column::number("Entries"),
            Column::tight("Made"),
            Column::tight("Holds until"),
            Column::tight("Next publication"),
            Column::tight("List"),
        ];
        let rows = self.lists.iter().map(|list| self.row(list)).collect();
        Table::new("Revocation lists", columns, rows).with_id("lists")
    }

    fn row(&self, list: &ListView) -> Row {
        let moment = |at: Option<i64>| Value::or_absent(at.map(|at| self.frame.moment(&at)));
        let state = match list.next_update {
            None => Badge::new(State::Broken, "missing"),
            Some(next) if next < self.frame.now => Badge::new(State::Broken, "overdue"),
            Some(_) => Badge::new(State::Good, "current"),
        };
        let next = match list.next_publication {
            Some(at) if at <= self.frame.now => Value::from("now"),
            Some(at) => self.frame.moment(&at).into(),
            None => Value::Quiet("by hand".to_owned()),
        };
        Row::plain(vec![
            Value::from(list.shard.to_string()),
            state.into(),
            Value::or_absent(list.number.map(|number| number.to_string())),
            Value::Number(list.entries),
            moment(list.this_update),
            moment(list.next_update),
            next,
            Link::new(&list.url, "DER").into(),
        ])
    }

    fn downloads(&self) -> Vec<Act> {
        let path = |end: &str| format!("/authorities/{}/{end}", self.slug);
        let mut downloads = vec![Act::download("PEM", path("pem")), Act::open("DER", &self.certificate_url)];
        if self.parent.is_some() {
            downloads.push(Act::download("Chain (PEM)", path("chain")));
        }
        downloads
    }

    fn links(&self) -> Vec<Link> {
        vec![
            Link::new(format!("/certificates?issuer={}", self.slug), "Certificates that it issued"),
            Link::new(format!("/search?q={}", self.fingerprint_sha256), "Its own certificate, decoded"),
            audit(&format!("crl {}/0", self.slug), "Its revocation lists in the audit trail"),
            audit(&format!("authority {}", self.name), "Its making in the audit trail"),
        ]
    }
}

fn audit(object: &str, label: &str) -> Link {
    Link::new(address("/audit", [("object", object)].into_iter()), label)
}
