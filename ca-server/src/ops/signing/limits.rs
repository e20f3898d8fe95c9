//! How much, when and from where: what the limits of a profile have against a request.

use std::net::IpAddr;
use std::time::Duration;

use ca_core::acme::Problem;
use ca_core::signing::SigningProfile;

use super::ask::refusal;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::signing_usage::{self, Allowance, Exhausted};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Lets a request for so many signatures through, as far as is stored now: what it answers is asked again in the write that
/// uses it.
///
/// # Errors
/// A problem with status 403 for the wrong place, 409 for the wrong time, 422 for too much at once, and 429 for too often.
pub(super) async fn admit(
    app: &App,
    profile: &SigningProfile,
    origin: &Origin,
    items: usize,
) -> Result<Allowance, OpError> {
    let (limits, name) = (profile.limits(), profile.name());
    if limits.frozen {
        return Err(OpError::Conflict(format!("the profile {name} is frozen: nothing is taken until that is lifted")));
    }
    if items > limits.items {
        return Err(refusal(format!("the profile {name} takes at most {} items in one request", limits.items)));
    }
    let now = app.clock.now();
    if limits.hours.is_some_and(|hours| !hours.contain(now)) {
        return Err(OpError::Conflict(format!("the profile {name} takes no requests at this time (limits.hours)")));
    }
    let address = origin.address.parse::<IpAddr>().ok();
    let inside = address.is_some_and(|address| limits.sources.iter().any(|network| network.contains(&address)));
    if !limits.sources.is_empty() && !inside {
        let detail = format!("the profile {name} takes no requests from {} (limits.sources)", origin.address);
        return Err(Problem::unauthorized(detail).with_status(403).into());
    }
    let allowance = Allowance {
        profile: name.to_owned(),
        requests: i64::from(limits.requests_per_hour),
        hour: now.minus(HOUR),
        signatures: i64::try_from(limits.signatures_per_day).unwrap_or(i64::MAX),
        day: now.minus(DAY),
    };
    let (seen, wanted) = (allowance.clone(), i64::try_from(items).unwrap_or(i64::MAX));
    match app.store.read(move |c| signing_usage::exhausted(c, &seen, wanted)).await? {
        Some(exhausted) => Err(refuse(profile, exhausted)),
        None => Ok(allowance),
    }
}

/// What is told of a limit that is reached.
pub(super) fn refuse(profile: &SigningProfile, exhausted: Exhausted) -> OpError {
    let (limits, name) = (profile.limits(), profile.name());
    let detail = match exhausted {
        Exhausted::Requests => {
            format!("the profile {name} takes at most {} requests an hour", limits.requests_per_hour)
        }
        Exhausted::Signatures => {
            format!("the profile {name} makes at most {} signatures a day", limits.signatures_per_day)
        }
    };
    Problem::malformed(detail).with_status(429).into()
}
