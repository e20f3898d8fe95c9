//! Requests for signatures: one at a time, votes, leases, the ledger, grants, tokens and keys.

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{Format, SigningEvent, SigningState};

use super::acme::at;
use super::issuance::{certificate, facts};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{CertificateId, SignatureId, SigningCheckKind, SigningGrantId, SigningRequestId};
use crate::store::hsm_key::HsmKey;
use crate::store::signature::{self, FoundBy, SignatureRecord};
use crate::store::signing_check as check;
use crate::store::signing_grant::{self as grant, SigningGrant};
use crate::store::signing_item::{self as item, StoredItem};
use crate::store::signing_key::{self as key, SigningKey};
use crate::store::signing_request::{self as request, StoredSigningRequest};
use crate::store::signing_request_list::{self as list, SigningFilter};
use crate::store::signing_token as token;
use crate::store::signing_usage::{self as usage, Allowance, Exhausted};
use crate::store::signing_vote::{self as vote, StoredSigningVote};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Store, signing_retention};

on_both_engines! {
    a_request_is_stored_and_loaded_whole,
    the_same_is_asked_for_once_while_it_stands,
    steps_are_taken_from_where_the_request_stands,
    a_person_votes_once,
    one_process_signs_for_a_request,
    an_item_has_one_signature,
    a_grant_is_spent_to_its_end_and_no_further,
    a_token_of_a_ci_asks_for_one_thing,
    old_tokens_of_a_request_open_nothing,
    a_token_outlives_its_request_for_a_while,
    a_profile_has_one_key,
    a_compromised_key_leaves_its_place_to_the_next,
    keys_of_requests_are_found_when_these_have_ended,
    one_server_at_a_time_looks_after_a_profile,
    piles_are_listed,
    usage_is_counted_with_that_under_grants,
    those_who_ask_together_do_not_exceed_a_limit_together,
    what_ended_without_a_signature_is_deleted_with_its_items,
}

pub(super) fn new(subject: &str) -> StoredSigningRequest {
    StoredSigningRequest {
        id: SigningRequestId::new(fresh_id()),
        state: SigningState::Received,
        profile: "team/release".into(),
        profile_hash: [1; 32],
        environment: "release".into(),
        format: Format::CmsDetached,
        digest_set: [2; 32],
        items: 2,
        reason: "v1\nsecond line".into(),
        subject: subject.into(),
        requester: "CiJob:x".into(),
        requester_person: Some("ann".into()),
        job_person: Some("dev".into()),
        claims: [("ref".to_owned(), "refs/tags/v1".to_owned())].into(),
        provenance: [("repository".to_owned(), "a/b \"c\"".to_owned())].into(),
        glass_broken_by: None,
        certificate_id: None,
        key_id: None,
        outcome: None,
        retryable: false,
        attempts: 0,
        created_at: at(100),
        expires_at: at(1000),
        ended_at: None,
    }
}

fn items() -> Vec<StoredItem> {
    let one = |n: i64, name: &str| StoredItem {
        n,
        name: name.to_owned(),
        algorithm: DigestAlgorithm::Sha256,
        digest: vec![7; 32],
        size: (n == 1).then_some(9),
        file_sha256: (n == 1).then(|| vec![8; 32]),
    };
    vec![one(1, "b"), one(2, "a")]
}

async fn made(store: &Store, subject: &str, open_key: u8) -> StoredSigningRequest {
    let row = new(subject);
    let stored = row.clone();
    store
        .write(move |c| {
            request::insert(c, &stored, [open_key; 32])?;
            item::insert(c, stored.id, &items())
        })
        .await
        .unwrap();
    row
}

async fn step(store: &Store, id: SigningRequestId, event: SigningEvent, now: i64) -> bool {
    store.write(move |c| request::advance(c, id, event, at(now))).await.unwrap()
}

async fn row(store: &Store, id: SigningRequestId) -> StoredSigningRequest {
    store.read(move |c| request::by_id(c, id)).await.unwrap().unwrap()
}

