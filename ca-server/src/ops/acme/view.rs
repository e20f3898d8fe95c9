//! Authorizations and challenges as their account sees them.

use ca_core::acme::authorization::AuthorizationStatus;
use ca_core::acme::challenge::ChallengeStatus;
use ca_core::acme::{Identifier, Problem};
use ca_core::time::UnixTime;

use super::authorization;
use crate::app::App;
use crate::ops::OpError;
use crate::store::authorization::Authorization;
use crate::store::challenge::Challenge;
use crate::store::fields::ChallengeState;

/// An authorization with its challenges.
#[derive(Clone, Debug)]
pub struct AuthorizationView {
    /// Without the `*.` of a wildcard.
    pub identifier: Identifier,
    /// For all names one label below.
    pub wildcard: bool,
    /// At this moment.
    pub status: AuthorizationStatus,
    /// When it ends.
    pub expires_at: UnixTime,
    /// Every challenge.
    pub challenges: Vec<ChallengeView>,
}

/// A challenge.
#[derive(Clone, Debug)]
pub struct ChallengeView {
    /// Its id.
    pub id: String,
    /// Id of its authorization.
    pub authorization: String,
    /// `http-01` for instance.
    pub kind: String,
    /// The token.
    pub token: String,
    /// How far validation has come.
    pub status: ChallengeStatus,
    /// When it was met.
    pub validated_at: Option<UnixTime>,
    /// Why it failed, as the account may know it.
    pub problem: Option<Problem>,
}

impl AuthorizationView {
    /// The view of two rows.
    ///
    /// # Errors
    /// When the stored identifier cannot be read.
    pub fn of(app: &App, found: &Authorization, challenges: &[Challenge]) -> Result<Self, OpError> {
        Ok(Self {
            identifier: authorization::identifier(found)?,
            wildcard: found.wildcard,
            status: authorization::status(app, found)?,
            expires_at: found.expires_at,
            challenges: challenges.iter().map(ChallengeView::of).collect(),
        })
    }
}

impl ChallengeView {
    /// The view of a row.
    pub fn of(challenge: &Challenge) -> Self {
        Self {
            id: challenge.id.to_string(),
            authorization: challenge.authorization_id.to_string(),
            kind: challenge.kind.clone(),
            token: challenge.token.clone(),
            status: match challenge.state {
                ChallengeState::Pending => ChallengeStatus::Pending,
                ChallengeState::Processing => ChallengeStatus::Processing,
                ChallengeState::Valid => ChallengeStatus::Valid,
                ChallengeState::Invalid => ChallengeStatus::Invalid,
            },
            validated_at: challenge.validated_at,
            problem: challenge.problem.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}
