//! http-01: GET with redirects (RFC 8555 §8.3).

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use ca_core::acme::Identifier;
use ca_core::acme::challenge::{MAX_BODY, Outcome, ProbeFailure};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::dial::Dialer;
use super::failure::{Failure, causes};
use super::limits::Limits;
use super::redirect::{Scheme, Target};
use super::unverified_tls;

/// As public CAs do; a chain that needs more is a mistake.
const MOST_REDIRECTS: usize = 10;

/// A validation target needs no more, and a hostile one gets no more.
const MOST_HEADER_FIELDS: usize = 64;
const MOST_HEADER_BYTES: usize = 16 * 1024;

const USER_AGENT: &str = concat!("signet/", env!("CARGO_PKG_VERSION"), " (ACME http-01 validation)");

/// One answer of one server.
enum Reply {
    Redirect { location: Vec<u8> },
    Final { status: u16, body: Vec<u8>, truncated: bool },
}

pub(super) struct HttpClient {
    dialer: Dialer,
    port: u16,
    tls: Arc<ClientConfig>,
    limits: Limits,
}

impl HttpClient {
    pub(super) fn new(dialer: Dialer, port: u16, limits: Limits) -> Self {
        Self { dialer, port, tls: Arc::new(unverified_tls::client(&[b"http/1.1"])), limits }
    }

    pub(super) async fn get(&self, host: &Identifier, path: &str) -> Outcome {
        self.follow(host, path).await.unwrap_or_else(Outcome::from)
    }

    async fn follow(&self, host: &Identifier, path: &str) -> Result<Outcome, Failure> {
        let mut target = Target::first(host, self.port, path)?;
        let mut redirects: Vec<String> = Vec::new();
        loop {
            let (address, reply) = self.request(&target).await.map_err(|failure| failure.during(&target.url))?;
            let location = match reply {
                Reply::Final { status, body, truncated } => {
                    return Ok(Outcome::Http { address, redirects, status, body, truncated });
                }
                Reply::Redirect { location } => location,
            };
            let next = target.redirected(&location, self.port).map_err(|failure| failure.at(address))?;
            if redirects.len() == MOST_REDIRECTS || next.url == target.url || redirects.contains(&next.url.to_string())
            {
                let detail = format!("{} redirects to {} after {redirects:?}", target.url, next.url);
                return Err(Failure::new(ProbeFailure::TooManyRedirects, detail).at(address));
            }
            redirects.push(next.url.to_string());
            target = next;
        }
    }

    async fn request(&self, target: &Target) -> Result<(SocketAddr, Reply), Failure> {
        let (stream, address) = self.dialer.connect(&target.host, target.port).await?;
        let reply = match target.scheme {
            Scheme::Http => self.exchange(stream, target).await,
            Scheme::Https => match self.in_time(self.secure(stream, target)).await {
                Ok(stream) => self.exchange(stream, target).await,
                Err(failure) => Err(failure),
            },
        };
        Ok((address, reply.map_err(|failure| failure.at(address))?))
    }

    /// The connection is driven here and not in a task of its own: when the probe ends, so does the socket.
    async fn exchange<S>(&self, stream: S, target: &Target) -> Result<Reply, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_headers(MOST_HEADER_FIELDS)
            .max_buf_size(MOST_HEADER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| of_hyper(&error))?;
        let talk = self.talk(sender, target);
        tokio::pin!(connection, talk);
        tokio::select! {
            reply = &mut talk => reply,
            // The peer has said everything, and it is buffered; why the connection ended shows in what is missing.
            _ = &mut connection => talk.await,
        }
    }

    async fn talk(&self, mut sender: SendRequest<Empty<Bytes>>, target: &Target) -> Result<Reply, Failure> {
        let request = request(target)?;
        let head = async { sender.send_request(request).await.map_err(|error| of_hyper(&error)) };
        let response = self.in_time(head).await?;
        if let Some(location) = location_of(&response) {
            return Ok(Reply::Redirect { location });
        }
        let status = response.status().as_u16();
        let (body, truncated) = self.in_time(read_body(response.into_body())).await?;
        Ok(Reply::Final { status, body, truncated })
    }

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let limit = self.limits.exchange;
        let late = |_| Err(Failure::new(ProbeFailure::Timeout, format!("not complete within {limit:?}")));
        timeout(limit, step).await.unwrap_or_else(late)
    }

    async fn secure(
        &self,
        stream: TcpStream,
        target: &Target,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
        let name = match &target.host {
            Identifier::Ip(address) => ServerName::IpAddress((*address).into()),
            Identifier::Dns(name) => {
                ServerName::try_from(name.clone()).map_err(|error| Failure::new(ProbeFailure::BadRedirect, error))?
            }
        };
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        connector.connect(name, stream).await.map_err(|error| Failure::new(ProbeFailure::Tls, causes(&error)))
    }
}

fn request(target: &Target) -> Result<Request<Empty<Bytes>>, Failure> {
    Request::get(target.path_and_query())
        .header(header::HOST, target.host_field())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| Failure::new(ProbeFailure::Malformed, error))
}

/// RFC 9110 §15.4: the redirects that keep GET a GET; 300 and 304 are answers.
fn location_of(response: &Response<Incoming>) -> Option<Vec<u8>> {
    let follows = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get(header::LOCATION).filter(|_| follows).map(|location| location.as_bytes().to_vec())
}

/// At most [`MAX_BODY`] octets, and whether there were more.
async fn read_body(mut incoming: Incoming) -> Result<(Vec<u8>, bool), Failure> {
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(|error| of_hyper(&error))?.into_data() else { continue };
        let room = MAX_BODY - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

fn of_hyper(error: &hyper::Error) -> Failure {
    let failure = if error.is_parse() { ProbeFailure::Malformed } else { ProbeFailure::Connection };
    Failure::new(failure, causes(error))
}
