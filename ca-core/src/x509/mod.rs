//! X.509 as RFC 5280 has it. With `cms`, `revocation` and `timestamp` the only code that names `x509-cert` and `der`.

pub mod acme_identifier;
pub mod algorithm;
pub mod blocked_keys;
pub mod certificate;
pub mod chain;
pub mod csr;
pub mod describe;
pub mod extension;
pub mod general_name;
pub mod key_strength;
pub mod name;
pub mod path;
pub mod pem;
pub mod project_purpose;
pub mod public_key;
pub mod purposes;
pub mod serial;
pub(crate) mod tbs_certificate;
pub mod validity;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, UnknownKeyAlgorithm};
pub use blocked_keys::BlockedKeys;
pub use certificate::Certificate;
pub use chain::Chain;
pub use csr::CertificationRequest;
pub use general_name::GeneralName;
pub use name::DistinguishedName;
pub use project_purpose::ProjectPurpose;
pub use public_key::SubjectPublicKeyInfo;
pub use purposes::Purposes;
pub use serial::SerialNumber;
pub use validity::Validity;

/// Bytes that are not the ASN.1 value they should be, or a value that cannot be encoded.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct EncodingError {
    what: &'static str,
    #[source]
    source: der::Error,
}

impl EncodingError {
    /// Names the structure (`what`) that `source` was met in.
    pub(crate) fn of(what: &'static str) -> impl Fn(der::Error) -> Self {
        move |source| Self { what, source }
    }

    /// What went wrong, for a structure around this one to name itself.
    pub(crate) fn into_inner(self) -> der::Error {
        self.source
    }
}
