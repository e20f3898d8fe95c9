//! A certification path: a certificate, its issuer, and so on up to but not including the trust anchor.

use super::Certificate;

/// Certificates in the order of TLS and ACME: each is signed by the next. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(Vec<Certificate>);

/// The certificates do not form a path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// There is no certificate at all.
    #[error("a certification path holds at least one certificate")]
    Empty,
    /// The certificate at this place is not signed by the one after it.
    #[error("certificate {0} of the path is not issued by the next one")]
    NotIssuedByNext(usize),
}

impl Chain {
    /// Checks names and signatures along the path.
    ///
    /// # Errors
    /// [`BrokenChain`].
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, BrokenChain> {
        if certificates.is_empty() {
            return Err(BrokenChain::Empty);
        }
        for (place, pair) in certificates.windows(2).enumerate() {
            let [subject, issuer] = pair else { continue };
            let linked = subject.issuer() == issuer.subject();
            if !linked || subject.verify_signed_by(issuer.public_key()).is_err() {
                return Err(BrokenChain::NotIssuedByNext(place));
            }
        }
        Ok(Self(certificates))
    }

    /// First certificate first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    // RFC 8555 §9.1: each certificate directly certifies the one before it; PEM without explanatory text.
    /// `application/pem-certificate-chain`.
    pub fn to_pem(&self) -> String {
        self.0.iter().map(Certificate::to_pem).collect()
    }
}