async fn a_request_is_stored_and_loaded_whole(store: TestStore) {
    let made = made(&store, "s", 1).await;
    assert_eq!(row(&store, made.id).await, made);
    let id = made.id;
    let page = |after| store.read(move |c| item::of_request(c, id, after, 10));
    assert_eq!(page(0).await.unwrap(), items());
    assert_eq!(page(1).await.unwrap(), items()[1..]);
    assert_eq!(store.read(|c| request::by_open_key(c, [1; 32])).await.unwrap().unwrap().id, id);
}

async fn the_same_is_asked_for_once_while_it_stands(store: TestStore) {
    let first = made(&store, "s", 1).await;
    let again = new("s");
    let refused = store.write(move |c| request::insert(c, &again, [1; 32])).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(UniqueKey::Submission)), "{refused:?}");
    made(&store, "s", 2).await;
    step(&store, first.id, SigningEvent::Admit, 200).await;
    let seen = row(&store, first.id).await;
    let ended = store.write(move |c| request::end(c, &seen, SigningEvent::Reject, "no", at(300)));
    assert!(ended.await.unwrap());
    let rejected = row(&store, first.id).await;
    assert_eq!(
        (rejected.state, rejected.outcome.as_deref(), rejected.ended_at),
        (SigningState::Rejected, Some("no"), Some(at(300)))
    );
    made(&store, "s", 1).await;
}

async fn steps_are_taken_from_where_the_request_stands(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    assert!(!step(&store, id, SigningEvent::BeginSigning, 200).await);
    assert!(step(&store, id, SigningEvent::Admit, 200).await);
    assert!(!step(&store, id, SigningEvent::Admit, 200).await);
    assert!(!step(&store, id, SigningEvent::ApprovalsComplete, 1000).await, "its time is over");
    assert!(step(&store, id, SigningEvent::ApprovalsComplete, 999).await);
    let certificate = CertificateId::new(fresh_id());
    let begin = || store.write(move |c| request::begin(c, id, certificate, "key", at(500)));
    assert!(begin().await.unwrap());
    assert!(!begin().await.unwrap(), "once");
    let signing = row(&store, id).await;
    assert_eq!(
        (signing.state, signing.certificate_id, signing.key_id.as_deref()),
        (SigningState::Signing, Some(certificate), Some("key"))
    );
    assert!(step(&store, id, SigningEvent::FinishSigning, 600).await);
    assert_eq!(row(&store, id).await.ended_at, Some(at(600)));
}

async fn a_person_votes_once(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    let cast = |voter: &str, stage| {
        let ballot = StoredSigningVote { voter: voter.to_owned(), stage, digest_set: [2; 32], created_at: at(200) };
        store.write(move |c| vote::insert(c, id, &ballot))
    };
    assert!(cast("bob", 0).await.unwrap());
    assert!(!cast("bob", 1).await.unwrap(), "not in another stage either");
    assert!(cast("cid", 0).await.unwrap());
    let votes = store.read(move |c| vote::of_request(c, id)).await.unwrap();
    assert_eq!(votes.iter().map(|vote| vote.voter.as_str()).collect::<Vec<_>>(), ["bob", "cid"]);
}

async fn one_process_signs_for_a_request(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    let claim =
        |holder: &'static str, now: i64| store.write(move |c| request::claim(c, id, holder, at(now), at(now + 60)));
    assert!(!claim("one", 200).await.unwrap(), "not approved");
    step(&store, id, SigningEvent::Admit, 200).await;
    step(&store, id, SigningEvent::ApprovalsComplete, 200).await;
    assert!(claim("one", 200).await.unwrap());
    assert!(claim("one", 210).await.unwrap(), "renewed");
    assert!(!claim("other", 260).await.unwrap());
    let due = |now: i64| store.read(move |c| list::due(c, at(now), None, 10));
    assert_eq!(due(260).await.unwrap(), []);
    assert_eq!(due(270).await.unwrap(), [id]);
    assert!(claim("other", 270).await.unwrap(), "the lease has run out");
    store.write(move |c| request::postpone(c, id, "the HSM is away", at(400))).await.unwrap();
    assert_eq!((due(399).await.unwrap(), due(400).await.unwrap()), (vec![], vec![id]));
    let waiting = row(&store, id).await;
    assert_eq!((waiting.outcome.as_deref(), waiting.retryable, waiting.attempts), (Some("the HSM is away"), true, 1));
}

