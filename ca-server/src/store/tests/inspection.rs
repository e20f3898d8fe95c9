//! What operators look at: accounts, orders and the audit trail in pages, newest first.

use ca_core::time::UnixMicros;

use super::acme::{account, at, attempt, made, new_account, order};
use super::issuance::audit;
use crate::store::account::{self, NewAccount};
use crate::store::attempt::{self as attempts, Decision};
use crate::store::audit_event::{self, NewAuditEvent, Position, Search};
use crate::store::fields::{AccountState, AuditEventId, ExternalAccountId};
use crate::store::order;
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, StoreError, challenge};

on_both_engines! {
    accounts_are_paged_and_narrowed,
    orders_are_paged_with_their_authorizations,
    a_challenge_that_failed_is_found_by_its_authorization,
    the_audit_trail_is_searched_both_ways,
    the_audit_trail_is_bounded_by_time,
    a_nul_in_a_text_is_its_senders_fault,
}

async fn accounts_are_paged_and_narrowed(store: TestStore) {
    let binding = ExternalAccountId::new(fresh_id());
    let (first, second) = (account(&store, 1).await, account(&store, 2).await);
    let bound = NewAccount { external_account_id: Some(binding), endpoint: "lab".into(), ..new_account(3) };
    let third = bound.id;
    store.write(move |c| account::insert(c, &bound)).await.unwrap();
    store.write(move |c| account::close(c, second, AccountState::Revoked)).await.unwrap();
    let both = account::Filter { endpoints: vec!["acme".into(), "lab".into()], ..account::Filter::default() };
    let acme = account::Filter { endpoints: vec!["acme".into()], ..account::Filter::default() };
    let closed = account::Filter { state: Some(AccountState::Revoked), ..both.clone() };
    let of_binding = account::Filter { external_account: Some(binding), ..both.clone() };
    assert_eq!(ids(&store, both.clone(), None, 2).await, [third, second]);
    assert_eq!(ids(&store, both, Some(second), 2).await, [first]);
    assert_eq!(ids(&store, acme, None, 9).await, [second, first]);
    assert_eq!(ids(&store, closed, None, 9).await, [second]);
    assert_eq!(ids(&store, of_binding, None, 9).await, [third]);
}

type Id = crate::store::fields::AccountId;

async fn ids(store: &Store, filter: account::Filter, below: Option<Id>, limit: i64) -> Vec<Id> {
    let page = store.read(move |c| account::page(c, &filter, below, limit)).await.unwrap();
    page.into_iter().map(|account| account.id).collect()
}

async fn orders_are_paged_with_their_authorizations(store: TestStore) {
    let (ann, bob) = (account(&store, 1).await, account(&store, 2).await);
    let first = order(&store, ann, &["a.example.org", "b.example.org"]).await;
    let second = order(&store, bob, &["c.example.org"]).await;
    let filter = order::Filter { endpoints: vec!["acme".into()], account: None };
    let of_ann = order::Filter { account: Some(ann), ..filter.clone() };
    let page = store.read(move |c| order::page(c, &filter, None, 9)).await.unwrap();
    let seen: Vec<_> = page.iter().map(|(order, proofs)| (order.id, proofs.len())).collect();
    assert_eq!(seen, [(second.id, 1), (first.id, 2)]);
    let (order, proofs) = &page[1];
    let names: Vec<&str> = proofs.iter().map(|proof| proof.identifier.as_str()).collect();
    assert_eq!((order.account_id, names), (ann, vec!["a.example.org", "b.example.org"]));
    let own = store.read(move |c| order::page(c, &of_ann, None, 9)).await.unwrap();
    assert_eq!(own.iter().map(|(order, _)| order.id).collect::<Vec<_>>(), [first.id]);
    let one = store.read(move |c| order::of_any_account(c, second.id)).await.unwrap();
    assert_eq!(one.map(|(order, _)| order.account_id), Some(bob));
}

