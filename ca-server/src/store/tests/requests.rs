//! Requests that people approve: states, revisions, votes, intents, lists, codes and retention.

use std::time::Duration;

use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{IssuanceRequest, RequestState, RequestedKey, Terms, Version, Vote};
use ca_core::profile::ProfileHash;
use ca_core::x509::DistinguishedName;

use super::acme::{at, dns};
use super::issuance::{audit, complete, facts, new_intent, start};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{FetchCodeId, IntentState, IssuanceRequestId, RequestEventId, RequestEventKind};
use crate::store::issuance_intent::{self as intent, Abandonment, NewIntent};
use crate::store::issuance_request::{self as request, Asked, NewRequest, StoredRequest};
use crate::store::issuance_request_event::{self as event, RequestEvent};
use crate::store::issuance_request_fetch_code::{self as fetch_code, FetchCode};
use crate::store::issuance_request_list::{self as list, Cursor, RequestFilter};
use crate::store::issuance_request_revision::Author;
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, issuance_request_revision as revision, issuance_request_vote as vote, retention};

on_both_engines! {
    a_request_is_stored_and_loaded_whole,
    a_submission_makes_one_request,
    a_person_votes_once_for_a_revision,
    a_change_counts_only_for_what_was_seen,
    an_approval_is_for_one_revision,
    nothing_is_approved_or_signed_when_its_time_is_over,
    a_certificate_ends_its_request_in_the_same_write,
    one_of_two_signers_begins,
    an_intent_given_up_leaves_the_request_approved_or_failed,
    what_has_ended_has_no_key_and_stays_ended,
    a_key_is_destroyed_once,
    piles_are_paged_newest_first_both_ways,
    what_waits_for_a_person_is_neither_theirs_nor_voted_on,
    jobs_find_what_they_can_process_and_end,
    history_is_told_in_order,
    a_new_code_replaces_the_old_one,
    what_ended_without_a_certificate_is_deleted_with_all_that_hangs_on_it,
}

fn content(validity: u64) -> IssuanceRequest {
    IssuanceRequest::new(Terms {
        key: RequestedKey::Csr(vec![1, 2, 3]),
        profile: "tls-server".into(),
        profile_hash: ProfileHash::from_bytes([1; 32]),
        issuer: "issuing".into(),
        subject: DistinguishedName::from_attributes(&[]).unwrap(),
        names: Vec::new(),
        extensions: Vec::new(),
        validity: Duration::from_secs(validity),
    })
}

fn asked(content: &IssuanceRequest) -> Asked {
    Asked {
        digest: *content.digest().as_bytes(),
        profile: "tls-server".into(),
        issuer: "issuing".into(),
        subject: String::new(),
        names: vec![dns("a.example.org")],
        key_algorithm: "ecdsa-p256".into(),
        spki_sha256: [3; 32],
        approvals_required: 2,
        owner: Some("team web".into()),
        notify: None,
    }
}

fn new_request(person: &str) -> NewRequest {
    NewRequest {
        id: IssuanceRequestId::new(fresh_id()),
        asked: asked(&content(60)),
        requester: format!("Operator:{person}"),
        requester_person: Some(person.to_owned()),
        submission: None,
        private_key: Some(vec![9; 40]),
        created_at: at(100),
        expires_at: at(1000),
    }
}

async fn insert(store: &Store, new: &NewRequest) -> Result<(), StoreError> {
    let new = new.clone();
    let first = content(60);
    store
        .write(move |c| {
            request::insert(c, &new)?;
            let by = Author { actor: &new.requester, person: new.requester_person.as_deref() };
            revision::insert(c, new.id, 1, &first, by, new.created_at)
        })
        .await
}

async fn made(store: &Store, person: &str) -> IssuanceRequestId {
    let new = new_request(person);
    insert(store, &new).await.unwrap();
    new.id
}

async fn row(store: &Store, id: IssuanceRequestId) -> StoredRequest {
    store.read(move |c| request::by_id(c, id)).await.unwrap().unwrap()
}

/// The first version that anybody asks for here.
fn first() -> Version {
    Version { revision: 1, digest: content(60).digest() }
}

/// What it is changed to.
fn second() -> Version {
    Version { revision: 2, digest: content(61).digest() }
}

async fn advance(store: &Store, id: IssuanceRequestId, version: Version, event: Event) -> bool {
    store.write(move |c| request::advance(c, id, version, event, at(200))).await.unwrap()
}

async fn approved(store: &Store) -> IssuanceRequestId {
    let id = made(store, "ann").await;
    assert!(advance(store, id, first(), Event::ApprovalsComplete).await);
    id
}

