//! What `signet doctor` looks at: database, HSMs, published URLs as a client sees them, and what expires.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

use crate::app::App;
use crate::authorities::Authority;
use crate::store::migration;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What.
    pub subject: String,
    /// Whether it is well.
    pub passed: bool,
    /// What was seen, and what to do about it.
    pub detail: String,
}

impl Check {
    /// It is well.
    pub fn passed(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), passed: true, detail: detail.into() }
    }

    /// It is not.
    pub fn failed(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), passed: false, detail: detail.into() }
    }

    fn of(subject: impl Into<String>, result: Result<String, String>) -> Self {
        match result {
            Ok(detail) => Self::passed(subject, detail),
            Err(detail) => Self::failed(subject, detail),
        }
    }
}

/// A fetch of a published URL takes no longer.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Larger answers are cut off: the beginning shows enough.
const LARGEST: usize = 64 * 1024 * 1024;

/// Looks at everything.
pub async fn diagnose(app: &App) -> Vec<Check> {
    let database = app.store.read(migration::check).await;
    let mut checks = vec![Check::of(
        "database",
        database.map(|()| "answers, schema up to date".to_owned()).map_err(|e| e.to_string()),
    )];
    for (name, hsm) in &app.hsms {
        let health = hsm.health().await.map(|_| "signs, and the signature verifies".to_owned());
        checks.push(Check::of(format!("hsm {name}"), health.map_err(|error| error.to_string())));
    }
    for authority in app.authorities.all() {
        checks.push(key(app, authority).await);
        checks.push(expiry(app, authority));
        let urls = app.authorities.status_urls(authority, 0);
        for url in urls.crl.into_iter().chain(urls.ca_issuers) {
            checks.push(Check::of(format!("url {url}"), fetch(&url).await));
        }
    }
    checks
}

/// The key is where the database says and is the one of the certificate.
async fn key(app: &App, authority: &Authority) -> Check {
    let subject = format!("key of {}", authority.issuer.slug());
    match app.hsm_of(authority) {
        Ok(hsm) => {
            let described = hsm.describe(authority.issuer.key()).await;
            Check::of(
                subject,
                described.map(|key| format!("{} in HSM {}", key.spec, authority.hsm)).map_err(|e| e.to_string()),
            )
        }
        Err(error) => Check::failed(subject, error.to_string()),
    }
}

/// A CA certificate in its last quarter needs a successor.
fn expiry(app: &App, authority: &Authority) -> Check {
    let validity = authority.issuer.certificate().validity();
    let left = validity.not_after.since(app.clock.now());
    let subject = format!("certificate of {}", authority.issuer.slug());
    let detail = format!("ends at {}, in {} days", validity.not_after, left.as_secs() / 86_400);
    if left < validity.duration() / 4 {
        Check::failed(subject, format!("{detail}: plan its successor"))
    } else {
        Check::passed(subject, detail)
    }
}

async fn fetch(url: &str) -> Result<String, String> {
    let answer = tokio::time::timeout(TIME_LIMIT, get(url)).await;
    match answer {
        Ok(Ok((200, length))) => Ok(format!("200, {length} bytes")),
        Ok(Ok((status, _))) => Err(format!("answered {status}")),
        Ok(Err(error)) => Err(format!("{error}: is the server up, and does the name resolve for relying parties?")),
        Err(_) => Err("no answer within 5 s".to_owned()),
    }
}

async fn get(url: &str) -> anyhow::Result<(u16, usize)> {
    let url = Url::parse(url)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let authority = url.port().map_or(host.clone(), |port| format!("{host}:{port}"));
    let request = Request::get(url.path()).header("host", authority).body(Empty::<bytes::Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| anyhow::anyhow!(error))?;
    Ok((status, body.to_bytes().len()))
}
