//! The certificates that are trusted: for the server's TLS and for signatures.

use std::path::{Path, PathBuf};

use ca_core::x509::Certificate;
use ca_core::x509::pem;

/// A file without a root certificate.
#[derive(Debug, thiserror::Error)]
#[error("--ca-file {path}: {reason}")]
pub(crate) struct InvalidRoots {
    path: PathBuf,
    reason: String,
}

/// Every certificate of a PEM file.
pub(crate) fn roots(path: &Path) -> Result<Vec<Certificate>, InvalidRoots> {
    let fault = |reason: String| InvalidRoots { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let all = pem::certificates(&text).map_err(|error| fault(error.to_string()))?;
    all.iter().map(|der| Certificate::from_der(der).map_err(|error| fault(error.to_string()))).collect()
}
