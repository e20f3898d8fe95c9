//! Fetching a certificate with a code, without signing in.

use askama::Template;

use super::{badge, codes, names};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Exact, Fact, Facts, Field, Headline, Id, Lines, Value};

/// What the code opened.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where the request stands.
    pub state: String,
    /// Why it was rejected or failed.
    pub outcome: Option<String>,
    /// Names of the certificate.
    pub names: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// When it was asked for.
    pub created_at: i64,
    /// When the request ends undecided.
    pub expires_at: i64,
    /// The certificate and those above it in PEM, once there is one.
    pub chain: Option<String>,
    /// Serial number of the certificate.
    pub serial: Option<String>,
    /// Last second of the certificate.
    pub not_after: Option<i64>,
    /// The code, for the button that downloads.
    pub code: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct FetchPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The address, without the code.
    pub address: String,
    /// What was wrong with the code.
    pub error: Option<String>,
    /// What the code opened.
    pub fetched: Option<Fetched>,
}

#[derive(Template)]
#[template(path = "requests/fetch.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a FetchPage,
    head: Headline,
    code: Field,
    note: Option<Callout>,
    facts: Option<Facts>,
    chain: Option<Lines>,
}

impl FetchPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let sentence = "Somebody asked for a certificate and gave you a code that fetches it.";
        let head = match &self.fetched {
            Some(fetched) => Headline::new(names(&fetched.names, &fetched.subject)).with_badge(badge(&fetched.state)),
            None => Headline::new("Fetch a certificate").saying(sentence),
        };
        let chain = self.fetched.as_ref().and_then(|fetched| fetched.chain.as_ref());
        Html {
            frame: &self.frame,
            page: self,
            head,
            code: Field::password("code", "Code", "off").focused().with_error(self.error.clone()),
            note: self.fetched.as_ref().and_then(note),
            facts: self.fetched.as_ref().map(|fetched| self.facts(fetched)),
            chain: chain.map(|pem| Lines::new("the certificate", pem)),
        }
        .render()
    }

    fn facts(&self, fetched: &Fetched) -> Facts {
        let mut facts = vec![
            Fact::new("Names", codes(&fetched.names)),
            Fact::new("Requested", self.frame.moment(&fetched.created_at)),
        ];
        if let Some(serial) = &fetched.serial {
            facts.push(Fact::new("Serial number", Id::new("serial number", serial)));
        }
        if let Some(end) = fetched.not_after {
            facts.push(Fact::new("Valid until", Value::from(Exact(self.frame.moment(&end)))));
        }
        Facts(facts)
    }
}

fn note(fetched: &Fetched) -> Option<Callout> {
    let reason = fetched.outcome.clone().unwrap_or_default();
    match fetched.state.as_str() {
        "issued" => None,
        "pending" => Some(
            Callout::new(CalloutKind::Waiting, "People have to approve it first")
                .with_text("Come back with the same code."),
        ),
        "approved" | "issuing" => Some(
            Callout::new(CalloutKind::Waiting, "It is approved and about to be signed")
                .with_text("Come back in a moment with the same code."),
        ),
        state => Some(Callout::new(CalloutKind::Denied, format!("The request is {state}")).with_text(reason)),
    }
}
