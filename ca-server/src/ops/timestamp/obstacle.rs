//! What stands in the way of a timestamp, told to those outside.

use std::time::Duration;

use ca_core::time::UnixTime;
use ca_core::timestamp::{FailureInfo, Rejection};

use crate::ops::OpError;

/// Key and certificate could not be made.
pub(super) struct Failure {
    at: UnixTime,
    /// What everybody hears.
    pub(super) rejection: Rejection,
}

/// So long nobody tries again: each try may cost the HSM and the database more than anybody outside pays for asking.
const PAUSE: Duration = Duration::from_secs(30);

impl Failure {
    /// Happens now.
    pub(super) fn new(now: UnixTime, error: &OpError) -> Self {
        Self { at: now, rejection: obstacle(error) }
    }

    /// What everybody hears who asks now; nothing when it is time to try again.
    pub(super) fn answer(&self, now: UnixTime) -> Option<Rejection> {
        (self.at <= now && now.since(self.at) < PAUSE).then(|| self.rejection.clone())
    }
}

/// What those outside may know of an obstacle; the log knows the rest.
pub(super) fn obstacle(error: &OpError) -> Rejection {
    tracing::warn!(%error, "no timestamp can be made");
    let text = match error {
        OpError::Hsm(fault) => format!("the HSM {} does not sign at the moment", fault.hsm()),
        OpError::Store(_) => "the database does not answer at the moment".to_owned(),
        OpError::NotFound(what) | OpError::Conflict(what) => what.clone(),
        other => other.to_problem().detail().to_owned(),
    };
    Rejection::new(FailureInfo::SystemFailure, text)
}
