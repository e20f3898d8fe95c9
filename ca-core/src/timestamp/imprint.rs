//! What is stamped: a hash and its function.

use aws_lc_rs::digest;

use super::asn1::MessageImprintAsn1;
use super::request::RequestFault;
use crate::cms::algorithm::{digest_of, digest_oid};
use crate::cms::tlv;
use crate::hsm::DigestAlgorithm;

/// The hash of what is stamped. The authority never sees the thing itself.
#[derive(Clone, Debug)]
pub struct MessageImprint {
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
    der: Vec<u8>,
}

impl MessageImprint {
    /// The imprint of a message.
    pub fn of(algorithm: DigestAlgorithm, message: &[u8]) -> Self {
        Self::from_digest(algorithm, digest::digest(algorithm.engine(), message).as_ref())
    }

    fn from_digest(algorithm: DigestAlgorithm, digest: &[u8]) -> Self {
        let identifier = tlv::sequence(&[&tlv::oid(digest_oid(algorithm)), &tlv::NULL]);
        let der = tlv::sequence(&[&identifier, &tlv::value(tlv::OCTET_STRING, digest)]);
        Self { algorithm, digest: digest.to_vec(), der }
    }

    /// Reads it, and keeps the very bytes.
    pub(super) fn read(asn1: &MessageImprintAsn1<'_>) -> Result<Self, RequestFault> {
        let id = asn1.hash_algorithm.algorithm;
        let algorithm = digest_of(id).ok_or_else(|| RequestFault::Algorithm(id.to_string()))?;
        let parameters = asn1.hash_algorithm.parameters;
        // RFC 5754 §2: absent or NULL.
        if parameters.is_some_and(|parameters| parameters != der::asn1::AnyRef::NULL) {
            return Err(RequestFault::Algorithm(format!("{id} with parameters")));
        }
        let digest = asn1.hashed_message.as_bytes();
        if digest.len() != algorithm.output_len() {
            return Err(RequestFault::Length { algorithm, octets: digest.len() });
        }
        let mut imprint = Self::from_digest(algorithm, digest);
        if parameters.is_none() {
            let identifier = tlv::sequence(&[&tlv::oid(id)]);
            imprint.der = tlv::sequence(&[&identifier, &tlv::value(tlv::OCTET_STRING, digest)]);
        }
        Ok(imprint)
    }

    /// The hash function.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The hash.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// DER, as it was asked for: those who asked compare it.
    pub(super) fn as_der(&self) -> &[u8] {
        &self.der
    }
}

/// The same hash by the same function, however that is written.
impl PartialEq for MessageImprint {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.digest == other.digest
    }
}

impl Eq for MessageImprint {}
