//! What is watched and counted: renewals that do not come, certificates by day, failures.

use super::acme::{account, at, attempt, made, new_order};
use super::issuance::{facts, new_certificate, serial};
use crate::store::attempt::Decision;
use crate::store::certificate_count::{self, CountKind, DayCount, Progress};
use crate::store::certificate_search::{CertificateFilter, Page, Sort, search};
use crate::store::expiry_watch::{self, Watched};
use crate::store::fields::{AuthorizationId, CertificateId, Finalization, Name, NameKind, OrderId};
use crate::store::issuance_intent::IssuanceFacts;
use crate::store::order::OrderAuthorization;
use crate::store::revocation::{self, Revocation};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{
    Store, acme_failure, attempt as attempts, certificate as certificates, certificate_lineage, order as orders,
};

on_both_engines! {
    what_is_replaced_alarms_nobody,
    a_revoked_successor_leaves_its_predecessor_watched,
    what_is_due_is_paged_and_found_by_the_list,
    a_certificate_with_more_names_covers_one_with_fewer,
    each_certificate_is_counted_once,
    failures_are_found_by_when_they_began,
}

const DAY: i64 = 86_400;

/// A certificate for a lineage, issued and ended on these days.
fn lived(number: u64, lineage: u8, issued: i64, ends: i64) -> IssuanceFacts {
    IssuanceFacts {
        certificate_id: CertificateId::new(fresh_id()),
        serial: serial(number),
        not_before: at(issued * DAY),
        not_after: at(ends * DAY),
        names_hash: [lineage; 32],
        ..facts(number)
    }
}

async fn issue(store: &Store, facts: IssuanceFacts, day: i64) -> CertificateId {
    let id = facts.certificate_id;
    let new = certificates::NewCertificate { issued_at: at(day * DAY), ..new_certificate(facts) };
    store.write(move |c| certificates::insert(c, &new)).await.unwrap();
    id
}

async fn due(store: &Store, day: i64) -> Vec<CertificateId> {
    let found = store.read(move |c| expiry_watch::due(c, at(day * DAY), None, 100)).await.unwrap();
    found.into_iter().map(|watched| watched.certificate_id).collect()
}

fn revocation(number: u64, day: i64) -> Revocation {
    Revocation {
        issuer: "issuing".into(),
        serial: serial(number),
        at: at(day * DAY),
        reason: "superseded".into(),
        invalidity_date: None,
        block_key: false,
    }
}

async fn what_is_replaced_alarms_nobody(store: TestStore) {
    let first = issue(&store, lived(1, 7, 0, 90), 0).await;
    assert_eq!(due(&store, 75).await, []);
    assert_eq!(due(&store, 76).await, [first]);
    let second = issue(&store, lived(2, 7, 60, 150), 60).await;
    assert_eq!(due(&store, 90).await, []);
    // It was renewed with 30 days left; a quarter of that later, somebody should look.
    let watched = store.read(move |c| expiry_watch::of(c, second)).await.unwrap().unwrap();
    assert_eq!((watched.watch_at, watched.is_usual), (at(150 * DAY - 30 * DAY * 3 / 4), true));
    assert_eq!(due(&store, 128).await, [second]);
    let third = issue(&store, lived(3, 8, 0, 5), 0).await;
    assert_eq!(store.read(move |c| expiry_watch::of(c, third)).await.unwrap(), None);
}

async fn a_revoked_successor_leaves_its_predecessor_watched(store: TestStore) {
    let first = issue(&store, lived(1, 7, 0, 90), 0).await;
    issue(&store, lived(2, 7, 10, 100), 10).await;
    assert_eq!(due(&store, 200).await.len(), 1);
    let revoke = |number, day| store.write(move |c| revocation::revoke(c, &revocation(number, day)));
    revoke(2, 11).await.unwrap();
    assert_eq!(due(&store, 200).await, [first]);
    revoke(1, 12).await.unwrap();
    assert_eq!(due(&store, 200).await, []);
}

async fn what_is_due_is_paged_and_found_by_the_list(store: TestStore) {
    let mut all = Vec::new();
    for number in 1..=5 {
        all.push(issue(&store, lived(number, u8::try_from(number).unwrap(), 0, 90), 0).await);
    }
    let mut seen = Vec::new();
    let mut last: Option<Watched> = None;
    loop {
        let page = store.read(move |c| expiry_watch::due(c, at(80 * DAY), last, 2)).await.unwrap();
        last = page.last().copied();
        if last.is_none() {
            break;
        }
        seen.extend(page.into_iter().map(|watched| watched.certificate_id));
    }
    assert_eq!(seen, all);
    let find = |day| {
        store.read(move |c| {
            let filter = CertificateFilter { renewal_overdue: true, ..CertificateFilter::default() };
            search(c, &filter, &Page::first(Sort::FirstToEnd, 10), at(day * DAY))
        })
    };
    assert_eq!(find(75).await.unwrap().records.len(), 0);
    assert_eq!(find(80).await.unwrap().records.len(), 5);
    let ended = all[0];
    store.write(move |c| expiry_watch::end(c, ended)).await.unwrap();
    assert_eq!(find(80).await.unwrap().records.len(), 4);
}

