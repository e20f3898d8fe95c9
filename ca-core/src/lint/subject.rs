//! What kind of certificate the bytes are meant to become, and under which issuer.

use super::IssuerFacts;
use super::finding::{Finding, Rule};
use crate::profile::SubjectKind;

pub(super) const SELF_SIGNED: Rule = Rule::new("self-signed", "RFC 5280 §3.2 and §6.1");

/// The kind of certificate, with its issuer. A trust anchor issues itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// A self-signed CA certificate.
    TrustAnchor,
    /// A CA certificate below another CA.
    SubordinateCa(&'a IssuerFacts),
    /// Everything that is not a CA.
    EndEntity(&'a IssuerFacts),
}

impl<'a> Subject<'a> {
    /// Root certificates and no others are self-signed.
    pub(super) fn new(kind: SubjectKind, issuer: Option<&'a IssuerFacts>) -> Result<Self, Finding> {
        match (kind, issuer) {
            (SubjectKind::Root, None) => Ok(Self::TrustAnchor),
            (SubjectKind::SubordinateCa, Some(issuer)) => Ok(Self::SubordinateCa(issuer)),
            (SubjectKind::EndEntity, Some(issuer)) => Ok(Self::EndEntity(issuer)),
            (SubjectKind::Root, Some(_)) => Err(SELF_SIGNED.finding("a root is to be signed by another CA".to_owned())),
            (_, None) => Err(SELF_SIGNED.finding("a certificate that is no root is to sign itself".to_owned())),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fixture::root;

    #[test]
    fn only_a_root_signs_itself() {
        let facts = root().facts();
        assert!(Subject::new(SubjectKind::Root, None).is_ok());
        assert!(Subject::new(SubjectKind::Root, Some(&facts)).is_err());
        for kind in [SubjectKind::EndEntity, SubjectKind::SubordinateCa] {
            assert!(Subject::new(kind, Some(&facts)).is_ok());
            assert!(Subject::new(kind, None).is_err());
        }
    }
}
