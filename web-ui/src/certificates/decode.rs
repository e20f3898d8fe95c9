//! `/decode`: what somebody pasted, in words.

use askama::Template;

use super::description::{CertificateText, Description, RequestText};
use super::state::shortened;
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Headline, Link, TextArea};

/// The page where one pastes.
#[derive(Clone, Debug)]
pub struct DecodePage {
    /// The frame.
    pub frame: Frame,
    /// What was pasted; empty before.
    pub pasted: String,
    /// Why it cannot be read, if it cannot.
    pub problem: Option<String>,
    /// What is in it.
    pub items: Vec<DecodedItem>,
}

/// One thing that was pasted.
#[derive(Clone, Debug)]
pub enum DecodedItem {
    /// A certificate.
    Certificate {
        /// Its first name, or its subject.
        title: String,
        /// What it says.
        text: Box<CertificateText>,
        /// Its id, if it was issued here.
        issued_here: Option<String>,
        /// Whether the next certificate issued it; none for the last.
        issued_by_next: Option<bool>,
    },
    /// A certification request.
    Request {
        /// Its first name, or its subject.
        title: String,
        /// What it says.
        text: Box<RequestText>,
    },
}

#[derive(Template)]
#[template(path = "certificates/decode.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    items: Vec<Part>,
    area: TextArea,
    is_open: bool,
}

struct Part {
    title: String,
    kind: &'static str,
    remarks: Vec<Callout>,
    description: Description,
}

impl DecodePage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let area = TextArea::new("text", "Certificate or request")
            .literal()
            .with_hint("PEM, a chain of PEM blocks, base64 or hexadecimal. It is read here and not kept.")
            .with_value(self.pasted.clone())
            .from_file(".pem,.crt,.cer,.der,.csr,.req,.p7b,.p7c", "CERTIFICATE")
            .with_error(self.problem.clone());
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Decode")
                .within(Link::new("/certificates", "Certificates"))
                .saying("Paste a certificate or a certification request (CSR) and read what is in it."),
            items: self.items.iter().enumerate().map(|(place, item)| self.part(item, place + 1)).collect(),
            area,
            is_open: self.items.is_empty(),
        };
        html.render()
    }

    fn part(&self, item: &DecodedItem, number: usize) -> Part {
        match item {
            DecodedItem::Certificate { title, text, issued_here, issued_by_next } => Part {
                title: shortened(title, 80),
                kind: if text.is_authority { "CA certificate" } else { "certificate" },
                remarks: remarks(issued_here.as_deref(), *issued_by_next, self.frame.now, text),
                description: Description::of_certificate(&self.frame, text, number),
            },
            DecodedItem::Request { title, text } => Part {
                title: shortened(title, 80),
                kind: "certification request",
                remarks: refusal(text).into_iter().collect(),
                description: Description::of_request(text, number),
            },
        }
    }
}

fn remarks(issued_here: Option<&str>, issued_by_next: Option<bool>, now: i64, text: &CertificateText) -> Vec<Callout> {
    let mut remarks = Vec::new();
    if let Some(id) = issued_here {
        let link = Link::new(format!("/certificates/{id}"), "Its page, with state and history");
        remarks.push(Callout::new(CalloutKind::Note, "Issued here").with_link(link));
    }
    if now > text.not_after {
        remarks.push(Callout::new(CalloutKind::Warning, "It has expired"));
    } else if now < text.not_before {
        remarks.push(Callout::new(CalloutKind::Warning, "It is not valid yet"));
    }
    if issued_by_next == Some(false) {
        let text = "A server that sends them in this order is refused by many clients: each certificate must be signed by \
                    the next.";
        remarks.push(Callout::new(CalloutKind::Warning, "The certificate after it did not issue it").with_text(text));
    }
    remarks
}

fn refusal(text: &RequestText) -> Option<Callout> {
    Some(match &text.refusal {
        Some(refusal) => Callout::new(CalloutKind::Warning, "This CA would refuse it").with_text(refusal.clone()),
        None => Callout::new(CalloutKind::Note, "Its signature is right").with_text("Whoever made it holds the key."),
    })
}
