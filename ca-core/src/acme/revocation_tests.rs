#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::acme::authorization::AuthorizationState;
use crate::acme::client_key::ClientKey;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const LATER: UnixTime = UnixTime::from_seconds(1_800_000_001);
const ISSUED_TO: u8 = 1;
const OTHER: u8 = 2;

fn names() -> Vec<GeneralName> {
    vec![
        GeneralName::Dns("a.test".into()),
        GeneralName::Dns("*.b.test".into()),
        GeneralName::Ip("192.0.2.1".parse().unwrap()),
    ]
}

/// The authorizations of an account for those names.
fn proofs(account: u8) -> Vec<AuthorizationFacts<u8>> {
    let proof = |name: &GeneralName| {
        let identifier = Identifier::from_general_name(name).unwrap();
        let (wildcard, identifier) = (identifier.is_wildcard(), identifier.base());
        AuthorizationFacts { account, identifier, wildcard, state: AuthorizationState::Valid, expires_at: LATER }
    };
    names().iter().map(proof).collect()
}

/// The verdict on an account, for a certificate with these names.
fn ground(
    account: u8,
    names: &[GeneralName],
    proofs: &[AuthorizationFacts<u8>],
) -> Result<RevocationGround, ProblemType> {
    let key = ClientKey::p256().public_key();
    let certificate = CertificateFacts { account: Some(ISSUED_TO), names, public_key: &key };
    certificate.ground_of_account(&account, proofs, NOW).map_err(|problem| problem.kind())
}

#[test]
fn clients_give_five_reasons_or_none() {
    assert_eq!(requested_reason(None), Ok(RevocationReason::Unspecified));
    let granted: Vec<_> = (-2..300).filter(|code| requested_reason(Some(*code)).is_ok()).collect();
    assert_eq!(granted, [0, 1, 3, 4, 5]);
    assert_eq!(requested_reason(Some(4)), Ok(RevocationReason::Superseded));
    for code in [i64::MIN, -1, 2, 6, 7, 8, 9, 10, 257, i64::MAX] {
        let problem = requested_reason(Some(code)).unwrap_err();
        assert_eq!((problem.kind(), problem.status()), (ProblemType::BadRevocationReason, 400), "{code}");
        assert!(problem.detail().contains("4 (superseded)"));
    }
}

#[test]
fn the_account_it_was_issued_to_needs_no_authorization() {
    assert_eq!(ground(ISSUED_TO, &names(), &[]), Ok(RevocationGround::IssuedToAccount));
    assert_eq!(ground(OTHER, &names(), &[]), Err(ProblemType::Unauthorized));
}

#[test]
fn another_account_needs_a_valid_authorization_for_every_name() {
    assert_eq!(ground(OTHER, &names(), &proofs(OTHER)), Ok(RevocationGround::HoldsAuthorizations));
    assert_eq!(ground(OTHER, &names(), &proofs(ISSUED_TO)), Err(ProblemType::Unauthorized));
    for index in 0..3 {
        let mut missing = proofs(OTHER);
        missing.remove(index);
        let (mut expired, mut pending, mut other_kind) = (proofs(OTHER), proofs(OTHER), proofs(OTHER));
        expired[index].expires_at = NOW;
        pending[index].state = AuthorizationState::Pending;
        other_kind[index].wildcard ^= true;
        for proofs in [missing, expired, pending, other_kind] {
            assert_eq!(ground(OTHER, &names(), &proofs), Err(ProblemType::Unauthorized));
        }
    }
}

#[test]
fn names_that_acme_cannot_authorize_are_nobodys_to_prove() {
    let with_email = [names(), vec![GeneralName::Email("x@a.test".into())]].concat();
    assert_eq!(ground(OTHER, &with_email, &proofs(OTHER)), Err(ProblemType::Unauthorized));
    assert_eq!(ground(OTHER, &[], &proofs(OTHER)), Err(ProblemType::Unauthorized));
}

#[test]
fn a_certificate_without_account_belongs_to_none() {
    let (key, names) = (ClientKey::p256().public_key(), names());
    let certificate = CertificateFacts { account: None, names: &names, public_key: &key };
    assert_eq!(certificate.ground_of_account(&OTHER, &[], NOW).unwrap_err().kind(), ProblemType::Unauthorized);
    assert_eq!(certificate.ground_of_account(&OTHER, &proofs(OTHER), NOW), Ok(RevocationGround::HoldsAuthorizations));
}

#[test]
fn only_the_certificates_own_key_is_a_ground() {
    for own in ClientKey::every() {
        let (key, names) = (own.public_key(), names());
        let certificate = CertificateFacts { account: Some(ISSUED_TO), names: &names, public_key: &key };
        assert_eq!(certificate.ground_of_key(&own.public_key()), Ok(RevocationGround::HoldsKey));
        let other = certificate.ground_of_key(&ClientKey::p256().public_key()).unwrap_err();
        assert_eq!((other.kind(), other.status()), (ProblemType::Unauthorized, 403));
    }
}

#[test]
fn who_only_controls_the_names_cannot_condemn_the_key() {
    use RevocationGround::{Administration, HoldsAuthorizations, HoldsKey, IssuedToAccount};
    for reason in ALLOWED {
        for ground in [IssuedToAccount, HoldsKey, Administration] {
            assert_eq!(require_fitting(ground, reason), Ok(()));
        }
        let refused = require_fitting(HoldsAuthorizations, reason).map_err(|problem| problem.kind());
        let expected =
            if reason == RevocationReason::KeyCompromise { Err(ProblemType::BadRevocationReason) } else { Ok(()) };
        assert_eq!(refused, expected, "{reason}");
    }
}
