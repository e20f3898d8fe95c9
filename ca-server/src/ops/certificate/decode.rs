//! What somebody pasted, in words: certificates, chains and requests, ours or not.

use ca_core::policy::Actor;
use ca_core::policy::action::ListCertificates;
use ca_core::x509::Certificate;
use ca_core::x509::describe::{self, CertificateDescription, Item, RequestDescription, Unreadable};

use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate;
use crate::store::fields::CertificateId;

/// One pasted thing.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// A certificate.
    Certificate {
        /// What it says.
        description: Box<CertificateDescription>,
        /// Its id, if it was issued here.
        issued_here: Option<CertificateId>,
        /// Whether the next certificate of the text issued it; none for the last.
        issued_by_next: Option<bool>,
    },
    /// A certification request.
    Request(Box<RequestDescription>),
}

/// Reads a pasted text.
///
/// # Errors
/// Policy and database. What cannot be read is an answer, not an error.
pub async fn decode(app: &App, actor: &Actor, text: &str) -> Result<Result<Vec<Decoded>, Unreadable>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let items = match describe::pasted(text) {
        Ok(items) => items,
        Err(unreadable) => return Ok(Err(unreadable)),
    };
    let next: Vec<Option<bool>> = (1..=items.len()).map(|place| links(&items, place)).collect();
    let mut decoded = Vec::new();
    for (item, issued_by_next) in items.into_iter().zip(next) {
        decoded.push(match item {
            Item::Request(description) => Decoded::Request(description),
            Item::Certificate(description) => {
                let issued_here = known(app, description.fingerprint_sha256).await?;
                Decoded::Certificate { description, issued_here, issued_by_next }
            }
        });
    }
    Ok(Ok(decoded))
}

/// Whether the certificate before `place` is signed by the one at it.
fn links(items: &[Item], place: usize) -> Option<bool> {
    let certificate = |place: usize| match items.get(place)? {
        Item::Certificate(found) => Certificate::from_der(&found.der).ok(),
        Item::Request(_) => None,
    };
    let (subject, issuer) = (certificate(place.checked_sub(1)?)?, certificate(place)?);
    let linked = subject.issuer() == issuer.subject();
    Some(linked && subject.verify_signed_by(issuer.public_key()).is_ok())
}

async fn known(app: &App, fingerprint: [u8; 32]) -> Result<Option<CertificateId>, OpError> {
    let found = app.store.read(move |c| certificate::by_fingerprint(c, fingerprint)).await?;
    Ok(found.map(|row| row.record.id))
}
