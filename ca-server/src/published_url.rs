//! Fetches a published URL as a relying party would: plain HTTP, no redirect.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Longer answers are an error: no list here comes near.
const LARGEST: usize = 64 * 1024 * 1024;

/// What came of a GET: status and length in words.
///
/// # Errors
/// What a person should know: no connection, another status than 200, no answer in time.
pub(crate) async fn fetch(url: &str) -> Result<String, String> {
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
