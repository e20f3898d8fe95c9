//! Names with the proof that they may be certified.

use crate::acme::order::AuthorizedNames;
use crate::policy::Permitted;
use crate::policy::action::{Initialize, IssueCertificate, IssueRequested};
use crate::x509::GeneralName;

/// Subject alternative names that somebody answered for. There is no way to make one without that.
#[derive(Debug)]
pub struct CertifiedNames(Vec<GeneralName>);

impl CertifiedNames {
    /// Names that an ACME account proved control of and that its CSR repeats.
    pub fn authorized(names: AuthorizedNames) -> Self {
        Self(names.into_names())
    }

    /// Names that a permitted act of an operator, or of the server for its own listener, asserts.
    pub fn asserted(permitted: &Permitted<IssueCertificate>) -> Self {
        Self(permitted.action().identifiers.clone())
    }

    /// Names that enough people approved, in a request that a policy permitted.
    pub fn approved(permitted: &Permitted<IssueRequested>) -> Self {
        Self(permitted.action().terms().names.clone())
    }

    /// Names of a certificate that nobody will sign.
    pub(super) fn of_trial(names: &[GeneralName]) -> Self {
        Self(names.to_vec())
    }

    /// No names: an authority is named by its subject.
    pub fn of_authority(_permitted: &Permitted<Initialize>) -> Self {
        Self(Vec::new())
    }

    /// The names, in the order they are written.
    pub fn as_slice(&self) -> &[GeneralName] {
        &self.0
    }
}
