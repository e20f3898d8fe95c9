//! Changes to many certificates: each certificate is settled once, whoever does it.

use super::acme::at;
use super::issuance::{certificate, facts};
use crate::store::bulk_change::{self, BulkChange, NewBulkChange};
use crate::store::fields::{BulkChangeId, BulkKind, BulkState, CertificateId, ItemOutcome};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, retention};

on_both_engines! {
    a_change_is_done_piece_by_piece_and_each_certificate_once,
    a_change_that_was_stopped_does_not_go_on,
    what_is_over_is_forgotten,
}

async fn prepared(store: &Store, certificates: u64) -> (BulkChangeId, Vec<CertificateId>) {
    let mut ids = Vec::new();
    for number in 1..=certificates {
        ids.push(certificate(store, facts(number)).await);
    }
    let id = BulkChangeId::new(fresh_id());
    let new = NewBulkChange {
        id,
        kind: BulkKind::Revoke,
        parameters: "{}".into(),
        selection: "all of profile tls-server".into(),
        actor: "Operator:ann".into(),
        acting_as: "{}".into(),
        origin: "192.0.2.1".into(),
        request_id: "r".into(),
        created_at: at(100),
    };
    let listed = ids.clone();
    let write = move |c: &mut _| {
        bulk_change::insert(c, &new)?;
        bulk_change::add(c, id, 0, &listed)
    };
    store.write(write).await.unwrap();
    (id, ids)
}

async fn load(store: &Store, id: BulkChangeId) -> BulkChange {
    store.read(move |c| bulk_change::by_id(c, id)).await.unwrap().unwrap()
}

async fn waiting(store: &Store, id: BulkChangeId, limit: i64) -> Vec<(i64, CertificateId)> {
    let found = store.read(move |c| bulk_change::waiting(c, id, limit)).await.unwrap();
    found.into_iter().map(|(position, row)| (position, row.record.id)).collect()
}

async fn a_change_is_done_piece_by_piece_and_each_certificate_once(store: TestStore) {
    let (id, ids) = prepared(&store, 3).await;
    assert_eq!(load(&store, id).await.state, BulkState::Preparing);
    assert!(store.write(move |c| bulk_change::begin(c, id, 3)).await.unwrap());
    assert!(!store.write(move |c| bulk_change::begin(c, id, 3)).await.unwrap(), "once");
    assert_eq!(waiting(&store, id, 2).await, [(0, ids[0]), (1, ids[1])]);
    let settle =
        |position, outcome| store.write(move |c| bulk_change::settle(c, id, position, outcome, Some("because")));
    assert!(settle(0, ItemOutcome::Changed).await.unwrap());
    assert!(!settle(0, ItemOutcome::Refused).await.unwrap(), "another server was first");
    assert!(settle(1, ItemOutcome::Refused).await.unwrap());
    assert_eq!(waiting(&store, id, 5).await, [(2, ids[2])]);
    store.write(move |c| bulk_change::count(c, id, [1, 0, 1])).await.unwrap();
    let change = load(&store, id).await;
    assert_eq!((change.total, change.changed, change.refused, change.settled()), (3, 1, 1, 2));
    let refused = store.read(move |c| bulk_change::refused(c, id, -1, 5)).await.unwrap();
    assert_eq!(refused.iter().map(|item| (item.position, item.certificate_id)).collect::<Vec<_>>(), [(1, ids[1])]);
    assert_eq!(refused[0].detail.as_deref(), Some("because"));
}

async fn a_change_that_was_stopped_does_not_go_on(store: TestStore) {
    let (id, _) = prepared(&store, 1).await;
    let finish = |state| store.write(move |c| bulk_change::finish(c, id, state, at(200), Some("enough")));
    assert!(!finish(BulkState::Stopped).await.unwrap(), "it has not begun");
    store.write(move |c| bulk_change::begin(c, id, 1)).await.unwrap();
    assert!(finish(BulkState::Stopped).await.unwrap());
    assert!(!finish(BulkState::Done).await.unwrap());
    let change = load(&store, id).await;
    assert_eq!((change.state, change.finished_at), (BulkState::Stopped, Some(at(200))));
    assert_eq!(change.last_error.as_deref(), Some("enough"));
    let newest = store.read(|c| bulk_change::list(c, None, 5)).await.unwrap();
    assert_eq!(newest.iter().map(|change| change.id).collect::<Vec<_>>(), [id]);
    assert!(store.read(move |c| bulk_change::list(c, Some(id), 5)).await.unwrap().is_empty());
}

async fn what_is_over_is_forgotten(store: TestStore) {
    let (id, _) = prepared(&store, 3).await;
    let forget = || store.write(|c| retention::bulk_items(c, at(1_000_000_000), 2));
    store.write(move |c| bulk_change::begin(c, id, 3)).await.unwrap();
    assert_eq!(forget().await.unwrap(), 0, "it runs");
    store.write(move |c| bulk_change::finish(c, id, BulkState::Done, at(5), None)).await.unwrap();
    assert_eq!([forget().await.unwrap(), forget().await.unwrap(), forget().await.unwrap()], [2, 1, 1]);
    assert_eq!(forget().await.unwrap(), 0);
    assert!(store.read(move |c| bulk_change::by_id(c, id)).await.unwrap().is_none());
}
