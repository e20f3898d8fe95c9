//! A CRL with a verified signature.

/// Made only by [`LintedCertificateList::assemble`](super::LintedCertificateList::assemble).
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedCertificateList(Vec<u8>);

impl IssuedCertificateList {
    pub(super) fn new(der: Vec<u8>) -> Self {
        Self(der)
    }

    /// The DER of the `CertificateList`.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// The DER, given away.
    pub fn into_der(self) -> Vec<u8> {
        self.0
    }
}

impl std::fmt::Debug for IssuedCertificateList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuedCertificateList({} octets)", self.0.len())
    }
}