async fn cast(store: &Store, id: IssuanceRequestId, voter: &str, version: Version) -> bool {
    let ballot = Vote { voter: voter.to_owned(), version };
    store.write(move |c| vote::insert(c, id, &ballot, at(200))).await.unwrap()
}

fn intent_for(id: IssuanceRequestId, number: u64) -> NewIntent {
    let mut facts = facts(number);
    facts.submission = Some(request::submission(id, first()));
    new_intent(facts)
}

async fn a_request_is_stored_and_loaded_whole(store: TestStore) {
    let new = new_request("ann");
    insert(&store, &new).await.unwrap();
    let found = row(&store, new.id).await;
    assert_eq!((found.state, found.revision, &found.asked), (RequestState::Pending, 1, &new.asked));
    assert_eq!((found.requester_person.as_deref(), found.expires_at), (Some("ann"), at(1000)));
    let id = new.id;
    let first = store.read(move |c| revision::by_number(c, id, 1)).await.unwrap().unwrap();
    assert_eq!(IssuanceRequest::from_bytes(&first.content).unwrap(), content(60));
    let by = Author { actor: "Operator:bob", person: Some("bob") };
    store.write(move |c| revision::insert(c, id, 2, &content(61), by, at(101))).await.unwrap();
    let job = Author { actor: "Job:issuance-requests", person: None };
    store.write(move |c| revision::insert(c, id, 3, &content(62), job, at(102))).await.unwrap();
    let mut authors = store.read(move |c| revision::authors(c, id)).await.unwrap();
    authors.sort();
    assert_eq!(authors, ["ann", "bob"]);
    assert_eq!(store.read(move |c| request::private_key(c, id)).await.unwrap(), new.private_key);
}

async fn a_submission_makes_one_request(store: TestStore) {
    let first = NewRequest { submission: Some(("Operator:ann k1".into(), [5; 32])), ..new_request("ann") };
    insert(&store, &first).await.unwrap();
    let again = NewRequest { submission: first.submission.clone(), ..new_request("ann") };
    let conflict = insert(&store, &again).await.unwrap_err();
    assert!(matches!(conflict, StoreError::Conflict(UniqueKey::Submission)), "{conflict}");
    let found = store.read(|c| request::by_submission(c, "Operator:ann k1")).await.unwrap().unwrap();
    assert_eq!(found, (first.id, vec![5; 32]));
    made(&store, "ann").await;
    made(&store, "ann").await;
}

async fn a_person_votes_once_for_a_revision(store: TestStore) {
    let id = made(&store, "ann").await;
    let again = Version { revision: 3, ..first() };
    assert!(cast(&store, id, "bob", first()).await);
    assert!(!cast(&store, id, "bob", first()).await);
    assert!(cast(&store, id, "bob", second()).await);
    assert!(cast(&store, id, "bob", again).await, "the same is asked for again, and has to be looked at again");
    assert!(cast(&store, id, "eve", first()).await);
    let votes = store.read(move |c| vote::of_request(c, id)).await.unwrap();
    assert_eq!(votes.len(), 4);
}

async fn a_change_counts_only_for_what_was_seen(store: TestStore) {
    let id = made(&store, "ann").await;
    let seen = row(&store, id).await;
    let (first, second) = (asked(&content(61)), asked(&content(62)));
    let (before, stale) = (seen.clone(), seen.clone());
    assert!(store.write(move |c| request::revise(c, &before, &first)).await.unwrap());
    assert!(!store.write(move |c| request::revise(c, &stale, &second)).await.unwrap(), "it has moved on");
    let now = row(&store, id).await;
    assert_eq!((now.revision, now.asked.digest), (2, *content(61).digest().as_bytes()));
    assert!(!store.write(move |c| request::end(c, &seen, Event::Cancel, None, at(300))).await.unwrap());
}

async fn an_approval_is_for_one_revision(store: TestStore) {
    let id = made(&store, "ann").await;
    assert!(!advance(&store, id, second(), Event::ApprovalsComplete).await);
    assert!(!advance(&store, id, Version { revision: 3, ..first() }, Event::ApprovalsComplete).await);
    assert!(advance(&store, id, first(), Event::ApprovalsComplete).await);
    assert!(!advance(&store, id, first(), Event::ApprovalsComplete).await, "once");
    assert_eq!(row(&store, id).await.state, RequestState::Approved);
}

async fn nothing_is_approved_or_signed_when_its_time_is_over(store: TestStore) {
    let (pending, ready) = (made(&store, "ann").await, approved(&store).await);
    let late = store.write(move |c| request::advance(c, pending, first(), Event::ApprovalsComplete, at(1000)));
    assert!(!late.await.unwrap());
    let intent = NewIntent { created_at: at(1000), ..intent_for(ready, 1) };
    assert!(!start(&store, &intent).await.unwrap());
    assert_eq!(row(&store, ready).await.state, RequestState::Approved);
}

