//! The certificates that are trusted: for the server's TLS and for signatures.

use std::path::{Path, PathBuf};

use ca_core::x509::Certificate;
use ca_core::x509::pem;

/// A file without a root certificate.
#[derive(Debug, thiserror::Error)]
#[error("{flag} {path}: {reason}")]
pub(crate) struct InvalidRoots {
    flag: &'static str,
    path: PathBuf,
    reason: String,
}

/// Every certificate of the PEM file that a flag names.
pub(crate) fn roots(flag: &'static str, path: &Path) -> Result<Vec<Certificate>, InvalidRoots> {
    let fault = |reason: String| InvalidRoots { flag, path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let all = pem::certificates(&text).map_err(|error| fault(error.to_string()))?;
    all.iter().map(|der| Certificate::from_der(der).map_err(|error| fault(error.to_string()))).collect()
}
