#![allow(clippy::unwrap_used, reason = "tests")]
use std::time::Duration;

use super::*;
use crate::acme::ProblemType;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const LATER: UnixTime = UnixTime::from_seconds(1_800_000_001);

fn dns(name: &str) -> Identifier {
    Identifier::Dns(name.into())
}

fn facts(state: AuthorizationState) -> AuthorizationFacts<u8> {
    AuthorizationFacts { account: 1, identifier: dns("a.test"), wildcard: false, state, expires_at: LATER }
}

#[test]
fn expiry_changes_what_was_pending_or_valid() {
    use AuthorizationState as State;
    use AuthorizationStatus as Status;
    for (state, before, after) in [
        (State::Pending, Status::Pending, Status::Invalid),
        (State::Valid, Status::Valid, Status::Expired),
        (State::Invalid, Status::Invalid, Status::Invalid),
        (State::Deactivated, Status::Deactivated, Status::Deactivated),
        (State::Revoked, Status::Revoked, Status::Revoked),
    ] {
        assert_eq!((facts(state).status(NOW), facts(state).status(LATER)), (before, after));
    }
}

#[test]
fn only_the_same_account_identifier_kind_and_time_prove() {
    let valid = facts(AuthorizationState::Valid);
    assert!(valid.proves(&1, &dns("a.test"), NOW));
    assert!(!valid.proves(&2, &dns("a.test"), NOW));
    assert!(!valid.proves(&1, &dns("b.a.test"), NOW));
    assert!(!valid.proves(&1, &dns("*.a.test"), NOW));
    assert!(!valid.proves(&1, &Identifier::Ip("192.0.2.1".parse().unwrap()), NOW));
    assert!(!valid.proves(&1, &dns("a.test"), LATER));
    for state in AuthorizationState::ALL.iter().filter(|state| **state != AuthorizationState::Valid) {
        assert!(!facts(*state).proves(&1, &dns("a.test"), NOW), "{state}");
    }
    let wildcard = AuthorizationFacts { wildcard: true, ..valid };
    assert!(wildcard.proves(&1, &dns("*.a.test"), NOW));
    assert!(!wildcard.proves(&1, &dns("a.test"), NOW));
}

#[test]
fn each_identifier_of_an_order_gets_its_authorization() {
    let planned = plan(&[dns("*.a.test"), dns("a.test"), Identifier::Ip("192.0.2.1".parse().unwrap())]);
    let shape: Vec<_> = planned.iter().map(|p| (p.identifier.value(), p.wildcard, p.challenges.len())).collect();
    assert_eq!(shape, [("a.test".into(), true, 1), ("a.test".into(), false, 3), ("192.0.2.1".into(), false, 2)]);
}

#[test]
fn an_authorization_that_is_over_cannot_be_deactivated() {
    use AuthorizationStatus as Status;
    for status in [Status::Pending, Status::Valid, Status::Deactivated] {
        assert_eq!(status.require_deactivatable(), Ok(()));
    }
    for status in [Status::Invalid, Status::Expired, Status::Revoked] {
        assert_eq!(status.require_deactivatable().unwrap_err().kind(), ProblemType::Malformed);
    }
}

#[test]
fn a_decided_authorization_lists_what_decided_it() {
    use ChallengeStatus::{Invalid, Pending, Processing, Valid};
    let shown = |status, challenges: &[ChallengeStatus]| {
        listed(status, challenges, |c| *c).into_iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(shown(AuthorizationStatus::Pending, &[Pending, Processing]), [Pending, Processing]);
    assert_eq!(shown(AuthorizationStatus::Valid, &[Pending, Valid, Processing]), [Valid]);
    assert_eq!(shown(AuthorizationStatus::Invalid, &[Pending, Invalid]), [Invalid]);
    assert_eq!(shown(AuthorizationStatus::Invalid, &[Pending, Pending]), [Pending, Pending]);
    assert_eq!(shown(AuthorizationStatus::Expired, &[Valid, Pending]), [Valid]);
}

#[test]
fn an_hour_later_is_later() {
    assert_eq!(
        facts(AuthorizationState::Valid).status(NOW.plus(Duration::from_secs(3600))),
        AuthorizationStatus::Expired
    );
}
