//! One server and how long it is waited for.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::Bundle;
use super::credentials::Identity;
use super::failure::{ApiError, explain};
use super::message::{Item, Items, NewRequest, Request};
use crate::clock::{Deadline, sleep};
use crate::secret::Secret;

/// Without any answer yet, so much patience: the name may be wrong.
const FIRST_PATIENCE: Duration = Duration::from_secs(60);
/// Once the server answered, so much: it may be restarting with a new version.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The first wait before asking again; each is twice the one before, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A server that says when to come back is believed up to here.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);
/// How long the server may think before it says anything; more than a long poll takes.
const SILENCE: Duration = Duration::from_secs(90);
/// The most that is asked for in one poll.
pub(crate) const LONGEST_POLL: u64 = 30;
/// Octets of an answer.
const LARGEST: usize = 512 * 1024 * 1024;
/// Items of a page.
const PAGE: usize = 500;

/// How a server is reached.
#[derive(Debug)]
pub(crate) struct Connection {
    /// `https://host:port`, maybe with a path.
    pub(crate) server: Url,
    /// PEM; the system's certificates if there is none.
    pub(crate) roots: Vec<ca_core::x509::Certificate>,
    /// PEM files of certificate and key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
    pub(crate) identity: Identity,
    /// For the whole command.
    pub(crate) deadline: Deadline,
}

/// A server that can be asked.
#[derive(Debug)]
pub(crate) struct Api {
    http: Client,
    base: Url,
    identity: Identity,
    /// Proves that this caller made the request, for reading it.
    request_token: Option<Secret>,
    deadline: Deadline,
    notify: fn(&str),
}

/// Whether asking twice does the same as asking once even if the first answer was lost.
type Attempt<'a> = &'a (dyn Fn() -> RequestBuilder + Sync);

impl Api {
    /// Prepares a connection; nothing is sent yet. `notify` tells people why they wait.
    pub(crate) fn new(connection: Connection, notify: fn(&str)) -> anyhow::Result<Self> {
        let mut builder = Client::builder()
            .user_agent(concat!("signet-sign/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE);
        if !connection.roots.is_empty() {
            let roots: Result<Vec<_>, _> =
                connection.roots.iter().map(|root| Certificate::from_der(root.as_der())).collect();
            builder = builder.tls_certs_only(roots?);
        }
        if let Some((certificate, key)) = &connection.client {
            let mut pem = read(certificate, "--client-cert")?;
            pem.extend(b"\n");
            pem.extend(read(key, "--client-key")?);
            builder = builder.identity(reqwest::Identity::from_pem(&pem)?);
        }
        let mut base = connection.server;
        let path = format!("{}/api/v1/signing/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let Connection { identity, deadline, .. } = Connection { server: base.clone(), ..connection };
        Ok(Self { http: builder.build()?, base, identity, request_token: None, deadline, notify })
    }

    /// Reads with this token from now on: the caller's own may expire before people decide.
    pub(crate) fn use_request_token(&mut self, token: Option<Secret>) {
        self.request_token = token;
    }

    /// Asks for signatures. The same question again finds the open request, so a lost answer is no harm.
    pub(crate) async fn submit(&self, request: &NewRequest<'_>) -> Result<Request, ApiError> {
        let url = self.url("requests");
        let token = TokenKind::Caller;
        let answer = self.ask(token, &|| self.http.request(Method::POST, url.clone()).json(request)).await?;
        json(answer).await
    }

    /// Where a request stands, or will stand when it changes within `wait` seconds.
    pub(crate) async fn request(&self, id: &str, wait: u64) -> Result<Request, ApiError> {
        let mut url = self.url(&format!("requests/{}", segment(id)));
        if wait > 0 {
            url.query_pairs_mut().append_pair("wait", &wait.min(LONGEST_POLL).to_string());
        }
        json(self.ask(TokenKind::Reader, &|| self.http.get(url.clone())).await?).await
    }

    /// Every artifact of a request.
    pub(crate) async fn items(&self, id: &str) -> Result<Vec<Item>, ApiError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut url = self.url(&format!("requests/{}/items", segment(id)));
            url.query_pairs_mut().append_pair("limit", &PAGE.to_string());
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after", after);
            }
            let page: Items = json(self.ask(TokenKind::Reader, &|| self.http.get(url.clone())).await?).await?;
            all.extend(page.items);
            after = match page.next {
                Some(serde_json::Value::String(next)) => Some(next),
                Some(serde_json::Value::Number(next)) => Some(next.to_string()),
                _ => return Ok(all),
            };
        }
    }

