//! Operators, their sessions, tokens, second factors, and counts of failed sign-ins.

use std::time::Duration;

use super::acme::at;
use crate::store::api_token::{self, NewApiToken};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{ApiTokenId, OperatorId, OperatorState, SessionId, SessionStage, Sha256};
use crate::store::operator::{self, NewOperator, NewPassword};
use crate::store::operator_session::{self, NewSession};
use crate::store::sign_in_failure::{self, Pace};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, recovery_code, retention};

on_both_engines! {
    a_name_belongs_to_one_operator,
    an_operator_changes_state_once,
    a_session_is_found_by_its_token_with_its_operator,
    sessions_are_ended_one_by_one_and_together,
    a_token_is_revoked_by_its_operator_once,
    a_code_is_used_once,
    a_second_factor_is_begun_confirmed_and_removed,
    failures_lock_until_they_are_forgotten,
    attempts_at_once_count_as_many,
    what_is_over_is_deleted,
}

fn new_operator(name: &str) -> NewOperator {
    NewOperator {
        id: OperatorId::new(fresh_id()),
        name: name.to_owned(),
        provider: operator::LOCAL.to_owned(),
        subject: name.to_owned(),
        roles: vec!["auditor".into(), "operator".into()],
        password: Some(NewPassword { hash: "hash".into(), one_time_until: Some(at(900)) }),
        created_by: "LocalRoot:root".into(),
        created_at: at(7),
    }
}

async fn operator(store: &Store, name: &str) -> OperatorId {
    let new = new_operator(name);
    let id = new.id;
    store.write(move |c| operator::insert(c, &new)).await.unwrap();
    id
}

fn session(of: OperatorId, token: Sha256, expires_at: i64) -> NewSession {
    NewSession {
        id: SessionId::new(fresh_id()),
        token_sha256: token,
        operator_id: of,
        stage: SessionStage::Whole,
        method: "password".into(),
        address: "192.0.2.1".into(),
        user_agent: "Firefox".into(),
        created_at: at(100),
        proved_at: at(100),
        expires_at: at(expires_at),
        certificate: Some([7; 32]),
    }
}

async fn open_session(store: &Store, of: OperatorId, token: Sha256, expires_at: i64) -> SessionId {
    let new = session(of, token, expires_at);
    let id = new.id;
    store.write(move |c| operator_session::insert(c, &new)).await.unwrap();
    id
}

async fn a_name_belongs_to_one_operator(store: TestStore) {
    let ann = operator(&store, "ann").await;
    let again = NewOperator { subject: "another".into(), ..new_operator("ann") };
    let refused = store.write(move |c| operator::insert(c, &again)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(UniqueKey::OperatorName)), "{refused:?}");
    operator(&store, "bob").await;
    let row = store.read(|c| operator::by_name(c, "ann")).await.unwrap().unwrap();
    assert_eq!((row.id, row.roles.len(), row.password_is_one_time), (ann, 2, true));
    assert_eq!(row.password_expires_at, Some(at(900)));
    let all = store.read(|c| operator::list(c, "", 10)).await.unwrap();
    assert_eq!(all.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    assert_eq!(store.read(|c| operator::list(c, "ann", 10)).await.unwrap().len(), 1);
    assert!(store.read(|c| operator::by_name(c, "Ann")).await.unwrap().is_none());
    let known = store.read(|c| operator::by_subject(c, operator::LOCAL, "bob")).await.unwrap();
    assert_eq!(known.map(|row| row.name), Some("bob".to_owned()));
    assert!(store.read(|c| operator::by_subject(c, "certificate", "bob")).await.unwrap().is_none());
}

async fn an_operator_changes_state_once(store: TestStore) {
    let ann = operator(&store, "ann").await;
    let disable = move |c: &mut _| operator::change_state(c, ann, OperatorState::Disabled);
    assert!(store.write(disable).await.unwrap());
    assert!(!store.write(disable).await.unwrap());
    store.write(move |c| operator::change_roles(c, ann, &["auditor".to_owned()])).await.unwrap();
    let new = NewPassword { hash: "other".into(), one_time_until: None };
    store.write(move |c| operator::change_password(c, ann, &new, at(50))).await.unwrap();
    store.write(move |c| operator::signed_in(c, ann, at(60))).await.unwrap();
    let row = store.read(move |c| operator::by_id(c, ann)).await.unwrap().unwrap();
    assert_eq!((row.state, row.roles), (OperatorState::Disabled, vec!["auditor".to_owned()]));
    assert_eq!((row.password.as_deref(), row.password_is_one_time), (Some("other"), false));
    assert_eq!((row.password_expires_at, row.signed_in_at), (None, Some(at(60))));
}

