//! Authorizations (RFC 8555 §7.1.4, §7.1.6): proof that an account controls an identifier, for a while.

use super::challenge::{ChallengeStatus, ChallengeType};
use super::words::words;
use super::{Identifier, Problem};
use crate::time::UnixTime;

words! {
    /// State of an authorization as stored; expiry is a matter of time and computed.
    AuthorizationState as "authorization state" {
        /// Nothing is proved yet.
        Pending = "pending",
        /// Control was shown.
        Valid = "valid",
        /// A challenge failed.
        Invalid = "invalid",
        /// Given up by the account.
        Deactivated = "deactivated",
        /// Taken back by the server.
        Revoked = "revoked",
    }
}

words! {
    /// Status of an authorization as a client sees it.
    AuthorizationStatus as "authorization status" {
        /// Nothing is proved yet.
        Pending = "pending",
        /// Control was shown.
        Valid = "valid",
        /// A challenge failed, or time ran out before one was met.
        Invalid = "invalid",
        /// Given up by the account.
        Deactivated = "deactivated",
        /// It was valid and its time is over.
        Expired = "expired",
        /// Taken back by the server.
        Revoked = "revoked",
    }
}

/// What the rules need to know of an authorization. `Account` is whatever the server tells accounts apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationFacts<Account> {
    /// The account that holds it.
    pub account: Account,
    /// The identifier, without the `*.` of a wildcard.
    pub identifier: Identifier,
    /// Whether it is for the names one label below the identifier (RFC 8555 §7.1.4).
    pub wildcard: bool,
    /// Its state.
    pub state: AuthorizationState,
    /// From when on it is expired.
    pub expires_at: UnixTime,
}

impl<Account: PartialEq> AuthorizationFacts<Account> {
    // RFC 8555 §7.1.6: pending goes to invalid, valid to expired "if the authorization expires".
    /// The status at an instant.
    pub fn status(&self, now: UnixTime) -> AuthorizationStatus {
        let expired = self.expires_at <= now;
        match self.state {
            AuthorizationState::Pending if expired => AuthorizationStatus::Invalid,
            AuthorizationState::Pending => AuthorizationStatus::Pending,
            AuthorizationState::Valid if expired => AuthorizationStatus::Expired,
            AuthorizationState::Valid => AuthorizationStatus::Valid,
            AuthorizationState::Invalid => AuthorizationStatus::Invalid,
            AuthorizationState::Deactivated => AuthorizationStatus::Deactivated,
            AuthorizationState::Revoked => AuthorizationStatus::Revoked,
        }
    }

    /// Whether it proves now that `account` controls `identifier`, given as an order names it. A wildcard needs its own
    /// authorization, and proves nothing about the name itself.
    pub fn proves(&self, account: &Account, identifier: &Identifier, now: UnixTime) -> bool {
        self.account == *account
            && self.identifier == identifier.base()
            && self.wildcard == identifier.is_wildcard()
            && self.status(now) == AuthorizationStatus::Valid
    }
}

/// An authorization that a new order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAuthorization {
    /// The identifier, without the `*.` of a wildcard.
    pub identifier: Identifier,
    /// Whether the order names the wildcard.
    pub wildcard: bool,
    /// The challenges to offer.
    pub challenges: &'static [ChallengeType],
}

/// The authorizations for the identifiers of an order, one each, in their order.
pub fn plan(identifiers: &[Identifier]) -> Vec<PlannedAuthorization> {
    let planned = |identifier: &Identifier| PlannedAuthorization {
        identifier: identifier.base(),
        wildcard: identifier.is_wildcard(),
        challenges: ChallengeType::offered_for(identifier),
    };
    identifiers.iter().map(planned).collect()
}

impl AuthorizationStatus {
    // RFC 8555 §7.5.2 and the diagram of §7.1.6.
    /// Checks that the account may give the authorization up. One that is given up already may be again.
    ///
    /// # Errors
    /// `malformed` for one that is over in another way.
    pub fn require_deactivatable(self) -> Result<(), Problem> {
        match self {
            Self::Pending | Self::Valid | Self::Deactivated => Ok(()),
            Self::Invalid | Self::Expired | Self::Revoked => Err(Problem::malformed(format!(
                "the authorization is {self}: only a pending or valid one can be deactivated"
            ))),
        }
    }
}

// RFC 8555 §7.1.4: "For pending authorizations, the challenges that the client can fulfill ...; for valid authorizations, the
// challenge that was validated; for invalid authorizations, the challenge that was attempted and failed."
/// The challenges that an authorization object lists. One that ended without any attempt still lists what it offered.
pub fn listed<C>(status: AuthorizationStatus, challenges: &[C], status_of: impl Fn(&C) -> ChallengeStatus) -> Vec<&C> {
    let decided = |challenge: &&C| matches!(status_of(challenge), ChallengeStatus::Valid | ChallengeStatus::Invalid);
    if status == AuthorizationStatus::Pending || !challenges.iter().any(|challenge| decided(&challenge)) {
        challenges.iter().collect()
    } else {
        challenges.iter().filter(decided).collect()
    }
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
