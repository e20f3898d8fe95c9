//! The only thing that can be signed as a certificate.

use std::time::Duration;

use super::{IssuedCertificate, Signer};
use crate::hsm::{Input, SignPurpose, SignRequest, Signature};
use crate::lint::{self, Finding};
use crate::policy::Permitted;
use crate::policy::action::ResumeIssuance;
use crate::profile::SubjectKind;
use crate::x509::algorithm::InvalidSignature;
use crate::x509::certificate::InvalidCertificate;
use crate::x509::{Certificate, EncodingError, SignatureAlgorithm, tbs_certificate};

/// A to-be-signed certificate that passed every lint rule.
#[derive(Debug)]
pub struct LintedCertificate {
    tbs: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

/// The findings of lint, all of them.
#[derive(Debug, thiserror::Error)]
#[error("lint refuses the certificate: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct LintRefusal(pub Vec<Finding>);

/// A signature came back that does not make a certificate.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// It does not verify under the issuer's public key.
    #[error("the issuer's signature does not verify: {0}")]
    Signature(#[from] InvalidSignature),
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The result cannot be read back.
    #[error(transparent)]
    Certificate(#[from] InvalidCertificate),
}

impl LintedCertificate {
    pub(super) fn check(tbs: &[u8], kind: SubjectKind, signer: Signer<'_>) -> Result<Self, LintRefusal> {
        let linted = lint::certificate(tbs, signer.facts(), kind).map_err(LintRefusal)?;
        Ok(Self { tbs: linted.tbs_der().to_vec(), algorithm: signer.algorithm() })
    }

    /// Takes up an intent whose first holder died: the same bytes are linted again and signed again, never new ones.
    ///
    /// # Errors
    /// [`LintRefusal`] when a rule has become stricter since.
    pub fn resume(
        _permitted: &Permitted<ResumeIssuance>,
        tbs: &[u8],
        kind: SubjectKind,
        signer: Signer<'_>,
    ) -> Result<Self, LintRefusal> {
        Self::check(tbs, kind, signer)
    }

    /// The exact bytes to sign: what the intent records.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// What the HSM is asked.
    pub fn sign_request(&self, signer: Signer<'_>, time_limit: Duration) -> SignRequest {
        let (key, state) = signer.key();
        let input = Input::Message(self.tbs.clone());
        SignRequest::new(key.clone(), self.algorithm, SignPurpose::Certificate, state, time_limit, input)
    }

    /// Puts the signature to the bytes after verifying it under the issuer's public key.
    ///
    /// # Errors
    /// [`AssemblyError`]; nothing is released then.
    pub fn assemble(self, signature: &Signature, signer: Signer<'_>) -> Result<IssuedCertificate, AssemblyError> {
        signature.verify(self.algorithm, signer.public_key(), &self.tbs)?;
        let der = tbs_certificate::assemble(&self.tbs, self.algorithm, signature.as_bytes())?;
        Ok(IssuedCertificate::new(Certificate::from_der(&der)?))
    }
}