async fn a_challenge_that_failed_is_found_by_its_authorization(store: TestStore) {
    let ann = account(&store, 1).await;
    let ordered = order(&store, ann, &["a.example.org", "b.example.org"]).await;
    let (failed, open) = (made(&ordered, 0), made(&ordered, 1).id);
    let (id, kind) = (failed.id, failed.challenges[0].kind.clone());
    let record = attempt(failed, false);
    let invalid = Decision::Invalid { problem: "{}".into() };
    store.write(move |c| attempts::record(c, &record, &invalid)).await.unwrap();
    let found = store.read(move |c| challenge::failed_of(c, &[id, open])).await.unwrap();
    assert_eq!(
        found.into_iter().map(|challenge| (challenge.authorization_id, challenge.kind)).collect::<Vec<_>>(),
        [(id, kind)]
    );
}

async fn tell(store: &Store, event: NewAuditEvent) -> AuditEventId {
    let id = event.id;
    store.write(move |c| audit_event::insert(c, &event)).await.unwrap();
    id
}

async fn found(store: &Store, search: Search, from: Position) -> Vec<AuditEventId> {
    let page = store.read(move |c| audit_event::search(c, &search, from, 9)).await.unwrap();
    page.into_iter().map(|event| event.id).collect()
}

async fn the_audit_trail_is_searched_both_ways(store: TestStore) {
    let first = tell(&store, audit("NewOrder")).await;
    let second = tell(&store, NewAuditEvent { actor: "Operator:ann".into(), ..audit("PublishCrl") }).await;
    let third = tell(&store, NewAuditEvent { object: "order 7".into(), ..audit("NewOrder") }).await;
    let text = |text: &str| Some(text.to_owned());
    let orders = Search { action: text("NewOrder"), ..Search::default() };
    assert_eq!(found(&store, orders.clone(), Position::Below(None)).await, [third, first]);
    assert_eq!(found(&store, orders.clone(), Position::Below(Some(third))).await, [first]);
    assert_eq!(found(&store, orders, Position::Above(Some(first))).await, [third]);
    let ann = Search { actor: text("Operator:ann"), ..Search::default() };
    assert_eq!(found(&store, ann, Position::Above(None)).await, [second]);
    let seventh = Search { object: text("order 7"), action: text("NewOrder"), ..Search::default() };
    assert_eq!(found(&store, seventh, Position::Below(None)).await, [third]);
    let request = Search { request_id: text("elsewhere"), ..Search::default() };
    assert_eq!(found(&store, request, Position::Below(None)).await, []);
    let one = store.read(move |c| audit_event::by_id(c, second)).await.unwrap();
    assert_eq!(one.map(|event| event.action).as_deref(), Some("PublishCrl"));
}

/// An id of that second, and the time itself.
fn told_at(seconds: u64) -> NewAuditEvent {
    let id = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0));
    let at = UnixMicros::of_second(at(i64::try_from(seconds).unwrap()));
    NewAuditEvent { id: AuditEventId::new(id), at, ..audit("NewOrder") }
}

async fn the_audit_trail_is_bounded_by_time(store: TestStore) {
    let mut ids = Vec::new();
    for seconds in [1_000, 2_000, 3_000] {
        ids.push(tell(&store, told_at(seconds)).await);
    }
    let middle = Search { since: Some(at(2_000)), until: Some(at(3_000)), ..Search::default() };
    assert_eq!(found(&store, middle, Position::Below(None)).await, [ids[1]]);
    let late = Search { since: Some(at(1_001)), ..Search::default() };
    assert_eq!(found(&store, late, Position::Above(None)).await, [ids[1], ids[2]]);
}

async fn a_nul_in_a_text_is_its_senders_fault(store: TestStore) {
    let search = Search { actor: Some("a\0b".into()), ..Search::default() };
    match store.read(move |c| audit_event::search(c, &search, Position::Below(None), 9)).await {
        Ok(found) => assert!(found.is_empty()),
        Err(fault) => assert!(matches!(fault, StoreError::NulInText(_)), "{fault}"),
    }
}