async fn a_certificate_ends_its_request_in_the_same_write(store: TestStore) {
    let id = approved(&store).await;
    let new = intent_for(id, 1);
    assert!(start(&store, &new).await.unwrap());
    assert_eq!(row(&store, id).await.state, RequestState::Issuing);
    assert!(complete(&store, &new).await.unwrap());
    let found = row(&store, id).await;
    assert_eq!((found.state, found.certificate_id), (RequestState::Issued, Some(new.facts.certificate_id)));
    assert_eq!(found.ended_at, Some(at(101)));
    let certificate = new.facts.certificate_id;
    let linked = store.read(move |c| request::by_certificate(c, certificate)).await.unwrap().unwrap();
    assert_eq!(linked.id, id);
}

async fn one_of_two_signers_begins(store: TestStore) {
    let id = approved(&store).await;
    let (one, other) = (intent_for(id, 1), intent_for(id, 2));
    assert!(start(&store, &one).await.unwrap());
    assert!(!start(&store, &other).await.unwrap(), "nothing is stored of the second");
    let second = other.id;
    assert!(store.read(move |c| intent::by_id(c, second)).await.unwrap().is_none());
    let pending = made(&store, "ann").await;
    assert!(!start(&store, &intent_for(pending, 3)).await.unwrap(), "what is not approved is not signed");
}

async fn an_intent_given_up_leaves_the_request_approved_or_failed(store: TestStore) {
    for (number, for_good, expected) in
        [(1, None, RequestState::Approved), (2, Some("the key is gone".to_owned()), RequestState::Failed)]
    {
        let id = approved(&store).await;
        let new = intent_for(id, number);
        assert!(start(&store, &new).await.unwrap());
        let intent_id = new.id;
        let open = store.read(move |c| intent::by_id(c, intent_id)).await.unwrap().unwrap();
        assert_eq!(open.state, IntentState::Open);
        let why = Abandonment {
            at: at(4000),
            problem: "{}".into(),
            reason: "cessationOfOperation".into(),
            for_good: for_good.clone(),
        };
        let event = audit("AbandonIssuance");
        assert!(store.write(move |c| intent::abandon(c, &open, &why, &event)).await.unwrap());
        let found = row(&store, id).await;
        assert_eq!((found.state, found.outcome), (expected, for_good));
    }
}

async fn what_has_ended_has_no_key_and_stays_ended(store: TestStore) {
    let id = made(&store, "ann").await;
    let seen = row(&store, id).await;
    assert!(store.write(move |c| request::end(c, &seen, Event::Reject, Some("no"), at(300))).await.unwrap());
    let ended = row(&store, id).await;
    assert_eq!((ended.state, ended.outcome.as_deref()), (RequestState::Rejected, Some("no")));
    assert_eq!(store.read(move |c| request::private_key(c, id)).await.unwrap(), None);
    assert!(!advance(&store, id, first(), Event::ApprovalsComplete).await);
    let other = asked(&content(61));
    assert!(!store.write(move |c| request::revise(c, &ended, &other)).await.unwrap());
}

async fn a_key_is_destroyed_once(store: TestStore) {
    let id = made(&store, "ann").await;
    assert!(store.write(move |c| request::destroy_key(c, id, Some(at(400)))).await.unwrap());
    assert!(!store.write(move |c| request::destroy_key(c, id, Some(at(401)))).await.unwrap());
    assert_eq!(row(&store, id).await.key_delivered_at, Some(at(400)));
}

async fn piles_are_paged_newest_first_both_ways(store: TestStore) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(made(&store, "ann").await);
    }
    let page = async |cursor| {
        let filter = RequestFilter::default();
        let rows = store.read(move |c| list::list(c, &filter, cursor, 2)).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(page(Cursor::Newest).await, [ids[4], ids[3]]);
    assert_eq!(page(Cursor::OlderThan(ids[3])).await, [ids[2], ids[1]]);
    assert_eq!(page(Cursor::NewerThan(ids[1])).await, [ids[3], ids[2]]);
    assert_eq!(page(Cursor::OlderThan(ids[0])).await, []);
}

