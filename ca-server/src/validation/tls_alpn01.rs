//! tls-alpn-01: a handshake that offers one protocol, and the certificate it brings (RFC 8737 §3, RFC 8738 §6).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::Identifier;
use ca_core::acme::challenge::{ALPN_PROTOCOL, Outcome, ProbeFailure};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial::Dialer;
use super::failure::{Failure, causes};
use super::limits::Limits;
use super::unverified_tls;

/// How long a goodbye may take; the evidence is complete before it.
const GOODBYE: Duration = Duration::from_millis(200);

pub(super) struct TlsAlpnClient {
    dialer: Dialer,
    port: u16,
    config: Arc<ClientConfig>,
    limits: Limits,
}

impl TlsAlpnClient {
    pub(super) fn new(dialer: Dialer, port: u16, limits: Limits) -> Self {
        // RFC 8737 §3: "the ALPN extension with the single protocol name 'acme-tls/1'".
        Self { dialer, port, config: Arc::new(unverified_tls::client(&[ALPN_PROTOCOL])), limits }
    }

    pub(super) async fn handshake(&self, host: &Identifier) -> Outcome {
        match self.connect(host).await {
            Ok((stream, address)) => observe(stream, address).await,
            Err(failure) => failure.during(host).into(),
        }
    }

    async fn connect(&self, host: &Identifier) -> Result<(TlsStream<TcpStream>, SocketAddr), Failure> {
        // RFC 8738 §6: an address is named in SNI by its reverse-mapping name.
        let name = ServerName::try_from(host.tls_server_name())
            .map_err(|error| Failure::new(ProbeFailure::Tls, error).on_port(self.port))?;
        let (stream, address) = self.dialer.connect(host, self.port).await?;
        let connecting = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream);
        let failure = match timeout(self.limits.exchange, connecting).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => Failure::new(ProbeFailure::Tls, causes(&error)),
            Err(_) => {
                Failure::new(ProbeFailure::Timeout, format!("no TLS handshake within {:?}", self.limits.exchange))
            }
        };
        Err(failure.at(address))
    }
}

async fn observe(mut stream: TlsStream<TcpStream>, address: SocketAddr) -> Outcome {
    let session = stream.get_ref().1;
    let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
    let certificate = session.peer_certificates().and_then(<[_]>::first).map(|der| der.to_vec());
    // RFC 8737 §3: "the connection ... MUST be closed"; whether the peer hears it changes nothing.
    let _ = timeout(GOODBYE, stream.shutdown()).await;
    Outcome::TlsAlpn { address, protocol, certificate }
}
