//! Certificates and TLS servers for the tests.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, CustomExtension, KeyPair, SignatureAlgorithm};
use rustls::ServerConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A self-signed P-256 certificate as tls-alpn-01 has it, and an acceptor that shows it.
pub(super) fn self_signed(names: &[&str], protocols: &[&[u8]]) -> (TlsAcceptor, CertificateDer<'static>) {
    with_key(names, protocols, &rcgen::PKCS_ECDSA_P256_SHA256, &[&TLS12, &TLS13])
}

pub(super) fn with_key(
    names: &[&str],
    protocols: &[&[u8]],
    algorithm: &'static SignatureAlgorithm,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (TlsAcceptor, CertificateDer<'static>) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.custom_extensions.push(CustomExtension::new_acme_identifier(&[7; 32]));
    let certificate = params.self_signed(&key).unwrap().der().clone();
    (acceptor(certificate.clone(), &key, protocols, versions), certificate)
}

pub(super) fn acceptor(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    protocols: &[&[u8]],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    // The builder's own way refuses acmeIdentifier, which is critical, and a key that is not the certificate's.
    let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Accepts handshakes for ever; the server name and protocols of each ClientHello come out of the channel.
pub(super) async fn start(acceptor: TlsAcceptor) -> (SocketAddr, mpsc::UnboundedReceiver<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (names, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = names.send(stream.get_ref().1.server_name().map(str::to_owned));
            }
        }
    });
    (address, seen)
}
