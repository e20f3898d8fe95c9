//! Asks time-stamping authorities of others (RFC 3161 §3.4), behind the network guard, and believes only what leads to a
//! root that is known.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ca_core::timestamp::{ResponseFault, TimeStampRequest, TimeStampResponse, TimeStampToken, TimestampFault};
use ca_core::x509::{Certificate, pem};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, redirect};
use url::Url;

use crate::clock::Clock;
use crate::config::TimestampSettings;
use crate::guarded_resolver::GuardedResolver;
use crate::notices::chain;
use crate::validation::NetworkGuard;

/// From connecting to the end of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Octets of an answer.
const LARGEST: usize = 1 << 16;

/// Why an authority cannot be asked, or its answer is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum TsaFault {
    /// The URL is none, or leads where nobody may go.
    #[error("{0}")]
    Url(String),
    /// It cannot be reached, or does not answer as the protocol says.
    #[error("{0}")]
    Http(String),
    /// It refuses, or sent no token.
    #[error(transparent)]
    Response(#[from] ResponseFault),
    /// Its token proves nothing.
    #[error(transparent)]
    Token(#[from] TimestampFault),
}

/// A configuration that cannot be used for asking.
#[derive(Debug, thiserror::Error)]
pub enum TsaClientError {
    /// The file of roots cannot be read or holds none.
    #[error("timestamp.external_ca_file {}: {reason}", .file.display())]
    CaFile {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The HTTP client cannot be made.
    #[error("other time-stamping authorities cannot be asked: {0}")]
    Http(#[from] reqwest::Error),
}

/// What asks.
pub struct TsaClient {
    client: Client,
    resolver: GuardedResolver,
    roots: Vec<Certificate>,
}

impl TsaClient {
    /// Prepares the client. Tokens below the roots of `own_roots` (PEM) and of the configured file are believed.
    ///
    /// # Errors
    /// [`TsaClientError`].
    pub fn new(settings: &TimestampSettings, own_roots: &str) -> Result<Self, TsaClientError> {
        let own = pem::certificates(own_roots).unwrap_or_default();
        let mut roots: Vec<Certificate> = own.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        if let Some(file) = &settings.external_ca_file {
            roots.extend(read_roots(file)?);
        }
        let guard = NetworkGuard::new(settings.allow.clone(), settings.deny.clone());
        let resolver = GuardedResolver::new(guard, "timestamp");
        let client = Client::builder()
            .dns_resolver(resolver.clone())
            // A redirect or a proxy would lead past the guard.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIME_LIMIT)
            .user_agent(concat!("signet/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, resolver, roots })
    }

    /// Whose timestamps are believed.
    pub fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    /// The verified answer of the authority at `url`.
    ///
    /// # Errors
    /// [`TsaFault`].
    pub async fn ask(&self, clock: &Clock, url: &str, request: &TimeStampRequest) -> Result<TimeStampToken, TsaFault> {
        let url: Url = url.parse().map_err(|fault| TsaFault::Url(format!("{url}: {fault}")))?;
        self.resolver.permit(&url).map_err(TsaFault::Url)?;
        let post = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/timestamp-query")
            .header(ACCEPT, "application/timestamp-reply")
            .body(request.encode());
        let answer = post.send().await.map_err(|error| TsaFault::Http(chain(&error)))?;
        if !answer.status().is_success() {
            return Err(TsaFault::Http(format!("it answered {}", answer.status())));
        }
        let token = TimeStampResponse::parse(&body(answer).await?)?;
        token.verify_answer(request, &self.roots, clock.now())?;
        Ok(token)
    }
}

async fn body(mut answer: reqwest::Response) -> Result<Vec<u8>, TsaFault> {
    let mut octets = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| TsaFault::Http(chain(&error)))? {
        if octets.len() + part.len() > LARGEST {
            return Err(TsaFault::Http(format!("its answer is longer than {LARGEST} octets")));
        }
        octets.extend_from_slice(&part);
    }
    Ok(octets)
}

fn read_roots(file: &Path) -> Result<Vec<Certificate>, TsaClientError> {
    let fault = |reason: String| TsaClientError::CaFile { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    let found = pem::certificates(&text).map_err(|error| fault(error.to_string()))?;
    found.iter().map(|der| Certificate::from_der(der).map_err(|error| fault(error.to_string()))).collect()
}
