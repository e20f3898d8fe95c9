//! An ACME client that does exactly what it is told, also what no client should: the tests of refusals, of replicas and of
//! crashes speak through it.

use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::https::{Answer, Https};
use crate::jws::{AccountKey, base64url};

/// RFC 8555 §6.2: the content type of every POST.
pub const JOSE_JSON: &str = "application/jose+json";

/// A client with a key and, once registered, an account.
#[derive(Debug)]
pub struct RawAcme {
    http: Https,
    directory: Value,
    key: AccountKey,
    account: Option<String>,
    nonces: Mutex<Vec<String>>,
}

impl RawAcme {
    /// A client for a directory, with a fresh ES256 key and no account.
    ///
    /// # Errors
    /// If the directory cannot be had.
    pub async fn connect(directory_url: &str, root: &Path) -> Result<Self> {
        Self::connect_with(directory_url, root, AccountKey::generate("ES256")?).await
    }

    /// The same with a key of one's own.
    ///
    /// # Errors
    /// If the directory cannot be had.
    pub async fn connect_with(directory_url: &str, root: &Path, key: AccountKey) -> Result<Self> {
        Self::connect_through(directory_url, Https::trusting(root)?, key).await
    }

    /// The same through an HTTP client of one's own.
    ///
    /// # Errors
    /// If the directory cannot be had.
    pub async fn connect_through(directory_url: &str, http: Https, key: AccountKey) -> Result<Self> {
        let directory = http.get(directory_url).await?.success()?.json()?;
        Ok(Self { http, directory, key, account: None, nonces: Mutex::default() })
    }

    /// The same, registered.
    ///
    /// # Errors
    /// If the server refuses the account.
    pub async fn registered(directory_url: &str, root: &Path) -> Result<Self> {
        let mut client = Self::connect(directory_url, root).await?;
        client.register(json!({"termsOfServiceAgreed": true})).await?;
        Ok(client)
    }

    /// The HTTP client underneath.
    pub fn http(&self) -> &Https {
        &self.http
    }

    /// The account key.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// Takes another account key, as after a key change.
    pub fn set_key(&mut self, key: AccountKey) -> AccountKey {
        std::mem::replace(&mut self.key, key)
    }

    /// The account's URL.
    ///
    /// # Errors
    /// Before registration.
    pub fn account(&self) -> Result<&str> {
        self.account.as_deref().context("the client has no account yet")
    }

    /// A URL of the directory, such as `newOrder`.
    ///
    /// # Errors
    /// If the directory has no such entry.
    pub fn resource(&self, name: &str) -> Result<String> {
        let url = self.directory.get(name).and_then(Value::as_str);
        Ok(url.with_context(|| format!("the directory has no {name}: {}", self.directory))?.to_owned())
    }