fn line(request: Option<SigningRequestId>, n: Option<i64>, certificate: CertificateId) -> SignatureRecord {
    SignatureRecord {
        id: SignatureId::new(fresh_id()),
        request_id: request,
        n,
        grant_id: None,
        profile: "team/release".into(),
        format: Format::Raw,
        name: "a".into(),
        algorithm: DigestAlgorithm::Sha384,
        digest: vec![7; 48],
        subject: "s".into(),
        certificate_id: certificate,
        timestamp_at: Some(at(9)),
        timestamp_serial: Some("0a".into()),
        created_at: at(300),
    }
}

async fn an_item_has_one_signature(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    let certificate = certificate(&store, facts(1)).await;
    let put =
        |record: SignatureRecord, octets: &'static [u8]| store.write(move |c| signature::insert(c, &record, octets));
    let first = line(Some(id), Some(1), certificate);
    assert!(put(first.clone(), b"one").await.unwrap());
    assert!(!put(line(Some(id), Some(1), certificate), b"other").await.unwrap());
    assert!(put(line(None, None, certificate), b"grant").await.unwrap());
    assert!(put(line(None, None, certificate), b"grant").await.unwrap(), "without a request there is no such rule");
    assert_eq!(store.read(move |c| signature::octets(c, id, 1)).await.unwrap().unwrap(), b"one");
    assert_eq!(store.read(move |c| signature::numbers(c, id)).await.unwrap(), [1]);
    assert_eq!(store.read(move |c| signature::count(c, id)).await.unwrap(), 1);
    assert_eq!(store.read(move |c| signature::all_octets(c, id, 0, 9)).await.unwrap(), [(1, b"one".to_vec())]);
    let found = store.read(|c| signature::of_digest(c, &[7; 48], 10)).await.unwrap();
    assert_eq!((found.len(), &found[2].record, found[2].withdrawn_at), (3, &first, None));
    assert_eq!(store.read(move |c| signature::of_request(c, id, 0, 10)).await.unwrap().len(), 1);
    assert_eq!(store.read(move |c| signature::count_of_certificate(c, certificate)).await.unwrap(), 3);
    assert_eq!(store.read(move |c| signature::of_certificate(c, certificate, 2)).await.unwrap().len(), 2);
    assert_eq!(store.read(|c| signature::of_digest(c, &[8; 48], 10)).await.unwrap(), []);
    let of_file = |octet: u8| store.read(move |c| signature::of_file(c, &[octet; 32], 10));
    let by_file = of_file(8).await.unwrap();
    assert_eq!((by_file.len(), &by_file[0].record, by_file[0].found_by), (1, &first, FoundBy::File));
    assert_eq!(of_file(7).await.unwrap(), [], "that is the digest of its contents, in the item's own way");
}

async fn a_grant_is_spent_to_its_end_and_no_further(store: TestStore) {
    let id = SigningGrantId::new(fresh_id());
    let new = SigningGrant {
        id,
        profile: "p".into(),
        grantee: "operator:ann".into(),
        max_signatures: 2,
        used: 0,
        created_by: "bob".into(),
        created_at: at(100),
        not_after: at(1000),
        revoked_by: None,
        revoked_at: None,
    };
    let stored = new.clone();
    store.write(move |c| grant::insert(c, &stored)).await.unwrap();
    let found = |grantee: &'static str, now: i64| store.read(move |c| grant::in_force(c, "p", grantee, at(now)));
    assert_eq!(found("operator:ann", 200).await.unwrap(), [new]);
    assert_eq!(found("operator:eve", 200).await.unwrap(), []);
    assert_eq!(found("operator:ann", 1000).await.unwrap(), []);
    let granted = |grantee: &'static str, now: i64| store.read(move |c| grant::is_granted(c, grantee, at(now)));
    assert!(granted("operator:ann", 200).await.unwrap());
    assert!(!granted("operator:eve", 200).await.unwrap() && !granted("operator:ann", 1000).await.unwrap());
    let spend = |now: i64| store.write(move |c| grant::spend(c, id, at(now)));
    assert!(spend(200).await.unwrap() && !spend(1000).await.unwrap() && spend(200).await.unwrap());
    assert!(!spend(200).await.unwrap());
    assert!(!granted("operator:ann", 200).await.unwrap(), "used up");
    assert_eq!(found("operator:ann", 200).await.unwrap(), []);
    assert!(store.write(move |c| grant::revoke(c, id, "bob", at(300))).await.unwrap());
    assert!(!store.write(move |c| grant::revoke(c, id, "bob", at(301))).await.unwrap());
    let listed = store.read(|c| grant::list(c, None, 10)).await.unwrap();
    assert_eq!((listed.len(), listed[0].used, listed[0].revoked_at), (1, 2, Some(at(300))));
}

