//! Authorizations and challenges (RFC 8555 §7.1.4, §7.1.5, §7.5).

use serde::{Deserialize, Serialize};

use super::WireIdentifier;
use crate::acme::Problem;
use crate::acme::authorization::AuthorizationStatus;
use crate::acme::challenge::ChallengeStatus;

/// The authorization object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationObject {
    /// The name, without the `*.` of a wildcard.
    pub identifier: WireIdentifier,
    /// Its status.
    pub status: AuthorizationStatus,
    /// When it ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The challenges that can be met, or the one that was met or failed.
    pub challenges: Vec<ChallengeObject>,
    /// Present and true for a wildcard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wildcard: bool,
}

/// The challenge object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeObject {
    /// `http-01`, `dns-01` or `tls-alpn-01`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where to respond to it.
    pub url: String,
    /// Its status.
    pub status: ChallengeStatus,
    /// When it was met, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated: Option<String>,
    /// Why it failed, or the last attempt did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// The token.
    pub token: String,
}

/// The payload of a POST to an authorization's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateAuthorization {
    /// `deactivated`, nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl UpdateAuthorization {
    // RFC 8555 §7.5.2: the one update there is.
    /// Checks that the client gives the authorization up.
    ///
    /// # Errors
    /// `malformed` for any other update.
    pub fn require_deactivation(&self) -> Result<(), Problem> {
        match self.status.as_deref() == Some(AuthorizationStatus::Deactivated.name()) {
            true => Ok(()),
            false => Err(Problem::malformed(
                "an authorization can only be updated with status deactivated (RFC 8555 §7.5.2)",
            )),
        }
    }
}

/// The payload of a POST to a challenge's URL: for the challenges here an object whose members do not matter (RFC 8555 §8.3, §8.4,
/// RFC 8737 §3: `{}`; clients of old drafts still send `keyAuthorization`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeResponse {}
