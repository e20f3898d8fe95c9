//! Jobs, leases, published lists and retention.

use std::time::Duration;

use ca_core::time::UnixMicros;

use super::acme::{account, at, new_order, order};
use super::issuance::{certificate, facts};
use crate::store::crl::{self, CHUNK, Crl, Publication};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{Finalization, JobId};
use crate::store::job::{self, Job, NewJob};
use crate::store::lease::{self, Lease};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Connection, Store, attempt, authorization, nonce, order as orders, retention, revocation};

on_both_engines! {
    a_job_asked_for_twice_runs_once,
    a_job_asked_for_while_it_runs_runs_again,
    a_due_job_goes_to_one_of_two_servers,
    a_job_of_a_dead_server_is_due_again,
    a_failed_job_waits,
    a_lease_has_one_holder_at_a_time,
    a_lease_that_ran_out_gets_a_new_number,
    a_list_becomes_current_under_its_lease_only,
    a_list_without_all_its_chunks_is_not_published,
    a_higher_number_is_never_replaced_by_a_lower_one,
    a_large_list_is_read_back_whole,
    what_has_expired_is_deleted_in_batches_and_nothing_else,
    superseded_lists_are_deleted_and_the_current_one_stays,
}

pub(super) fn new_job(key: &str, run_at: i64) -> NewJob {
    NewJob {
        id: JobId::new(fresh_id()),
        kind: "publish-crl".into(),
        key: key.into(),
        payload: "{}".into(),
        run_at: at(run_at),
        created_at: at(1),
    }
}

async fn enqueue(store: &Store, key: &str, run_at: i64) {
    let new = new_job(key, run_at);
    store.write(move |c| job::enqueue(c, &new)).await.unwrap();
}

async fn claim(store: &Store, holder: &'static str, now: i64) -> Vec<Job> {
    store.write(move |c| job::claim(c, holder, at(now), at(now + 60), 10)).await.unwrap()
}

async fn finish(store: &Store, job: &Job, now: i64) -> bool {
    let job = job.clone();
    store.write(move |c| job::finish(c, &job, at(now))).await.unwrap()
}

async fn a_job_asked_for_twice_runs_once(store: TestStore) {
    enqueue(&store, "issuing/0", 20).await;
    enqueue(&store, "issuing/0", 10).await;
    enqueue(&store, "issuing/0", 30).await;
    assert_eq!(store.read(job::next_due).await.unwrap(), Some(at(10)), "the earliest time counts");
    assert!(claim(&store, "server-1", 9).await.is_empty());
    let claimed = claim(&store, "server-1", 10).await;
    assert_eq!((claimed.len(), claimed[0].requested, claimed[0].attempts), (1, 3, 1));
    assert!(finish(&store, &claimed[0], 11).await);
    assert_eq!(store.read(job::next_due).await.unwrap(), None);
    assert!(!finish(&store, &claimed[0], 11).await, "a job ends once");
}

async fn a_job_asked_for_while_it_runs_runs_again(store: TestStore) {
    enqueue(&store, "issuing/0", 10).await;
    let first = claim(&store, "server-1", 10).await.remove(0);
    enqueue(&store, "issuing/0", 11).await;
    assert!(claim(&store, "server-2", 12).await.is_empty(), "it runs already");
    assert!(finish(&store, &first, 13).await);
    let again = claim(&store, "server-2", 13).await;
    assert_eq!((again.len(), again[0].attempts), (1, 1));
    assert!(finish(&store, &again[0], 14).await);
    assert!(store.read(|c| job::list(c, None, 10)).await.unwrap().is_empty());
}

async fn a_due_job_goes_to_one_of_two_servers(store: TestStore) {
    for number in 0..8 {
        enqueue(&store, &number.to_string(), 10).await;
    }
    let (one, other) = tokio::join!(claim(&store, "server-1", 10), claim(&store, "server-2", 10));
    let mut keys: Vec<String> = one.into_iter().chain(other).map(|job| job.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 8, "each job has one holder");
    assert!(claim(&store, "server-3", 10).await.is_empty());
}

async fn a_job_of_a_dead_server_is_due_again(store: TestStore) {
    enqueue(&store, "issuing/0", 10).await;
    let dead = claim(&store, "server-1", 10).await.remove(0);
    assert!(claim(&store, "server-2", 69).await.is_empty());
    let taken = claim(&store, "server-2", 70).await.remove(0);
    assert_eq!((taken.attempts, taken.lease_holder.as_deref()), (2, Some("server-2")));
    assert!(!finish(&store, &dead, 71).await, "the lease is another's now");
    assert!(finish(&store, &taken, 71).await);
}

