//! The HTTPS listener's TLS: versions, key exchange, and a certificate that can be replaced while connections are open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::aws_lc_rs;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Why a listener has no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file that is not there, not readable, or holds nothing of the kind.
    #[error("cannot read {what} in {}", file.display())]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// Where.
        file: PathBuf,
        /// What the reader said; never a byte of the key.
        source: pem::Error,
    },
    /// No certificate at all.
    #[error("there is no certificate")]
    NoCertificate,
    /// Certificate and key do not belong together, or TLS cannot use them.
    #[error("the certificate and its key cannot be used")]
    Unusable(#[from] rustls::Error),
    /// Client certificates cannot be verified below the roots that were given.
    #[error("client certificates cannot be verified")]
    ClientVerifier(#[from] VerifierBuilderError),
}

/// The certificate that new handshakes show. Replacing it leaves open connections alone.
#[derive(Debug)]
pub struct ServerCertificate(ArcSwap<CertifiedKey>);

impl ServerCertificate {
    /// Starts with `chain`, end-entity certificate first, and its `key`.
    ///
    /// # Errors
    /// When they do not belong together or TLS cannot use them.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self(ArcSwap::from_pointee(certified_key(chain, key)?))))
    }

    /// Shows another one from the next handshake on.
    ///
    /// # Errors
    /// As [`Self::new`]; the old one stays.
    pub fn replace(&self, chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<(), TlsError> {
        self.0.store(Arc::new(certified_key(chain, key)?));
        Ok(())
    }

    /// The end-entity certificate in DER that is shown now.
    pub fn end_entity(&self) -> Option<CertificateDer<'static>> {
        self.0.load().cert.first().cloned()
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn certified_key(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, TlsError> {
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}

/// Reads certificate chain and private key from PEM files, for [`ServerCertificate::new`] and [`ServerCertificate::replace`].
///
/// # Errors
/// The file that is missing or holds no such thing.
pub fn read_pem(
    certificate: &Path,
    key_file: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let of = |what, file: &Path| {
        let file = file.to_owned();
        move |source| TlsError::Pem { what, file, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(of("certificates", certificate))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(of("a private key", key_file))?;
    if chain.is_empty() { Err(TlsError::NoCertificate) } else { Ok((chain, key)) }
}

/// TLS 1.3 with X25519MLKEM768 first, and 1.2; HTTP/2 and HTTP/1.1 by ALPN; sessions resumed by tickets that rotate in memory.
///
/// # Errors
/// When the cryptographic library cannot be set up.
pub fn server_config(certificate: Arc<ServerCertificate>) -> Result<Arc<ServerConfig>, TlsError> {
    configured(WebPkiClientVerifier::no_client_auth(), certificate)
}

/// The same, asking for a client certificate below one of `roots`. Whoever has none is let in without: the page says what
/// is missing better than a broken handshake.
///
/// # Errors
/// When there is no usable root, or the cryptographic library cannot be set up.
pub fn mutual_server_config(
    certificate: Arc<ServerCertificate>,
    roots: Vec<CertificateDer<'static>>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut anchors = RootCertStore::empty();
    for root in roots {
        anchors.add(root)?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(anchors), provider).allow_unauthenticated();
    configured(verifier.build()?, certificate)
}

fn configured(
    verifier: Arc<dyn ClientCertVerifier>,
    certificate: Arc<ServerCertificate>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}

/// Reads the roots of client certificates from a PEM file.
///
/// # Errors
/// When the file is missing or holds no certificate.
pub fn read_roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let roots: Vec<_> = read.map_err(|source| TlsError::Pem { what: "certificates", file: file.to_owned(), source })?;
    if roots.is_empty() { Err(TlsError::NoCertificate) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn pair() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn read(certificate: &str, key: &str) -> Result<Arc<ServerCertificate>, TlsError> {
        let folder = tempfile::tempdir().unwrap();
        let (certificate_file, key_file) = (folder.path().join("a.pem"), folder.path().join("a.key"));
        std::fs::write(&certificate_file, certificate).unwrap();
        std::fs::write(&key_file, key).unwrap();
        let (chain, key) = read_pem(&certificate_file, &key_file)?;
        ServerCertificate::new(chain, key)
    }

    #[test]
    fn a_pair_of_files_is_read_and_can_be_replaced() {
        let (certificate, key) = pair();
        let shown = read(&certificate, &key).unwrap();
        let before = shown.end_entity().unwrap();
        let (certificate, key) = pair();
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        shown.replace(chain.clone(), PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap();
        assert_eq!(shown.end_entity().as_ref(), chain.first());
        assert_ne!(shown.end_entity(), Some(before));
    }

    #[test]
    fn a_bad_replacement_changes_nothing() {
        let (certificate, key) = pair();
        let shown = read(&certificate, &key).unwrap();
        let before = shown.end_entity();
        let (foreign, _) = pair();
        let chain = vec![CertificateDer::from_pem_slice(foreign.as_bytes()).unwrap()];
        let key = || PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        assert!(matches!(shown.replace(chain, key()), Err(TlsError::Unusable(_))));
        assert!(matches!(shown.replace(Vec::new(), key()), Err(TlsError::NoCertificate)));
        assert_eq!(shown.end_entity(), before);
    }

    #[test]
    fn files_without_what_is_needed_are_named() {
        let (certificate, key) = pair();
        let (_, foreign) = pair();
        assert!(matches!(read(&certificate, &foreign), Err(TlsError::Unusable(_))));
        assert!(matches!(read(&key, &key), Err(TlsError::NoCertificate)));
        let error = read(&certificate, &certificate).unwrap_err();
        assert!(error.to_string().starts_with("cannot read a private key in /"), "{error}");
        let error = read_pem(Path::new("/nonexistent.pem"), Path::new("/nonexistent.key")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read certificates in /nonexistent.pem");
    }
}