async fn a_token_of_a_ci_asks_for_one_thing(store: TestStore) {
    let note = |token: u8, asked: u8| store.write(move |c| token::use_once(c, [token; 32], [asked; 32], at(500)));
    assert!(note(1, 1).await.unwrap() && note(1, 1).await.unwrap());
    assert!(!note(1, 2).await.unwrap());
    assert!(note(2, 2).await.unwrap());
    assert_eq!(store.write(|c| signing_retention::token_uses(c, at(500), 10)).await.unwrap(), 0);
    assert_eq!(store.write(|c| signing_retention::token_uses(c, at(501), 10)).await.unwrap(), 2);
    assert!(note(1, 2).await.unwrap(), "a token that has expired proves nothing anyway");
}

async fn opens(store: &Store, number: u8, ended_after: i64) -> Option<SigningRequestId> {
    store.read(move |c| token::request(c, [number; 32], at(ended_after))).await.unwrap()
}

async fn old_tokens_of_a_request_open_nothing(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    let insert = |number: u8, now: i64| store.write(move |c| token::insert(c, [number; 32], id, at(now)));
    for number in 0..25_u8 {
        insert(number, 100 + i64::from(number)).await.unwrap();
    }
    assert_eq!((opens(&store, 24, 0).await, opens(&store, 5, 0).await), (Some(id), Some(id)));
    assert_eq!((opens(&store, 4, 0).await, opens(&store, 99, 0).await), (None, None));
    // Many in one second: the newest stays all the same, and so many others.
    for number in (100..200_u8).rev() {
        insert(number, 200).await.unwrap();
        assert_eq!(opens(&store, number, 0).await, Some(id));
    }
    let mut kept = 0;
    for number in 0..200 {
        kept += usize::from(opens(&store, number, 0).await.is_some());
    }
    assert_eq!(kept, 20);
}

async fn a_token_outlives_its_request_for_a_while(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    store.write(move |c| token::insert(c, [1; 32], id, at(100))).await.unwrap();
    let forget = |before: i64| store.write(move |c| signing_retention::request_tokens(c, at(before), 10));
    assert_eq!(opens(&store, 1, 5000).await, Some(id), "while it is open");
    assert_eq!(forget(5000).await.unwrap(), 0);
    step(&store, id, SigningEvent::Admit, 200).await;
    let seen = row(&store, id).await;
    store.write(move |c| request::end(c, &seen, SigningEvent::Reject, "no", at(300))).await.unwrap();
    assert_eq!((opens(&store, 1, 299).await, opens(&store, 1, 300).await), (Some(id), None));
    // Whoever asks for the same again gets another one.
    store.write(move |c| token::insert(c, [2; 32], id, at(400))).await.unwrap();
    assert_eq!((opens(&store, 2, 399).await, opens(&store, 2, 400).await), (Some(id), None));
    assert_eq!((forget(299).await.unwrap(), forget(300).await.unwrap()), (0, 1));
    assert_eq!((opens(&store, 2, 399).await, opens(&store, 1, 0).await), (Some(id), None));
    assert_eq!(forget(400).await.unwrap(), 1);
}