async fn a_failed_job_waits(store: TestStore) {
    enqueue(&store, "issuing/0", 10).await;
    let failed = claim(&store, "server-1", 10).await.remove(0);
    let put_back = move |c: &mut Connection| job::retry(c, &failed, at(40), "the HSM is away");
    assert!(store.write(put_back.clone()).await.unwrap());
    assert!(!store.write(put_back).await.unwrap());
    assert!(claim(&store, "server-1", 39).await.is_empty());
    let again = claim(&store, "server-1", 40).await.remove(0);
    assert_eq!((again.attempts, again.last_error.as_deref()), (2, Some("the HSM is away")));
}

async fn acquire(store: &Store, holder: &'static str, duration: Duration) -> Option<Lease> {
    store.write(move |c| lease::acquire(c, "crl", holder, duration)).await.unwrap()
}

const LONG: Duration = Duration::from_secs(60);

async fn a_lease_has_one_holder_at_a_time(store: TestStore) {
    let (one, other) = tokio::join!(acquire(&store, "server-1", LONG), acquire(&store, "server-2", LONG));
    assert!(one.is_some() != other.is_some(), "{one:?} {other:?}");
    let held = one.or(other).unwrap();
    let (holder, rival) = if held.holder == "server-1" { ("server-1", "server-2") } else { ("server-2", "server-1") };
    assert_eq!(acquire(&store, holder, LONG).await.unwrap(), held, "a renewal keeps the number");
    assert_eq!(acquire(&store, rival, LONG).await, None);
    let copy = held.clone();
    assert!(store.write(move |c| lease::release(c, &copy)).await.unwrap());
    let next = acquire(&store, rival, LONG).await.unwrap();
    assert!(next.fencing > held.fencing);
    assert!(!store.write(move |c| lease::guard(c, &held)).await.unwrap());
    assert!(store.write(move |c| lease::guard(c, &next)).await.unwrap());
}

async fn a_lease_that_ran_out_gets_a_new_number(store: TestStore) {
    let first = acquire(&store, "server-1", Duration::ZERO).await.unwrap();
    let copy = first.clone();
    assert!(!store.write(move |c| lease::guard(c, &copy)).await.unwrap());
    let second = acquire(&store, "server-1", LONG).await.unwrap();
    assert!(second.fencing > first.fencing);
}

pub(super) fn list(number: i64, size: usize) -> Crl {
    Crl {
        issuer: "issuing".into(),
        shard: 0,
        number,
        this_update: at(100),
        next_update: at(200),
        entries: 3,
        size: i64::try_from(size).unwrap(),
        sha256: [7; 32],
        fencing: 1,
        created_at: at(100),
    }
}

async fn store_list(store: &Store, list: &Crl, der: &'static [u8]) {
    let copy = list.clone();
    store.write(move |c| crl::insert(c, &copy)).await.unwrap();
    for (position, bytes) in (0..).zip(der.chunks(CHUNK)) {
        let copy = list.clone();
        store.write(move |c| crl::insert_chunk(c, &copy, position, bytes)).await.unwrap();
    }
}

async fn publish(store: &Store, list: &Crl, lease: &Lease) -> Result<Publication, StoreError> {
    let (list, lease) = (list.clone(), lease.clone());
    store.write(move |c| crl::publish(c, &list, &lease)).await
}

async fn current_number(store: &Store) -> Option<i64> {
    store.read(|c| crl::current(c, "issuing", 0)).await.unwrap().map(|current| current.number)
}

async fn a_list_becomes_current_under_its_lease_only(store: TestStore) {
    let stale = acquire(&store, "server-1", Duration::ZERO).await.unwrap();
    let lease = acquire(&store, "server-2", LONG).await.unwrap();
    let list = list(1, 3);
    store_list(&store, &list, b"der").await;
    assert_eq!(publish(&store, &list, &stale).await.unwrap(), Publication::LeaseLost);
    assert_eq!(current_number(&store).await, None);
    assert_eq!(publish(&store, &list, &lease).await.unwrap(), Publication::Done);
    assert_eq!(current_number(&store).await, Some(1));
    let all = store.read(crl::all_current).await.unwrap();
    assert_eq!(all, [list]);
}

async fn a_list_without_all_its_chunks_is_not_published(store: TestStore) {
    let lease = acquire(&store, "server-1", LONG).await.unwrap();
    let list = list(1, CHUNK + 1);
    store_list(&store, &list, b"only the first").await;
    assert!(matches!(publish(&store, &list, &lease).await, Err(StoreError::Corrupt { .. })));
    assert_eq!(current_number(&store).await, None);
}