async fn what_waits_for_a_person_is_neither_theirs_nor_voted_on(store: TestStore) {
    let (own, other, voted) = (made(&store, "bob").await, made(&store, "ann").await, made(&store, "ann").await);
    cast(&store, voted, "bob", first()).await;
    cast(&store, other, "bob", second()).await;
    let waiting = |person: &str| RequestFilter {
        states: vec![RequestState::Pending],
        not_requester: Some(person.to_owned()),
        not_voted_by: Some(person.to_owned()),
        ..RequestFilter::default()
    };
    let of = async |filter: RequestFilter| {
        let rows = store.read(move |c| list::list(c, &filter, Cursor::Newest, 10)).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(of(waiting("bob")).await, [other], "a vote for another version does not count");
    assert_eq!(of(waiting("eve")).await, [voted, other, own]);
    assert_eq!(of(RequestFilter { requester: Some("bob".into()), ..RequestFilter::default() }).await, [own]);
    assert_eq!(of(RequestFilter { profile: Some("x".into()), ..RequestFilter::default() }).await, []);
}

async fn jobs_find_what_they_can_process_and_end(store: TestStore) {
    let (ready, voted, _plain) = (approved(&store).await, made(&store, "ann").await, made(&store, "ann").await);
    cast(&store, voted, "bob", first()).await;
    let nobody = NewRequest { asked: Asked { approvals_required: 0, ..asked(&content(60)) }, ..new_request("ann") };
    insert(&store, &nobody).await.unwrap();
    let found = store.read(|c| list::processable(c, None, 10)).await.unwrap();
    assert_eq!(found, [ready, voted, nobody.id]);
    assert_eq!(store.read(move |c| list::processable(c, Some(ready), 1)).await.unwrap(), [voted]);
    assert_eq!(store.read(|c| list::overdue(c, at(999), 10)).await.unwrap().len(), 0);
    assert_eq!(store.read(|c| list::overdue(c, at(1000), 10)).await.unwrap().len(), 4);
    assert!(start(&store, &intent_for(ready, 1)).await.unwrap());
    assert_eq!(store.read(|c| list::overdue(c, at(1000), 10)).await.unwrap().len(), 3, "one is being signed");
    assert!(store.read(|c| list::forgotten_keys(c, at(5000), 10)).await.unwrap().is_empty(), "none has ended");
}

async fn history_is_told_in_order(store: TestStore) {
    let id = made(&store, "ann").await;
    for (number, kind) in
        [RequestEventKind::Submitted, RequestEventKind::Commented, RequestEventKind::Approved].into_iter().enumerate()
    {
        let line = RequestEvent {
            request_id: id,
            id: RequestEventId::new(fresh_id()),
            kind,
            actor: "Operator:ann".into(),
            detail: format!("<b>{number}</b>"),
            policies: "p".into(),
            created_at: at(100),
        };
        store.write(move |c| event::insert(c, &line)).await.unwrap();
    }
    let last = store.read(move |c| event::of_request(c, id, 2)).await.unwrap();
    let kinds: Vec<RequestEventKind> = last.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [RequestEventKind::Commented, RequestEventKind::Approved]);
    assert_eq!(store.read(move |c| event::count(c, id, RequestEventKind::Commented)).await.unwrap(), 1);
}

async fn a_new_code_replaces_the_old_one(store: TestStore) {
    let request_id = made(&store, "ann").await;
    let code = |expires| FetchCode {
        id: FetchCodeId::new(fresh_id()),
        request_id,
        code_hash: [7; 32],
        created_by: "Operator:ann".into(),
        created_at: at(100),
        expires_at: at(expires),
    };
    let (old, new) = (code(500), code(600));
    let (first, second, kept) = (old.id, new.id, new.clone());
    store.write(move |c| fetch_code::replace(c, &old)).await.unwrap();
    store.write(move |c| fetch_code::replace(c, &kept)).await.unwrap();
    assert!(store.read(move |c| fetch_code::by_id(c, first)).await.unwrap().is_none());
    assert_eq!(store.read(move |c| fetch_code::by_id(c, second)).await.unwrap().unwrap().code_hash, [7; 32]);
    assert_eq!(store.write(|c| retention::fetch_codes(c, at(600), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::fetch_codes(c, at(601), 10)).await.unwrap(), 1);
}

async fn what_ended_without_a_certificate_is_deleted_with_all_that_hangs_on_it(store: TestStore) {
    let (open, gone, kept) = (made(&store, "ann").await, made(&store, "ann").await, approved(&store).await);
    let seen = row(&store, gone).await;
    cast(&store, gone, "bob", first()).await;
    store.write(move |c| request::end(c, &seen, Event::Expire, None, at(300))).await.unwrap();
    let new = intent_for(kept, 1);
    assert!(start(&store, &new).await.unwrap() && complete(&store, &new).await.unwrap());
    assert_eq!(store.write(|c| retention::requests(c, at(300), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| retention::requests(c, at(5000), 10)).await.unwrap(), 1);
    assert!(store.read(move |c| request::by_id(c, gone)).await.unwrap().is_none());
    assert!(store.read(move |c| vote::of_request(c, gone)).await.unwrap().is_empty());
    assert!(store.read(move |c| revision::by_number(c, gone, 1)).await.unwrap().is_none());
    row(&store, open).await;
    row(&store, kept).await;
}
