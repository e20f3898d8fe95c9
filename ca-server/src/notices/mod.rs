//! Sends notices: e-mail over SMTP, webhooks over HTTP. What is sent, and how often it is tried, is decided elsewhere.

mod email;
mod signature;
mod webhook;

use std::path::{Path, PathBuf};

use ca_core::time::UnixTime;
use ca_core::x509::pem;

use crate::config::NoticesSettings;

pub use email::{Email, Mailer};
pub use signature::{SIGNATURE_HEADER, sign};
pub(crate) use webhook::chain;
pub use webhook::{Post, Webhooks};

/// What a notice tells. The words are those of the configuration and of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Somebody asks for a certificate, or for another one than before: approvers are wanted.
    RequestSubmitted,
    /// A request was rejected, cancelled, has expired or failed.
    RequestDecided,
    /// The certificate of a request was issued.
    RequestIssued,
    /// The renewal of a certificate did not come.
    RenewalOverdue,
    /// A certificate ends within days, and nothing replaces it.
    CertificateEnds,
    /// Somebody asks for signatures over artifacts: approvers are wanted.
    SigningSubmitted,
    /// A request for signatures was rejected, cancelled, has expired or failed.
    SigningDecided,
    /// Every signature of a request is there.
    SigningSigned,
    /// A security officer let a request for signatures through alone.
    SigningGlassBroken,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::RequestSubmitted,
        Self::RequestDecided,
        Self::RequestIssued,
        Self::RenewalOverdue,
        Self::CertificateEnds,
        Self::SigningSubmitted,
        Self::SigningDecided,
        Self::SigningSigned,
        Self::SigningGlassBroken,
    ];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestSubmitted => "request-submitted",
            Self::RequestDecided => "request-decided",
            Self::RequestIssued => "request-issued",
            Self::RenewalOverdue => "renewal-overdue",
            Self::CertificateEnds => "certificate-ends",
            Self::SigningSubmitted => "signing-submitted",
            Self::SigningDecided => "signing-decided",
            Self::SigningSigned => "signing-signed",
            Self::SigningGlassBroken => "signing-glass-broken",
        }
    }
}

/// Whether an e-mail can be sent to this.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

/// Why a notice did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It may arrive if it is tried again.
    #[error("{0}")]
    Transient(String),
    /// The recipient refuses it for good.
    #[error("{0}")]
    Permanent(String),
}

/// A configuration that cannot be used for sending.
#[derive(Debug, thiserror::Error)]
pub enum NoticesError {
    /// The file of roots cannot be read or holds none.
    #[error("notices.ca_file {}: {reason}", .file.display())]
    CaFile {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The HTTP client cannot be made.
    #[error("webhooks cannot be sent: {0}")]
    Http(#[from] reqwest::Error),
    /// The SMTP client cannot be made.
    #[error("e-mail cannot be sent: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The sender's address cannot be used.
    #[error("notices.smtp.from: {0}")]
    Sender(#[from] lettre::address::AddressError),
}

/// What sends notices, as the configuration describes it.
pub struct Senders {
    /// For e-mail, if there is a mail server.
    pub mailer: Option<Mailer>,
    /// For webhooks.
    pub webhooks: Webhooks,
}

impl Senders {
    /// Prepares the clients. `own_roots` are trust anchors in PEM that servers may show beside the system's.
    ///
    /// # Errors
    /// [`NoticesError`].
    pub fn new(settings: &NoticesSettings, own_roots: &str) -> Result<Self, NoticesError> {
        let mut roots = pem::certificates(own_roots).unwrap_or_default();
        if let Some(file) = &settings.ca_file {
            roots.extend(read_roots(file)?);
        }
        let mailer = settings.smtp.as_ref().map(|smtp| Mailer::new(smtp, &roots)).transpose()?;
        Ok(Self { mailer, webhooks: Webhooks::new(settings, &roots)? })
    }
}

fn read_roots(file: &Path) -> Result<Vec<Vec<u8>>, NoticesError> {
    let fault = |reason: String| NoticesError::CaFile { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    pem::certificates(&text).map_err(|error| fault(error.to_string()))
}

/// What a recipient is told besides: which notice, and when it is sent.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Id of the notice, the same in every try.
    pub id: String,
    /// What it tells.
    pub kind: String,
    /// Now.
    pub at: UnixTime,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
