//! Answering a request: what comes in are octets of anybody, what goes out is a TimeStampResp, whatever happens.

use std::net::IpAddr;

use ca_core::policy::Actor;
use ca_core::timestamp::{FailureInfo, Rejection, TimeStampRequest, TimeStampResponse};

use super::token;
use crate::app::App;
use crate::ops::acme::Origin;

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// A TimeStampResp in DER, with a token or the reason why there is none.
    Given(Vec<u8>),
    /// The client had its share: the TimeStampResp says so, and when to come again.
    TooMany(Vec<u8>),
    /// Too much is asked at this moment.
    Busy(Vec<u8>),
    /// There is no such policy.
    UnknownPolicy,
}

/// Seconds after which a client that had its share, or a place, may try again.
pub const RETRY_AFTER: u32 = 10;

/// Answers the octets that a client at `address` sent to `/tsa`, or to that of a policy.
pub async fn answer(app: &App, origin: &Origin, address: IpAddr, policy: Option<&str>, octets: &[u8]) -> Answer {
    let Some(policy) = app.settings.timestamp.policy(policy) else { return Answer::UnknownPolicy };
    if !app.timestamps.has_share(address) {
        let text = format!("{address} asks for too many timestamps");
        return Answer::TooMany(refusal(Rejection::new(FailureInfo::BadRequest, text)));
    }
    if !app.timestamps.have_room() {
        let text = "all clients together ask for too many timestamps";
        return Answer::Busy(refusal(Rejection::new(FailureInfo::SystemFailure, text)));
    }
    let Some(_turn) = app.timestamps.turn(address) else {
        let text = format!("{address} asks for too many timestamps at the same time");
        return Answer::TooMany(refusal(Rejection::new(FailureInfo::BadRequest, text)));
    };
    let Ok(_place) = app.timestamps.places.try_acquire() else {
        let text = "too many timestamps are asked for at this moment";
        return Answer::Busy(refusal(Rejection::new(FailureInfo::SystemFailure, text)));
    };
    let actor = Actor::RelyingParty { address };
    let made = match TimeStampRequest::parse(octets) {
        Ok(request) => token::issue(app, &actor, origin, &request, &policy).await,
        Err(fault) => Err(fault.into()),
    };
    Answer::Given(match made {
        Ok(token) => TimeStampResponse::granted(&token).into_der(),
        Err(rejection) => refusal(rejection),
    })
}

fn refusal(rejection: Rejection) -> Vec<u8> {
    metrics::counter!("signet_timestamps_refused_total", "failure" => rejection.failure.as_str()).increment(1);
    TimeStampResponse::rejected(&rejection).into_der()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn an_address_that_waits_for_many_answers_is_told_to_wait() {
        let installation = testing::sqlite().await;
        let (app, origin) = (&installation.app, testing::origin());
        let [one, other] = [IpAddr::from([192, 0, 2, 7]), IpAddr::from([192, 0, 2, 8])];
        let held: Vec<_> = (0..8).map(|_| app.timestamps.turn(one).unwrap()).collect();
        match answer(app, &origin, one, None, b"").await {
            Answer::TooMany(der) => {
                let text = TimeStampResponse::parse(&der).unwrap_err().to_string();
                assert!(text.contains("too many timestamps at the same time"), "{text}");
            }
            given => panic!("{given:?}"),
        }
        assert!(matches!(answer(app, &origin, other, None, b"").await, Answer::Given(_)));
        drop(held);
        assert!(matches!(answer(app, &origin, one, None, b"").await, Answer::Given(_)));
    }
}
