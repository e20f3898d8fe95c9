//! Accounts, orders, authorizations, challenges and nonces.

use ca_core::time::{UnixMicros, UnixTime};

use crate::store::account::{self, AccountKey, NewAccount};
use crate::store::attempt::{self, Attempt, Decision};
use crate::store::authorization::{self, Holder, NewAuthorization};
use crate::store::challenge::{self, NewChallenge};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{
    AccountId, AccountState, AttemptId, AuthorizationId, AuthorizationState, ChallengeId, ChallengeState, Finalization,
    Name, NameKind, OrderId,
};
use crate::store::order::{self, NewOrder, OrderAuthorization};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, nonce};

on_both_engines! {
    a_key_has_one_account_an_endpoint,
    a_closed_account_stays_as_it_is,
    a_key_change_refuses_a_taken_key_and_a_stale_one,
    an_order_is_stored_and_loaded_whole,
    a_foreign_account_sees_nothing,
    one_of_two_validations_wins,
    a_deactivated_authorization_is_not_validated,
    an_undecided_attempt_is_kept_and_changes_nothing,
    valid_authorizations_are_found_by_identifier,
    orders_are_listed_in_pages,
    a_nonce_is_spent_once_and_only_in_its_epoch,
}

pub(super) fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

pub(super) fn key(seed: u8) -> AccountKey {
    AccountKey { jwk_thumbprint: format!("thumbprint-{seed}"), jwk: "{}".into(), spki_sha256: [seed; 32] }
}

pub(super) fn new_account(seed: u8) -> NewAccount {
    NewAccount {
        id: AccountId::new(fresh_id()),
        endpoint: "acme".into(),
        key: key(seed),
        contacts: vec!["mailto:a@example.org".into()],
        terms_agreed_at: Some(at(7)),
        external_account_id: None,
        created_from: "192.0.2.1".into(),
        created_at: at(7),
    }
}

pub(super) async fn account(store: &Store, seed: u8) -> AccountId {
    let new = new_account(seed);
    let id = new.id;
    assert!(store.write(move |c| account::insert(c, &new)).await.unwrap());
    id
}

pub(super) fn dns(name: &str) -> Name {
    Name { kind: NameKind::Dns, value: name.into() }
}

fn new_authorization(name: &str, wildcard: bool) -> NewAuthorization {
    let kinds: &[&str] = if wildcard { &["dns-01"] } else { &["http-01", "dns-01", "tls-alpn-01"] };
    let challenge = |kind: &&str| NewChallenge {
        id: ChallengeId::new(fresh_id()),
        kind: (*kind).into(),
        token: format!("token-{kind}"),
    };
    NewAuthorization {
        id: AuthorizationId::new(fresh_id()),
        identifier: dns(name),
        wildcard,
        challenges: kinds.iter().map(challenge).collect(),
    }
}

pub(super) fn new_order(account_id: AccountId, names: &[&str]) -> NewOrder {
    let authorization = |name: &&str| {
        let plain = name.strip_prefix("*.").unwrap_or(name);
        OrderAuthorization::New(new_authorization(plain, plain != *name))
    };
    NewOrder {
        id: OrderId::new(fresh_id()),
        holder: Holder { endpoint: "acme".into(), account_id, created_at: at(100), expires_at: at(1000) },
        profile: "tls-server".into(),
        profile_hash: [9; 32],
        identifiers: names.iter().map(|name| dns(name)).collect(),
        not_before: None,
        not_after: Some(at(5000)),
        replaces: None,
        authorizations: names.iter().map(authorization).collect(),
    }
}

pub(super) async fn order(store: &Store, account: AccountId, names: &[&str]) -> NewOrder {
    let new = new_order(account, names);
    let copy = new.clone();
    store.write(move |c| order::insert(c, &copy)).await.unwrap();
    new
}

pub(super) fn made(order: &NewOrder, position: usize) -> &NewAuthorization {
    match &order.authorizations[position] {
        OrderAuthorization::New(made) => made,
        OrderAuthorization::Reused(id) => panic!("{id}"),
    }
}

