//! Issuance as a chain of consuming types: [`TbsCertificate`] -> [`LintedCertificate`] -> [`IssuedCertificate`].
//!
//! No other way to a certificate's signature exists: a `TbsCertificate` is built only with a
//! [`Permitted`](crate::policy::Permitted) act and proven names, and only a `LintedCertificate` can be signed.

mod issued;
mod issuer;
mod linted;
mod names;
mod tbs;
#[cfg(all(test, feature = "policy"))]
mod tests;
mod trial;

pub use issued::IssuedCertificate;
pub use issuer::{Issuer, Signer, StatusUrls, UnusableIssuer};
pub use linted::{AssemblyError, LintRefusal, LintedCertificate};
pub use names::CertifiedNames;
pub use tbs::{CertificateRequest, IssuanceError, Issuing, Summary, TbsCertificate};
pub use trial::{Trial, TrialRequest};