fn hsm_key(number: u8) -> HsmKey {
    HsmKey {
        id: format!("key-{number}"),
        hsm: "local".into(),
        locator: format!("software:{number}"),
        algorithm: "ecdsa-p256".into(),
        public_key: vec![number],
        spki_sha256: [number; 32],
        purposes: "artifact".into(),
        state: "active".into(),
        provenance: "test".into(),
        created_at: at(100),
        state_changed_at: at(100),
    }
}

fn signing_key(number: u8, owner: &str, request: Option<SigningRequestId>) -> SigningKey {
    SigningKey {
        key_id: format!("key-{number}"),
        profile: owner.into(),
        hsm: "local".into(),
        algorithm: "ecdsa-p256".into(),
        certificate_id: None,
        request_id: request,
        generation: i64::from(number),
        created_at: at(90),
    }
}

async fn key_of(store: &Store, number: u8, owner: &str, request: Option<SigningRequestId>) {
    let row = signing_key(number, owner, request);
    assert!(store.write(move |c| key::reserve(c, &row)).await.unwrap());
    assert!(store.write(move |c| key::record(c, &hsm_key(number))).await.unwrap());
}

async fn a_profile_has_one_key(store: TestStore) {
    let reserve = |number: u8| store.write(move |c| key::reserve(c, &signing_key(number, "p", None)));
    let record = |number: u8| store.write(move |c| key::record(c, &hsm_key(number)));
    let find = || store.read(|c| key::of_profile(c, "p", "local", "ecdsa-p256"));
    assert!(!record(1).await.unwrap(), "nothing is reserved");
    assert!(reserve(1).await.unwrap());
    assert!(!reserve(2).await.unwrap() && !reserve(1).await.unwrap());
    assert_eq!(find().await.unwrap().map(|_| ()), None, "it is not made");
    let (reserved, unmade) = store.read(|c| key::of_owner(c, "p", "local", "ecdsa-p256")).await.unwrap().unwrap();
    assert_eq!((reserved, unmade.is_none()), (signing_key(1, "p", None), true));
    assert!(record(1).await.unwrap());
    assert!(!record(1).await.unwrap(), "once");
    assert!(!record(2).await.unwrap());
    let (found, stored) = find().await.unwrap().unwrap();
    assert_eq!((found.key_id.as_str(), stored.locator.as_str(), found.certificate_id), ("key-1", "software:1", None));
    assert_eq!(found.created_at, at(100));
    assert!(store.read(|c| key::of_profile(c, "p", "local", "rsa-3072")).await.unwrap().is_none());
    assert!(store.read(|c| key::by_id(c, "key-2")).await.unwrap().is_none(), "the loser's is in no table");
    let (one, two) = (CertificateId::new(fresh_id()), CertificateId::new(fresh_id()));
    let certify = |before, now| store.write(move |c| key::certify(c, "key-1", before, now));
    assert!(certify(None, one).await.unwrap());
    assert!(!certify(None, two).await.unwrap(), "somebody was quicker");
    assert!(certify(Some(one), two).await.unwrap());
    assert_eq!(find().await.unwrap().unwrap().0.certificate_id, Some(two));
}

async fn a_compromised_key_leaves_its_place_to_the_next(store: TestStore) {
    key_of(&store, 1, "p", None).await;
    let replace = || {
        let next = signing_key(2, "p", None);
        store.write(move |c| key::replace(c, (&signing_key(1, "p", None), &hsm_key(1)), &next, at(200)))
    };
    assert!(replace().await.unwrap());
    assert!(!replace().await.unwrap(), "somebody was quicker");
    let (old, key) = store.read(|c| key::by_id(c, "key-1")).await.unwrap().unwrap();
    assert_eq!((old.profile.as_str(), key.state.as_str(), key.state_changed_at), ("p:1", "compromised", at(200)));
    let (next, unmade) = store.read(|c| key::of_owner(c, "p", "local", "ecdsa-p256")).await.unwrap().unwrap();
    assert_eq!((next, unmade.is_none()), (signing_key(2, "p", None), true));
}

