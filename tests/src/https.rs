//! A plain HTTP/1.1 client for the server under test: trusts one root, keeps one connection a host, follows nothing.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// A header field's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// If it is none, with the body as text.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer of a request that succeeded.
    ///
    /// # Errors
    /// If the status is not 2xx, with the body.
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        bail!("{}: {}", self.status, self.text())
    }
}

type Connection = SendRequest<Full<Bytes>>;

/// The client. Every host is this machine.
pub struct Https {
    tls: TlsConnector,
    idle: Mutex<HashMap<String, Connection>>,
    replicas: Vec<u16>,
    sent: AtomicUsize,
}

impl std::fmt::Debug for Https {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Https")
    }
}

impl Https {
    /// A client that trusts the root certificates in a PEM file.
    ///
    /// # Errors
    /// If the file holds none.
    pub fn trusting(root: &Path) -> Result<Self> {
        Ok(Self::new(trust(root)?.with_no_client_auth()))
    }

    /// The same, with a certificate of its own for servers that ask: chain and key in PEM.
    ///
    /// # Errors
    /// If the file, the chain or the key cannot be used.
    pub fn showing(root: &Path, chain: &str, key: &str) -> Result<Self> {
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
        Ok(Self::new(trust(root)?.with_client_auth_cert(chain, key)?))
    }

    fn new(config: ClientConfig) -> Self {
        Self {
            tls: TlsConnector::from(Arc::new(config)),
            idle: Mutex::default(),
            replicas: Vec::new(),
            sent: AtomicUsize::new(0),
        }
    }

    /// Sends each request to the next of these ports of this machine, whatever port its URL names: a load balancer that
    /// keeps nobody with one server.
    #[must_use]
    pub fn alternating(mut self, ports: &[u16]) -> Self {
        self.replicas = ports.to_vec();
        self
    }

    /// GET.
    ///
    /// # Errors
    /// If there is no answer; a status that tells of failure is one.
    pub async fn get(&self, url: &str) -> Result<Answer> {
        self.send(Method::GET, url, None, Bytes::new()).await
    }

    /// Any request, with a content type if it has a body.
    ///
    /// # Errors
    /// If there is no answer; a status that tells of failure is one.
    pub async fn send(&self, method: Method, url: &str, content_type: Option<&str>, body: Bytes) -> Result<Answer> {
        let content_type = content_type.map(|value| (CONTENT_TYPE.as_str(), value));
        self.send_with(method, url, content_type.as_slice(), body).await
    }

    /// Any request, with header fields.
    ///
    /// # Errors
    /// If there is no answer; a status that tells of failure is one.
    pub async fn send_with(&self, method: Method, url: &str, fields: &[(&str, &str)], body: Bytes) -> Result<Answer> {
        let uri: Uri = url.parse().with_context(|| format!("the URL {url}"))?;
        let authority = uri.authority().with_context(|| format!("the URL {url} has no host"))?.to_string();
        let mut request = Request::builder().method(method).header(HOST, &authority);
        request = request.uri(uri.path_and_query().map_or("/", |path| path.as_str()));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let port = self.port(&uri);
        let key = format!("{}:{port}", uri.scheme_str().unwrap_or("http"));
        let mut connection = match self.kept(&key).await {
            Some(connection) => connection,
            None => self.connect(&uri, port).await.with_context(|| format!("connecting to {authority}"))?,
        };
        let response = connection.send_request(request).await.with_context(|| format!("asking {url}"))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.with_context(|| format!("reading {url}"))?.to_bytes();
        self.idle.lock().await.insert(key, connection);
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// The connection of an earlier request, unless the server has closed it since.
    async fn kept(&self, key: &str) -> Option<Connection> {
        let mut connection = self.idle.lock().await.remove(key)?;
        connection.ready().await.is_ok().then_some(connection)
    }

    fn port(&self, uri: &Uri) -> u16 {
        let turn = self.sent.fetch_add(1, Ordering::Relaxed);
        let named = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        self.replicas.get(turn % self.replicas.len().max(1)).copied().unwrap_or(named)
    }

    async fn connect(&self, uri: &Uri, port: u16) -> Result<Connection> {
        let (host, https) = (uri.host().unwrap_or("127.0.0.1").to_owned(), uri.scheme_str() == Some("https"));
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        tcp.set_nodelay(true)?;
        if !https {
            return handshake(TokioIo::new(tcp)).await;
        }
        handshake(TokioIo::new(self.tls.connect(ServerName::try_from(host)?, tcp).await?)).await
    }
}

fn trust(root: &Path) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root).with_context(|| root.display().to_string())? {
        roots.add(certificate?)?;
    }
    anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", root.display());
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots))
}

async fn handshake<S>(io: S) -> Result<Connection>
where
    S: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(io).await?;
    // The connection's end shows in the sender.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
