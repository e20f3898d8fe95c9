//! `/signing/ledger`: "did we sign this file?"

use askama::Template;

use super::{Place, SigningEnvironment, profile_link, request_path, tabs};
use crate::RenderError;
use crate::certificates::shortened;
use crate::frame::Frame;
use crate::parts::{
    Badge, Callout, CalloutKind, Column, DigestFile, Empty, Field, Headline, Id, Link, Recipe, Row, State, Table, Tabs,
    Value,
};

/// One signature.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Id of its request; none for one made under a grant.
    pub request: Option<String>,
    /// What the artifact was called.
    pub name: String,
    /// Its digest in hexadecimal.
    pub digest: String,
    /// The hash function.
    pub algorithm: String,
    /// The kind of signature.
    pub format: String,
    /// Name of the profile.
    pub profile: String,
    /// What it is for.
    pub environment: SigningEnvironment,
    /// Who asked.
    pub requester: String,
    /// When it was signed.
    pub signed_at: i64,
    /// The signer's certificate: its id and its serial number.
    pub certificate: Option<(String, String)>,
    /// Serial number of the timestamp.
    pub timestamp: Option<String>,
    /// Whether it was found by the hash of the whole file, which whoever asked for it named.
    pub by_file: bool,
    /// How it was withdrawn, if it was.
    pub withdrawn: Option<WithdrawalView>,
}

/// How a signature was withdrawn.
#[derive(Clone, Debug)]
pub struct WithdrawalView {
    /// When.
    pub at: i64,
    /// Why: the reason of the revocation of its certificate.
    pub reason: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct LedgerPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The digest that was asked for, as it was typed.
    pub digest: String,
    /// Why it cannot be searched for.
    pub problem: Option<String>,
    /// What was found; without a question, the newest signatures.
    pub rows: Vec<LedgerRow>,
    /// Link to newer signatures.
    pub newer: Option<String>,
    /// Link to older signatures.
    pub older: Option<String>,
}

#[derive(Template)]
#[template(path = "signing/ledger.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    digest: Field,
    file: DigestFile,
    answer: Option<Callout>,
    heading: &'static str,
    table: Option<Table>,
}

impl LedgerPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let asked = !self.digest.is_empty();
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("Signing")
                .saying("Did we sign this file? Each signature is found by the digest that it covers."),
            tabs: tabs(Place::Ledger),
            digest: Field::search("digest", "Digest")
                .with_value(&self.digest)
                .with_hint("In hexadecimal, as sha256sum prints it for the file before it was signed; all of it.")
                .with_error(self.problem.clone())
                .at_most(200),
            file: DigestFile::new("field-digest", "or a file, which stays in your browser"),
            answer: asked.then(|| self.answer()).flatten(),
            heading: if asked { "What was signed" } else { "Signed lately" },
            table: (!asked || !self.rows.is_empty()).then(|| self.table()),
        };
        html.render()
    }

    fn answer(&self) -> Option<Callout> {
        let withdrawn = self.rows.iter().filter(|row| row.withdrawn.is_some()).count();
        let callout = match (self.problem.is_some(), self.rows.len(), withdrawn) {
            (true, ..) => return None,
            (_, 0, _) => Callout::new(CalloutKind::Note, "No: nothing here covers this digest").with_text(
                "A program or archive that is signed has another hash than before: ask “signet-sign verify FILE”, which \
                 knows how each format counts.",
            ),
            (_, count, 0) if self.rows.iter().all(|row| row.by_file) => {
                Callout::new(CalloutKind::Done, format!("Yes: {}", times(count))).with_text(
                    "This is the hash of the whole file as whoever asked for the signature named it. What the signature \
                     covers is the digest in the list.",
                )
            }
            (_, count, 0) => Callout::new(CalloutKind::Done, format!("Yes: {}", times(count))),
            (_, count, gone) if count == gone => {
                Callout::new(CalloutKind::Denied, "It was signed, and that was withdrawn")
                    .with_text("The certificate that signed it is revoked. Do not use the file.")
            }
            (_, count, gone) => {
                let text = match gone {
                    1 => "One of the signatures is withdrawn; the others hold.".to_owned(),
                    many => format!("{many} of the signatures are withdrawn; the others hold."),
                };
                Callout::new(CalloutKind::Warning, format!("Yes: {}", times(count))).with_text(text)
            }
        };
        Some(callout)
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Item"),
            Column::text("State"),
            Column::tight("Digest"),
            Column::text("Profile"),
            Column::text("Signed for"),
            Column::text("Certificate and timestamp"),
        ];
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        Table::new("Signatures", columns, rows).with_pages(self.newer.clone(), self.older.clone()).or_empty(empty())
    }

    fn state(&self, row: &LedgerRow) -> Value {
        match &row.withdrawn {
            None => Badge::new(State::Good, "holds").into(),
            Some(why) => Value::Lines(vec![
                Badge::new(State::Revoked, "withdrawn").into(),
                Value::Sentence(vec![format!("{}, ", why.reason).into(), self.frame.moment(&why.at).into()]),
            ]),
        }
    }

    fn row(&self, row: &LedgerRow) -> Row {
        let name = shortened(&row.name, 60);
        let cells = vec![
            Value::from(name).with_under(row.format.clone()),
            self.state(row),
            Id::new(format!("{} digest", row.algorithm), &row.digest).into(),
            profile_link(&row.profile).with_under(row.environment.tag()),
            Value::from(shortened(&row.requester, 50)).with_under(self.frame.moment(&row.signed_at)),
            row.proofs(),
        ];
        match &row.request {
            Some(request) => Row::to(request_path(request), cells),
            None => Row::plain(cells),
        }
    }
}

impl LedgerRow {
    /// The certificate, and the timestamp below it.
    fn proofs(&self) -> Value {
        let certificate = self
            .certificate
            .as_ref()
            .map(|(id, serial)| Value::from(Link::new(format!("/certificates/{id}"), shortened(serial, 17))));
        let stamp = self.timestamp.as_ref().map(|serial| Id::new("serial number of the timestamp", serial));
        Value::Lines(vec![Value::or_absent(certificate), Value::or_absent(stamp)])
    }
}

fn times(count: usize) -> String {
    if count == 1 { "we signed it once".to_owned() } else { format!("we signed it {count} times") }
}

fn empty() -> Empty {
    Empty::new("Nothing was signed yet", "Whoever has a file asks by its digest, here or on a command line:")
        .with_recipes(vec![
            Recipe::lines("The digest of a file", "sha256sum app.tar.gz"),
            Recipe::lines("With the API", "curl -H \"Authorization: Bearer $TOKEN\" \\\n  \"$SERVER/api/v1/signing/signatures?digest=$(sha256sum < app.tar.gz | cut -c1-64)\""),
        ])
}
