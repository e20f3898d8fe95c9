//! `/signing/verify`: what verifiers will say of a signature.

use askama::Template;

use super::{Place, gloss, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Badge, Callout, CalloutKind, Choice, Column, DigestFile, Fact, Facts, Field, Headline, Link, Row, Select, State,
    Table, Tabs, TextArea, Value,
};

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct VerifyForm {
    /// The kind of signature.
    pub format: String,
    /// The signature as PEM or base64.
    pub signature: String,
    /// The hash function.
    pub algorithm: String,
    /// The digest in hexadecimal.
    pub digest: String,
    /// For a bare signature: the signer's certificate as PEM or base64.
    pub certificate: String,
}

/// What is known of a signature.
#[derive(Clone, Debug)]
pub struct ReportView {
    /// What was looked at, one after the other.
    pub findings: Vec<FindingView>,
    /// What each family of verifiers will say.
    pub families: Vec<FamilyView>,
    /// Subject of the signer.
    pub signer: Option<String>,
    /// The signer's certificate here: its id and its serial number.
    pub certificate: Option<(String, String)>,
    /// When it was signed, as the timestamp or the signer says.
    pub signed_at: Option<i64>,
    /// Who says so: "the timestamp", "the signer".
    pub says_when: String,
    /// Id of the request that it came from.
    pub request: Option<String>,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct FindingView {
    /// What: "digest", "chain", "timestamp".
    pub what: String,
    /// Whether it is as it should be; none when there is nothing to look at.
    pub good: Option<bool>,
    /// What was found.
    pub detail: String,
}

/// What one family of verifiers will say.
#[derive(Clone, Debug)]
pub struct FamilyView {
    /// "OpenSSL, osslsigncode, sbverify".
    pub name: String,
    /// Whether it accepts the signature.
    pub accepts: bool,
    /// Why.
    pub why: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct VerifyPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Kinds of signature.
    pub formats: Vec<String>,
    /// Hash functions.
    pub algorithms: Vec<String>,
    /// What is in the form.
    pub form: VerifyForm,
    /// Why it cannot be judged.
    pub problem: Option<String>,
    /// The judgement.
    pub report: Option<ReportView>,
}

#[derive(Template)]
#[template(path = "signing/verify.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    problem: Option<Callout>,
    report: Option<Report>,
    format: Select,
    signature: TextArea,
    algorithm: Select,
    digest: Field,
    file: DigestFile,
    certificate: TextArea,
}

struct Report {
    verdict: Callout,
    families: Table,
    findings: Facts,
    facts: Facts,
}

impl VerifyPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let form = &self.form;
        let formats = self.formats.iter().map(|format| {
            Choice::new(format, format!("{format}: {}", gloss(format))).chosen_if(*format == form.format)
        });
        let algorithms = self.algorithms.iter().map(|name| Choice::new(name, name).chosen_if(*name == form.algorithm));
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Signing").saying("What will those say who check a signature? Nothing is kept."),
            tabs: tabs(Place::Verify),
            problem: self.problem.as_ref().map(|text| Callout::denied("It cannot be judged").with_text(text.clone())),
            report: self.report.as_ref().map(|report| report.parts(&self.frame)),
            format: Select::new("format", "Format", formats.collect()),
            signature: TextArea::new("signature", "Signature")
                .literal()
                .with_rows(8)
                .with_value(&form.signature)
                .from_file(".p7s,.sig,.der,.pem,.p7b", "PKCS7")
                .with_hint("PEM or base64; a file may be dropped here."),
            algorithm: Select::new("algorithm", "Hash function", algorithms.collect()),
            digest: Field::text("digest", "Digest of the file")
                .with_value(&form.digest)
                .with_hint(
                    "In hexadecimal. For authenticode-pe the Authenticode hash, for jar-sf that of the .SF file.",
                )
                .at_most(200),
            file: DigestFile::new("field-digest", "or SHA-256 of a file, which stays in your browser"),
            certificate: TextArea::new("certificate", "Certificate of the signer")
                .literal()
                .with_rows(6)
                .with_value(&form.certificate)
                .from_file(".pem,.crt,.cer,.der", "CERTIFICATE")
                .with_hint(
                    "Only for raw, which does not say who signed: PEM or base64. Of a chain, such as that of \
                     signet-sign --chain-out, the first counts.",
                ),
        };
        html.render()
    }
}

impl ReportView {
    fn parts(&self, frame: &Frame) -> Report {
        Report {
            verdict: self.verdict(),
            families: self.families(),
            findings: self.findings(),
            facts: self.facts(frame),
        }
    }

    fn verdict(&self) -> Callout {
        let accept = self.families.iter().filter(|family| family.accepts).count();
        match (accept, self.families.len()) {
            (0, _) => Callout::new(CalloutKind::Denied, "Nobody accepts this signature"),
            (some, all) if some == all => Callout::new(CalloutKind::Done, "Everybody accepts this signature"),
            _ => Callout::new(CalloutKind::Warning, "Some accept this signature, and some do not")
                .with_text("Verifiers differ in what a revocation means for what was signed before it."),
        }
    }

    fn families(&self) -> Table {
        let columns = vec![Column::text("Verifiers"), Column::tight("Say"), Column::text("Because")];
        let row = |family: &FamilyView| {
            let badge = match family.accepts {
                true => Badge::new(State::Good, "accept"),
                false => Badge::new(State::Broken, "refuse"),
            };
            Row::plain(vec![family.name.clone().into(), badge.into(), family.why.clone().into()])
        };
        Table::new("What verifiers say", columns, self.families.iter().map(row).collect()).with_id("families")
    }

    fn findings(&self) -> Facts {
        let fact = |finding: &FindingView| {
            let badge = match finding.good {
                Some(true) => Badge::new(State::Good, "good"),
                Some(false) => Badge::new(State::Broken, "bad"),
                None => Badge::new(State::Neutral, "not there"),
            };
            Fact::new(finding.what.clone(), Value::from(badge)).with_gloss(finding.detail.clone())
        };
        Facts(self.findings.iter().map(fact).collect())
    }

    fn facts(&self, frame: &Frame) -> Facts {
        let mut facts = vec![Fact::new("Signer", Value::or_absent(self.signer.clone()))];
        if let Some((id, serial)) = &self.certificate {
            let link = Link::new(format!("/certificates/{id}"), serial.clone());
            facts.push(Fact::new("Certificate", link).with_gloss("Issued here."));
        }
        if let Some(at) = self.signed_at {
            let moment = Value::from(frame.moment(&at));
            facts.push(Fact::new("Signed", moment).with_gloss(format!("According to {}.", self.says_when)));
        }
        if let Some(request) = &self.request {
            let link = Link::new(super::request_path(request), request.clone());
            facts.push(Fact::new("Request", link).with_gloss("What people approved."));
        }
        Facts(facts)
    }
}
