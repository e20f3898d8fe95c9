//! PEM armour (RFC 7468) around DER.

use der::pem::{self, LineEnding};

/// Text that is not the PEM it should be.
#[derive(Debug, thiserror::Error)]
#[error("no PEM block {label:?} could be read: {reason}")]
pub struct InvalidPem {
    label: &'static str,
    reason: String,
}

/// One `-----BEGIN label-----` block with a final newline.
pub fn encode(label: &'static str, der: &[u8]) -> String {
    // The label is a constant without forbidden characters and the length of DER held in memory never overflows.
    pem::encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// The DER of every `CERTIFICATE` block, in order of appearance; other text is passed over.
///
/// # Errors
/// When a block is damaged or there is none.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, InvalidPem> {
    const LABEL: &str = "CERTIFICATE";
    let fault = |reason: String| InvalidPem { label: LABEL, reason };
    let (begin, end) = (format!("-----BEGIN {LABEL}-----"), format!("-----END {LABEL}-----"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&begin) {
        let block = rest.get(start..).unwrap_or_default();
        let length = block.find(&end).ok_or_else(|| fault("the END line is missing".into()))? + end.len();
        let (_, der) = pem::decode_vec(block.get(..length).unwrap_or_default().as_bytes())
            .map_err(|error| fault(error.to_string()))?;
        found.push(der);
        rest = block.get(length..).unwrap_or_default();
    }
    if found.is_empty() { Err(fault("there is no such block".into())) } else { Ok(found) }
}
