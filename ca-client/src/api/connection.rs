//! One server and how long it is waited for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ca_core::signing::MOST_ITEMS;
use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

use super::Bundle;
use super::body::body;
use super::credentials::Identity;
use super::failure::ApiError;
use super::message::{Item, Items, NewRequest, Request};
use crate::clock::{Deadline, instant, jitter, sleep};
use crate::secret::Secret;

/// Without any answer in this run yet, so much patience with one question: the name may be wrong.
const FIRST_PATIENCE: Duration = Duration::from_secs(60);
/// Once the server answered anything, so much: it may be restarting with a new version.
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
/// Octets of the archive of all signatures.
const LARGEST_BUNDLE: usize = 512 * 1024 * 1024;
/// Octets of any other answer: a page of items has about 200 KiB.
const LARGEST_JSON: usize = 16 * 1024 * 1024;
/// Octets of a refusal; of a larger one, only the status is told.
const LARGEST_REFUSAL: usize = 64 * 1024;
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
    /// Whether this server has ever answered in this run.
    answered: AtomicBool,
    notify: fn(&str),
}

/// Something to ask. Asking twice does the same as asking once even if the first answer was lost.
struct Question<'a> {
    token: TokenKind,
    /// Octets of the answer, at most.
    largest: usize,
    build: &'a (dyn Fn() -> RequestBuilder + Sync),
}

/// No answer yet, and when the server wants to be asked again.
struct Setback {
    problem: ApiError,
    after: Option<Duration>,
}

impl<E: Into<ApiError>> From<E> for Setback {
    fn from(error: E) -> Self {
        Self { problem: error.into(), after: None }
    }
}

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
        let (http, answered) = (builder.build()?, AtomicBool::new(false));
        Ok(Self { http, base, identity, request_token: None, deadline, answered, notify })
    }

    /// Reads with this token from now on: the caller's own may expire before people decide.
    pub(crate) fn use_request_token(&mut self, token: Option<Secret>) {
        self.request_token = token;
    }

    /// Asks for signatures. The same question again finds the open request, so a lost answer is no harm.
    pub(crate) async fn submit(&self, request: &NewRequest<'_>) -> Result<Request, ApiError> {
        let url = self.url("requests");
        let build = || self.http.request(Method::POST, url.clone()).json(request);
        json(&self.ask(Question { token: TokenKind::Caller, largest: LARGEST_JSON, build: &build }).await?)
    }

    /// Where a request stands, or will stand when it changes within `wait` seconds.
    pub(crate) async fn request(&self, id: &str, wait: u64) -> Result<Request, ApiError> {
        let mut url = self.url(&format!("requests/{}", segment(id)));
        if wait > 0 {
            url.query_pairs_mut().append_pair("wait", &wait.min(LONGEST_POLL).to_string());
        }
        json(&self.read(&url, LARGEST_JSON).await?)
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
            let page: Items = json(&self.read(&url, LARGEST_JSON).await?)?;
            let is_last = page.items.is_empty();
            all.extend(page.items);
            if all.len() > MOST_ITEMS {
                return Err(ApiError::Unreadable(format!("it lists more than {MOST_ITEMS} artifacts")));
            }
            after = match page.next {
                Some(serde_json::Value::String(next)) => Some(next),
                Some(serde_json::Value::Number(next)) => Some(next.to_string()),
                _ => None,
            };
            if is_last || after.is_none() {
                return Ok(all);
            }
        }
    }

    /// All signatures of a signed request.
    pub(crate) async fn bundle(&self, id: &str) -> Result<Bundle, ApiError> {
        let url = self.url(&format!("requests/{}/bundle.zip", segment(id)));
        let bytes = self.read(&url, LARGEST_BUNDLE).await?;
        Bundle::read(bytes).map_err(|error| ApiError::Unreadable(error.to_string()))
    }

    async fn read(&self, url: &Url, largest: usize) -> Result<Vec<u8>, ApiError> {
        self.ask(Question { token: TokenKind::Reader, largest, build: &|| self.http.get(url.clone()) }).await
    }

    fn url(&self, path: &str) -> Url {
        // Ids are escaped: a relative path of ours is always one.
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    /// Sends until there is a whole answer that is not "later", patience ends, or the command's time is over.
    async fn ask(&self, question: Question<'_>) -> Result<Vec<u8>, ApiError> {
        let started = instant();
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let Setback { problem, after } = match self.deadline.bound(self.attempt(&question)).await {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(setback)) => setback,
                None => return Err(ApiError::Late),
            };
            // A server that says "at once" is not asked in a loop.
            let wait = after.map_or(pause, |after| after.min(LONGEST_RETRY_AFTER).max(pause)) + jitter(pause / 4);
            let left = self.patience(started).left();
            if !problem.is_passing() || left < wait {
                return Err(problem);
            }
            if !told {
                (self.notify)(&format!("{problem}; trying again for up to {} s", left.as_secs()));
                told = true;
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, question: &Question<'_>) -> Result<Vec<u8>, Setback> {
        let mut request = (question.build)();
        if let Some(token) = self.token(question.token).await? {
            request = request.header(AUTHORIZATION, token.bearer());
        }
        let answer = request.send().await?;
        self.answered.store(true, Ordering::Relaxed);
        let (status, after) = (answer.status(), retry_after(&answer));
        if !status.is_success() {
            let words = body(answer, LARGEST_REFUSAL).await?.unwrap_or_default();
            return Err(Setback { problem: ApiError::refusal(status, &words), after });
        }
        let too_large = || ApiError::Unreadable(format!("it is larger than {} MiB", question.largest >> 20));
        Ok(body(answer, question.largest).await?.ok_or_else(too_large)?)
    }

    /// How long one question is asked, from its first time on.
    fn patience(&self, started: Instant) -> Deadline {
        let patience = if self.answered.load(Ordering::Relaxed) { PATIENCE } else { FIRST_PATIENCE };
        Deadline::since(started, patience).earlier(self.deadline)
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

/// RFC 9110 §10.2.3 in seconds; a date is left to our own pauses.
fn retry_after(answer: &Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::Unreadable(error.to_string()))
}
