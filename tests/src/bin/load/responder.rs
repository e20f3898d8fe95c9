//! http-01 without memory: the name says which worker asks, and the answer is the token and that worker's thumbprint.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The thumbprints of the workers, by number.
pub(crate) type Thumbprints = Arc<Mutex<Vec<String>>>;

/// A responder on the port where the server validates.
pub(crate) struct Responder {
    thumbprints: Thumbprints,
}

impl Responder {
    pub(crate) fn bind(port: u16) -> Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let thumbprints = Thumbprints::default();
        tokio::spawn(accept(listener, Arc::clone(&thumbprints)));
        Ok(Self { thumbprints })
    }

    /// Takes the next worker number for this key.
    pub(crate) fn enrol(&self, thumbprint: String) -> usize {
        let mut thumbprints = self.thumbprints.lock().unwrap_or_else(PoisonError::into_inner);
        thumbprints.push(thumbprint);
        thumbprints.len() - 1
    }
}

async fn accept(listener: TcpListener, thumbprints: Thumbprints) {
    while let Ok((stream, _)) = listener.accept().await {
        // A validation that hangs up ends only itself.
        tokio::spawn(answer(stream, Arc::clone(&thumbprints)));
    }
}

async fn answer(mut stream: TcpStream, thumbprints: Thumbprints) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(512);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let body = body(&String::from_utf8_lossy(&request), &thumbprints).unwrap_or_default();
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await
}

/// `GET /.well-known/acme-challenge/TOKEN` with `Host: w3-17.load.test`.
fn body(request: &str, thumbprints: &Thumbprints) -> Option<String> {
    let token = request.split_whitespace().nth(1)?.rsplit('/').next()?;
    let host =
        request.lines().find_map(|line| line.to_lowercase().strip_prefix("host:").map(|h| h.trim().to_owned()))?;
    let worker: usize = host.strip_prefix('w')?.split('-').next()?.parse().ok()?;
    let thumbprints = thumbprints.lock().unwrap_or_else(PoisonError::into_inner);
    Some(format!("{token}.{}", thumbprints.get(worker)?))
}