async fn a_higher_number_is_never_replaced_by_a_lower_one(store: TestStore) {
    let lease = acquire(&store, "server-1", LONG).await.unwrap();
    let next = |micros| store.read(move |c| crl::next_number(c, "issuing", 0, UnixMicros::from_micros(micros)));
    assert_eq!(next(5).await.unwrap(), 5, "the time, for the first");
    for (number, outcome) in [(5, Publication::Done), (4, Publication::Superseded), (6, Publication::Done)] {
        store_list(&store, &list(number, 3), b"der").await;
        assert_eq!(publish(&store, &list(number, 3), &lease).await.unwrap(), outcome, "{number}");
    }
    assert_eq!(publish(&store, &list(6, 3), &lease).await.unwrap(), Publication::Superseded);
    assert_eq!((next(5).await.unwrap(), next(90).await.unwrap()), (7, 90));
    assert_eq!(current_number(&store).await, Some(6));
    let again = store.write(|c| crl::insert(c, &list(6, 3))).await;
    assert!(matches!(again, Err(StoreError::Conflict(UniqueKey::Other))), "{again:?}");
}

async fn a_large_list_is_read_back_whole(store: TestStore) {
    static DER: [u8; CHUNK * 2 + 9] = [0x5a; CHUNK * 2 + 9];
    let lease = acquire(&store, "server-1", LONG).await.unwrap();
    let list = list(1, DER.len());
    store_list(&store, &list, &DER).await;
    assert_eq!(publish(&store, &list, &lease).await.unwrap(), Publication::Done);
    let mut read = Vec::new();
    for position in 0.. {
        let list = list.clone();
        match store.read(move |c| crl::chunk(c, &list, position)).await.unwrap() {
            Some(bytes) => read.extend(bytes),
            None => break,
        }
    }
    assert!(read == DER, "{}", read.len());
}

async fn what_has_expired_is_deleted_in_batches_and_nothing_else(store: TestStore) {
    let account = account(&store, 1).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(order(&store, account, &["a.example.org"]).await.id);
    }
    let mut late = new_order(account, &["late.example.org"]);
    late.holder.expires_at = at(2000);
    let (kept, processing) = (late.id, ids[0]);
    store.write(move |c| orders::insert(c, &late)).await.unwrap();
    let advance =
        move |c: &mut Connection| orders::advance(c, processing, Finalization::None, Finalization::Processing);
    assert!(store.write(advance).await.unwrap());
    assert_eq!(store.write(|c| retention::orders(c, at(1000), 10)).await.unwrap(), 0, "they end at 1000");
    assert_eq!(store.write(|c| retention::orders(c, at(1001), 1)).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::orders(c, at(1001), 10)).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::authorizations(c, at(1001), 10)).await.unwrap(), 3);
    for id in [kept, processing] {
        assert!(store.read(move |c| orders::by_id(c, account, id)).await.unwrap().is_some());
    }
    let (_, authorizations) = store.read(move |c| orders::by_id(c, account, kept)).await.unwrap().unwrap();
    let id = authorizations[0].id;
    assert!(store.read(move |c| authorization::by_id(c, account, id)).await.unwrap().is_some());
    assert!(store.read(move |c| attempt::of_authorization(c, id)).await.unwrap().is_empty());
    expired_serials_and_nonces(&store).await;
}

async fn expired_serials_and_nonces(store: &Store) {
    certificate(store, facts(1)).await;
    let list = |c: &mut Connection| {
        let revocation = revocation::Revocation {
            issuer: "issuing".into(),
            serial: super::issuance::serial(1),
            at: at(500),
            reason: "superseded".into(),
            invalidity_date: None,
            block_key: false,
        };
        revocation::revoke(c, &revocation)
    };
    store.write(list).await.unwrap();
    assert_eq!(store.write(|c| retention::revoked_serials(c, at(1000), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::revoked_serials(c, at(1001), 10)).await.unwrap(), 1);
    store.write(|c| nonce::epoch(c, b"epoch", at(0))).await.unwrap();
    assert!(store.write(|c| nonce::spend(c, b"epoch", b"nonce", at(60))).await.unwrap());
    assert_eq!(store.write(|c| retention::nonces(c, at(60), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::nonces(c, at(61), 10)).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::intents(c, at(1000), 10)).await.unwrap(), 0);
}

async fn superseded_lists_are_deleted_and_the_current_one_stays(store: TestStore) {
    let lease = acquire(&store, "server-1", LONG).await.unwrap();
    for number in [1, 2] {
        store_list(&store, &list(number, 3), b"der").await;
        assert_eq!(publish(&store, &list(number, 3), &lease).await.unwrap(), Publication::Done);
    }
    assert_eq!(store.write(|c| retention::superseded_crl(c, at(100))).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::superseded_crl(c, at(101))).await.unwrap(), 1);
    assert_eq!(store.write(|c| retention::superseded_crl(c, at(101))).await.unwrap(), 0);
    let gone = list(1, 3);
    assert_eq!(store.read(move |c| crl::chunk(c, &gone, 0)).await.unwrap(), None, "its chunks are gone too");
    assert_eq!(current_number(&store).await, Some(2));
}
