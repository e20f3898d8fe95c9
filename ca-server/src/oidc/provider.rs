//! One identity provider: where it is, which keys it has, and what it says of a person.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use super::id_token::{self, Claims, Expected, Holder, InvalidIdToken};
use super::kept::{Kept, Reading};
use super::keys::KeySet;
use super::metadata::{ClientAuthentication, Metadata};
use super::person::{Person, find};
use super::wire::{ProviderError, client, fetch, send};
use crate::clock::Clock;
use crate::config::{BaseUrl, OidcSettings};

/// A provider. Its metadata and keys are kept for an hour; when it is away, the old ones serve on for a day.
pub struct Provider {
    /// What the configuration says of it.
    pub settings: OidcSettings,
    redirect_uri: String,
    client: Client,
    clock: Clock,
    metadata: Kept<Metadata>,
    keys: Kept<KeySet>,
}

/// What a provider is asked, and what only this server and the person's browser know.
#[derive(Debug)]
pub struct Asked {
    /// Comes back with the answer (RFC 6749 §10.12).
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: String,
    /// Proves with the code that who asked is who redeems (RFC 7636).
    pub code_verifier: Zeroizing<String>,
    /// Its SHA-256.
    pub code_challenge: String,
    /// Whether the person is to prove it anew, whatever session they have there.
    pub anew: bool,
}

impl Provider {
    /// A provider that nobody has asked anything yet.
    ///
    /// # Errors
    /// When its roots cannot be read.
    pub fn new(settings: OidcSettings, public_url: &BaseUrl, clock: Clock) -> Result<Self, ProviderError> {
        let redirect_uri = public_url.join(&format!("/sign-in/oidc/{}/callback", settings.name));
        let client = client(settings.ca_file.as_deref())?;
        let (metadata, keys) = (Kept::new(&settings.name, clock.clone()), Kept::new(&settings.name, clock.clone()));
        Ok(Self { settings, redirect_uri, client, clock, metadata, keys })
    }

    /// Asks for metadata and keys, whatever is kept of them: the metadata must name the configured issuer (OpenID Connect
    /// Discovery 1.0 §4.3). Answers how many keys can be used.
    ///
    /// # Errors
    /// When it is away, or says something else.
    pub async fn check(&self) -> Result<usize, ProviderError> {
        let metadata = read_metadata(self.client.clone(), self.settings.clone()).await?;
        let keys = read_keys(self.client.clone(), metadata.jwks_uri.clone()).await?;
        let count = keys.count();
        self.metadata.put(metadata);
        self.keys.put(keys);
        Ok(count)
    }

    /// Where the person's browser is to go.
    ///
    /// # Errors
    /// When the provider does not say.
    pub async fn authorization_url(&self, asked: &Asked) -> Result<Url, ProviderError> {
        let mut url = self.metadata().await?.value.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.settings.scope)
            .append_pair("state", &asked.state)
            .append_pair("nonce", &asked.nonce)
            .append_pair("code_challenge", &asked.code_challenge)
            .append_pair("code_challenge_method", "S256");
        if asked.anew {
            // OpenID Connect Core 1.0 §3.1.2.1; `max_age` makes the provider say when (`auth_time`).
            url.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(url)
    }

    /// Whom the provider vouches for with a code. `issuer` is what came with it (RFC 9207).
    ///
    /// # Errors
    /// When the provider does not accept the code or is away, or what it says proves nothing.
    pub async fn redeem(&self, asked: &Asked, code: &str, issuer: Option<&str>) -> Result<Person, ProviderError> {
        let metadata = self.metadata().await?;
        let metadata = &metadata.value;
        // RFC 9207 §2.4: compared when it is there, required when the provider promises it.
        if issuer.map_or(metadata.promises_issuer, |issuer| issuer != self.settings.issuer) {
            return Err(ProviderError::OtherIssuer);
        }
        let tokens = self.exchange(metadata, code, &asked.code_verifier).await?;
        let mut claims = self.verify(&tokens.id_token, &asked.nonce).await?;
        if let (None, Some(url)) = (find(&claims.all, &self.settings.groups_claim), &metadata.userinfo_endpoint) {
            let more = self.userinfo(url, &tokens, &claims.subject).await?;
            for (claim, value) in more {
                claims.all.entry(claim).or_insert(value);
            }
        }
        Ok(Person::of(claims, &self.settings))
    }

