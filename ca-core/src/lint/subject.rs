//! What kind of certificate the bytes are meant to become, and under which issuer.

use super::IssuerFacts;

/// The kind of certificate, with its issuer. A trust anchor issues itself.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A self-signed CA certificate.
    TrustAnchor,
    /// A CA certificate below another CA.
    SubordinateCa(&'a IssuerFacts),
    /// Everything that is not a CA.
    EndEntity(&'a IssuerFacts),
}

impl<'a> Subject<'a> {
    /// The issuer, unless the certificate is self-signed.
    pub(super) fn issuer(self) -> Option<&'a IssuerFacts> {
        match self {
            Self::TrustAnchor => None,
            Self::SubordinateCa(issuer) | Self::EndEntity(issuer) => Some(issuer),
        }
    }

    pub(super) fn is_authority(self) -> bool {
        !matches!(self, Self::EndEntity(_))
    }
}
