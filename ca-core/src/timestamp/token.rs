//! A timestamp token: read, and held against what was asked and who is trusted.

use aws_lc_rs::digest;
use der::Tag;

use super::request::RequestFault;
use super::{TimeStampRequest, TstInfo};
use crate::cms::SignerFault;
use crate::cms::oid;
use crate::cms::reader::SignedDataReader;
use crate::time::UnixTime;
use crate::x509::extension::ExtendedKeyUsage;
use crate::x509::path::{self, PathFault};
use crate::x509::{Certificate, EncodingError, Purposes};

/// A token with what it says. Who made it is not known before it was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampToken {
    der: Vec<u8>,
    info: TstInfo,
}

/// Octets that are no token.
#[derive(Debug, thiserror::Error)]
pub enum InvalidToken {
    /// It is no SignedData.
    #[error("the timestamp token: {0}")]
    Encoding(#[from] EncodingError),
    /// It is a SignedData about something else.
    #[error("the timestamp token is not about a TSTInfo")]
    ContentType,
    /// What it says is malformed.
    #[error("the TSTInfo of the timestamp token: {0}")]
    TstInfo(&'static str),
    /// What it is about cannot be judged.
    #[error("the imprint in the timestamp token: {0}")]
    Imprint(RequestFault),
}

/// Why a token proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampFault {
    /// It is about something else.
    #[error("the timestamp is about something else")]
    Imprint,
    /// It does not repeat the nonce.
    #[error("the timestamp does not repeat the nonce of the request")]
    Nonce,
    /// It was made under another policy.
    #[error("the timestamp was made under another policy than asked for")]
    Policy,
    /// Its time is not the time of asking.
    #[error("the time in the timestamp, {time}, is not the time of asking, {now}")]
    Time {
        /// The token's.
        time: UnixTime,
        /// Ours.
        now: UnixTime,
    },
    /// Its signature does not hold.
    #[error("the timestamp: {0}")]
    Signer(#[from] SignerFault),
    /// The digest of its content is another one.
    #[error("the signed attributes of the timestamp are about another content")]
    Content,
    /// It does not say which certificate signed (RFC 3161 §2.4.2).
    #[error("the timestamp does not bind the certificate of its signer")]
    Unbound,
    /// The certificate is not one of a time-stamping authority.
    #[error("the certificate of the timestamp's signer is not for time stamping alone (RFC 3161 §2.3)")]
    Purpose,
    /// Nobody whom we trust stands behind it.
    #[error("the authority of the timestamp: {0}")]
    Path(#[from] PathFault),
}

/// A token that proves its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTimestamp {
    /// What it says.
    pub info: TstInfo,
    /// The certificate of the authority.
    pub signer: Certificate,
}

/// Seconds that an answer's time may differ from ours, both clocks and the way taken together.
const TOLERANCE: std::time::Duration = std::time::Duration::from_secs(300);

impl TimeStampToken {
    /// Reads a token; nothing is verified.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidToken> {
        let info = TstInfo::read(content(&SignedDataReader::from_der(der)?)?)?;
        Ok(Self { der: der.to_vec(), info })
    }

    /// The very bytes.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// What it says.
    pub fn info(&self) -> &TstInfo {
        &self.info
    }

    /// Whether it is about these octets.
    pub fn is_about(&self, message: &[u8]) -> bool {
        let imprint = &self.info.imprint;
        digest::digest(imprint.algorithm().engine(), message).as_ref() == imprint.digest()
    }

    /// Verifies the token, and that it is about `message`: signature, purpose of the certificate, and its path to one of
    /// `roots` at `at`, which is the token's own time when its authority need not be valid any more.
    ///
    /// # Errors
    /// [`TimestampFault`].
    pub fn verify(
        &self,
        message: &[u8],
        roots: &[Certificate],
        at: UnixTime,
    ) -> Result<VerifiedTimestamp, TimestampFault> {
        if !self.is_about(message) {
            return Err(TimestampFault::Imprint);
        }
        self.verify_authority(roots, at)
    }

    /// Verifies the answer of another authority to `request`: everything that [`Self::verify`] does, and that it is the
    /// answer to this request and was made `now`.
    ///
    /// # Errors
    /// [`TimestampFault`].
    pub fn verify_answer(
        &self,
        request: &TimeStampRequest,
        roots: &[Certificate],
        now: UnixTime,
    ) -> Result<VerifiedTimestamp, TimestampFault> {
        let info = &self.info;
        if info.imprint != *request.imprint() {
            return Err(TimestampFault::Imprint);
        }
        if request.nonce().is_some_and(|nonce| info.nonce.as_deref() != Some(nonce)) {
            return Err(TimestampFault::Nonce);
        }
        if request.policy().is_some_and(|policy| policy != info.policy) {
            return Err(TimestampFault::Policy);
        }
        let time = info.time.to_unix_time();
        if time > now.plus(TOLERANCE) || time < now.minus(TOLERANCE) {
            return Err(TimestampFault::Time { time, now });
        }
        self.verify_authority(roots, time)
    }

    fn verify_authority(&self, roots: &[Certificate], at: UnixTime) -> Result<VerifiedTimestamp, TimestampFault> {
        let message = SignedDataReader::from_der(&self.der).map_err(|_| TimestampFault::Content)?;
        let signer = message.signer_certificate()?;
        self.verify_signature(signer)?;
        let purposes = Purposes::of(signer).map_err(|_| TimestampFault::Purpose)?;
        if !purposes.is_only(ExtendedKeyUsage::TimeStamping) || !purposes.signs() {
            return Err(TimestampFault::Purpose);
        }
        path::verify(signer, &message.certificates, roots, at, ExtendedKeyUsage::TimeStamping)?;
        Ok(VerifiedTimestamp { info: self.info.clone(), signer: signer.clone() })
    }

    /// The signature of the token under this certificate, which the token has to name.
    pub(super) fn verify_signature(&self, certificate: &Certificate) -> Result<(), TimestampFault> {
        let message = SignedDataReader::from_der(&self.der).map_err(|_| TimestampFault::Content)?;
        let content = content(&message).map_err(|_| TimestampFault::Content)?;
        let algorithm = message.digest_algorithm().ok_or(SignerFault::Algorithm)?;
        if digest::digest(algorithm.engine(), content).as_ref() != message.message_digest()? {
            return Err(TimestampFault::Content);
        }
        message.verify(certificate)?;
        // RFC 3161 §2.4.2: "the certificate identifier ... of the TSA certificate MUST be included as a signerInfo attribute".
        if message.names(certificate).is_none() {
            return Err(TimestampFault::Unbound);
        }
        Ok(())
    }
}

/// DER of the TSTInfo.
fn content<'a>(message: &SignedDataReader<'a>) -> Result<&'a [u8], InvalidToken> {
    if message.content_type != oid::TST_INFO {
        return Err(InvalidToken::ContentType);
    }
    let content = message.content.filter(|content| content.header().tag() == Tag::OctetString);
    content.map(|content| content.value()).ok_or(InvalidToken::ContentType)
}
