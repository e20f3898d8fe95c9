//! What an authority promises: its policies, its hash functions, its accuracy.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;

use super::{FailureInfo, Rejection, TimeStampRequest};
use crate::hsm::DigestAlgorithm;

/// A policy of a time-stamping authority: a dotted object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub(super) ObjectIdentifier);

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Text that is no [`PolicyId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no policy of a time-stamping authority: expected an object identifier such as 1.3.6.1.4.1.99999.3")]
pub struct InvalidPolicyId(String);

impl FromStr for PolicyId {
    type Err = InvalidPolicyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ObjectIdentifier::new(text).map(Self).map_err(|_| InvalidPolicyId(text.chars().take(80).collect()))
    }
}

/// How far the time in a token may lie from the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// Whole seconds.
    pub seconds: u32,
    /// Milliseconds on top, at most 999.
    pub millis: u16,
}

/// What an authority accepts and promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TsaPolicy {
    /// The policy of tokens for which the request names none.
    pub default: PolicyId,
    /// Other policies that a request may name.
    pub others: Vec<PolicyId>,
    /// Hash functions that it stamps.
    pub digests: Vec<DigestAlgorithm>,
    /// What tokens say about their time; `None` says nothing.
    pub accuracy: Option<Accuracy>,
}

impl TsaPolicy {
    /// The policy of the token that this request gets.
    ///
    /// # Errors
    /// unacceptedPolicy for one that is not this authority's, badAlg for a hash function that it does not stamp.
    pub fn accept(&self, request: &TimeStampRequest) -> Result<PolicyId, Rejection> {
        let algorithm = request.imprint().algorithm();
        if !self.digests.contains(&algorithm) {
            let text = format!("this time-stamping authority does not stamp {algorithm} digests");
            return Err(Rejection::new(FailureInfo::BadAlg, text));
        }
        match request.policy() {
            None => Ok(self.default),
            Some(policy) if policy == self.default || self.others.contains(&policy) => Ok(policy),
            Some(policy) => {
                let text = format!("{policy} is no policy of this time-stamping authority");
                Err(Rejection::new(FailureInfo::UnacceptedPolicy, text))
            }
        }
    }
}
