#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;

use super::*;
use crate::acme::authorization::AuthorizationState;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const LATER: UnixTime = UnixTime::from_seconds(1_800_000_001);

const MINE: u8 = 1;
const FOREIGN: u8 = 2;

fn dns(name: &str) -> Identifier {
    Identifier::Dns(name.into())
}

fn name(name: &str) -> GeneralName {
    GeneralName::Dns(name.into())
}

fn proof(identifier: &Identifier) -> AuthorizationFacts<u8> {
    let (identifier, wildcard) = (identifier.base(), identifier.is_wildcard());
    AuthorizationFacts { account: MINE, identifier, wildcard, state: AuthorizationState::Valid, expires_at: LATER }
}

fn order(names: &[&str]) -> OrderFacts<u8> {
    let identifiers: Vec<_> = names.iter().map(|name| dns(name)).collect();
    let authorizations = identifiers.iter().map(proof).collect();
    OrderFacts { account: MINE, identifiers, authorizations, finalization: Finalization::None, expires_at: LATER }
}

/// The order with its last authorization changed.
fn with(change: impl FnOnce(&mut AuthorizationFacts<u8>)) -> OrderFacts<u8> {
    let mut order = order(&["a.test", "*.b.test"]);
    change(order.authorizations.last_mut().unwrap());
    order
}

fn refusal(order: &OrderFacts<u8>) -> ProblemType {
    order.authorize(&MINE, &[name("a.test"), name("*.b.test")], NOW).unwrap_err().kind()
}

#[test]
fn the_status_follows_authorizations_and_time() {
    use AuthorizationState as State;
    assert_eq!(order(&["a.test"]).status(NOW), OrderStatus::Ready);
    assert_eq!(order(&["a.test"]).status(LATER), OrderStatus::Invalid);
    for (state, status) in [
        (State::Pending, OrderStatus::Pending),
        (State::Valid, OrderStatus::Ready),
        (State::Invalid, OrderStatus::Invalid),
        (State::Deactivated, OrderStatus::Invalid),
        (State::Revoked, OrderStatus::Invalid),
    ] {
        assert_eq!(with(|a| a.state = state).status(NOW), status, "{state}");
        assert_eq!(
            with(|a| (a.state, a.expires_at) = (state, NOW)).status(NOW),
            OrderStatus::Invalid,
            "{state} expired"
        );
    }
}

#[test]
fn from_the_accepted_csr_on_only_issuance_decides() {
    for (finalization, status) in [
        (Finalization::Processing, OrderStatus::Processing),
        (Finalization::Issued, OrderStatus::Valid),
        (Finalization::Failed, OrderStatus::Invalid),
    ] {
        for state in AuthorizationState::ALL {
            let order = OrderFacts { finalization, ..with(|a| a.state = *state) };
            assert_eq!((order.status(NOW), order.status(LATER)), (status, status));
        }
    }
}

#[test]
fn finalize_needs_a_ready_order_and_repeats_are_harmless() {
    assert_eq!(order(&["a.test"]).finalize(NOW), Ok(FinalizeRequest::Issue));
    for finalization in [Finalization::Processing, Finalization::Issued] {
        assert_eq!(OrderFacts { finalization, ..order(&["a.test"]) }.finalize(LATER), Ok(FinalizeRequest::Show));
    }
    let pending = with(|a| a.state = AuthorizationState::Pending).finalize(NOW).unwrap_err();
    assert_eq!((pending.kind(), pending.status()), (ProblemType::OrderNotReady, 403));
    assert!(pending.detail().contains("dns:*.b.test") && !pending.detail().contains("a.test,"));
    for order in [
        OrderFacts { finalization: Finalization::Failed, ..order(&["a.test"]) },
        with(|a| a.state = AuthorizationState::Invalid),
    ] {
        assert_eq!(order.finalize(NOW).unwrap_err().kind(), ProblemType::OrderNotReady);
    }
    assert_eq!(order(&["a.test"]).finalize(LATER).unwrap_err().kind(), ProblemType::OrderNotReady);
}

#[test]
fn proved_and_requested_names_are_authorized_sorted() {
    let names = order(&["b.test", "*.a.test"])
        .authorize(&MINE, &[name("b.test"), name("*.a.test"), name("b.test")], NOW)
        .unwrap();
    assert_eq!(names.as_slice(), [name("*.a.test"), name("b.test")]);
    assert_eq!(names.into_names().len(), 2);
}

