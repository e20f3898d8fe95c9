//! An HTTP server on loopback that writes the very octets a test gives it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One thing to do after a request was read.
#[derive(Clone)]
pub(super) enum Act {
    Write(Vec<u8>),
    /// The octets one by one with pauses, then silence.
    Drip(Vec<u8>),
    /// Nothing, and the connection stays open.
    Hang,
}

type Script = dyn Fn(&str) -> Act + Send + Sync;

pub(super) struct HttpServer {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    closed: Arc<tokio::sync::Notify>,
}

impl HttpServer {
    /// `script` gets the head of the request.
    pub(super) async fn start(ip: IpAddr, script: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        Self::on(SocketAddr::new(ip, 0), None, script).await.unwrap()
    }

    pub(super) async fn on(
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        script: impl Fn(&str) -> Act + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let server = Self {
            address: listener.local_addr()?,
            requests: Arc::default(),
            connections: Arc::default(),
            closed: Arc::default(),
        };
        let (requests, connections) = (Arc::clone(&server.requests), Arc::clone(&server.connections));
        let (closed, script): (_, Arc<Script>) = (Arc::clone(&server.closed), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let (script, requests, closed) = (Arc::clone(&script), Arc::clone(&requests), Arc::clone(&closed));
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &*script, &requests).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &*script, &requests).await,
                            Err(_) => return,
                        },
                    };
                    closed.notify_one();
                });
            }
        });
        Ok(server)
    }

    /// The heads of the requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Until the peer has closed a connection.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, script: &Script, requests: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => head.push(octet),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    requests.lock().unwrap().push(head.clone());
    match script(&head) {
        Act::Write(octets) => {
            // A peer that has seen enough may be gone.
            let _ = stream.write_all(&octets).await;
            let _ = stream.shutdown().await;
        }
        Act::Drip(octets) => {
            for octet in octets {
                if stream.write_all(&[octet]).await.is_err() {
                    return;
                }
                stream.flush().await.unwrap_or_default();
                pause(Duration::from_millis(20)).await;
            }
        }
        Act::Hang => {}
    }
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

pub(super) fn ok(body: &str) -> Act {
    response(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

pub(super) fn redirect(status: u16, location: &str) -> Act {
    response(&format!("HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
}

pub(super) fn response(text: &str) -> Act {
    Act::Write(text.as_bytes().to_vec())
}

/// Real time passes: the peer under test is our own client, whose patience is measured in it.
pub(super) async fn pause(duration: Duration) {
    let _ = tokio::time::timeout(duration, std::future::pending::<()>()).await;
}
