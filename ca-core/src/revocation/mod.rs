//! Revocation: why a certificate is withdrawn, and the lists that say so (RFC 5280 §5).

pub mod crl;
pub mod reason;

pub use crl::{
    CertificateListBuilder, CertificateListFacts, CertificateListIssuer, CertificateScope, CrlNumber, CrlSummary,
    IssuedCertificateList, IssuingDistributionPoint, LintedCertificateList, RevokedEntry, TbsCertificateList,
};
pub use reason::RevocationReason;