    /// newAccount with this payload; remembers the account's URL.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn register(&mut self, payload: Value) -> Result<Answer> {
        let answer = self.post(&self.resource("newAccount")?, &payload).await?.success()?;
        self.account = answer.header("location").map(str::to_owned);
        Ok(answer)
    }

    /// A nonce: one that came with an earlier answer, else a new one.
    ///
    /// # Errors
    /// If the server gives none.
    pub async fn nonce(&self) -> Result<String> {
        if let Some(kept) = self.nonces.lock().ok().and_then(|mut nonces| nonces.pop()) {
            return Ok(kept);
        }
        let answer = self.http.send(Method::HEAD, &self.resource("newNonce")?, None, Bytes::new()).await?;
        Ok(answer.header("replay-nonce").context("newNonce answered without Replay-Nonce")?.to_owned())
    }

    /// The protected header of a well-formed request to `url`; a test may change it before [`Self::send`].
    ///
    /// # Errors
    /// If no nonce can be had.
    pub async fn header(&self, url: &str) -> Result<Value> {
        let mut header = json!({"alg": self.key.algorithm(), "nonce": self.nonce().await?, "url": url});
        match &self.account {
            Some(account) => header["kid"] = json!(account),
            None => header["jwk"] = self.key.jwk(),
        }
        Ok(header)
    }

    /// Signs this header and payload, and posts them.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(&self, url: &str, header: &Value, payload: &[u8]) -> Result<Answer> {
        let body = self.key.protect(header, payload)?.to_string();
        self.send_body(url, JOSE_JSON, body.into()).await
    }

    /// Posts any bytes.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send_body(&self, url: &str, content_type: &str, body: Bytes) -> Result<Answer> {
        let answer = self.http.send(Method::POST, url, Some(content_type), body).await?;
        if let (Some(nonce), Ok(mut nonces)) = (answer.header("replay-nonce"), self.nonces.lock()) {
            nonces.push(nonce.to_owned());
        }
        Ok(answer)
    }

    /// A well-formed request.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, url: &str, payload: &Value) -> Result<Answer> {
        let header = self.header(url).await?;
        self.send(url, &header, payload.to_string().as_bytes()).await
    }

    /// RFC 8555 §6.3: POST-as-GET.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn fetch(&self, url: &str) -> Result<Answer> {
        let header = self.header(url).await?;
        self.send(url, &header, b"").await
    }

    /// Forgets the nonces it holds.
    pub fn forget_nonces(&self) {
        if let Ok(mut nonces) = self.nonces.lock() {
            nonces.clear();
        }
    }

    /// Orders a certificate for DNS names.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn order(&self, names: &[&str]) -> Result<Order> {
        let identifiers: Vec<Value> = names.iter().map(|name| json!({"type": "dns", "value": name})).collect();
        let answer = self.post(&self.resource("newOrder")?, &json!({"identifiers": identifiers})).await?.success()?;
        let url = answer.header("location").context("newOrder answered without Location")?.to_owned();
        Ok(Order { url, body: answer.json()? })
    }

    /// The challenge of a type in an authorization, with what proves it.
    ///
    /// # Errors
    /// If the authorization offers none.
    pub async fn challenge(&self, authorization: &str, kind: &str) -> Result<Challenge> {
        let body = self.fetch(authorization).await?.success()?.json()?;
        let offered = body["challenges"].as_array().context("an authorization has challenges")?;
        let Some(challenge) = offered.iter().find(|challenge| challenge["type"] == kind) else {
            bail!("no {kind} in {body}");
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let token = text(&challenge["token"]);
        let key_authorization = self.key.key_authorization(&token);
        Ok(Challenge {
            url: text(&challenge["url"]),
            name: text(&body["identifier"]["value"]),
            token,
            key_authorization,
        })
    }
}

/// An order as the server described it last.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where it is.
    pub url: String,
    /// The order object.
    pub body: Value,
}

impl Order {
    /// The URLs of its authorizations.
    pub fn authorizations(&self) -> Vec<String> {
        let urls = self.body["authorizations"].as_array().into_iter().flatten();
        urls.filter_map(|url| url.as_str().map(str::to_owned)).collect()
    }

    /// Where to finalize it.
    pub fn finalize(&self) -> String {
        self.body["finalize"].as_str().unwrap_or_default().to_owned()
    }

    /// Its status.
    pub fn status(&self) -> &str {
        self.body["status"].as_str().unwrap_or_default()
    }

    /// Where its certificate is, once issued.
    pub fn certificate(&self) -> Option<&str> {
        self.body["certificate"].as_str()
    }
}

/// A challenge and what answers it.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Where to say that it is ready.
    pub url: String,
    /// The name to prove.
    pub name: String,
    /// The token.
    pub token: String,
    /// Token and key thumbprint.
    pub key_authorization: String,
}

impl Challenge {
    /// RFC 8737 §3 and RFC 8555 §8.4: the SHA-256 of the key authorization.
    pub fn digest(&self) -> Vec<u8> {
        digest(&SHA256, self.key_authorization.as_bytes()).as_ref().to_vec()
    }

    /// RFC 8555 §8.4: the TXT value.
    pub fn txt(&self) -> String {
        base64url(self.digest())
    }
}

/// The payload of a finalize request.
pub fn finalize_payload(csr_der: &[u8]) -> Value {
    json!({"csr": base64url(csr_der)})
}
