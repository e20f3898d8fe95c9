//! Webhooks: a signed JSON body, posted to a URL that the network guard lets us reach.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, redirect};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use super::signature::{SIGNATURE_HEADER, sign};
use super::{Envelope, NoticesError, SendError};
use crate::config::{NoticesSettings, SecretSource};
use crate::guarded_resolver::GuardedResolver;
use crate::validation::NetworkGuard;

/// From connecting to the answer's head.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A shorter secret could be guessed from one notice.
const SHORTEST_SECRET: usize = 32;

/// Posts to webhooks.
pub struct Webhooks {
    client: Client,
    resolver: GuardedResolver,
}

/// One webhook and what it is told.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a Url,
    /// What signs.
    pub secret: &'a SecretSource,
    /// JSON.
    pub body: &'a str,
}

impl Webhooks {
    pub(super) fn new(settings: &NoticesSettings, roots: &[Vec<u8>]) -> Result<Self, NoticesError> {
        let guard = NetworkGuard::new(settings.allow.clone(), settings.deny.clone());
        let resolver = GuardedResolver::new(guard, "notices");
        let roots = roots.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        let client = Client::builder()
            .tls_certs_merge(roots)
            .dns_resolver(resolver.clone())
            // A redirect or a proxy would lead past the guard.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIME_LIMIT)
            .user_agent(concat!("signet/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, resolver })
    }

    /// Posts one notice; anything but 2xx is a failure.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, envelope: &Envelope, post: &Post<'_>) -> Result<(), SendError> {
        self.resolver.permit(post.url).map_err(SendError::Transient)?;
        let secret = signing_secret(post.secret)?;
        let request = self
            .client
            .post(post.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("signet-event", &envelope.kind)
            .header("signet-delivery", &envelope.id)
            .header(SIGNATURE_HEADER, sign(&secret, envelope.at, post.body.as_bytes()))
            .body(post.body.to_owned());
        let answer = request.send().await.map_err(|error| SendError::Transient(chain(&error)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(SendError::Transient(format!("the webhook answered {status}"))),
        }
    }

    /// Connects to where a webhook is, as far as the guard lets us, and sends nothing.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self, url: &Url, secret: &SecretSource) -> Result<(), SendError> {
        self.resolver.permit(url).map_err(SendError::Transient)?;
        signing_secret(secret)?;
        let transient = |error: &dyn std::fmt::Display| SendError::Transient(error.to_string());
        let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or_default();
        let permitted = self.resolver.addresses(name, port).await.map_err(|error| transient(&error))?;
        match timeout(TIME_LIMIT, TcpStream::connect(permitted.as_slice())).await {
            Ok(connected) => connected.map(drop).map_err(|error| transient(&error)),
            Err(late) => Err(transient(&late)),
        }
    }
}

/// The secret, if it is one.
fn signing_secret(source: &SecretSource) -> Result<Zeroizing<Vec<u8>>, SendError> {
    let secret = source.read().map_err(|error| SendError::Transient(error.to_string()))?;
    if secret.len() < SHORTEST_SECRET {
        let reason = format!("{source}: a secret has at least {SHORTEST_SECRET} characters");
        return Err(SendError::Transient(reason));
    }
    Ok(secret)
}

/// The error with its causes, without the URL: its query may hold a secret of the recipient.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let first: &dyn std::error::Error = error;
    let mut texts: Vec<String> =
        std::iter::successors(first.source(), |cause| cause.source()).map(ToString::to_string).collect();
    if texts.is_empty() {
        texts.push("the request failed".to_owned());
    }
    texts.join(": ")
}
