//! The outbox.

use crate::store::fields::{NoticeChannel, NoticeId, NoticeState};
use crate::store::notice::{self, NewNotice, Notice};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, retention};

use super::acme::at;

on_both_engines! {
    a_notice_goes_to_one_of_two_servers,
    a_notice_of_a_dead_server_is_due_again,
    a_notice_that_did_not_arrive_waits,
    a_notice_with_a_key_is_sent_once,
    what_arrived_is_deleted_later,
}

fn new_notice(once_key: Option<&str>) -> NewNotice {
    NewNotice {
        id: NoticeId::new(fresh_id()),
        kind: "request-submitted".into(),
        channel: NoticeChannel::Email,
        recipient: "ann@example.org".into(),
        payload: "{}".into(),
        once_key: once_key.map(str::to_owned),
        created_at: at(10),
    }
}

async fn insert(store: &Store, notices: Vec<NewNotice>) {
    store.write(move |c| notice::insert(c, &notices)).await.unwrap();
}

async fn claim(store: &Store, now: i64) -> Vec<Notice> {
    store.write(move |c| notice::claim(c, at(now), at(now + 60), 10)).await.unwrap()
}

async fn a_notice_goes_to_one_of_two_servers(store: TestStore) {
    insert(&store, (0..6).map(|_| new_notice(None)).collect()).await;
    assert!(claim(&store, 9).await.is_empty(), "it is not due");
    let (one, other) = tokio::join!(claim(&store, 10), claim(&store, 10));
    assert_eq!(one.len() + other.len(), 6);
    assert!(one.iter().chain(&other).all(|notice| notice.attempts == 1));
}

async fn a_notice_of_a_dead_server_is_due_again(store: TestStore) {
    insert(&store, vec![new_notice(None)]).await;
    let first = claim(&store, 10).await.remove(0);
    assert!(claim(&store, 69).await.is_empty());
    let second = claim(&store, 70).await.remove(0);
    assert_eq!((first.id, second.attempts), (second.id, 2));
    let late = store.write(move |c| notice::end(c, &first, NoticeState::Sent, None, at(71)));
    assert!(!late.await.unwrap(), "its lease is over");
    assert!(store.write(move |c| notice::end(c, &second, NoticeState::Sent, None, at(72))).await.unwrap());
    assert!(claim(&store, 1000).await.is_empty());
}

async fn a_notice_that_did_not_arrive_waits(store: TestStore) {
    insert(&store, vec![new_notice(None)]).await;
    let first = claim(&store, 10).await.remove(0);
    assert!(store.write(move |c| notice::retry(c, &first, at(100), "away")).await.unwrap());
    assert!(claim(&store, 99).await.is_empty());
    let again = claim(&store, 100).await.remove(0);
    assert_eq!((again.attempts, again.last_error.as_deref()), (2, Some("away")));
    let ended = store.write(move |c| notice::end(c, &again, NoticeState::Failed, Some("gone"), at(101)));
    assert!(ended.await.unwrap());
    let all = store.read(|c| notice::newest(c, 10)).await.unwrap();
    assert_eq!((all[0].state, all[0].last_error.as_deref()), (NoticeState::Failed, Some("gone")));
}

async fn a_notice_with_a_key_is_sent_once(store: TestStore) {
    insert(&store, vec![new_notice(Some("a")), new_notice(Some("a")), new_notice(Some("b")), new_notice(None)]).await;
    insert(&store, vec![new_notice(Some("a")), new_notice(None)]).await;
    assert_eq!(claim(&store, 10).await.len(), 4);
}

async fn what_arrived_is_deleted_later(store: TestStore) {
    insert(&store, vec![new_notice(None), new_notice(None)]).await;
    let sent = claim(&store, 10).await.remove(0);
    assert!(store.write(move |c| notice::end(c, &sent, NoticeState::Sent, None, at(20))).await.unwrap());
    assert_eq!(store.write(|c| retention::notices(c, at(20), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::notices(c, at(21), 10)).await.unwrap(), 1);
    assert_eq!(store.read(|c| notice::newest(c, 10)).await.unwrap().len(), 1);
}