pub(super) fn attempt(authorization: &NewAuthorization, passed: bool) -> Attempt {
    Attempt {
        id: AttemptId::new(fresh_id()),
        authorization_id: authorization.id,
        challenge_id: authorization.challenges[0].id,
        started_at: UnixMicros::from_micros(1),
        finished_at: UnixMicros::from_micros(2),
        passed,
        evidence: "{\"seen\":\"x\"}".into(),
    }
}

async fn record(store: &Store, authorization: &NewAuthorization, decision: Decision) -> bool {
    let attempt = attempt(authorization, matches!(decision, Decision::Valid { .. }));
    store.write(move |c| attempt::record(c, &attempt, &decision)).await.unwrap()
}

const VALID: Decision = Decision::Valid { at: UnixTime::from_seconds(200), reuse_until: None };

fn invalid() -> Decision {
    Decision::Invalid { problem: "{\"type\":\"urn:ietf:params:acme:error:connection\"}".into() }
}

async fn a_key_has_one_account_an_endpoint(store: TestStore) {
    let first = account(&store, 1).await;
    let again = new_account(1);
    assert!(!store.write(move |c| account::insert(c, &again)).await.unwrap());
    let elsewhere = NewAccount { endpoint: "other".into(), ..new_account(1) };
    assert!(store.write(move |c| account::insert(c, &elsewhere)).await.unwrap());
    let found = store.read(|c| account::by_key(c, "acme", "thumbprint-1")).await.unwrap().unwrap();
    assert_eq!((found.id, found.spki_sha256, found.terms_agreed_at), (first, [1; 32], Some(at(7))));
    assert_eq!(found.contacts, ["mailto:a@example.org"]);
    assert!(store.read(move |c| account::by_id(c, "other", first)).await.unwrap().is_none());
    let all = store.read(|c| account::list(c, None, 10)).await.unwrap();
    let rest = store.read(move |c| account::list(c, Some(first), 10)).await.unwrap();
    assert_eq!((all.len(), rest.len()), (2, 1));
}

async fn a_closed_account_stays_as_it_is(store: TestStore) {
    let id = account(&store, 1).await;
    assert!(store.write(move |c| account::set_contacts(c, id, &[])).await.unwrap());
    assert!(store.write(move |c| account::close(c, id, AccountState::Deactivated)).await.unwrap());
    assert!(!store.write(move |c| account::close(c, id, AccountState::Revoked)).await.unwrap());
    assert!(!store.write(move |c| account::set_contacts(c, id, &["mailto:b@example.org".into()])).await.unwrap());
    assert!(!store.write(move |c| account::change_key(c, id, "thumbprint-1", &key(2))).await.unwrap());
    let found = store.read(move |c| account::by_id(c, "acme", id)).await.unwrap().unwrap();
    assert_eq!((found.state, found.contacts.len()), (AccountState::Deactivated, 0));
}

async fn a_key_change_refuses_a_taken_key_and_a_stale_one(store: TestStore) {
    let (id, _other) = (account(&store, 1).await, account(&store, 2).await);
    let taken = store.write(move |c| account::change_key(c, id, "thumbprint-1", &key(2))).await;
    assert!(matches!(taken, Err(StoreError::Conflict(UniqueKey::AccountKey))), "{taken:?}");
    assert!(store.write(move |c| account::change_key(c, id, "thumbprint-1", &key(3))).await.unwrap());
    assert!(!store.write(move |c| account::change_key(c, id, "thumbprint-1", &key(4))).await.unwrap());
    let found = store.read(|c| account::by_key(c, "acme", "thumbprint-3")).await.unwrap().unwrap();
    assert_eq!((found.id, found.spki_sha256), (id, [3; 32]));
}