async fn keys_of_requests_are_found_when_these_have_ended(store: TestStore) {
    let (open, ended) = (made(&store, "s", 1).await, made(&store, "t", 2).await);
    let gone = SigningRequestId::new(fresh_id());
    key_of(&store, 1, "p", None).await;
    for (number, id) in [(2, open.id), (3, ended.id), (4, gone)] {
        key_of(&store, number, &format!("p:{id}"), Some(id)).await;
    }
    store.write(move |c| key::reserve(c, &signing_key(5, "q", Some(gone)))).await.unwrap();
    step(&store, ended.id, SigningEvent::Admit, 200).await;
    let seen = row(&store, ended.id).await;
    store.write(move |c| request::end(c, &seen, SigningEvent::Cancel, "", at(300))).await.unwrap();
    let found = |after: &'static str| {
        let read = store.read(move |c| key::of_ended_requests(c, after, 10));
        async { read.await.unwrap().into_iter().map(|row| row.key_id).collect::<Vec<_>>() }
    };
    assert_eq!(
        (found("").await.join(" "), found("key-3").await.join(" ")),
        ("key-3 key-4 key-5".into(), "key-4 key-5".into())
    );
    let destroyed = || store.write(|c| key::destroyed(c, &hsm_key(3), at(400)));
    assert!(destroyed().await.unwrap() && !destroyed().await.unwrap(), "once");
    assert_eq!(store.read(|c| key::by_id(c, "key-3")).await.unwrap().unwrap().1.state, "destroyed");
    for id in ["key-4", "key-5"] {
        store.write(move |c| key::forget(c, id)).await.unwrap();
    }
    assert_eq!(found("").await, ["key-4"], "what was made is not forgotten");
}

async fn one_server_at_a_time_looks_after_a_profile(store: TestStore) {
    let kind = SigningCheckKind::Renewal;
    let begin = |now: i64| store.write(move |c| check::begin(c, "p", kind, at(now), at(now - 60)));
    assert!(begin(100).await.unwrap());
    assert!(!begin(100).await.unwrap() && !begin(159).await.unwrap(), "somebody does");
    let end = |begun: i64| store.write(move |c| check::end(c, "p", kind, at(begun), Some("the HSM is away")));
    assert!(end(100).await.unwrap());
    assert!(begin(160).await.unwrap());
    assert!(!end(100).await.unwrap(), "it was begun again since");
    assert!(store.write(|c| check::begin(c, "p", SigningCheckKind::Canary, at(100), at(40))).await.unwrap());
    let all = || store.read(check::all);
    let found = all().await.unwrap();
    let told: Vec<_> = found.iter().map(|row| (row.kind.as_str(), row.checked_at, row.fault.as_deref())).collect();
    assert_eq!(told, [("canary", at(100), None), ("renewal", at(160), Some("the HSM is away"))]);
    store.write(move |c| check::settle(c, "p", kind)).await.unwrap();
    assert!(all().await.unwrap().iter().all(|row| row.fault.is_none()));
}

async fn piles_are_listed(store: TestStore) {
    let first = made(&store, "s", 1).await;
    let second = made(&store, "t", 2).await;
    step(&store, first.id, SigningEvent::Admit, 200).await;
    let store = &store;
    let ids = |filter: SigningFilter, after| async move {
        let found = store.read(move |c| list::list(c, &filter, after, 10)).await.unwrap();
        found.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(SigningFilter::default(), None).await, [second.id, first.id]);
    assert_eq!(ids(SigningFilter::default(), Some(second.id)).await, [first.id]);
    let pending = SigningFilter { states: vec![SigningState::PendingApproval], ..SigningFilter::default() };
    assert_eq!(ids(pending.clone(), None).await, [first.id]);
    for person in ["ann", "dev"] {
        let others = SigningFilter { not_requester: Some(person.into()), ..pending.clone() };
        assert_eq!(ids(others, None).await, [], "{person}");
    }
    let unvoted = SigningFilter { not_voted_by: Some("bob".into()), ..pending.clone() };
    assert_eq!(ids(unvoted.clone(), None).await, [first.id]);
    let ballot = StoredSigningVote { voter: "bob".into(), stage: 0, digest_set: [2; 32], created_at: at(200) };
    store.write(move |c| vote::insert(c, first.id, &ballot)).await.unwrap();
    assert_eq!(ids(unvoted, None).await, []);
    let last = || store.read(move |c| list::last_signed(c, "team/release", second.id));
    assert_eq!(last().await.unwrap(), None);
    for event in [SigningEvent::ApprovalsComplete, SigningEvent::BeginSigning, SigningEvent::FinishSigning] {
        assert!(step(store, first.id, event, 300).await);
    }
    assert_eq!(last().await.unwrap().map(|row| row.id), Some(first.id));
}

