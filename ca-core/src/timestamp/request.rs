//! What is asked of an authority (RFC 3161 §2.4.1).

use der::Decode as _;

use super::asn1::TimeStampReqAsn1;
use super::policy::PolicyId;
use super::{FailureInfo, MessageImprint, Rejection};
use crate::cms::tlv;
use crate::hsm::DigestAlgorithm;

/// Octets of a request: nothing longer is one.
pub const LARGEST_REQUEST: usize = 4096;

/// Octets of a nonce that is echoed.
const LONGEST_NONCE: usize = 64;

/// A request for a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampRequest {
    imprint: MessageImprint,
    policy: Option<PolicyId>,
    nonce: Option<Vec<u8>>,
    wants_certificates: bool,
}

/// Octets that are no request that can be answered with a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Too long, or no DER of a TimeStampReq.
    #[error("this is no DER of a TimeStampReq (RFC 3161 §2.4.1)")]
    Format,
    /// Another version than 1.
    #[error("only version 1 of TimeStampReq is known")]
    Version,
    /// A hash function that is not accepted.
    #[error("the hash function {0} is not accepted: use SHA-256, SHA-384 or SHA-512")]
    Algorithm(String),
    /// A hash of the wrong length.
    #[error("the hash has {octets} octets, {algorithm} has {}", .algorithm.output_len())]
    Length {
        /// Its function.
        algorithm: DigestAlgorithm,
        /// Its length.
        octets: usize,
    },
    /// A nonce that nobody needs.
    #[error("the nonce is longer than 64 octets")]
    Nonce,
    /// Extensions, of which none is known.
    #[error("the extension {0} is not accepted")]
    Extension(String),
}

impl RequestFault {
    /// The word that RFC 3161 has for it.
    pub fn failure(&self) -> FailureInfo {
        match self {
            Self::Format | Self::Length { .. } => FailureInfo::BadDataFormat,
            Self::Version | Self::Nonce => FailureInfo::BadRequest,
            Self::Algorithm(_) => FailureInfo::BadAlg,
            Self::Extension(_) => FailureInfo::UnacceptedExtension,
        }
    }
}

impl From<RequestFault> for Rejection {
    fn from(fault: RequestFault) -> Self {
        Self::new(fault.failure(), fault.to_string())
    }
}

impl TimeStampRequest {
    /// A request of our own to another authority, which is to send its certificates along.
    pub fn new(imprint: MessageImprint, policy: Option<PolicyId>, nonce: [u8; 16]) -> Self {
        // Positive, and never shorter than it was drawn.
        let positive =
            nonce.iter().enumerate().map(|(place, octet)| if place == 0 { octet & 0x7f | 0x40 } else { *octet });
        Self { imprint, policy, nonce: Some(positive.collect()), wants_certificates: true }
    }

    /// Reads DER.
    ///
    /// # Errors
    /// [`RequestFault`], which knows the PKIFailureInfo to answer with.
    pub fn parse(der: &[u8]) -> Result<Self, RequestFault> {
        if der.len() > LARGEST_REQUEST {
            return Err(RequestFault::Format);
        }
        let asn1 = TimeStampReqAsn1::from_der(der).map_err(|_| RequestFault::Format)?;
        if asn1.version.as_bytes() != [1] {
            return Err(RequestFault::Version);
        }
        // RFC 3161 §2.4.1: "If an extension, whether it is marked critical or not critical, is used by a requester but is not
        // recognized by a time-stamping server, the server SHALL not issue a token".
        if let Some(extensions) = &asn1.extensions {
            let first = extensions.first().map(|extension| extension.extn_id.to_string());
            return Err(RequestFault::Extension(first.unwrap_or_else(|| "list, which is empty,".to_owned())));
        }
        let nonce = asn1.nonce.map(|nonce| nonce.as_bytes().to_vec());
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(RequestFault::Nonce);
        }
        Ok(Self {
            imprint: MessageImprint::read(&asn1.message_imprint)?,
            policy: asn1.req_policy.map(PolicyId),
            nonce,
            wants_certificates: asn1.cert_req,
        })
    }

    /// DER, for asking another authority.
    pub fn encode(&self) -> Vec<u8> {
        let policy = self.policy.map(|policy| tlv::oid(policy.0)).unwrap_or_default();
        let nonce = self.nonce.as_ref().map(|nonce| tlv::value(tlv::INTEGER, nonce)).unwrap_or_default();
        // FALSE is the default, so DER leaves it out.
        let certificates = if self.wants_certificates { tlv::value(tlv::BOOLEAN, &[0xff]) } else { Vec::new() };
        tlv::sequence(&[&tlv::value(tlv::INTEGER, &[1]), self.imprint.as_der(), &policy, &nonce, &certificates])
    }

    /// What is to be stamped.
    pub fn imprint(&self) -> &MessageImprint {
        &self.imprint
    }

    /// The policy that is asked for.
    pub fn policy(&self) -> Option<PolicyId> {
        self.policy
    }

    /// Contents octets of the INTEGER that the token has to repeat.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// Whether the token is to carry certificates.
    pub fn wants_certificates(&self) -> bool {
        self.wants_certificates
    }
}