async fn an_order_is_stored_and_loaded_whole(store: TestStore) {
    let account = account(&store, 1).await;
    let new = order(&store, account, &["b.example.org", "*.example.org"]).await;
    let id = new.id;
    let (found, authorizations) = store.read(move |c| order::by_id(c, account, id)).await.unwrap().unwrap();
    assert_eq!(found.identifiers, new.identifiers);
    assert_eq!((found.finalization, found.not_before, found.not_after), (Finalization::None, None, Some(at(5000))));
    assert_eq!((found.created_at, found.expires_at, found.profile_hash), (at(100), at(1000), [9; 32]));
    let seen: Vec<_> = authorizations.iter().map(|a| (a.id, a.identifier.as_str(), a.wildcard, a.state)).collect();
    let pending = AuthorizationState::Pending;
    assert_eq!(
        seen,
        [(made(&new, 0).id, "b.example.org", false, pending), (made(&new, 1).id, "example.org", true, pending)]
    );
    let first = made(&new, 0).id;
    let (_, challenges) = store.read(move |c| authorization::by_id(c, account, first)).await.unwrap().unwrap();
    assert_eq!(challenges.iter().map(|c| c.kind.as_str()).collect::<Vec<_>>(), ["dns-01", "http-01", "tls-alpn-01"]);
    assert!(challenges.iter().all(|challenge| challenge.state == ChallengeState::Pending));
}

async fn a_foreign_account_sees_nothing(store: TestStore) {
    let (owner, stranger) = (account(&store, 1).await, account(&store, 2).await);
    let new = order(&store, owner, &["a.example.org"]).await;
    let (id, authorization, challenge) = (new.id, made(&new, 0).id, made(&new, 0).challenges[0].id);
    assert!(store.read(move |c| order::by_id(c, stranger, id)).await.unwrap().is_none());
    assert!(store.read(move |c| authorization::by_id(c, stranger, authorization)).await.unwrap().is_none());
    assert!(store.read(move |c| challenge::by_id(c, stranger, challenge)).await.unwrap().is_none());
    assert!(store.read(move |c| challenge::by_id(c, owner, challenge)).await.unwrap().is_some());
    assert!(!store.write(move |c| authorization::deactivate(c, stranger, authorization)).await.unwrap());
    assert_eq!(store.read(move |c| order::list(c, stranger, at(0), None, 10)).await.unwrap(), []);
}

async fn one_of_two_validations_wins(store: TestStore) {
    let account = account(&store, 1).await;
    let new = order(&store, account, &["a.example.org"]).await;
    let made = made(&new, 0).clone();
    let (one, other) = tokio::join!(record(&store, &made, VALID), record(&store, &made, invalid()));
    assert!(one != other, "exactly one decision takes effect");
    let (id, challenge) = (made.id, made.challenges[0].id);
    let attempts = store.read(move |c| attempt::of_authorization(c, id)).await.unwrap();
    assert_eq!(attempts.len(), 2, "both attempts are evidence");
    let (challenge, authorization) =
        store.read(move |c| challenge::by_id(c, account, challenge)).await.unwrap().unwrap();
    if one {
        assert_eq!((authorization.state, authorization.validated_at), (AuthorizationState::Valid, Some(at(200))));
        assert_eq!((challenge.state, challenge.validated_at), (ChallengeState::Valid, Some(at(200))));
    } else {
        assert_eq!((authorization.state, challenge.state), (AuthorizationState::Invalid, ChallengeState::Invalid));
        assert!(challenge.problem.unwrap().contains("connection"));
    }
}

async fn a_deactivated_authorization_is_not_validated(store: TestStore) {
    let account = account(&store, 1).await;
    let new = order(&store, account, &["a.example.org"]).await;
    let made = made(&new, 0).clone();
    let id = made.id;
    assert!(store.write(move |c| authorization::deactivate(c, account, id)).await.unwrap());
    assert!(!store.write(move |c| authorization::deactivate(c, account, id)).await.unwrap());
    assert!(!record(&store, &made, VALID).await);
    let (found, challenges) = store.read(move |c| authorization::by_id(c, account, id)).await.unwrap().unwrap();
    assert_eq!((found.state, found.validated_at), (AuthorizationState::Deactivated, None));
    assert!(challenges.iter().all(|challenge| challenge.state == ChallengeState::Pending));
}

