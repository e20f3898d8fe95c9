//! Real sockets, real TLS, and peers that behave badly.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::tls::{ServerCertificate, server_config};

const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 4,
    connections_per_address: 4,
    handshake: Duration::from_millis(400),
    head: Duration::from_millis(400),
    age: Duration::from_secs(60),
    drain: Duration::from_millis(800),
    farewell: Duration::from_millis(100),
};

/// Octets of a long answer: more than the kernel keeps for a peer that does not read.
const LONG: usize = 32 << 20;

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    release: Arc<Notify>,
    entered: Arc<Notify>,
}

async fn serve(transport: Transport, limits: ConnectionLimits) -> Served {
    let (release, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let routes = Router::new()
        .route("/peer", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }))
        .route("/long", get(|| async { vec![b'x'; LONG] }))
        .route("/echo", post(|body: String| async move { body }))
        .route("/refused", post(|| async { axum::http::StatusCode::PAYLOAD_TOO_LARGE }))
        .route(
            "/slow",
            get({
                let (release, entered) = (Arc::clone(&release), Arc::clone(&entered));
                || async move {
                    entered.notify_one();
                    release.notified().await;
                    "done"
                }
            }),
        );
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), transport, limits, Clock::system()).await.unwrap();
    let (address, stop) = (listener.local_address().unwrap(), CancellationToken::new());
    let task = tokio::spawn(listener.serve(routes, stop.clone()));
    Served { address, stop, task, release, entered }
}

fn certificate() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

async fn serve_tls(limits: ConnectionLimits) -> (Served, Arc<ServerCertificate>) {
    let (chain, key) = certificate();
    let certificate = ServerCertificate::new(chain, key).unwrap();
    (serve(Transport::Tls(server_config(Arc::clone(&certificate)).unwrap()), limits).await, certificate)
}

async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocol: &[u8],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://localhost{path}")).header("host", "localhost").body(Empty::new()).unwrap()
}

/// Everything that comes back on a raw connection until the server closes it.
async fn raw(address: SocketAddr, octets: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(octets).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn tls_1_3_is_hybrid_and_tls_1_2_works_and_both_http_versions() {
    let (served, certificate) = serve_tls(LIMITS).await;
    let trusted = certificate.end_entity().unwrap();
    let modern = connect(served.address, &trusted, &[&rustls::version::TLS13], b"h2").await.unwrap();
    let group = modern.get_ref().1.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
    let client = modern.get_ref().0.local_addr().unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(modern)).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(text(sender.send_request(request("/peer")).await.unwrap()).await, client.to_string());

    let old = connect(served.address, &trusted, &[&rustls::version::TLS12], b"http/1.1").await.unwrap();
    let client = old.get_ref().0.local_addr().unwrap();
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(old)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        sender.ready().await.unwrap();
        assert_eq!(text(sender.send_request(request("/peer")).await.unwrap()).await, client.to_string());
    }
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_to_the_next_handshake_and_old_connections_live_on() {
    let (served, certificate) = serve_tls(LIMITS).await;
    let first = certificate.end_entity().unwrap();
    let open = connect(served.address, &first, &[&rustls::version::TLS13], b"http/1.1").await.unwrap();
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(open)).await.unwrap();
    tokio::spawn(connection);
    let (chain, key) = self::certificate();
    certificate.replace(chain.clone(), key).unwrap();
    assert!(connect(served.address, &first, &[&rustls::version::TLS13], b"h2").await.is_err());
    assert!(connect(served.address, &chain[0], &[&rustls::version::TLS13], b"h2").await.is_ok());
    assert!(sender.send_request(request("/peer")).await.unwrap().status().is_success());
}

#[tokio::test]
async fn plain_http_on_the_tls_port_and_tls_on_the_plain_port_are_turned_away() {
    let (served, certificate) = serve_tls(LIMITS).await;
    assert!(!raw(served.address, b"GET /peer HTTP/1.1\r\nhost: x\r\n\r\n").await.contains("HTTP/1.1"));
    let plain = serve(Transport::Plain, LIMITS).await;
    let trusted = certificate.end_entity().unwrap();
    assert!(connect(plain.address, &trusted, &[&rustls::version::TLS13], b"http/1.1").await.is_err());
}

