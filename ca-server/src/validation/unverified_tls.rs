//! TLS to hosts that cannot have a trusted certificate yet: getting one is why they talk to us.
//!
//! Nothing is believed because of this connection. For tls-alpn-01 the certificate is the evidence, judged by its extension (RFC
//! 8737 §3 has it self-signed); after an http-01 redirect to https the body is, as with every public CA. The handshake's own
//! signature is checked, so that the peer does hold the key of the certificate it shows.

use std::sync::Arc;

use ca_core::x509::Certificate;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// A client that offers `protocols` by ALPN and TLS 1.2 or 1.3 (RFC 8737 §4: not less), and takes any certificate.
#[expect(clippy::expect_used, reason = "provider and versions are compiled in, and they fit")]
pub(super) fn client(protocols: &[&[u8]]) -> ClientConfig {
    let provider = Arc::new(provider());
    let verifier = AnyCertificate(provider.signature_verification_algorithms);
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("a provider with cipher suites for both versions").dangerous();
    let mut config = builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    // Each probe stands alone: a resumed session would show no certificate.
    config.resumption = rustls::client::Resumption::disabled();
    config
}

/// Nothing secret is sent, and the long key shares of hybrid groups make some old appliances drop the first packet.
fn provider() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519};
    CryptoProvider { kx_groups: vec![X25519, SECP256R1, SECP384R1], ..aws_lc_rs::default_provider() }
}

#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

impl AnyCertificate {
    /// Not by rustls' own helpers: they refuse a certificate with a critical extension they do not know, and acmeIdentifier is
    /// one (RFC 8737 §3).
    fn verify(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let bad = |error| Error::InvalidCertificate(error);
        let certificate = Certificate::from_der(certificate).map_err(|_| bad(CertificateError::BadEncoding))?;
        let key = certificate.public_key().key_bits();
        let algorithms =
            self.0.mapping.iter().filter(|(scheme, _)| *scheme == signature.scheme).flat_map(|(_, list)| *list);
        let verified = algorithms
            .into_iter()
            .any(|algorithm| algorithm.verify_signature(key, message, signature.signature()).is_ok());
        if verified { Ok(HandshakeSignatureValid::assertion()) } else { Err(bad(CertificateError::BadSignature)) }
    }
}