async fn an_undecided_attempt_is_kept_and_changes_nothing(store: TestStore) {
    let account = account(&store, 1).await;
    let new = order(&store, account, &["a.example.org"]).await;
    let made = made(&new, 0).clone();
    let challenge = made.challenges[0].id;
    assert!(store.write(move |c| challenge::start(c, challenge)).await.unwrap());
    assert!(!store.write(move |c| challenge::start(c, challenge)).await.unwrap());
    assert!(record(&store, &made, Decision::Undecided).await);
    let (found, authorization) = store.read(move |c| challenge::by_id(c, account, challenge)).await.unwrap().unwrap();
    assert_eq!((found.state, authorization.state), (ChallengeState::Processing, AuthorizationState::Pending));
}

async fn valid_authorizations_are_found_by_identifier(store: TestStore) {
    let account = account(&store, 1).await;
    let new = order(&store, account, &["a.example.org", "b.example.org", "c.example.org"]).await;
    assert!(record(&store, made(&new, 0), VALID).await);
    let reusable = Decision::Valid { at: at(200), reuse_until: Some(at(9000)) };
    assert!(record(&store, made(&new, 1), reusable).await);
    let find = |now: i64| {
        let names: Vec<String> =
            ["a.example.org", "b.example.org", "c.example.org", "d.example.org"].map(Into::into).into();
        store.read(move |c| authorization::valid_for(c, account, &names, at(now)))
    };
    assert_eq!(find(500).await.unwrap().len(), 2);
    let late = find(1000).await.unwrap();
    assert_eq!(late.iter().map(|a| a.identifier.as_str()).collect::<Vec<_>>(), ["b.example.org"]);
    let reuse = NewOrder {
        authorizations: vec![OrderAuthorization::Reused(late[0].id)],
        ..new_order(account, &["b.example.org"])
    };
    let id = reuse.id;
    store.write(move |c| order::insert(c, &reuse)).await.unwrap();
    let (_, authorizations) = store.read(move |c| order::by_id(c, account, id)).await.unwrap().unwrap();
    assert_eq!(authorizations[0].state, AuthorizationState::Valid);
}

async fn orders_are_listed_in_pages(store: TestStore) {
    let account = account(&store, 1).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(order(&store, account, &["a.example.org"]).await.id);
    }
    let failed = ids.remove(3);
    let fail = move |c: &mut crate::store::Connection| order::fail(c, failed, Finalization::None, "{}");
    assert!(store.write(fail).await.unwrap());
    assert!(!store.write(fail).await.unwrap());
    let page = |after, limit| store.read(move |c| order::list(c, account, at(500), after, limit));
    assert_eq!(page(None, 2).await.unwrap(), ids[..2]);
    assert_eq!(page(Some(ids[1]), 10).await.unwrap(), ids[2..]);
    assert_eq!(store.read(move |c| order::list(c, account, at(1000), None, 10)).await.unwrap(), [], "all expired");
}

async fn a_nonce_is_spent_once_and_only_in_its_epoch(store: TestStore) {
    let epoch = store.write(|c| nonce::epoch(c, b"first", at(0))).await.unwrap();
    assert_eq!(store.write(|c| nonce::epoch(c, b"second", at(0))).await.unwrap(), epoch);
    let spend = |epoch: &'static [u8], nonce: &'static [u8]| store.write(move |c| nonce::spend(c, epoch, nonce, at(1)));
    assert!(spend(b"first", b"n1").await.unwrap());
    assert!(!spend(b"first", b"n1").await.unwrap());
    assert!(!spend(b"older", b"n2").await.unwrap());
    let (one, other) = tokio::join!(spend(b"first", b"n3"), spend(b"first", b"n3"));
    assert!(one.unwrap() != other.unwrap());
}
