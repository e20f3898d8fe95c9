//! From a permitted request to a token.

use std::time::Duration;

use super::token::TimestampFault;
use super::{InvalidToken, PolicyId, TimeStampRequest, TimeStampToken, TsaPolicy, TsaSigner, TstInfo};
use crate::cms::signed_data::{AttributeValue, Content, SignedDataFields, UnsignedData};
use crate::cms::{ess, oid};
use crate::hsm::{DigestAlgorithm, Input, SignPurpose, SignRequest, Signature};
use crate::policy::Permitted;
use crate::policy::action::Timestamp;
use crate::time::{UnixMicros, UnixTime};
use crate::x509::algorithm::InvalidSignature;
use crate::x509::{EncodingError, SerialNumber, SignatureAlgorithm, Validity};

/// The bytes to sign, not yet linted.
#[derive(Debug)]
pub struct SignableTimestamp(Draft);

/// The only thing that can be signed as a timestamp.
#[derive(Debug)]
pub struct LintedTimestamp(Draft);

/// A token in the making.
#[derive(Debug)]
struct Draft {
    info: TstInfo,
    encoded: Vec<u8>,
    unsigned: UnsignedData,
    algorithm: SignatureAlgorithm,
    signer: TsaSigner,
}

/// Why no token can be built.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// What was permitted is not what is being built.
    #[error("the permission is for another timestamp: {0}")]
    NotPermitted(&'static str),
    /// The authority does not do what is asked.
    #[error(transparent)]
    Rejected(#[from] super::Rejection),
    /// A time before 1970 or after 9999.
    #[error("the time cannot be written")]
    Time,
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// A rule that stands against a timestamp.
#[derive(Debug, thiserror::Error)]
pub enum TimestampRefusal {
    /// A certificate of the path is not valid when it stamps.
    #[error("the certificate of {subject} is valid from {} to {}, the time is {at}", .validity.not_before, .validity.not_after)]
    NotValid {
        /// Its subject.
        subject: String,
        /// When it is valid.
        validity: Validity,
        /// The time.
        at: UnixTime,
    },
    /// The bytes say something else.
    #[error("what would be signed is not what was asked for")]
    Contradiction,
    /// The bytes cannot be read again.
    #[error(transparent)]
    Unreadable(#[from] InvalidToken),
}

/// A signature came back that makes no token.
#[derive(Debug, thiserror::Error)]
pub enum TimestampAssemblyError {
    /// It does not verify under the certificate's key.
    #[error("the signature over the timestamp does not verify: {0}")]
    Signature(#[from] InvalidSignature),
    /// What was assembled cannot be read.
    #[error("the token was not understood when it was read again: {0}")]
    Unreadable(#[from] InvalidToken),
    /// What was assembled does not verify.
    #[error("the token does not verify when it is read again: {0}")]
    Disputed(#[from] TimestampFault),
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl SignableTimestamp {
    /// Builds the token that `permitted` allows. `serial` was never used before by this authority.
    ///
    /// # Errors
    /// [`TimestampError`].
    pub fn build(
        permitted: &Permitted<Timestamp>,
        request: &TimeStampRequest,
        policy: &TsaPolicy,
        (serial, time): (SerialNumber, UnixMicros),
        signer: &TsaSigner,
    ) -> Result<Self, TimestampError> {
        let chosen = policy.accept(request)?;
        check(permitted.action(), chosen, request)?;
        let info = TstInfo {
            policy: chosen,
            imprint: request.imprint().clone(),
            serial,
            // What is written: milliseconds.
            time: UnixMicros::from_micros(time.micros().div_euclid(1000) * 1000),
            accuracy: policy.accuracy,
            nonce: request.nonce().map(<[u8]>::to_vec),
        };
        let encoded = info.encode().ok_or(TimestampError::Time)?;
        let algorithm = SignatureAlgorithm::for_key(signer.certificate().public_key().algorithm());
        let unsigned = unsigned(&info, &encoded, algorithm, request.wants_certificates(), signer)?;
        Ok(Self(Draft { info, encoded, unsigned, algorithm, signer: signer.clone() }))
    }

    /// Reads the bytes again and holds them, and the certificates, against the rules.
    ///
    /// # Errors
    /// [`TimestampRefusal`]; the token is then gone.
    pub fn lint(self) -> Result<LintedTimestamp, TimestampRefusal> {
        let draft = self.0;
        if TstInfo::read(&draft.encoded)? != draft.info {
            return Err(TimestampRefusal::Contradiction);
        }
        let at = draft.info.time.to_unix_time();
        if let Some(bad) = draft.signer.chain().iter().find(|certificate| !certificate.validity().contains(at)) {
            return Err(TimestampRefusal::NotValid {
                subject: bad.subject().to_string(),
                validity: bad.validity(),
                at,
            });
        }
        Ok(LintedTimestamp(draft))
    }
}

fn check(act: &Timestamp, policy: PolicyId, request: &TimeStampRequest) -> Result<(), TimestampError> {
    if act.policy != policy.to_string() {
        return Err(TimestampError::NotPermitted("the policy differs"));
    }
    if act.digest_algorithm != request.imprint().algorithm() {
        return Err(TimestampError::NotPermitted("the hash function differs"));
    }
    Ok(())
}

fn unsigned(
    info: &TstInfo,
    encoded: &[u8],
    algorithm: SignatureAlgorithm,
    with_certificates: bool,
    signer: &TsaSigner,
) -> Result<UnsignedData, EncodingError> {
    // Those who verify take one hash for the signature and for the signed attributes. Ed25519 is no authority's key.
    let digest = DigestAlgorithm::of(algorithm).unwrap_or(DigestAlgorithm::Sha512);
    let ess = ess::signing_certificate_v2(signer.certificate());
    UnsignedData::new(SignedDataFields {
        content: Content::TstInfo(encoded.to_vec()),
        digest,
        message_digest: aws_lc_rs::digest::digest(digest.engine(), encoded).as_ref(),
        attributes: &[
            AttributeValue::signing_time(info.time.to_unix_time())?,
            AttributeValue { id: oid::SIGNING_CERTIFICATE_V2, der: ess },
        ],
        signer: signer.certificate(),
        // RFC 3161 §2.4.1: without certReq "the certificates field ... MUST not be present".
        certificates: if with_certificates { signer.without_root() } else { &[] },
    })
}

impl LintedTimestamp {
    /// What the token will say.
    pub fn info(&self) -> &TstInfo {
        &self.0.info
    }

    /// What the HSM is asked.
    pub fn sign_request(&self, time_limit: Duration) -> SignRequest {
        let draft = &self.0;
        let input = Input::Message(draft.unsigned.message().to_vec());
        let (key, state) = (draft.signer.key().clone(), draft.signer.key_state());
        SignRequest::new(key, draft.algorithm, SignPurpose::Timestamp, state, time_limit, input)
    }

    /// Puts the signature to the token, after verifying it under the certificate's key and reading the result again.
    ///
    /// # Errors
    /// [`TimestampAssemblyError`]; nothing is released then.
    pub fn assemble(self, signature: &Signature) -> Result<TimeStampToken, TimestampAssemblyError> {
        let draft = self.0;
        let certificate = draft.signer.certificate();
        signature.verify(draft.algorithm, certificate.public_key(), draft.unsigned.message())?;
        let der = draft.unsigned.assemble(draft.algorithm, signature.as_bytes(), None)?;
        let token = TimeStampToken::from_der(&der)?;
        token.verify_signature(certificate)?;
        if token.info() != &draft.info {
            return Err(TimestampFault::Imprint.into());
        }
        Ok(token)
    }
}
