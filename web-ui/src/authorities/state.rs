//! How an authority is, in one word.

use crate::parts::{Badge, State};

/// How an authority is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityState {
    /// It signs certificates.
    Active,
    /// Its certificate ends soon: a successor should be prepared.
    EndsSoon,
    /// Its certificate is over.
    Expired,
    /// It signs revocation lists only.
    Retired,
    /// Its certificate was revoked.
    Revoked,
}

impl AuthorityState {
    pub(crate) fn badge(self) -> Badge {
        match self {
            Self::Active => Badge::new(State::Good, "active"),
            Self::EndsSoon => Badge::new(State::Soon, "ends soon"),
            Self::Expired => Badge::new(State::Broken, "expired"),
            Self::Retired => Badge::new(State::Neutral, "retired"),
            Self::Revoked => Badge::new(State::Revoked, "revoked"),
        }
    }
}
