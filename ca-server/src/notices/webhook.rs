//! Webhooks: a signed JSON body, posted to a URL that the network guard lets us reach.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, redirect};
use url::Url;

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
        let secret = post.secret.read().map_err(|error| SendError::Transient(error.to_string()))?;
        if secret.len() < SHORTEST_SECRET {
            let reason = format!("{}: a secret has at least {SHORTEST_SECRET} characters", post.secret);
            return Err(SendError::Transient(reason));
        }
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
