//! A CI that gives its jobs OIDC tokens: GitHub, GitLab, and everybody who publishes keys the same way.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::id_token::{self, Claims, Expected, Holder, InvalidIdToken};
use super::kept::Kept;
use super::keys::KeySet;
use super::wire::{ProviderError, client, fetch};
use crate::clock::Clock;

/// Largest file of keys, in octets.
const LARGEST: u64 = 256 * 1024;

/// Where the public keys of a CI are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// Where the CI says (OpenID Connect Discovery 1.0), over TLS below these roots, or the system's.
    Discovery(Option<PathBuf>),
    /// In a file, for a CI that cannot be reached.
    File(PathBuf),
}

/// A CI. Its keys are kept for an hour; when it is away, the old ones serve on for a day.
pub struct JobIssuer {
    origin: Arc<Origin>,
    clock: Clock,
    keys: Kept<KeySet>,
}

/// Where keys come from.
struct Origin {
    issuer: String,
    source: KeySource,
    client: Client,
}

/// What is used of the metadata. Unlike a provider for people, a CI has no endpoints.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl JobIssuer {
    /// A CI that nobody has asked anything yet.
    ///
    /// # Errors
    /// When its roots cannot be read.
    pub fn new(issuer: &str, source: KeySource, clock: Clock) -> Result<Self, ProviderError> {
        let roots = match &source {
            KeySource::Discovery(roots) => roots.as_deref(),
            KeySource::File(_) => None,
        };
        let origin = Origin { issuer: issuer.to_owned(), client: client(roots)?, source };
        Ok(Self { origin: Arc::new(origin), keys: Kept::new(issuer, clock.clone()), clock })
    }

    /// What a token claims that is for one of `audiences`.
    ///
    /// # Errors
    /// When the CI is away and its keys are not known, or the token proves nothing.
    pub async fn verify(&self, token: &str, audiences: &[String]) -> Result<Claims, ProviderError> {
        let issuer = &self.origin.issuer;
        let expected = Expected { issuer, holder: Holder::Job { audiences }, now: self.clock.now() };
        let keys = self.keys.current(Arc::clone(&self.origin).keys()).await?;
        match id_token::verify(token, &keys.value, expected) {
            // The CI may have changed its keys.
            Err(InvalidIdToken::UnknownKey) => {
                let keys = self.keys.newer(keys, Arc::clone(&self.origin).keys()).await?;
                Ok(id_token::verify(token, &keys.value, expected)?)
            }
            verified => Ok(verified?),
        }
    }
}

impl Origin {
    async fn keys(self: Arc<Self>) -> Result<KeySet, ProviderError> {
        let json = match &self.source {
            KeySource::Discovery(_) => self.discover().await?,
            KeySource::File(file) => read_file(file).await?,
        };
        KeySet::parse(&json).map_err(|error| ProviderError::Unreadable("key set", error.to_string()))
    }

    async fn discover(&self) -> Result<Vec<u8>, ProviderError> {
        let unreadable = |fault: String| ProviderError::Unreadable("metadata", fault);
        let at = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let url: Url = at.parse().map_err(|_| unreadable(format!("{at:?} is no URL")))?;
        let metadata = fetch(self.client.get(url.clone()), &url).await?;
        let metadata: Metadata = serde_json::from_slice(&metadata).map_err(|error| unreadable(error.to_string()))?;
        // Discovery §4.3: the issuer "MUST exactly match".
        if metadata.issuer != self.issuer {
            return Err(unreadable(format!("the issuer is {:?} there", metadata.issuer)));
        }
        let keys: Url = metadata.jwks_uri.parse().map_err(|_| unreadable("jwks_uri is no URL".to_owned()))?;
        fetch(self.client.get(keys.clone()), &keys).await
    }
}

async fn read_file(file: &std::path::Path) -> Result<Vec<u8>, ProviderError> {
    let fault = |error: std::io::Error| ProviderError::Unreadable("key set", format!("{}: {error}", file.display()));
    if tokio::fs::metadata(file).await.map_err(fault)?.len() > LARGEST {
        return Err(ProviderError::Unreadable("key set", format!("{} is longer than 256 KiB", file.display())));
    }
    tokio::fs::read(file).await.map_err(fault)
}
