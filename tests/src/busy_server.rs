//! A server over TLS of which a test says what it answers: one that is busy, lost or in the middle of a restart, each
//! connection of which gets the next of some prepared answers, or one that answers by what it is asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What happens to one connection.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It is closed without an answer.
    Lost,
    /// Nothing ever comes, and it stays open.
    Silent,
    /// Status line, fields and body, as they are sent.
    Answer(String),
}

impl Fate {
    /// An answer in JSON.
    pub fn json(status: &str, fields: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{fields}\r\n{body}"
        ))
    }
}

/// The running server; it ends with the test's runtime.
#[derive(Debug)]
pub struct BusyServer {
    folder: TempDir,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl BusyServer {
    /// Starts one on this machine. After the last fate, connections are refused.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(fates: Vec<Fate>) -> Result<Self> {
        let (most, mut left) = (fates.len(), fates.into_iter());
        Self::listen(most, move |_| left.next().unwrap_or(Fate::Lost)).await
    }

    /// Starts one that answers each request, which it is given whole.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn answering(answer: impl FnMut(&str) -> Fate + Send + 'static) -> Result<Self> {
        Self::listen(usize::MAX, answer).await
    }

    async fn listen(most: usize, answer: impl FnMut(&str) -> Fate + Send + 'static) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.self_signed(&key)?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("root.pem"), certificate.pem())?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, seen) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), most, answer, Arc::clone(&seen)));
        Ok(Self { folder, address, seen })
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Its own certificate.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The requests that came, whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    most: usize,
    mut fate: impl FnMut(&str) -> Fate + Send,
    seen: Arc<Mutex<Vec<String>>>,
) {
    for _ in 0..most {
        let Ok((stream, _)) = listener.accept().await else { return };
        // A client that gives up early is not this server's fault.
        let _ = answer(stream, &tls, &mut fate, &seen).await;
    }
}

async fn answer(
    stream: TcpStream,
    tls: &TlsAcceptor,
    fate: &mut (impl FnMut(&str) -> Fate + Send),
    seen: &Mutex<Vec<String>>,
) -> Result<()> {
    let mut stream = tls.accept(stream).await?;
    let request = read(&mut stream).await?;
    let fate = fate(&request);
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    match fate {
        Fate::Lost => {}
        // Until the client goes.
        Fate::Silent => drop(stream.read(&mut [0]).await?),
        Fate::Answer(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await?;
        }
    }
    Ok(())
}

/// Head and as much of a body as the head announces.
async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or_default() {
                return Ok(text);
            }
        }
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await?;
        bytes.extend_from_slice(piece.get(..length).filter(|piece| !piece.is_empty()).context("the end of a request")?);
    }
}
