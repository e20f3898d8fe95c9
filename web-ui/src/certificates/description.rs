//! What a certificate or a request says, in words: the same for one of ours and for one that was pasted.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::frame::Frame;
use crate::parts::{Badge, Exact, Fact, Facts, Id, Lines, State, Value};

/// A certificate in words.
#[derive(Clone, Debug, Default)]
pub struct CertificateText {
    /// 1, 2 or 3.
    pub version: u8,
    /// In lower-case hexadecimal.
    pub serial: String,
    /// Subject attributes: what each is, and what it says.
    pub subject: Vec<(String, String)>,
    /// Issuer attributes.
    pub issuer: Vec<(String, String)>,
    /// First second of validity.
    pub not_before: i64,
    /// Last second of validity.
    pub not_after: i64,
    /// The key.
    pub key: KeyText,
    /// How the issuer signed it.
    pub signature: String,
    /// What is wrong with that, if something is.
    pub signature_weakness: Option<String>,
    /// Whether it is a CA's.
    pub is_authority: bool,
    /// Its extensions.
    pub extensions: Vec<ExtensionText>,
    /// SHA-256 of it, in lower-case hexadecimal.
    pub fingerprint_sha256: String,
    /// SHA-1 of it, in lower-case hexadecimal.
    pub fingerprint_sha1: String,
    /// PEM.
    pub pem: String,
    /// Everything as plain text.
    pub text: String,
}

/// A certification request in words.
#[derive(Clone, Debug, Default)]
pub struct RequestText {
    /// Subject attributes: what each is, and what it says.
    pub subject: Vec<(String, String)>,
    /// The key.
    pub key: KeyText,
    /// How it is signed.
    pub signature: String,
    /// The extensions asked for.
    pub extensions: Vec<ExtensionText>,
    /// Names of other attributes.
    pub other_attributes: Vec<String>,
    /// Why this CA would refuse it, if it would.
    pub refusal: Option<String>,
    /// PEM.
    pub pem: String,
    /// Everything as plain text.
    pub text: String,
}

/// A key in words.
#[derive(Clone, Debug, Default)]
pub struct KeyText {
    /// Its type and size.
    pub algorithm: String,
    /// How strong it is.
    pub strength: String,
    /// What is wrong with it, if something is.
    pub weakness: Option<String>,
    /// SHA-256 of it, in lower-case hexadecimal.
    pub sha256: String,
}

/// An extension in words.
#[derive(Clone, Debug, Default)]
pub struct ExtensionText {
    /// Its object identifier.
    pub oid: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub meaning: String,
    /// Whether a program that does not understand it must refuse the certificate.
    pub critical: bool,
    /// What it says, a line each.
    pub values: Vec<String>,
}

/// Decoded facts, extensions and the text forms, for a page that has its own headline.
#[derive(Template)]
#[template(path = "certificates/description.html")]
pub(super) struct Description {
    facts: Facts,
    extensions: Option<Facts>,
    pem: Lines,
    text: Lines,
    /// Tells several descriptions of a page apart.
    number: usize,
}

// Its template escapes what it writes.
impl HtmlSafe for Description {}

impl Description {
    pub(super) fn of_certificate(frame: &Frame, found: &CertificateText, number: usize) -> Self {
        let moment = |at: &i64| {
            let moment = frame.moment(at);
            Value::from(Exact(moment)).with_under(moment)
        };
        let mut facts = vec![
            Fact::new("Subject", attributes(&found.subject)),
            Fact::new("Issuer", attributes(&found.issuer)),
            Fact::new("Valid from", moment(&found.not_before)),
            Fact::new("Valid until", moment(&found.not_after)),
            Fact::new("Serial", Id::new("serial number", &found.serial)),
            key(&found.key),
            Fact::new("Key SHA-256", Id::new("hash of the key", &found.key.sha256)),
            Fact::new("Signature", signature(&found.signature, found.signature_weakness.as_deref())),
            Fact::new("SHA-256", Id::new("SHA-256 fingerprint", &found.fingerprint_sha256)),
            Fact::new("SHA-1", Id::new("SHA-1 fingerprint", &found.fingerprint_sha1)),
        ];
        if found.version != 3 {
            let gloss = "Certificates with extensions are version 3; this form is obsolete.";
            facts.push(Fact::new("Version", found.version.to_string()).with_gloss(gloss));
        }
        Self {
            facts: Facts(facts),
            extensions: extensions(&found.extensions),
            pem: Lines::new("the certificate", found.pem.trim_end()),
            text: Lines::new("the text", found.text.trim_end()),
            number,
        }
    }

    pub(super) fn of_request(found: &RequestText, number: usize) -> Self {
        let mut facts = vec![
            Fact::new("Subject", attributes(&found.subject)),
            key(&found.key),
            Fact::new("Key SHA-256", Id::new("hash of the key", &found.key.sha256)),
            Fact::new("Signature", Value::from(found.signature.clone())),
        ];
        if !found.other_attributes.is_empty() {
            let lines = found.other_attributes.iter().map(|name| Value::Code(name.clone())).collect();
            facts.push(Fact::new("Other attributes", Value::Lines(lines)));
        }
        Self {
            facts: Facts(facts),
            extensions: extensions(&found.extensions),
            pem: Lines::new("the request", found.pem.trim_end()),
            text: Lines::new("the text", found.text.trim_end()),
            number,
        }
    }
}

fn attributes(found: &[(String, String)]) -> Value {
    match found {
        [] => Value::Quiet("empty".to_owned()),
        found => Value::Lines(
            found
                .iter()
                .map(|(label, value)| {
                    Value::Sentence(vec![Value::from(value.clone()), Value::Quiet(format!(" {label}"))])
                })
                .collect(),
        ),
    }
}

fn key(found: &KeyText) -> Fact {
    let value = match &found.weakness {
        Some(weakness) => {
            Value::Lines(vec![Value::from(found.algorithm.clone()), Badge::new(State::Broken, weakness.clone()).into()])
        }
        None => Value::from(found.algorithm.clone()),
    };
    Fact::new("Key", value).with_gloss(&found.strength)
}

fn signature(algorithm: &str, weakness: Option<&str>) -> Value {
    match weakness {
        Some(weakness) => Value::Lines(vec![Value::from(algorithm), Badge::new(State::Broken, weakness).into()]),
        None => Value::from(algorithm),
    }
}

fn extensions(found: &[ExtensionText]) -> Option<Facts> {
    (!found.is_empty()).then(|| Facts(found.iter().map(extension).collect()))
}

fn extension(found: &ExtensionText) -> Fact {
    let mut lines: Vec<Value> = found.values.iter().map(|line| Value::from(line.clone())).collect();
    if found.critical {
        lines.push(Value::Quiet("critical: who does not understand it must refuse".to_owned()));
    }
    lines.push(Value::Code(found.oid.clone()));
    Fact::new(&found.name, Value::Lines(lines)).with_gloss(&found.meaning)
}
