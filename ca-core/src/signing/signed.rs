//! An artifact's signature, verified, with or without a timestamp.

use super::Format;
use super::artifact::{Draft, Form};
use super::examination::Contradiction;
use super::linted::check_signed;
use crate::cms::oid;
use crate::cms::signed_data::AttributeValue;
use crate::timestamp::TimeStampToken;
use crate::x509::{Certificate, EncodingError};

/// Made only by [`LintedArtifact::assemble`](super::LintedArtifact::assemble).
#[derive(Debug)]
pub struct SignedArtifact {
    draft: Draft,
    signature: Vec<u8>,
    octets: Vec<u8>,
}

/// A timestamp that cannot be put to a signature.
#[derive(Debug, thiserror::Error)]
pub enum TimestampMismatch {
    /// There is no room for it.
    #[error("a raw signature has no place for a timestamp")]
    Raw,
    /// It is about something else.
    #[error("the timestamp is not about this signature")]
    OtherImprint,
    /// What was assembled reads differently.
    #[error("the message with its timestamp was not understood when it was read again: {0}")]
    Contradiction(#[from] Contradiction),
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl SignedArtifact {
    pub(super) fn new(draft: Draft, signature: &[u8], octets: Vec<u8>) -> Self {
        Self { draft, signature: signature.to_vec(), octets }
    }

    /// The octets that the key made: what a timestamp is about (RFC 3161 appendix A).
    pub fn signature_value(&self) -> &[u8] {
        &self.signature
    }

    /// The certificate that verifies it.
    pub fn certificate(&self) -> &Certificate {
        self.draft.signer.certificate()
    }

    /// Puts a timestamp into it, in place of an earlier one. Who made the timestamp is the caller's to judge.
    ///
    /// # Errors
    /// [`TimestampMismatch`].
    pub fn with_timestamp(self, token: &TimeStampToken) -> Result<Self, TimestampMismatch> {
        let Form::Cms(unsigned) = &self.draft.form else { return Err(TimestampMismatch::Raw) };
        if !token.is_about(&self.signature) {
            return Err(TimestampMismatch::OtherImprint);
        }
        let id = match self.draft.format {
            Format::AuthenticodePe => oid::SPC_TIME_STAMP_TOKEN,
            Format::Raw | Format::CmsDetached | Format::JarSf => oid::TIME_STAMP_TOKEN,
        };
        let attribute = AttributeValue { id, der: token.as_der().to_vec() };
        let octets = unsigned.assemble(self.draft.algorithm, &self.signature, Some(&attribute))?;
        check_signed(&self.draft, &octets)?;
        Ok(Self { octets, ..self })
    }

    /// What is handed out: DER of the SignedData, or the bare signature.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// What is handed out, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.octets
    }

    /// The media type of what is handed out.
    pub fn media_type(&self) -> &'static str {
        match self.draft.format {
            Format::Raw => "application/octet-stream",
            Format::CmsDetached | Format::AuthenticodePe | Format::JarSf => "application/pkcs7-signature",
        }
    }
}
