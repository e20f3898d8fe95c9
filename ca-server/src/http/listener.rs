//! The accept loop of both listeners: HTTPS for ACME, REST and UI, plain HTTP for the status routes.
//!
//! It is our own so that every wait for a peer has an end and the number of connections has a limit: a peer that says nothing,
//! or says it slowly, costs a place for seconds and no more, and one client cannot take them all.

mod in_flight;
mod lingering;
mod peers;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::clock::Clock;
use in_flight::{GuardedBody, InFlight, RequestGuard};
use lingering::{Lingering, Unread};
use peers::Peers;

/// Limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Connections at the same time; more wait in the kernel's queue.
    pub connections: u32,
    /// Connections of one client at the same time; more are closed at once.
    pub connections_per_address: u32,
    /// The TLS handshake.
    pub handshake: Duration,
    /// The head of a request, from the end of the one before: this also ends idle connections.
    pub head: Duration,
    /// After so long a connection is closed as soon as nothing is in flight; clients open another.
    pub age: Duration,
    /// What is in flight gets so long to finish once its connection or the server is closing.
    pub drain: Duration,
    /// An idle connection that is closing gets so long to notice, however silent its peer is.
    pub farewell: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_per_address: 256,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            age: Duration::from_secs(600),
            drain: Duration::from_secs(30),
            farewell: Duration::from_secs(1),
        }
    }
}

/// HTTP/2 streams at the same time, per connection.
const MOST_STREAMS: u32 = 64;

/// Octets of a request's head.
const MOST_HEADER_BYTES: u32 = 32 * 1024;

/// How often an HTTP/2 peer that says nothing is asked whether it is there.
const PING: Duration = Duration::from_secs(20);

/// Pause after the kernel refused to accept, most likely for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// How requests reach a listener.
#[derive(Clone)]
pub enum Transport {
    /// Plain HTTP/1.1, for what is public and signed anyway.
    Plain,
    /// HTTPS.
    Tls(Arc<ServerConfig>),
    /// HTTPS that asks for a client certificate; requests carry a [`ClientCertificate`].
    MutualTls(Arc<ServerConfig>),
}

impl Transport {
    /// What metrics and log lines call a listener of this kind.
    const fn name(&self) -> &'static str {
        match self {
            Self::Plain => "status",
            Self::Tls(_) => "https",
            Self::MutualTls(_) => "mtls",
        }
    }
}

/// What a request that came in by [`Transport::MutualTls`] shows: the verified certificate of its connection and what the
/// peer showed above it; nothing if the peer had none.
#[derive(Clone, Debug)]
pub struct ClientCertificate(pub Arc<[CertificateDer<'static>]>);

/// A bound address that does not serve yet.
pub struct Listener {
    socket: TcpListener,
    transport: Transport,
    limits: ConnectionLimits,
    peers: Arc<Peers>,
}

impl Listener {
    /// Binds `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// What the operating system says, for instance that the address is in use.
    pub async fn bind(
        address: SocketAddr,
        transport: Transport,
        limits: ConnectionLimits,
        clock: Clock,
    ) -> io::Result<Self> {
        let peers = Peers::new(transport.name(), limits.connections_per_address, clock);
        Ok(Self { socket: TcpListener::bind(address).await?, transport, limits, peers })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves `routes` until `stop`; then accepts no more, lets idle connections go, lets what is in flight finish within the
    /// drain limit, and returns.
    /// Handlers find the peer's address as [`ConnectInfo<SocketAddr>`].
    pub async fn serve(self, routes: Router, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections as usize));
        let connection = Connection { transport: self.transport, routes, limits: self.limits, stop: stop.clone() };
        while let Some((stream, peer, place)) = next(&self.socket, &places, &stop).await {
            let Some(share) = self.peers.admit(peer.ip()) else { continue };
            let connection = connection.clone();
            tokio::spawn(async move {
                connection.run(stream, peer).await;
                drop((share, place));
            });
        }
        drop(self.socket);
        // Every connection ends itself within the drain limit.
        let _ = places.acquire_many(self.limits.connections).await;
    }
}

/// The next connection with its place; `None` once the server stops.
async fn next(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let accept = async {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        loop {
            match socket.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, place)),
                Err(error) => recover(&error).await,
            }
        }
    };
    tokio::select! {
        accepted = accept => accepted,
        () = stop.cancelled() => None,
    }
}

