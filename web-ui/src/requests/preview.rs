//! What would be asked for, and what the rules think of it, before anybody is asked.

use askama::Template;

use super::codes;
use super::form::FormValues;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Badge, Callout, CalloutKind, Fact, Facts, Headline, Id, Link, State, Value};

/// What one of the rules says.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Who says it: "Lint", "Policy", "Blocked keys".
    pub judge: String,
    /// Whether it is for it.
    pub good: bool,
    /// In words; several where there are several findings.
    pub texts: Vec<String>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct PreviewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The request that is being changed, if one is.
    pub changing: Option<String>,
    /// What the form held; sent again with the button.
    pub values: FormValues,
    /// Whether everything is for it.
    pub clean: bool,
    /// What the rules say.
    pub verdicts: Vec<Verdict>,
    /// Subject of the CSR; none without a CSR.
    pub csr_subject: Option<String>,
    /// Extensions that the CSR asks for and the profile does not grant, in words.
    pub not_granted: Vec<String>,
    /// Type of the key.
    pub key_algorithm: String,
    /// SHA-256 of the key.
    pub key_sha256: String,
    /// Subject of the certificate.
    pub subject: String,
    /// Names of the certificate.
    pub names: Vec<String>,
    /// Key usages, in the standard's words.
    pub usages: Vec<String>,
    /// Name and version of the profile.
    pub profile: String,
    /// Name of the authority.
    pub authority: String,
    /// First second of validity, if it were signed now.
    pub not_before: i64,
    /// Last second of validity, if it were signed now.
    pub not_after: i64,
    /// So many people must approve.
    pub approvals: u32,
    /// Digest of the request.
    pub digest: String,
}

#[derive(Template)]
#[template(path = "requests/preview.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a PreviewPage,
    action: String,
    head: Headline,
    verdicts: Facts,
    certificate: Facts,
    ignored: Option<Callout>,
    hidden: Vec<(&'static str, &'a str)>,
}

impl PreviewPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let action = self.changing.as_ref().map_or("/requests/new".to_owned(), |id| format!("/requests/{id}/change"));
        Html {
            frame: &self.frame,
            page: self,
            action,
            head: self.head(),
            verdicts: self.verdicts(),
            certificate: self.certificate(),
            ignored: self.ignored(),
            hidden: self.values.fields(),
        }
        .render()
    }

    fn head(&self) -> Headline {
        let who = match self.approvals {
            0 => "Nobody has to approve it: it is issued at once.".to_owned(),
            1 => "One other person has to approve it.".to_owned(),
            more => format!("{more} other people have to approve it."),
        };
        let (badge, sentence) = match self.clean {
            true => (Badge::new(State::Good, "can be requested"), format!("Nothing stands against it. {who}")),
            false => (
                Badge::new(State::Broken, "cannot be requested"),
                "Something stands against it, see below. Go back and change it.".to_owned(),
            ),
        };
        let title = if self.changing.is_some() { "What would be asked for now" } else { "What would be asked for" };
        Headline::new(title).within(Link::new("/requests", "Requests")).with_badge(badge).saying(sentence)
    }

    fn verdicts(&self) -> Facts {
        let fact = |verdict: &Verdict| {
            let state = if verdict.good { State::Good } else { State::Broken };
            let word = if verdict.good { "passes" } else { "refuses" };
            let texts = verdict.texts.iter().map(|text| Value::from(text.clone()));
            let lines = std::iter::once(Value::from(Badge::new(state, word))).chain(texts).collect();
            Fact::new(&verdict.judge, Value::Lines(lines))
        };
        Facts(self.verdicts.iter().map(fact).collect())
    }

    fn certificate(&self) -> Facts {
        let moment = |at: &i64| Value::from(crate::parts::Exact(self.frame.moment(at)));
        let subject =
            if self.subject.is_empty() { Value::Quiet("empty".to_owned()) } else { self.subject.clone().into() };
        let mut facts = vec![
            Fact::new("Names", codes(&self.names))
                .with_gloss("subject alternative names: what the certificate is valid for"),
            Fact::new("Subject", subject),
            Fact::new("Key", self.key_algorithm.clone()),
            Fact::new("Key SHA-256", Id::new("hash of the public key", &self.key_sha256)),
            Fact::new("Usages", codes(&self.usages)),
            Fact::new("Profile", self.profile.clone()),
            Fact::new("Issuer", self.authority.clone()),
            Fact::new("Valid from", moment(&self.not_before)).with_gloss("if it were signed now"),
            Fact::new("Valid until", moment(&self.not_after)).with_gloss("if it were signed now"),
        ];
        if let Some(subject) = &self.csr_subject {
            facts.insert(2, Fact::new("Subject in the CSR", subject.clone()));
        }
        facts.push(
            Fact::new("Digest", Id::new("digest of the request", &self.digest))
                .with_gloss("approvals are for this and nothing else"),
        );
        Facts(facts)
    }

    fn ignored(&self) -> Option<Callout> {
        let points = self.not_granted.iter().map(|text| Value::from(text.clone())).collect();
        let callout = Callout::new(CalloutKind::Note, "The CSR asks for more than the profile grants");
        (!self.not_granted.is_empty())
            .then(|| callout.with_text("The profile decides; this will not be in the certificate:").with_points(points))
    }
}

impl FormValues {
    /// Everything but the token against forgery.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("key", self.key.as_str()),
            ("csr", &self.csr),
            ("profile", &self.profile),
            ("authority", &self.authority),
            ("names", &self.names),
            ("validity", &self.validity),
            ("owner", &self.owner),
            ("notify", &self.notify),
            ("submission", &self.submission),
        ]
    }
}
