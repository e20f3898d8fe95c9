//! Requests to a provider: over TLS to its own addresses, bounded in time and size.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use url::Url;

use super::id_token::InvalidIdToken;
use crate::config::SecretError;

/// A request, from its first octet to the last of its answer. A person waits for it.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Octets of an answer.
const LARGEST: usize = 256 * 1024;

/// Why a provider vouches for nobody. No text here holds a code, token or secret.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The roots in `ca_file` cannot be read.
    #[error("`ca_file` {0} holds no certificates that can be read")]
    Roots(String),
    /// The HTTP client cannot be set up.
    #[error("requests to the identity provider cannot be made")]
    Client(#[source] reqwest::Error),
    /// The client secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Nobody answers.
    #[error("the identity provider cannot be reached at {0}")]
    Unreachable(Url, #[source] reqwest::Error),
    /// It answers with an error.
    #[error("the identity provider answered {0} with {1}")]
    Status(Url, StatusCode),
    /// It could not be read a moment ago, and is not asked again yet.
    #[error("the identity provider is asked again in a moment; before that: {0}")]
    Resting(String),
    /// Its answer is too long.
    #[error("the identity provider's answer at {0} is longer than 256 KiB")]
    TooLarge(Url),
    /// Its answer makes no sense.
    #[error("the identity provider's {0} cannot be read: {1}")]
    Unreadable(&'static str, String),
    /// It does not accept the code: used before, expired, or for somebody else.
    #[error("the identity provider does not accept the code ({0})")]
    CodeRefused(String),
    /// What it says of the person proves nothing.
    #[error(transparent)]
    Token(#[from] InvalidIdToken),
    /// Userinfo describes another person than the ID token.
    #[error("what the identity provider tells of the person is about somebody else")]
    OtherSubject,
    /// The answer came from another provider (RFC 9207).
    #[error("the answer is not from the identity provider that was asked")]
    OtherIssuer,
}

impl ProviderError {
    /// Whether the same may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(..) | Self::Resting(_) => true,
            Self::Status(_, status) => status.is_server_error(),
            _ => false,
        }
    }

    /// Whether only who looks after this server or the provider can mend it; a stranger at the door need not know more.
    pub fn is_misconfiguration(&self) -> bool {
        matches!(self, Self::Roots(_) | Self::Client(_) | Self::Secret(_) | Self::TooLarge(_) | Self::Unreadable(..))
    }
}

pub(super) fn client(roots: Option<&Path>) -> Result<Client, ProviderError> {
    let builder = Client::builder()
        .user_agent(concat!("signet/", env!("CARGO_PKG_VERSION")))
        .https_only(true)
        .redirect(Policy::none())
        .timeout(TIME_LIMIT);
    let builder = match roots {
        Some(file) => builder.tls_certs_only(certificates(file)?),
        None => builder,
    };
    builder.build().map_err(ProviderError::Client)
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, ProviderError> {
    let fault = || ProviderError::Roots(file.display().to_string());
    let pem = std::fs::read(file).map_err(|_| fault())?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|_| fault())?;
    if found.is_empty() { Err(fault()) } else { Ok(found) }
}

/// The answer to a request, whatever its status.
pub(super) async fn send(request: RequestBuilder, url: &Url) -> Result<(StatusCode, Vec<u8>), ProviderError> {
    let unreachable = |error: reqwest::Error| ProviderError::Unreachable(url.clone(), error.without_url());
    let mut answer: Response = request.send().await.map_err(unreachable)?;
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST {
            return Err(ProviderError::TooLarge(url.clone()));
        }
    }
    Ok((answer.status(), body))
}

/// What is at a URL.
pub(super) async fn fetch(request: RequestBuilder, url: &Url) -> Result<Vec<u8>, ProviderError> {
    match send(request, url).await? {
        (StatusCode::OK, body) => Ok(body),
        (status, _) => Err(ProviderError::Status(url.clone(), status)),
    }
}