async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    // The peer went away between its SYN and now: nothing is wrong here.
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        tracing::warn!(%error, "no connection could be accepted");
        // A pause of the socket, not of a story: the kernel knows no test clock.
        let _ = timeout(BREATH, std::future::pending::<()>()).await;
    }
}

/// Who is at the other end.
#[derive(Clone)]
struct Peer {
    address: SocketAddr,
    certificate: Option<ClientCertificate>,
}

/// What each connection needs.
#[derive(Clone)]
struct Connection {
    transport: Transport,
    routes: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
}

impl Connection {
    async fn run(self, stream: TcpStream, address: SocketAddr) {
        // Answers are small and wait for nothing that follows.
        let _ = stream.set_nodelay(true);
        let builder = self.builder();
        let (config, asks) = match &self.transport {
            Transport::Plain => {
                return self.speak(builder.http1_only(), stream, Peer { address, certificate: None }).await;
            }
            Transport::Tls(config) => (config, false),
            Transport::MutualTls(config) => (config, true),
        };
        let Some(stream) = self.shake_hands(config, stream, address).await else { return };
        let tls = stream.get_ref().1;
        let shown = tls.peer_certificates().unwrap_or_default().iter().map(|der| der.clone().into_owned()).collect();
        let peer = Peer { address, certificate: asks.then_some(ClientCertificate(shown)) };
        let second = tls.alpn_protocol() == Some(b"h2");
        self.speak(if second { builder.http2_only() } else { builder.http1_only() }, stream, peer).await;
    }

    /// A server that stops waits for no handshake: nothing was asked yet.
    async fn shake_hands(
        &self,
        config: &Arc<ServerConfig>,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<TlsStream<TcpStream>> {
        let handshake = TlsAcceptor::from(Arc::clone(config)).accept(stream);
        let shaken = tokio::select! {
            shaken = timeout(self.limits.handshake, handshake) => shaken,
            () = self.stop.cancelled() => return None,
        };
        match shaken {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        }
        None
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(MOST_HEADER_BYTES as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(MOST_HEADER_BYTES)
            .keep_alive_interval(PING)
            .keep_alive_timeout(self.limits.head);
        builder
    }

    /// `builder` speaks one version, known by ALPN: guessing it from the first octets would wait for them without end.
    async fn speak<S>(&self, builder: auto::Builder<TokioExecutor>, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (in_flight, unread) = (InFlight::default(), Unread::default());
        let service = service_fn(|request| {
            answer(self.routes.clone(), request, peer.clone(), in_flight.request(), unread.clone())
        });
        let stream = Lingering::new(in_flight.watch(stream), unread.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let closing = async {
            let _ = timeout(self.limits.age, self.stop.cancelled()).await;
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = closing => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = timeout(self.limits.drain, connection) => ended.unwrap_or(Ok(())),
                    () = in_flight.is_over(self.limits.farewell) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::trace!(peer = %peer.address, error, "a connection ended");
        }
    }
}

async fn answer(
    routes: Router,
    mut request: Request<Incoming>,
    peer: Peer,
    guard: RequestGuard,
    unread: Unread,
) -> Result<Response<GuardedBody>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer.address));
    if let Some(certificate) = peer.certificate {
        request.extensions_mut().insert(certificate);
    }
    // HTTP/2 ends a stream by itself; on HTTP/1 the rest of a body is in the way of the next request.
    if request.version() == Version::HTTP_2 {
        return Ok(routes.oneshot(request).await?.map(|body| guard.attach(body)));
    }
    let mut answer = routes.oneshot(request.map(|body| unread.watch(body))).await?;
    // RFC 9112 §9.6: whoever is going to close says so.
    if unread.is_noted() {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer.map(|body| guard.attach(body)))
}

#[cfg(test)]
mod tests;
