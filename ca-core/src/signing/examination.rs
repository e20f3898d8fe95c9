//! Whether a message says what it should: asked before it is signed, again when it is, and of what others bring.

use aws_lc_rs::digest;

use super::authenticode::spc;
use super::{DigestItem, Format};
use crate::cms::SignerFault;
use crate::cms::oid;
use crate::cms::reader::SignedDataReader;
use crate::hsm::DigestAlgorithm;
use crate::x509::EncodingError;

/// A message that says something else than it should.
#[derive(Debug, thiserror::Error)]
pub enum Contradiction {
    /// It cannot be read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// It is of another form.
    #[error("the message is not of the form {0}")]
    Format(Format),
    /// It is about another digest.
    #[error("the signature is about another digest than the artifact's")]
    Digest,
    /// Its signed attributes do not hold.
    #[error(transparent)]
    Signer(#[from] SignerFault),
    /// It says another signing time.
    #[error("the message says another signing time")]
    SigningTime,
    /// It carries other certificates.
    #[error("the message carries other certificates")]
    Certificates,
    /// It names another signer.
    #[error("the message names another signer")]
    OtherSigner,
}

/// Whether the content is of this form.
pub(super) fn is_of(format: Format, message: &SignedDataReader<'_>) -> bool {
    match format {
        Format::Raw => false,
        Format::CmsDetached | Format::JarSf => message.content_type == oid::ID_DATA && message.content.is_none(),
        Format::AuthenticodePe => message.content_type == oid::SPC_INDIRECT_DATA,
    }
}

/// The digest of the artifact that the message is about. For Authenticode it stands in the content, whose own digest must
/// be the one in the signed attributes.
pub(super) fn artifact_digest(
    format: Format,
    message: &SignedDataReader<'_>,
) -> Result<(DigestAlgorithm, Vec<u8>), Contradiction> {
    if !is_of(format, message) {
        return Err(Contradiction::Format(format));
    }
    let algorithm = message.digest_algorithm().ok_or(SignerFault::Algorithm)?;
    let message_digest = message.message_digest()?;
    let Some(content) = message.content else { return Ok((algorithm, message_digest.to_vec())) };
    // Only the contents octets of the SEQUENCE are hashed.
    let of_content = digest::digest(algorithm.engine(), content.value());
    if of_content.as_ref() != message_digest {
        return Err(Contradiction::Digest);
    }
    spc::image_digest(content).ok_or(Contradiction::Format(format))
}

/// Whether the message is about this artifact.
pub(super) fn is_about(format: Format, item: &DigestItem, message: &SignedDataReader<'_>) -> Result<(), Contradiction> {
    let (algorithm, digest) = artifact_digest(format, message)?;
    if algorithm == item.algorithm && digest == item.digest { Ok(()) } else { Err(Contradiction::Digest) }
}