fn allowance(requests: i64, signatures: i64, since: i64) -> Allowance {
    Allowance { profile: "team/release".into(), requests, hour: at(since), signatures, day: at(since) }
}

async fn usage_is_counted_with_that_under_grants(store: TestStore) {
    let exhausted = |requests, signatures, since, wanted| {
        let allowance = allowance(requests, signatures, since);
        store.read(move |c| usage::exhausted(c, &allowance, wanted))
    };
    made(&store, "s", 1).await;
    assert_eq!(exhausted(1, 9, 99, 1).await.unwrap(), Some(Exhausted::Requests));
    assert_eq!(exhausted(1, 9, 100, 1).await.unwrap(), None, "made before");
    // The two artifacts of the request, whether or not all of it is there.
    assert_eq!(exhausted(2, 5, 99, 3).await.unwrap(), None);
    assert_eq!(exhausted(2, 5, 99, 4).await.unwrap(), Some(Exhausted::Signatures));
    for (profile, now) in [("team/release", 121), ("team/release", 179), ("team/release", 180), ("other", 180)] {
        store.write(move |c| usage::note_grant_use(c, profile, at(now))).await.unwrap();
    }
    assert_eq!(exhausted(2, 5, 99, 1).await.unwrap(), Some(Exhausted::Signatures), "three under grants");
    assert_eq!(exhausted(2, 5, 100, 2).await.unwrap(), None);
    assert_eq!(exhausted(2, 2, 180, 1).await.unwrap(), None, "one in this minute");
    assert_eq!(exhausted(2, 1, 180, 1).await.unwrap(), Some(Exhausted::Signatures));
    assert_eq!(store.write(|c| usage::forget(c, at(180), 10)).await.unwrap(), 1);
    assert_eq!(store.write(|c| usage::forget(c, at(180), 10)).await.unwrap(), 0);
    assert_eq!(
        exhausted(2, 3, 60, 1).await.unwrap(),
        Some(Exhausted::Signatures),
        "two artifacts and one under a grant"
    );
}

async fn ask(store: Store, number: u8) -> bool {
    let (row, allowance) = (new(&format!("s{number}")), allowance(3, 100, 99));
    let write = store.write(move |c| {
        if usage::reserve(c, &allowance, row.items)?.is_some() {
            return Ok(false);
        }
        request::insert(c, &row, [number; 32])?;
        Ok(true)
    });
    write.await.unwrap()
}

async fn those_who_ask_together_do_not_exceed_a_limit_together(store: TestStore) {
    let mut asking = tokio::task::JoinSet::new();
    for number in 1..=12 {
        asking.spawn(ask(Store::clone(&store), number));
    }
    assert_eq!(asking.join_all().await.into_iter().filter(|made| *made).count(), 3);
}

async fn what_ended_without_a_signature_is_deleted_with_its_items(store: TestStore) {
    let id = made(&store, "s", 1).await.id;
    let overdue = store.read(|c| list::overdue(c, at(1000), 10)).await.unwrap();
    assert_eq!(overdue.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    step(&store, id, SigningEvent::Admit, 200).await;
    let seen = row(&store, id).await;
    store.write(move |c| request::end(c, &seen, SigningEvent::Expire, "late", at(1000))).await.unwrap();
    let delete = |before: i64| store.write(move |c| signing_retention::requests(c, at(before), 10));
    assert_eq!((delete(1000).await.unwrap(), delete(1001).await.unwrap()), (0, 1));
    assert_eq!(store.read(move |c| item::of_request(c, id, 0, 10)).await.unwrap(), []);
    let half = made(&store, "s", 3).await.id;
    store.write(move |c| request::forget(c, half)).await.unwrap();
    assert!(store.read(move |c| request::by_id(c, half)).await.unwrap().is_none());
}
