//! Certificate revocation lists (RFC 5280 §5): [`CertificateListBuilder`] -> [`TbsCertificateList`] ->
//! [`LintedCertificateList`] -> [`IssuedCertificateList`], each made by consuming the one before.
//!
//! A list may hold a million entries. They are encoded page by page into the one buffer that in the end is the signed
//! CRL: headers, whose lengths are known last, are written into room kept free in front.

mod buffer;
mod builder;
mod entry;
mod extension;
mod issued;
mod linted;
mod number;
mod reader;
mod summary;
mod tlv;

pub use builder::TbsCertificateList;
pub use builder::{CertificateListBuilder, CertificateListError, CertificateListFacts, CertificateListIssuer};
pub use entry::RevokedEntry;
pub use extension::{CertificateScope, IssuingDistributionPoint};
pub use issued::IssuedCertificateList;
pub use linted::{AssemblyError, LintRefusal, LintedCertificateList};
pub use number::{CrlNumber, InvalidCrlNumber};
pub use summary::CrlSummary;

#[cfg(all(test, feature = "policy"))]
mod tests;
