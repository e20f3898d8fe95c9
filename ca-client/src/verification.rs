//! Whether a signature is one of this file, by somebody whom the roots vouch for.

use std::fmt;

use ca_core::cms::certs_only;
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::Format;
use ca_core::time::UnixTime;
use ca_core::x509::{Certificate, pem};

/// Everything that is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) format: Format,
    pub(crate) algorithm: DigestAlgorithm,
    /// Of the file, as the format takes it.
    pub(crate) digest: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// The signer's certificate and those above it, for signatures that do not carry them.
    pub(crate) chain: &'a [Certificate],
    pub(crate) roots: &'a [Certificate],
}

/// A signature that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    words: String,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// A signature that is not.
#[derive(Debug, thiserror::Error)]
#[error("the signature is not good: {0}")]
pub(crate) struct Refusal(String);

/// Certificates in PEM.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<Certificate>, Refusal> {
    let all = pem::certificates(&String::from_utf8_lossy(text)).map_err(|error| Refusal(error.to_string()))?;
    all.iter().map(|der| Certificate::from_der(der).map_err(|error| Refusal(error.to_string()))).collect()
}

/// The hash function that a signature says it is over; none for bare ones.
pub(crate) fn algorithm(_format: Format, _signature: &[u8]) -> Option<DigestAlgorithm> {
    None
}

/// Judges at this instant.
pub(crate) fn check(evidence: &Evidence<'_>, now: UnixTime) -> Result<Verified, Refusal> {
    let carried = certs_only::read(evidence.signature).map_err(|error| Refusal(error.to_string()))?;
    let _ = (carried, now, evidence.digest, evidence.algorithm, evidence.chain, evidence.roots);
    Err(Refusal("unfinished".to_owned()))
}
