//! What a client puts on the network to prove that it controls a name: an http-01 and a tls-alpn-01 responder, both able
//! to answer wrongly.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const TICK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// What the http-01 responder says to a request for a token.
#[derive(Clone, Debug)]
pub enum HttpAnswer {
    /// 200 with this body.
    Body(String),
    /// 302 to this URL.
    Redirect(String),
    /// This status and no body.
    Status(u16),
    /// 200 and a body that does not end until the peer hangs up.
    Endless,
    /// Nothing, on an open connection.
    Silence,
}

/// Accepts connections on a port of its own until dropped, each served on its own thread.
#[derive(Debug)]
struct Listener {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Listener {
    fn start(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Result<Self> {
        let port = crate::ports::free()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                while !stop.load(Ordering::Relaxed) {
                    let Ok((stream, _)) = listener.accept() else {
                        std::thread::sleep(TICK);
                        continue;
                    };
                    let serve = serve.clone();
                    std::thread::spawn(move || serve(stream));
                }
            }
        });
        Ok(Self { port, stop, thread: Mutex::new(Some(thread)) })
    }
}

impl Listener {
    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

type Answers = Arc<Mutex<HashMap<String, HttpAnswer>>>;

/// An http-01 responder (RFC 8555 §8.3).
#[derive(Debug)]
pub struct HttpResponder {
    listener: Listener,
    answers: Answers,
    seen: Arc<Mutex<Vec<String>>>,
}

impl HttpResponder {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is none.
    pub fn start() -> Result<Self> {
        let (answers, seen) = (Answers::default(), Arc::new(Mutex::new(Vec::new())));
        let listener = Listener::start({
            let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
            // A peer that hangs up ends only its own thread.
            move |stream| drop(answer_http(stream, &answers, &seen))
        })?;
        Ok(Self { listener, answers, seen })
    }

    /// The port to validate on.
    pub fn port(&self) -> u16 {
        self.listener.port
    }

    /// Stops listening and leaves the port to a client that brings its own server.
    pub fn give_up_port(&self) -> u16 {
        self.listener.stop();
        self.listener.port
    }

    /// Answers requests for this token as told.
    pub fn answer(&self, token: &str, answer: HttpAnswer) {
        lock(&self.answers).insert(token.to_owned(), answer);
    }

    /// Every request so far: host and path.
    pub fn seen(&self) -> Vec<String> {
        lock(&self.seen).clone()
    }
}

fn answer_http(mut stream: TcpStream, answers: &Answers, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (path, host) = read_request(&stream)?;
    lock(seen).push(format!("{host}{path}"));
    let token = path.rsplit('/').next().unwrap_or_default();
    let answer = lock(answers).get(token).cloned().unwrap_or(HttpAnswer::Status(404));
    match answer {
        HttpAnswer::Body(body) => write_response(&mut stream, "200 OK", "", &body),
        HttpAnswer::Redirect(url) => write_response(&mut stream, "302 Found", &format!("Location: {url}\r\n"), ""),
        HttpAnswer::Status(code) => write_response(&mut stream, &format!("{code} Told so"), "", ""),
        HttpAnswer::Endless => write_without_end(&mut stream),
        HttpAnswer::Silence => {
            std::thread::sleep(PATIENCE * 3);
            Ok(())
        }
    }
}

fn read_request(stream: &TcpStream) -> std::io::Result<(String, String)> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut host = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")) {
            debug_assert!(!name.is_empty());
            host = value.trim().to_owned();
        }
    }
    Ok((path, host))
}

fn write_response(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}")
}

fn write_without_end(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 4096])?;
    }
}

/// A tls-alpn-01 responder (RFC 8737).
#[derive(Debug)]
pub struct TlsResponder {
    listener: Listener,
    certificates: Arc<Certificates>,
}

#[derive(Debug, Default)]
struct Certificates(Mutex<HashMap<String, Arc<CertifiedKey>>>);

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        lock(&self.0).get(hello.server_name()?).cloned()
    }
}

impl TlsResponder {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is none.
    pub fn start() -> Result<Self> {
        let certificates = Arc::new(Certificates::default());
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificates) as Arc<dyn ResolvesServerCert>);
        // RFC 8737 §3: the protocol identifier.
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let config = Arc::new(config);
        // A failed handshake is the peer's verdict, not ours.
        let listener = Listener::start(move |stream| drop(answer_tls(stream, Arc::clone(&config))))?;
        Ok(Self { listener, certificates })
    }

    /// The port to validate on.
    pub fn port(&self) -> u16 {
        self.listener.port
    }

    /// Stops listening and leaves the port to a client that brings its own server.
    pub fn give_up_port(&self) -> u16 {
        self.listener.stop();
        self.listener.port
    }

    /// Serves the challenge certificate for `name`: self-signed, one name, critical acmeIdentifier with the digest of the
    /// key authorization.
    ///
    /// # Errors
    /// If `name` cannot stand in a certificate.
    pub fn answer(&self, name: &str, digest: &[u8]) -> Result<()> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(vec![name.to_owned()])?;
        parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let certificate = parameters.self_signed(&key)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // Not CertifiedKey::from_der: it refuses the critical extension that the challenge is about.
        let signer = aws_lc_rs::default_provider().key_provider.load_private_key(private)?;
        let certified = CertifiedKey::new(vec![certificate.der().clone()], signer);
        lock(&self.certificates.0).insert(name.to_owned(), Arc::new(certified));
        Ok(())
    }
}

fn answer_tls(mut stream: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut connection = ServerConnection::new(config)?;
    let mut tls = Stream::new(&mut connection, &mut stream);
    // RFC 8737 §3: the connection is closed after the handshake; no application data.
    tls.flush()?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    connection.send_close_notify();
    connection.write_tls(&mut stream)?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