async fn a_session_is_found_by_its_token_with_its_operator(store: TestStore) {
    let ann = operator(&store, "ann").await;
    let id = open_session(&store, ann, [1; 32], 1_000).await;
    store.write(move |c| operator_session::seen(c, id, at(200))).await.unwrap();
    let (row, of) = store.read(|c| operator_session::by_token(c, [1; 32])).await.unwrap().unwrap();
    assert_eq!((row.id, row.seen_at, row.proved_at, of.id), (id, at(200), at(100), ann));
    assert_eq!(row.certificate, Some(vec![7; 32]));
    let renew =
        |from: u8| store.write(move |c| operator_session::renew(c, id, ([from; 32], [2; 32]), at(290), at(300)));
    assert!(!renew(9).await.unwrap(), "another token");
    assert!(renew(1).await.unwrap());
    assert!(!renew(1).await.unwrap(), "a token is exchanged once");
    let (row, _) = store.read(|c| operator_session::by_token(c, [2; 32])).await.unwrap().unwrap();
    assert_eq!((row.id, row.seen_at, row.proved_at), (id, at(300), at(290)));
    assert!(store.read(|c| operator_session::by_token(c, [1; 32])).await.unwrap().is_none());
}

async fn sessions_are_ended_one_by_one_and_together(store: TestStore) {
    let (ann, bob) = (operator(&store, "ann").await, operator(&store, "bob").await);
    let one = open_session(&store, ann, [1; 32], 1_000).await;
    let two = open_session(&store, ann, [2; 32], 1_000).await;
    open_session(&store, ann, [3; 32], 1_000).await;
    open_session(&store, bob, [4; 32], 1_000).await;
    assert!(!store.write(move |c| operator_session::revoke(c, bob, one, at(200))).await.unwrap(), "not bob's");
    assert!(store.write(move |c| operator_session::revoke(c, ann, one, at(200))).await.unwrap());
    assert!(!store.write(move |c| operator_session::revoke(c, ann, one, at(201))).await.unwrap());
    assert_eq!(store.write(move |c| operator_session::revoke_all(c, ann, Some(two), at(200))).await.unwrap(), 1);
    let open = store.read(move |c| operator_session::open(c, ann, at(200))).await.unwrap();
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [two]);
    assert_eq!(store.read(move |c| operator_session::open(c, ann, at(1_000))).await.unwrap().len(), 0);
    assert_eq!(store.read(move |c| operator_session::open(c, bob, at(200))).await.unwrap().len(), 1);
}

async fn a_token_is_revoked_by_its_operator_once(store: TestStore) {
    let (ann, bob) = (operator(&store, "ann").await, operator(&store, "bob").await);
    let id = ApiTokenId::new(fresh_id());
    let new = NewApiToken {
        id,
        token_sha256: [9; 32],
        operator_id: ann,
        name: "ci".into(),
        roles: vec!["operator".into()],
        scopes: vec!["read".into(), "acme".into()],
        created_at: at(100),
        expires_at: at(500),
    };
    store.write(move |c| api_token::insert(c, &new)).await.unwrap();
    store.write(move |c| api_token::used(c, id, at(150))).await.unwrap();
    let (row, of) = store.read(|c| api_token::by_token(c, [9; 32])).await.unwrap().unwrap();
    assert_eq!((row.id, row.scopes.len(), row.last_used_at, of.id), (id, 2, Some(at(150)), ann));
    assert!(!store.write(move |c| api_token::revoke(c, bob, id, at(200))).await.unwrap(), "not bob's");
    assert!(store.write(move |c| api_token::revoke(c, ann, id, at(200))).await.unwrap());
    assert!(!store.write(move |c| api_token::revoke(c, ann, id, at(201))).await.unwrap());
    let listed = store.read(move |c| api_token::of_operator(c, ann)).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.revoked_at).collect::<Vec<_>>(), [Some(at(200))]);
}

async fn a_code_is_used_once(store: TestStore) {
    let (ann, bob) = (operator(&store, "ann").await, operator(&store, "bob").await);
    assert!(store.write(move |c| operator::spend_totp_step(c, ann, 40)).await.unwrap());
    assert!(!store.write(move |c| operator::spend_totp_step(c, ann, 40)).await.unwrap(), "replayed");
    assert!(!store.write(move |c| operator::spend_totp_step(c, ann, 39)).await.unwrap(), "older");
    assert!(store.write(move |c| operator::spend_totp_step(c, ann, 41)).await.unwrap());
    store.write(move |c| recovery_code::replace(c, ann, &[[1; 32], [2; 32]])).await.unwrap();
    assert!(!store.write(move |c| recovery_code::spend(c, bob, [1; 32], at(5))).await.unwrap(), "not bob's");
    assert!(store.write(move |c| recovery_code::spend(c, ann, [1; 32], at(5))).await.unwrap());
    assert!(!store.write(move |c| recovery_code::spend(c, ann, [1; 32], at(6))).await.unwrap());
    assert_eq!(store.read(move |c| recovery_code::left(c, ann)).await.unwrap(), 1);
    store.write(move |c| recovery_code::replace(c, ann, &[[3; 32]])).await.unwrap();
    assert!(!store.write(move |c| recovery_code::spend(c, ann, [2; 32], at(7))).await.unwrap(), "replaced");
}