    /// All signatures of a signed request.
    pub(crate) async fn bundle(&self, id: &str) -> Result<Bundle, ApiError> {
        let url = self.url(&format!("requests/{}/bundle.zip", segment(id)));
        let answer = self.ask(TokenKind::Reader, &|| self.http.get(url.clone())).await?;
        Bundle::read(body(answer).await?).map_err(|error| ApiError::Unreadable(error.to_string()))
    }

    fn url(&self, path: &str) -> Url {
        // Ids are escaped: a relative path of ours is always one.
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    /// Sends until there is an answer that is not "later".
    async fn ask(&self, token: TokenKind, attempt: Attempt<'_>) -> Result<Response, ApiError> {
        let mut pause = FIRST_PAUSE;
        let mut patience = self.patience(FIRST_PATIENCE);
        let mut told = false;
        loop {
            let mut request = attempt();
            if let Some(token) = self.token(token).await? {
                request = request.header(AUTHORIZATION, token.bearer());
            }
            let (problem, wait) = match request.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if is_later(answer.status()) => {
                    patience = self.patience(PATIENCE);
                    let wait = retry_after(&answer).unwrap_or(pause).min(LONGEST_RETRY_AFTER);
                    (refusal(answer).await, wait)
                }
                Ok(answer) => return Err(refusal(answer).await),
                Err(error) if is_final(&error) => return Err(ApiError::Unreachable(explain(error))),
                Err(error) => (ApiError::Unreachable(explain(error)), pause),
            };
            if patience.left() < wait {
                return Err(problem);
            }
            if !told {
                (self.notify)(&format!("{problem}; trying again for up to {} s", patience.left().as_secs()));
                told = true;
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn patience(&self, duration: Duration) -> Deadline {
        Deadline::after(duration).earlier(self.deadline)
    }

    async fn token(&self, kind: TokenKind) -> Result<Option<Secret>, ApiError> {
        match (kind, &self.request_token) {
            (TokenKind::Reader, Some(token)) => Ok(Some(token.clone())),
            _ => Ok(self.identity.token().await?),
        }
    }
}

/// Which token a call needs.
#[derive(Clone, Copy)]
enum TokenKind {
    Caller,
    Reader,
}

fn read(path: &std::path::Path, argument: &str) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context as _;
    std::fs::read(path).with_context(|| format!("{argument} {}", path.display()))
}

fn segment(id: &str) -> String {
    let mut url = Url::parse("x:/").map(|mut url| {
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(id);
        }
        url
    });
    url.as_mut().map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

fn is_later(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// A certificate that is not trusted stays so, and a request that cannot be built, too.
fn is_final(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let tls = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || tls.is_some_and(|tls| tls.is::<rustls::Error>()) {
            return true;
        }
        cause = inner.source();
    }
    error.is_builder()
}

/// RFC 9110 §10.2.3 in seconds; a date is left to our own pauses.
fn retry_after(answer: &Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

async fn refusal(answer: Response) -> ApiError {
    let status = answer.status();
    match body(answer).await {
        Ok(body) => ApiError::refusal(status, &body),
        Err(error) => error,
    }
}

async fn json<T: DeserializeOwned>(answer: Response) -> Result<T, ApiError> {
    serde_json::from_slice(&body(answer).await?).map_err(|error| ApiError::Unreadable(error.to_string()))
}

async fn body(mut answer: Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| ApiError::Unreachable(explain(error)))? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST {
            return Err(ApiError::Unreadable("it is larger than 512 MiB".to_owned()));
        }
    }
    Ok(body)
}
