//! From a permitted act and a digest to the exact bytes to sign.

use aws_lc_rs::digest;

use super::authenticode::spc;
use super::linted::{ArtifactRefusal, LintedArtifact};
use super::{ArtifactAct, ArtifactSigner, DigestItem, Format};
use crate::cms::algorithm::signature_for;
use crate::cms::signed_data::{AttributeValue, Content, SignedDataFields, UnsignedData};
use crate::cms::{ess, oid};
use crate::hsm::DigestAlgorithm;
use crate::policy::Permitted;
use crate::time::UnixTime;
use crate::x509::{Certificate, EncodingError, KeyAlgorithm, SignatureAlgorithm};

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<'a> {
    /// What is made of the digest.
    pub format: Format,
    /// The artifact by its digest.
    pub item: &'a DigestItem,
    /// When it is signed, as the signature says.
    pub signing_time: UnixTime,
}

/// Why nothing can be built for an artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// What was permitted is not what is being built.
    #[error("the permission is for another signature: {0}")]
    NotPermitted(&'static str),
    /// Those who verify expect the hash of the signature.
    #[error("{key} keys do not sign {digest} digests in the form {format}: {advice}")]
    Algorithm {
        /// The signer's key.
        key: KeyAlgorithm,
        /// The artifact's hash.
        digest: DigestAlgorithm,
        /// The form.
        format: Format,
        /// What to do.
        advice: &'static str,
    },
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// The bytes to sign, not yet linted.
#[derive(Debug)]
pub struct SignableArtifact(pub(super) Draft);

/// A signature in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) format: Format,
    pub(super) item: DigestItem,
    pub(super) signing_time: UnixTime,
    pub(super) signer: ArtifactSigner,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) form: Form,
}

/// What the signature is over.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// The artifact's digest itself.
    Raw,
    /// Signed attributes.
    Cms(Box<UnsignedData>),
}

impl SignableArtifact {
    /// Builds what `permitted` allows `signer` to sign.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub fn build<A: ArtifactAct>(
        permitted: &Permitted<A>,
        artifact: Artifact<'_>,
        signer: &ArtifactSigner,
    ) -> Result<Self, ArtifactError> {
        let Artifact { format, item, signing_time } = artifact;
        let act = permitted.action();
        if !act.covers(format, item) {
            return Err(ArtifactError::NotPermitted("the artifact or the form differs"));
        }
        if !act.names_certificate(signer.certificate().serial()) {
            return Err(ArtifactError::NotPermitted("the certificate differs"));
        }
        let algorithm = signature_algorithm(format, signer.certificate().public_key().algorithm(), item.algorithm)?;
        let form = form(artifact, signer)?;
        Ok(Self(Draft { format, item: item.clone(), signing_time, signer: signer.clone(), algorithm, form }))
    }

    /// Reads the bytes again and holds them, and the certificate, against the rules of the form.
    ///
    /// # Errors
    /// [`ArtifactRefusal`]; the artifact is then gone.
    pub fn lint(self, now: UnixTime) -> Result<LintedArtifact, ArtifactRefusal> {
        LintedArtifact::check(self.0, now)
    }
}

/// What a key of this kind signs a digest with in this form.
///
/// # Errors
/// [`ArtifactError::Algorithm`] where none would be accepted by those who verify.
pub fn signature_algorithm(
    format: Format,
    key: KeyAlgorithm,
    digest: DigestAlgorithm,
) -> Result<SignatureAlgorithm, ArtifactError> {
    let refusal = |advice| ArtifactError::Algorithm { key, digest, format, advice };
    match (format, key) {
        (Format::Raw, KeyAlgorithm::Ed25519) => {
            return Err(refusal("Ed25519 signs messages, not digests (RFC 8032); use an ECDSA or RSA key"));
        }
        (Format::AuthenticodePe, KeyAlgorithm::Ed25519) => {
            return Err(refusal("nothing that runs programs verifies Ed25519; use an ECDSA or RSA key"));
        }
        _ => {}
    }
    let advice = match SignatureAlgorithm::for_key(key) {
        SignatureAlgorithm::EcdsaSha256 => "submit sha256 digests",
        SignatureAlgorithm::EcdsaSha384 => "submit sha384 digests",
        _ => "submit sha512 digests",
    };
    let algorithm = signature_for(key, digest).ok_or_else(|| refusal(advice))?;
    // The curve fixes the hash, as in the HSM layer; and those who verify take one hash for both.
    let fits = matches!(key, KeyAlgorithm::Rsa { .. }) || algorithm == SignatureAlgorithm::for_key(key);
    if fits { Ok(algorithm) } else { Err(refusal(advice)) }
}

fn form(artifact: Artifact<'_>, signer: &ArtifactSigner) -> Result<Form, EncodingError> {
    let item = artifact.item;
    let time = AttributeValue::signing_time(artifact.signing_time)?;
    match artifact.format {
        Format::Raw => Ok(Form::Raw),
        Format::CmsDetached => detached(item, time, signer, signer.without_root()),
        // jarsigner -strict asks for a trusted certificate inside the block.
        Format::JarSf => detached(item, time, signer, signer.chain()),
        Format::AuthenticodePe => authenticode(item, time, signer),
    }
}

fn detached(
    item: &DigestItem,
    time: AttributeValue,
    signer: &ArtifactSigner,
    certificates: &[Certificate],
) -> Result<Form, EncodingError> {
    let certificate = signer.certificate();
    let ess = AttributeValue { id: oid::SIGNING_CERTIFICATE_V2, der: ess::signing_certificate_v2(certificate) };
    let unsigned = UnsignedData::new(SignedDataFields {
        content: Content::Detached,
        digest: item.algorithm,
        message_digest: &item.digest,
        attributes: &[time, ess],
        signer: certificate,
        certificates,
    })?;
    Ok(Form::Cms(Box::new(unsigned)))
}

fn authenticode(item: &DigestItem, time: AttributeValue, signer: &ArtifactSigner) -> Result<Form, EncodingError> {
    let indirect = spc::indirect_data(item.algorithm, &item.digest);
    // The digest is over the contents octets of the SEQUENCE, without tag and length.
    let message_digest = digest::digest(item.algorithm.engine(), &indirect.contents);
    let statement = AttributeValue { id: oid::SPC_STATEMENT_TYPE, der: spc::individual_code_signing() };
    let opus = AttributeValue { id: oid::SPC_SP_OPUS_INFO, der: spc::opus_info() };
    let unsigned = UnsignedData::new(SignedDataFields {
        content: Content::SpcIndirectData(indirect.der()),
        digest: item.algorithm,
        message_digest: message_digest.as_ref(),
        attributes: &[time, statement, opus],
        signer: signer.certificate(),
        certificates: signer.without_root(),
    })?;
    Ok(Form::Cms(Box::new(unsigned)))
}
