//! SIGTERM: what is in flight finishes, and nobody who only holds a connection keeps the server from ending.

#![expect(clippy::disallowed_methods, reason = "the tests watch real processes in real time")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use signet_tests::deployment::{Deployment, Kind};
use signet_tests::wait;

type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// How long the server may take once nothing is in flight: far below the 30 seconds that requests have.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A connection of the HTTPS listener after its handshake.
fn shaken(deployment: &Deployment, protocol: &str) -> Result<TlsStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(deployment.root())?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("127.0.0.1")?)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(deployment.server.listen())?);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Reads up to these octets.
fn read_to(stream: &mut impl Read, end: &[u8]) -> Result<String> {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        seen.extend_from_slice(&octet);
    }
    Ok(String::from_utf8_lossy(&seen).into_owned())
}

/// A GET that was answered, on a connection that stays open.
fn answered(mut stream: impl Read + Write) -> Result<impl Read + Write> {
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let answer = read_to(&mut stream, b"}")?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(stream)
}

#[test]
fn idle_and_silent_connections_do_not_hold_it_up() -> Result<()> {
    let mut deployment = Deployment::start(Kind::SqliteSoftware)?;
    let status = deployment.server.status_listen();
    let _unshaken = TcpStream::connect(deployment.server.listen())?;
    let _untold = TcpStream::connect(status)?;
    let mut half = TcpStream::connect(status)?;
    half.write_all(b"GET /health HTTP/1.1\r\nHost: ")?;
    let _mute = shaken(&deployment, "h2")?;
    let _kept = (answered(shaken(&deployment, "http/1.1")?)?, answered(TcpStream::connect(status)?)?);
    let begun = Instant::now();
    ensure!(deployment.server.terminate()?.success(), "{}", deployment.server.log());
    ensure!(begun.elapsed() < AT_ONCE, "{:?}: {}", begun.elapsed(), deployment.server.log());
    Ok(())
}

#[test]
fn a_request_in_flight_is_answered() -> Result<()> {
    let mut deployment = Deployment::start(Kind::SqliteSoftware)?;
    let mut stream = shaken(&deployment, "http/1.1")?;
    let body = "not a JWS";
    let head = "POST /acme/acme/new-account HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/jose+json\r\n";
    write!(stream, "{head}Content-Length: {}\r\nExpect: 100-continue\r\n\r\n", body.len())?;
    // RFC 9110 §10.1.1: so says a server that waits for the body now.
    let interim = read_to(&mut stream, b"\r\n\r\n")?;
    ensure!(interim.starts_with("HTTP/1.1 100"), "{interim}");
    deployment.server.ask_to_end()?;
    wait::until("a closed door", AT_ONCE, || {
        Ok(TcpStream::connect(deployment.server.listen()).is_err().then_some(()))
    })?;
    // Longer than idle connections are given to take their leave.
    std::thread::sleep(Duration::from_secs(2));
    ensure!(deployment.server.ended()?.is_none(), "the server ended before its last answer");
    stream.write_all(body.as_bytes())?;
    let mut answer = String::new();
    // The end may come without a TLS goodbye; the answer counts.
    let _ = stream.read_to_string(&mut answer);
    ensure!(answer.starts_with("HTTP/1.1 400") && answer.contains("malformed"), "{answer}");
    let ended = wait::until("the end", AT_ONCE, || deployment.server.ended())?;
    ensure!(ended.success(), "{}", deployment.server.log());
    Ok(())
}
