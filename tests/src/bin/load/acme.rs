//! A client that costs little: one keep-alive connection, the requests of a real client and no more.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use signet_tests::acme_client::request;
use signet_tests::jws::{AccountKey, base64url};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::responder::Responder;

/// One worker's account.
pub(crate) struct Client {
    connection: SendRequest<Full<Bytes>>,
    authority: String,
    key: AccountKey,
    account: String,
    nonce: Option<String>,
    new_nonce: String,
    new_order: String,
    worker: usize,
    orders: u64,
}

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn location(&self) -> Result<String> {
        let value = self.headers.get("location").and_then(|v| v.to_str().ok());
        Ok(value.context("an answer without Location")?.to_owned())
    }

    fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Client {
    /// Connects and registers an account.
    pub(crate) async fn register(directory: &str, root: &Path, responder: &Responder) -> Result<Self> {
        let uri: Uri = directory.parse()?;
        let authority = uri.authority().context("the directory's host")?.to_string();
        let key = AccountKey::generate("ES256")?;
        let worker = responder.enrol(key.thumbprint());
        let connection = connect(&uri, root).await?;
        let (account, new_nonce, new_order) = Default::default();
        let mut client =
            Self { connection, authority, key, account, nonce: None, new_nonce, new_order, worker, orders: 0 };
        let entries = client.exchange(Method::GET, directory, Bytes::new()).await?.json()?;
        let entry = |name: &str| text(&entries, name);
        (client.new_nonce, client.new_order) = (entry("newNonce")?, entry("newOrder")?);
        let answer = client.post(&entry("newAccount")?, r#"{"termsOfServiceAgreed":true}"#).await?;
        client.account = answer.location()?;
        Ok(client)
    }

    /// A whole order: newOrder, authorization, challenge, order (polled), finalize, certificate.
    pub(crate) async fn obtain(&mut self) -> Result<()> {
        self.orders += 1;
        let name = format!("w{}-{}.load.test", self.worker, self.orders);
        let payload = json!({"identifiers": [{"type": "dns", "value": &name}]}).to_string();
        let new_order = self.new_order.clone();
        let answer = self.post(&new_order, &payload).await?;
        let (url, order) = (answer.location()?, answer.json()?);
        let authorization = order["authorizations"][0].as_str().context("an authorization")?.to_owned();
        let authorization = self.post(&authorization, "").await?.json()?;
        let challenges = authorization["challenges"].as_array().context("challenges")?;
        let http = challenges.iter().find(|challenge| challenge["type"] == "http-01").context("http-01")?;
        self.post(&text(http, "url")?, "{}").await?;
        self.until(&url, "ready").await?;
        let (csr, _) = request(&[&name])?;
        let answer = self.post(&text(&order, "finalize")?, &json!({"csr": base64url(csr)}).to_string()).await?;
        let mut order = answer.json()?;
        if order["status"] != "valid" {
            order = self.until(&url, "valid").await?;
        }
        let chain = self.post(&text(&order, "certificate")?, "").await?;
        if !chain.body.starts_with(b"-----BEGIN CERTIFICATE-----") {
            bail!("no certificate: {}", String::from_utf8_lossy(&chain.body));
        }
        Ok(())
    }

    async fn until(&mut self, order: &str, status: &str) -> Result<Value> {
        loop {
            let now = self.post(order, "").await?.json()?;
            match now["status"].as_str() {
                Some(reached) if reached == status => return Ok(now),
                Some("pending" | "processing") => tokio::time::sleep(Duration::from_millis(5)).await,
                other => bail!("the order became {other:?}: {now}"),
            }
        }
    }

    /// An empty payload is POST-as-GET.
    async fn post(&mut self, url: &str, payload: &str) -> Result<Answer> {
        let nonce = match self.nonce.take() {
            Some(nonce) => nonce,
            None => self.fetch_nonce().await?,
        };
        let mut header = json!({"alg": self.key.algorithm(), "nonce": nonce, "url": url});
        if self.account.is_empty() {
            header["jwk"] = self.key.jwk();
        } else {
            header["kid"] = json!(self.account);
        }
        let body = self.key.protect(&header, payload.as_bytes())?.to_string();
        let answer = self.exchange(Method::POST, url, body.into()).await?;
        if answer.status >= 300 {
            bail!("{url}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer)
    }

    async fn fetch_nonce(&mut self) -> Result<String> {
        let url = self.new_nonce.clone();
        self.exchange(Method::HEAD, &url, Bytes::new()).await?;
        self.nonce.take().context("newNonce gave none")
    }

    async fn exchange(&mut self, method: Method, url: &str, body: Bytes) -> Result<Answer> {
        let path = url.split_once(&self.authority).map_or(url, |(_, path)| path);
        let mut request = Request::builder().method(method.clone()).uri(path).header(HOST, &self.authority);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/jose+json");
        }
        self.connection.ready().await?;
        let (head, body) = self.connection.send_request(request.body(Full::new(body))?).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.nonce = head.headers.get("replay-nonce").and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

fn text(object: &Value, name: &str) -> Result<String> {
    Ok(object[name].as_str().with_context(|| format!("no {name} in {object}"))?.to_owned())
}

async fn connect(uri: &Uri, root: &Path) -> Result<SendRequest<Full<Bytes>>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, uri.port_u16().context("a port")?)).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from(uri.host().context("a host")?.to_owned())?;
    let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(tls)).await?;
    // The connection's end shows in the sender.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