    async fn exchange(&self, metadata: &Metadata, code: &str, verifier: &str) -> Result<Tokens, ProviderError> {
        let url = &metadata.token_endpoint;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        let request = self.authenticated(self.client.post(url.clone()), metadata.client_authentication, &form)?;
        match send(request, url).await? {
            (StatusCode::OK, body) => serde_json::from_slice(&body)
                .map_err(|error| ProviderError::Unreadable("token response", error.to_string())),
            (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, body) => {
                Err(ProviderError::CodeRefused(TokenError::word(&body)))
            }
            (status, _) => Err(ProviderError::Status(url.clone(), status)),
        }
    }

    /// RFC 6749 §2.3.1: in the header both parts are form-encoded; a public client only names itself.
    fn authenticated(
        &self,
        request: RequestBuilder,
        by: ClientAuthentication,
        form: &[(&str, &str)],
    ) -> Result<RequestBuilder, ProviderError> {
        let id = self.settings.client_id.as_str();
        let Some(source) = &self.settings.client_secret else {
            return Ok(request.form(&[form, &[("client_id", id)]].concat()));
        };
        let octets = source.read()?;
        let secret = Zeroizing::new(String::from_utf8_lossy(&octets).into_owned());
        Ok(match by {
            ClientAuthentication::Basic => request.form(form).basic_auth(encoded(id), Some(encoded(&secret))),
            ClientAuthentication::Post => {
                request.form(&[form, &[("client_id", id), ("client_secret", &secret)]].concat())
            }
        })
    }

    async fn verify(&self, token: &str, nonce: &str) -> Result<Claims, ProviderError> {
        let (issuer, client_id, now) = (&self.settings.issuer, &self.settings.client_id, self.clock.now());
        let expected = Expected { issuer, holder: Holder::Person { client_id, nonce }, now };
        let url = self.metadata().await?.value.jwks_uri.clone();
        let read = || read_keys(self.client.clone(), url.clone());
        let keys = self.keys.current(read()).await?;
        match id_token::verify(token, &keys.value, expected) {
            // The provider may have changed its keys.
            Err(InvalidIdToken::UnknownKey) => {
                let keys = self.keys.newer(keys, read()).await?;
                Ok(id_token::verify(token, &keys.value, expected)?)
            }
            verified => Ok(verified?),
        }
    }

    /// OpenID Connect Core 1.0 §5.3: what is not about the same subject is not used.
    async fn userinfo(&self, url: &Url, tokens: &Tokens, subject: &str) -> Result<Map<String, Value>, ProviderError> {
        let Some(access_token) = &tokens.access_token else { return Ok(Map::new()) };
        let body = fetch(self.client.get(url.clone()).bearer_auth(access_token), url).await?;
        let claims: Map<String, Value> =
            serde_json::from_slice(&body).map_err(|error| ProviderError::Unreadable("userinfo", error.to_string()))?;
        match claims.get("sub").and_then(Value::as_str) == Some(subject) {
            true => Ok(claims),
            false => Err(ProviderError::OtherSubject),
        }
    }

    async fn metadata(&self) -> Result<Arc<Reading<Metadata>>, ProviderError> {
        self.metadata.current(read_metadata(self.client.clone(), self.settings.clone())).await
    }
}

async fn read_metadata(client: Client, settings: OidcSettings) -> Result<Metadata, ProviderError> {
    let url = &settings.discovery;
    Metadata::parse(&fetch(client.get(url.clone()), url).await?, &settings.issuer)
}

async fn read_keys(client: Client, url: Url) -> Result<KeySet, ProviderError> {
    let body = fetch(client.get(url.clone()), &url).await?;
    KeySet::parse(&body).map_err(|error| ProviderError::Unreadable("key set", error.to_string()))
}

/// RFC 6749 §5.1.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl TokenError {
    /// The word of an answer that refuses, without what might not be one.
    fn word(body: &[u8]) -> String {
        let error = serde_json::from_slice(body).map_or_else(|_| "no reason given".to_owned(), |Self { error }| error);
        error.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ')).take(64).collect()
    }
}

/// RFC 6749 appendix B, as far as it is not plain.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}
