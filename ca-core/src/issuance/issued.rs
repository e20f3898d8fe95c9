//! A certificate with a verified signature.

use crate::x509::Certificate;

/// Made only by [`LintedCertificate::assemble`](super::LintedCertificate::assemble).
#[derive(Clone, Debug)]
pub struct IssuedCertificate(Certificate);

impl IssuedCertificate {
    pub(super) fn new(certificate: Certificate) -> Self {
        Self(certificate)
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }

    /// The certificate, given away.
    pub fn into_certificate(self) -> Certificate {
        self.0
    }
}