async fn a_second_factor_is_begun_confirmed_and_removed(store: TestStore) {
    let ann = operator(&store, "ann").await;
    assert!(!store.write(move |c| operator::enrol_totp(c, ann, 5, at(9))).await.unwrap(), "nothing was begun");
    assert!(store.write(move |c| operator::begin_totp(c, ann, b"one")).await.unwrap());
    assert!(store.write(move |c| operator::begin_totp(c, ann, b"two")).await.unwrap());
    assert!(store.write(move |c| operator::enrol_totp(c, ann, 5, at(9))).await.unwrap());
    assert!(!store.write(move |c| operator::begin_totp(c, ann, b"three")).await.unwrap(), "one is in force");
    let row = store.read(move |c| operator::by_id(c, ann)).await.unwrap().unwrap();
    assert_eq!((row.totp_secret.as_deref(), row.totp_enrolled_at), (Some(b"two".as_slice()), Some(at(9))));
    assert!(!store.write(move |c| operator::spend_totp_step(c, ann, 5)).await.unwrap(), "the code that confirmed");
    store.write(move |c| operator::remove_totp(c, ann)).await.unwrap();
    let row = store.read(move |c| operator::by_id(c, ann)).await.unwrap().unwrap();
    assert_eq!((row.totp_secret, row.totp_enrolled_at), (None, None));
}

const PACE: Pace = Pace {
    free: 2,
    first_pause: Duration::from_secs(30),
    longest_pause: Duration::from_secs(60),
    memory: Duration::from_secs(3_600),
};

async fn charge(store: &Store, key: u8, now: i64) -> Option<i64> {
    let locked = store.write(move |c| sign_in_failure::charge(c, [key; 32], &PACE, at(now))).await.unwrap();
    locked.map(|until| until.seconds())
}

async fn failures_lock_until_they_are_forgotten(store: TestStore) {
    assert_eq!([charge(&store, 1, 0).await, charge(&store, 1, 0).await, charge(&store, 1, 0).await], [None; 3]);
    assert_eq!(charge(&store, 1, 29).await, Some(30), "the third failure locks for half a minute");
    assert_eq!(charge(&store, 2, 29).await, None, "another key is another count");
    assert_eq!(charge(&store, 1, 30).await, None);
    assert_eq!(charge(&store, 1, 31).await, Some(90), "the fourth for a minute");
    assert_eq!(charge(&store, 1, 5_000).await, None, "an hour later they are forgotten");
    assert_eq!(charge(&store, 1, 5_000).await, None);
    store.write(|c| sign_in_failure::take_back(c, [1; 32], at(5_000))).await.unwrap();
    assert_eq!([charge(&store, 1, 5_000).await, charge(&store, 1, 5_000).await], [None; 2]);
    assert_eq!(charge(&store, 1, 5_001).await, Some(5_030));
    store.write(|c| sign_in_failure::forget(c, [1; 32])).await.unwrap();
    assert_eq!(charge(&store, 1, 5_001).await, None);
}

async fn attempts_at_once_count_as_many(store: TestStore) {
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = Store::clone(&store);
        attempts.spawn(async move { charge(&store, 1, 100).await });
    }
    let answers = attempts.join_all().await;
    let looked_at = answers.iter().filter(|locked| locked.is_none()).count();
    assert_eq!(looked_at, 3, "two are free, the third is looked at and locks");
}

async fn what_is_over_is_deleted(store: TestStore) {
    let ann = operator(&store, "ann").await;
    for (token, expires) in [([1; 32], 500), ([2; 32], 1_000)] {
        open_session(&store, ann, token, expires).await;
    }
    assert_eq!(store.write(|c| retention::sessions(c, at(900), 10)).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::sessions(c, at(900), 10)).await.unwrap(), 0);
    charge(&store, 1, 100).await;
    charge(&store, 2, 2_000).await;
    assert_eq!(store.write(|c| retention::sign_in_failures(c, at(1_000), 10)).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::sign_in_failures(c, at(1_000), 10)).await.unwrap(), 0);
}
