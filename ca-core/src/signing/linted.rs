//! The only thing that can be signed as an artifact.

use std::time::Duration;

use super::artifact::{Draft, Form};
use super::examination::{self, Contradiction};
use super::{Format, SignedArtifact};
use crate::cms::reader::SignedDataReader;
use crate::hsm::independent::{self, Verdict};
use crate::hsm::{Input, SignPurpose, SignRequest, Signature};
use crate::time::UnixTime;
use crate::x509::algorithm::InvalidSignature;
use crate::x509::extension::ExtendedKeyUsage;
use crate::x509::{Certificate, EncodingError, Purposes, Validity};

/// What is to be signed, after every rule.
#[derive(Debug)]
pub struct LintedArtifact(Draft);

/// A rule that stands against signing.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactRefusal {
    /// A certificate of the path is not valid when it signs.
    #[error("the certificate of {subject} is valid from {} to {}, the signing time is {at}", .validity.not_before, .validity.not_after)]
    NotValid {
        /// Its subject.
        subject: String,
        /// When it is valid.
        validity: Validity,
        /// The signing time.
        at: UnixTime,
    },
    /// Nothing is signed for a moment that has not come.
    #[error("the signing time {signing_time} lies after now, {now}")]
    Future {
        /// What the signature would say.
        signing_time: UnixTime,
        /// Now.
        now: UnixTime,
    },
    /// The certificate is not for code signing.
    #[error("the certificate is not for code signing: key usage digitalSignature and extended key usage codeSigning")]
    Purpose,
    /// A JAR is verified with a root that stands in it.
    #[error("the path of the signer does not go up to its root, which the form jar-sf carries")]
    RootMissing,
    /// The bytes say something else.
    #[error("what would be signed is not what was asked for: {0}")]
    Contradiction(#[from] Contradiction),
    /// The encoder refused it, or the certificate cannot be read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// A signature came back that makes no signed artifact.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// It does not verify under the certificate's key.
    #[error("the signature over the artifact does not verify: {0}")]
    Signature(#[from] InvalidSignature),
    /// One implementation says it does, a second one that it does not.
    #[error("a second implementation does not accept the signature over the artifact")]
    Disputed,
    /// What was assembled reads differently.
    #[error("the signed message was not understood when it was read again: {0}")]
    Contradiction(#[from] Contradiction),
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl LintedArtifact {
    pub(super) fn check(draft: Draft, now: UnixTime) -> Result<Self, ArtifactRefusal> {
        let signing_time = draft.signing_time;
        if signing_time > now {
            return Err(ArtifactRefusal::Future { signing_time, now });
        }
        draft.signer.chain().iter().try_for_each(|certificate| check_validity(certificate, signing_time))?;
        let purposes = Purposes::of(draft.signer.certificate())?;
        if !(purposes.signs() && purposes.names(ExtendedKeyUsage::CodeSigning)) {
            return Err(ArtifactRefusal::Purpose);
        }
        if draft.format == Format::JarSf && !draft.signer.has_root() {
            return Err(ArtifactRefusal::RootMissing);
        }
        if let Form::Cms(unsigned) = &draft.form {
            // The message around a signature that is none, read by other code than made it.
            let der = unsigned.assemble(draft.algorithm, b"unsigned", None)?;
            check_message(&draft, &SignedDataReader::from_der(&der)?)?;
        }
        Ok(Self(draft))
    }

    /// What the HSM is asked: signed attributes as a message, a digest as it is.
    pub fn sign_request(&self, time_limit: Duration) -> SignRequest {
        let draft = &self.0;
        let input = match &draft.form {
            Form::Raw => Input::Digest { algorithm: draft.item.algorithm, value: draft.item.digest.clone() },
            Form::Cms(unsigned) => Input::Message(unsigned.message().to_vec()),
        };
        let (key, state) = (draft.signer.key().clone(), draft.signer.key_state());
        SignRequest::new(key, draft.algorithm, SignPurpose::Artifact, state, time_limit, input)
    }

    /// Puts the signature to what was signed, after verifying it under the certificate's key and reading the result again.
    ///
    /// # Errors
    /// [`AssemblyError`]; nothing is released then.
    pub fn assemble(self, signature: &Signature) -> Result<SignedArtifact, AssemblyError> {
        let draft = self.0;
        let key = draft.signer.certificate().public_key();
        match &draft.form {
            Form::Raw => check_raw(&draft, signature)?,
            Form::Cms(unsigned) => {
                signature.verify(draft.algorithm, key, unsigned.message())?;
                let der = unsigned.assemble(draft.algorithm, signature.as_bytes(), None)?;
                check_signed(&draft, &der)?;
                return Ok(SignedArtifact::new(draft, signature.as_bytes(), der));
            }
        }
        Ok(SignedArtifact::new(draft, signature.as_bytes(), signature.as_bytes().to_vec()))
    }
}

fn check_validity(certificate: &Certificate, at: UnixTime) -> Result<(), ArtifactRefusal> {
    let validity = certificate.validity();
    if validity.contains(at) {
        return Ok(());
    }
    Err(ArtifactRefusal::NotValid { subject: certificate.subject().to_string(), validity, at })
}

/// The two implementations agree on a signature over a digest (RSA: one).
fn check_raw(draft: &Draft, signature: &Signature) -> Result<(), AssemblyError> {
    let key = draft.signer.certificate().public_key();
    let digest = aws_lc_rs::digest::Digest::import_less_safe(&draft.item.digest, draft.item.algorithm.engine());
    let digest = digest.map_err(|_| InvalidSignature::Mismatch)?;
    draft.algorithm.verify_digest(key, &digest, signature.as_bytes())?;
    match independent::verify_digest(draft.algorithm, key, &digest, signature.as_bytes()) {
        Verdict::Disagrees => Err(AssemblyError::Disputed),
        Verdict::Agrees | Verdict::NoOpinion => Ok(()),
    }
}

/// What a message says, its signature aside.
fn check_message(draft: &Draft, message: &SignedDataReader<'_>) -> Result<(), Contradiction> {
    examination::is_about(draft.format, &draft.item, message)?;
    if message.signing_time() != Some(draft.signing_time) {
        return Err(Contradiction::SigningTime);
    }
    let certificate = draft.signer.certificate();
    if message.signer_certificate()? != certificate || message.names(certificate) == Some(false) {
        return Err(Contradiction::OtherSigner);
    }
    let expected = if draft.format == Format::JarSf { draft.signer.chain() } else { draft.signer.without_root() };
    let carried = message.certificates.len() == expected.len()
        && expected.iter().all(|certificate| message.certificates.contains(certificate));
    if carried { Ok(()) } else { Err(Contradiction::Certificates) }
}

/// Reads a finished message and verifies its signature with other code than made it.
pub(super) fn check_signed(draft: &Draft, der: &[u8]) -> Result<(), Contradiction> {
    let message = SignedDataReader::from_der(der)?;
    check_message(draft, &message)?;
    Ok(message.verify(draft.signer.certificate())?)
}
