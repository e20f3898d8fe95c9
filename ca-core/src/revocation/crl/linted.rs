//! The only thing that can be signed as a CRL.

use std::time::Duration;

use aws_lc_rs::digest;
use der::Encode as _;
use der::asn1::BitStringRef;

use super::buffer::FrontBuffer;
use super::{CertificateListIssuer, IssuedCertificateList};
use crate::hsm::independent::{self, Verdict};
use crate::hsm::{DigestAlgorithm, Input, SignPurpose, SignRequest, Signature};
use crate::lint::{self, Finding, IssuerFacts, UnreadableIssuer};
use crate::x509::algorithm::InvalidSignature;
use crate::x509::{EncodingError, SignatureAlgorithm};

/// A to-be-signed list that breaks no rule.
#[derive(Debug)]
pub struct LintedCertificateList {
    buffer: FrontBuffer,
    algorithm: SignatureAlgorithm,
}

/// Why a list is not signed.
#[derive(Debug, thiserror::Error)]
pub enum LintRefusal {
    /// The rules that it breaks.
    #[error("lint refuses the CRL: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Findings(Vec<Finding>),
    /// The CA certificate cannot be held against the list.
    #[error(transparent)]
    Issuer(#[from] UnreadableIssuer),
}

/// A signature came back that does not make a CRL.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// It does not verify under the issuer's public key.
    #[error("the issuer's signature on the CRL does not verify: {0}")]
    Signature(#[from] InvalidSignature),
    /// One implementation says it does, a second one that it does not.
    #[error("a second implementation does not accept the issuer's signature on the CRL")]
    Disputed,
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl LintedCertificateList {
    pub(super) fn check(
        buffer: FrontBuffer,
        algorithm: SignatureAlgorithm,
        issuer: CertificateListIssuer<'_>,
    ) -> Result<Self, LintRefusal> {
        let facts = IssuerFacts::from_der(issuer.certificate.as_der())?;
        lint::certificate_list(buffer.as_slice(), &facts).map_err(LintRefusal::Findings)?;
        Ok(Self { buffer, algorithm })
    }

    /// The exact bytes to sign.
    pub fn tbs_der(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    /// What the HSM is asked. It holds a copy of the bytes: the one time that a list is twice in memory.
    pub fn sign_request(&self, issuer: CertificateListIssuer<'_>, time_limit: Duration) -> SignRequest {
        let input = Input::Message(self.tbs_der().to_vec());
        SignRequest::new(issuer.key.clone(), self.algorithm, SignPurpose::Crl, issuer.key_state, time_limit, input)
    }

    /// Puts the signature to the bytes after two implementations verified it under the issuer's public key (RSA: one).
    ///
    /// # Errors
    /// [`AssemblyError`]; nothing is released then.
    pub fn assemble(
        mut self,
        signature: &Signature,
        issuer: CertificateListIssuer<'_>,
    ) -> Result<IssuedCertificateList, AssemblyError> {
        self.verify(signature.as_bytes(), issuer)?;
        self.close(signature.as_bytes()).map_err(EncodingError::of("CertificateList"))?;
        Ok(IssuedCertificateList::new(self.buffer.into_vec()))
    }

    fn verify(&self, signature: &[u8], issuer: CertificateListIssuer<'_>) -> Result<(), AssemblyError> {
        let (key, tbs) = (issuer.certificate.public_key(), self.tbs_der());
        let verdict = if let Some(hash) = DigestAlgorithm::of(self.algorithm) {
            // The list is long: it is hashed once for both.
            let digest = digest::digest(hash.engine(), tbs);
            self.algorithm.verify_digest(key, &digest, signature)?;
            independent::verify_digest(self.algorithm, key, &digest, signature)
        } else {
            self.algorithm.verify(key, tbs, signature)?;
            independent::verify(self.algorithm, key, tbs, signature)
        };
        if verdict == Verdict::Disagrees { Err(AssemblyError::Disputed) } else { Ok(()) }
    }

    /// `CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }`
    fn close(&mut self, signature: &[u8]) -> der::Result<()> {
        self.algorithm.identifier().encode(self.buffer.back())?;
        BitStringRef::from_bytes(signature)?.encode(self.buffer.back())?;
        self.buffer.wrap_in_sequence()
    }
}