#[test]
fn a_name_without_its_own_valid_authorization_is_refused() {
    assert_eq!(refusal(&with(|a| a.state = AuthorizationState::Pending)), ProblemType::OrderNotReady);
    assert_eq!(refusal(&with(|a| a.state = AuthorizationState::Deactivated)), ProblemType::OrderNotReady);
    assert_eq!(refusal(&with(|a| a.expires_at = NOW)), ProblemType::OrderNotReady);
    assert_eq!(refusal(&with(|a| a.account = FOREIGN)), ProblemType::OrderNotReady);
    assert_eq!(refusal(&with(|a| a.wildcard = false)), ProblemType::OrderNotReady);
    assert_eq!(refusal(&with(|a| a.identifier = dns("c.test"))), ProblemType::OrderNotReady);
    let mut missing = order(&["a.test", "*.b.test"]);
    missing.authorizations.pop();
    assert_eq!(refusal(&missing), ProblemType::OrderNotReady);
    assert_eq!(missing.status(NOW), OrderStatus::Pending);
    assert_eq!(order(&[]).authorize(&MINE, &[], NOW).unwrap_err().kind(), ProblemType::OrderNotReady);
}

#[test]
fn another_accounts_order_is_refused() {
    assert_eq!(
        order(&["a.test"]).authorize(&FOREIGN, &[name("a.test")], NOW).unwrap_err().kind(),
        ProblemType::Unauthorized
    );
}

#[test]
fn the_csr_asks_for_exactly_the_ordered_names() {
    let order = order(&["a.test", "b.test"]);
    let requests: [(&[GeneralName], &str); 6] = [
        (&[name("a.test")], "dns:b.test is missing"),
        (&[], "dns:a.test, dns:b.test is missing"),
        (&[name("a.test"), name("b.test"), name("c.test")], "dns:c.test was not ordered"),
        (&[name("a.test"), name("b.test"), GeneralName::Email("x@a.test".into())], "email:x@a.test was not ordered"),
        (
            &[name("a.test"), name("b.test"), GeneralName::Ip("192.0.2.1".parse().unwrap())],
            "ip:192.0.2.1 was not ordered",
        ),
        (&[name("a.test"), name("*.b.test")], "dns:b.test is missing, dns:*.b.test was not ordered"),
    ];
    for (names, rule) in requests {
        let problem = order.authorize(&MINE, names, NOW).unwrap_err();
        assert_eq!(problem.kind(), ProblemType::BadCsr);
        assert!(problem.detail().ends_with(rule), "{}", problem.detail());
    }
}

#[test]
fn errors_list_few_names() {
    let names: Vec<_> = (0..100).map(|n| name(&format!("n{n}.test"))).collect();
    let problem = order(&["a.test"]).authorize(&MINE, &names, NOW).unwrap_err();
    assert!(problem.detail().contains("and 90 more") && problem.detail().len() < 500);
}

proptest! {
    // Whatever the facts: what is authorized was ordered, requested and proved by this account in time.
    #[test]
    fn nothing_unproved_is_ever_authorized(
        ordered in prop::collection::vec("[ab]|\\*\\.[ab]", 0..4),
        proofs in prop::collection::vec(("[ab]", any::<bool>(), 1u8..3, 0usize..5, 0i64..2), 0..5),
        requested in prop::collection::vec("[ab]|\\*\\.[ab]", 0..4),
    ) {
        let authorizations: Vec<_> = proofs.iter().map(|(text, wildcard, account, state, later)| AuthorizationFacts {
            account: *account,
            identifier: dns(text),
            wildcard: *wildcard,
            state: AuthorizationState::ALL[*state],
            expires_at: UnixTime::from_seconds(NOW.seconds() + later),
        }).collect();
        let identifiers: Vec<_> = ordered.iter().map(|text| dns(text)).collect();
        let order = OrderFacts { account: MINE, identifiers, authorizations, finalization: Finalization::None, expires_at: LATER };
        let requested: Vec<_> = requested.iter().map(|text| name(text)).collect();
        if let Ok(names) = order.authorize(&MINE, &requested, NOW) {
            prop_assert!(!names.as_slice().is_empty());
            for authorized in names.as_slice() {
                let value = authorized.value();
                prop_assert!(ordered.contains(&value) && requested.contains(authorized));
                let proved = proofs.iter().any(|(text, wildcard, account, state, later)| {
                    let name = if *wildcard { format!("*.{text}") } else { text.clone() };
                    let valid = AuthorizationState::ALL[*state] == AuthorizationState::Valid && *later == 1;
                    name == value && *account == MINE && valid
                });
                prop_assert!(proved);
            }
        }
    }
}