#[tokio::test]
async fn the_plain_listener_speaks_http_1_with_the_peer_s_address() {
    let served = serve(Transport::Plain, LIMITS).await;
    let answer = raw(served.address, b"GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("127.0.0.1:"), "{answer}");
    let answer = raw(served.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn silent_and_slow_peers_are_closed() {
    let (tls, _) = serve_tls(LIMITS).await;
    let plain = serve(Transport::Plain, LIMITS).await;
    for (address, octets) in [
        (tls.address, &b""[..]),
        (tls.address, &b"\x16\x03\x01\x02\x00"[..]),
        (plain.address, &b""[..]),
        (plain.address, &b"GET /peer HTTP/1.1\r\nhost: "[..]),
    ] {
        let closed = timeout(Duration::from_secs(3), raw(address, octets)).await;
        assert!(closed.is_ok(), "{octets:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let served = serve(Transport::Plain, LIMITS).await;
    let answer = timeout(Duration::from_secs(3), raw(served.address, b"GET /peer HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
}

/// What the client is told does not get lost in a reset while it still sends.
#[tokio::test]
async fn whoever_sends_a_body_that_is_refused_reads_the_refusal() {
    let body = vec![b'x'; 24 << 20];
    let head = format!("POST /refused HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    let plain = serve(Transport::Plain, LIMITS).await;
    let mut stream = TcpStream::connect(plain.address).await.unwrap();
    let answer = send_all(&mut stream, &head, &body).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"), "{answer}");
    let (served, certificate) = serve_tls(LIMITS).await;
    let trusted = certificate.end_entity().unwrap();
    let versions: &[_] = &[&rustls::version::TLS13];
    let mut stream = connect(served.address, &trusted, versions, b"http/1.1").await.unwrap();
    let answer = send_all(&mut stream, &head, &body).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Sends everything before it reads anything.
async fn send_all(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), head: &str, body: &[u8]) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).to_ascii_lowercase().replace("http/1.1", "HTTP/1.1")
}

/// Nor is whoever sends without end listened to for ever.
#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let served = serve(Transport::Plain, LIMITS).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = b"POST /refused HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000000\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let piece = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while stream.write_all(&piece).await.is_ok() {
        sent += 1;
        assert!(sent < 1000, "it goes on and on");
    }
}

#[tokio::test]
async fn too_long_a_head_is_refused() {
    let served = serve(Transport::Plain, LIMITS).await;
    let head = format!("GET /peer HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    let answer = raw(served.address, head.as_bytes()).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn only_so_many_connections_are_served_at_once_and_the_others_wait() {
    let limits = ConnectionLimits { head: Duration::from_secs(30), ..LIMITS };
    let served = serve(Transport::Plain, limits).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let (address, answered) = (served.address, Arc::clone(&answered));
            tokio::spawn(async move {
                let answer = raw(address, b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
                answered.fetch_add(usize::from(answer.ends_with("done")), Ordering::SeqCst);
            })
        })
        .collect();
    let mut entered = 0;
    while timeout(Duration::from_millis(300), served.entered.notified()).await.is_ok() {
        entered += 1;
    }
    assert!((1..=4).contains(&entered), "{entered} of six requests were let in");
    for _ in 0..50 {
        served.release.notify_waiters();
        timeout(Duration::from_millis(20), std::future::pending::<()>()).await.unwrap_err();
    }
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(answered.load(Ordering::SeqCst), 6);
}

/// A connection from an address of one's own.
async fn connect_from(source: &str, address: SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
    socket.connect(address).await.unwrap()
}

/// Whether the server answers on a connection; it may also have closed it.
async fn answers(stream: &mut TcpStream) -> bool {
    // More than an answer has, which comes in one piece.
    let mut answer = [0; 1024];
    let asked = stream.write_all(b"GET /peer HTTP/1.1\r\nhost: x\r\n\r\n").await;
    asked.is_ok() && stream.read(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn one_client_cannot_take_every_place() {
    let limits =
        ConnectionLimits { connections: 8, connections_per_address: 2, head: Duration::from_secs(30), ..LIMITS };
    let served = serve(Transport::Plain, limits).await;
    let mut first = connect_from("127.0.0.1", served.address).await;
    let mut second = connect_from("127.0.0.1", served.address).await;
    assert!(answers(&mut first).await && answers(&mut second).await);
    for _ in 0..20 {
        let mut third = connect_from("127.0.0.1", served.address).await;
        assert!(!answers(&mut third).await, "the third connection of one address");
    }
    let mut other = connect_from("127.0.0.2", served.address).await;
    assert!(answers(&mut other).await, "another address is served");
    assert!(answers(&mut first).await, "what was admitted goes on");
    drop(second);
    let again = async { while !answers(&mut connect_from("127.0.0.1", served.address).await).await {} };
    assert!(timeout(Duration::from_secs(3), again).await.is_ok(), "a place that was given back");
}

#[tokio::test]
async fn stopping_finishes_what_is_in_flight_and_accepts_no_more() {
    let served = serve(Transport::Plain, LIMITS).await;
    let address = served.address;
    let client = tokio::spawn(async move { raw(address, b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await });
    served.entered.notified().await;
    served.stop.cancel();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!served.task.is_finished());
    served.release.notify_waiters();
    let answer = client.await.unwrap();
    assert!(answer.ends_with("done") && answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    timeout(Duration::from_secs(3), served.task).await.unwrap().unwrap();
}

/// Limits under which nothing but the end of the server ends a connection.
const PATIENT: ConnectionLimits = ConnectionLimits {
    connections: 16,
    connections_per_address: 16,
    handshake: Duration::from_secs(600),
    head: Duration::from_secs(600),
    age: Duration::from_secs(600),
    drain: Duration::from_secs(600),
    farewell: Duration::from_millis(100),
};

#[tokio::test]
async fn stopping_waits_for_no_idle_peer_however_silent_it_is() {
    let (served, certificate) = serve_tls(PATIENT).await;
    let trusted = certificate.end_entity().unwrap();
    let versions: &[_] = &[&rustls::version::TLS13];
    // No handshake, no request, half a request, no HTTP/2 preface, and one that was served and never answers a ping.
    let _unshaken = TcpStream::connect(served.address).await.unwrap();
    let _unasked = connect(served.address, &trusted, versions, b"http/1.1").await.unwrap();
    let mut half = connect(served.address, &trusted, versions, b"http/1.1").await.unwrap();
    half.write_all(b"GET /peer HTTP/1.1\r\nhost: ").await.unwrap();
    let _mute = connect(served.address, &trusted, versions, b"h2").await.unwrap();
    let stream = connect(served.address, &trusted, versions, b"h2").await.unwrap();
    let (mut sender, mut connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::select! {
        answer = sender.send_request(request("/peer")) => drop(answer.unwrap()),
        _ = &mut connection => unreachable!("the server closes nothing"),
    }
    let kept = connect(served.address, &trusted, versions, b"http/1.1").await.unwrap();
    let (mut sender, keeping) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(kept)).await.unwrap();
    tokio::spawn(keeping);
    assert!(sender.send_request(request("/peer")).await.unwrap().status().is_success());
    served.stop.cancel();
    timeout(Duration::from_secs(60), served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn stopping_waits_for_a_slow_reader_of_a_long_answer() {
    let served = serve(Transport::Plain, PATIENT).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut begun = [0; 1];
    stream.read_exact(&mut begun).await.unwrap();
    served.stop.cancel();
    // Longer than the farewell, and nothing is read: the answer waits in the server, which waits for it.
    assert!(
        timeout(Duration::from_secs(1), async {
            while !served.task.is_finished() {
                tokio::task::yield_now().await
            }
        })
        .await
        .is_err()
    );
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() > LONG, "{} octets", answer.len());
    timeout(Duration::from_secs(60), served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let (served, certificate) = serve_tls(LIMITS).await;
    let trusted = certificate.end_entity().unwrap();
    let stream = connect(served.address, &trusted, &[&rustls::version::TLS13], b"h2").await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let stuck = tokio::spawn(async move { sender.send_request(request("/slow")).await.is_err() });
    served.entered.notified().await;
    let _silent = TcpStream::connect(served.address).await.unwrap();
    served.stop.cancel();
    timeout(Duration::from_secs(3), served.task).await.unwrap().unwrap();
    assert!(stuck.await.unwrap());
}

#[tokio::test]
async fn an_old_connection_is_closed_politely() {
    let limits = ConnectionLimits { age: Duration::from_millis(200), head: Duration::from_secs(30), ..LIMITS };
    let served = serve(Transport::Plain, limits).await;
    let answer = timeout(Duration::from_secs(3), raw(served.address, b"GET /peer HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_address_in_use_is_refused() {
    let served = serve(Transport::Plain, LIMITS).await;
    let again = Listener::bind(served.address, Transport::Plain, LIMITS, Clock::system()).await;
    assert_eq!(again.err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
}