async fn a_certificate_with_more_names_covers_one_with_fewer(store: TestStore) {
    let few = issue(&store, lived(1, 1, 0, 90), 0).await;
    let covered = || {
        store.read(move |c| {
            let record = certificates::by_id(c, few)?.map(|found| found.record);
            record.map_or(Ok(false), |record| certificate_lineage::is_covered(c, &record))
        })
    };
    assert!(!covered().await.unwrap());
    let mut more = lived(2, 2, 60, 150);
    more.names.push(Name { kind: NameKind::Dns, value: "c.example.org".into() });
    issue(&store, more, 60).await;
    assert!(covered().await.unwrap());
    store.write(|c| revocation::revoke(c, &revocation(2, 61))).await.unwrap();
    assert!(!covered().await.unwrap());
}

async fn each_certificate_is_counted_once(store: TestStore) {
    let ids = [
        issue(&store, lived(1, 1, 3, 90), 3).await,
        issue(&store, lived(2, 2, 3, 91), 3).await,
        issue(&store, lived(3, 3, 4, 90), 4).await,
    ];
    let uncounted = |from| store.read(move |c| certificate_count::uncounted(c, from, at(5 * DAY), 2));
    let first = uncounted(None).await.unwrap();
    assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), ids[..2]);
    let to = Progress { at: first[1].issued_at, certificate_id: first[1].id };
    let counts = || vec![(CountKind::Issued, DayCount { day: 3, value: "ecdsa-p256".into(), count: 2 })];
    let add = |from, to: Progress| {
        let counts = counts();
        store.write(move |c| certificate_count::add(c, from, to, &counts))
    };
    assert!(add(None, to).await.unwrap());
    assert!(!add(None, to).await.unwrap(), "another server was faster");
    let rest = uncounted(Some(to)).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), ids[2..]);
    let end = Progress { at: rest[0].issued_at, certificate_id: rest[0].id };
    assert!(add(Some(to), end).await.unwrap());
    assert_eq!(store.read(certificate_count::progress).await.unwrap(), Some(end));
    let counted = store.read(|c| certificate_count::counts(c, CountKind::Issued, 3, 4)).await.unwrap();
    assert_eq!(counted, [DayCount { day: 3, value: "ecdsa-p256".into(), count: 4 }]);
    assert_eq!(store.read(|c| certificate_count::counts(c, CountKind::Ends, 0, 999)).await.unwrap(), []);
    store.write(|c| revocation::revoke(c, &revocation(1, 5))).await.unwrap();
    assert_eq!(store.read(|c| certificate_count::revoked_unexpired(c, at(6 * DAY), 9)).await.unwrap(), 1);
    assert_eq!(store.read(|c| certificate_count::revoked_unexpired(c, at(95 * DAY), 9)).await.unwrap(), 0);
}

/// A UUIDv7 of a second.
fn made_in(second: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128((second * 1_000) << 80 | 0x7000 << 64 | 0x8000 << 48 | second)
}

async fn failures_are_found_by_when_they_began(store: TestStore) {
    let account = account(&store, 1).await;
    let mut new = new_order(account, &["a.example.org"]);
    new.id = OrderId::new(made_in(1_800_000_000));
    if let OrderAuthorization::New(authorization) = &mut new.authorizations[0] {
        authorization.id = AuthorizationId::new(made_in(1_800_000_001));
    }
    let (id, failed) = (new.id, attempt(made(&new, 0), false));
    store.write(move |c| orders::insert(c, &new)).await.unwrap();
    let since = |from| store.read(move |c| acme_failure::since(c, at(from), 10));
    assert_eq!(since(0).await.unwrap(), []);
    let decision = Decision::Invalid { problem: "{}".into() };
    store.write(move |c| attempts::record(c, &failed, &decision)).await.unwrap();
    store.write(move |c| orders::fail(c, id, Finalization::None, "{}")).await.unwrap();
    assert_eq!(since(0).await.unwrap(), [at(1_800_000_001), at(1_800_000_000)]);
    assert_eq!(since(1_800_000_001).await.unwrap(), [at(1_800_000_001)]);
}
