//! Intents, certificates, revocation and the audit trail.

use std::collections::BTreeMap;

use ca_core::time::UnixMicros;
use ca_core::x509::SerialNumber;

use super::acme::{account, at, dns, order};
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::certificate::{self, NewCertificate};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::fields::{AccountId, AuditEventId, CertificateId, Finalization, IntentId, IntentState, OrderId};
use crate::store::issuance_intent::{self as intent, Abandonment, IssuanceFacts, NewIntent};
use crate::store::revocation::{self, Revocation, RevocationOutcome};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{Connection, Store, blocked_key, retention};

on_both_engines! {
    two_finalize_requests_give_one_intent,
    a_serial_is_given_once,
    a_submission_has_one_open_intent,
    an_issuance_is_recorded_whole,
    of_two_signers_one_records,
    an_expired_lease_is_taken_over_once,
    an_abandoned_intent_fails_its_order_and_lists_its_serial,
    intents_are_deleted_some_time_after_their_end,
    a_certificate_is_revoked_once,
    a_compromised_key_is_blocked_and_another_is_not,
    revoked_serials_come_in_pages_until_they_have_expired,
    an_audit_event_cannot_be_changed,
}

pub(super) fn audit(action: &str) -> NewAuditEvent {
    NewAuditEvent {
        id: AuditEventId::new(fresh_id()),
        at: UnixMicros::from_micros(5),
        actor: "acme:a".into(),
        action: action.into(),
        object: "certificate".into(),
        decision: "{}".into(),
        origin: "192.0.2.1".into(),
        request_id: "r".into(),
        certificate_sha256: None,
        details: BTreeMap::new(),
    }
}

pub(super) fn serial(number: u64) -> SerialNumber {
    SerialNumber::from_octets(&number.to_be_bytes()).unwrap()
}

pub(super) fn facts(number: u64) -> IssuanceFacts {
    IssuanceFacts {
        certificate_id: CertificateId::new(fresh_id()),
        issuer: "issuing".into(),
        serial: serial(number),
        order_id: None,
        submission: None,
        endpoint: None,
        account_id: None,
        requester: "operator:anna".into(),
        profile: "tls-server".into(),
        profile_hash: [1; 32],
        policy_set_hash: [2; 32],
        decision: "{}".into(),
        spki_sha256: [3; 32],
        not_before: at(100),
        not_after: at(1000),
        subject: "CN=a.example.org".into(),
        names: vec![dns("a.example.org"), dns("b.example.org")],
        names_hash: [4; 32],
        crl_shard: 0,
        status_url: "http://ca.example.org/crl/issuing/0.crl".into(),
        replaces: None,
        owner: None,
        request_id: "r".into(),
    }
}

pub(super) fn new_intent(facts: IssuanceFacts) -> NewIntent {
    NewIntent {
        id: IntentId::new(fresh_id()),
        tbs_certificate: vec![0x30, 0x00],
        lease_holder: "server-1".into(),
        lease_until: at(160),
        created_at: at(100),
        facts,
    }
}

pub(super) fn new_certificate(facts: IssuanceFacts) -> NewCertificate {
    NewCertificate { facts, der: vec![0x30, 0x01, 0x00], fingerprint: [5; 32], issued_at: at(101) }
}

pub(super) async fn certificate(store: &Store, facts: IssuanceFacts) -> CertificateId {
    let new = new_certificate(facts);
    let id = new.facts.certificate_id;
    store.write(move |c| certificate::insert(c, &new)).await.unwrap();
    id
}

pub(super) async fn start(store: &Store, new: &NewIntent) -> Result<bool, StoreError> {
    let new = new.clone();
    store.write(move |c| intent::start(c, &new)).await
}

pub(super) async fn complete(store: &Store, new: &NewIntent) -> Result<bool, StoreError> {
    let (id, made, event) = (new.id, new_certificate(new.facts.clone()), audit("certificate.issue"));
    store.write(move |c| intent::complete(c, id, &made, &event)).await
}

async fn finalization(store: &Store, account: AccountId, id: OrderId) -> (Finalization, Option<CertificateId>) {
    let found = store.read(move |c| crate::store::order::by_id(c, account, id)).await.unwrap().unwrap();
    (found.0.finalization, found.0.certificate_id)
}

async fn for_order(store: &Store, number: u64) -> (AccountId, NewIntent) {
    let account = account(store, 1).await;
    let order = order(store, account, &["a.example.org"]).await;
    let facts = IssuanceFacts { order_id: Some(order.id), account_id: Some(account), ..facts(number) };
    (account, new_intent(facts))
}

async fn two_finalize_requests_give_one_intent(store: TestStore) {
    let (account, one) = for_order(&store, 1).await;
    let mut other = new_intent(IssuanceFacts { serial: serial(2), ..one.facts.clone() });
    other.facts.certificate_id = CertificateId::new(fresh_id());
    let (first, second) = tokio::join!(start(&store, &one), start(&store, &other));
    assert!(first.unwrap() != second.unwrap(), "exactly one finalize request wins");
    let order = one.facts.order_id.unwrap();
    assert_eq!(finalization(&store, account, order).await, (Finalization::Processing, None));
    let ids = [one.id, other.id];
    let found = store.read(move |c| Ok(intent::by_id(c, ids[0])?.is_some() ^ intent::by_id(c, ids[1])?.is_some()));
    assert!(found.await.unwrap());
}

async fn a_serial_is_given_once(store: TestStore) {
    assert!(start(&store, &new_intent(facts(1))).await.unwrap());
    let again = start(&store, &new_intent(facts(1))).await;
    assert!(matches!(again, Err(StoreError::Conflict(UniqueKey::Serial))), "{again:?}");
    let elsewhere = IssuanceFacts { issuer: "issuing-2".into(), ..facts(1) };
    assert!(start(&store, &new_intent(elsewhere)).await.unwrap());
    certificate(&store, facts(7)).await;
    let taken = new_certificate(facts(7));
    let again = store.write(move |c| certificate::insert(c, &taken)).await;
    assert!(matches!(again, Err(StoreError::Conflict(UniqueKey::Serial))), "{again:?}");
}

async fn a_submission_has_one_open_intent(store: TestStore) {
    let submission = |number| IssuanceFacts { submission: Some("once".into()), ..facts(number) };
    let first = new_intent(submission(1));
    assert!(start(&store, &first).await.unwrap());
    let again = start(&store, &new_intent(submission(2))).await;
    assert!(matches!(again, Err(StoreError::Conflict(UniqueKey::Submission))), "{again:?}");
    assert!(complete(&store, &first).await.unwrap());
    assert!(start(&store, &new_intent(submission(3))).await.unwrap());
}

async fn an_issuance_is_recorded_whole(store: TestStore) {
    let (account, new) = for_order(&store, 0xabc).await;
    assert!(start(&store, &new).await.unwrap());
    let stored = store
        .read({
            let id = new.id;
            move |c| intent::by_id(c, id)
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((stored.state, stored.tbs_certificate.as_slice()), (IntentState::Open, [0x30, 0x00].as_slice()));
    assert_eq!((stored.facts.names.len(), stored.facts.serial.to_string()), (2, "0abc".into()));
    assert!(complete(&store, &new).await.unwrap());
    let (order, id) = (new.facts.order_id.unwrap(), new.facts.certificate_id);
    assert_eq!(finalization(&store, account, order).await, (Finalization::Issued, Some(id)));
    let found = store.read(move |c| certificate::of_account(c, account, id)).await.unwrap().unwrap();
    assert_eq!(found.der, [0x30, 0x01, 0x00]);
    assert_eq!((found.record.names, found.record.fingerprint), (new.facts.names.clone(), [5; 32]));
    let stranger = AccountId::new(fresh_id());
    assert!(store.read(move |c| certificate::of_account(c, stranger, id)).await.unwrap().is_none());
    let by_serial = store.read(|c| certificate::by_serial(c, "issuing", &serial(0xabc))).await.unwrap().unwrap();
    assert_eq!(by_serial.record.id, id);
    let events = store.read(|c| audit_event::list(c, None, 10)).await.unwrap();
    assert_eq!(events.iter().map(|event| event.action.as_str()).collect::<Vec<_>>(), ["certificate.issue"]);
    assert_eq!(store.read(certificate::newest).await.unwrap(), Some(at(101)));
}

async fn of_two_signers_one_records(store: TestStore) {
    let (_, new) = for_order(&store, 1).await;
    let open_for = |key| store.read(move |c| intent::is_open_for(c, key));
    assert!(!open_for([3; 32]).await.unwrap());
    assert!(start(&store, &new).await.unwrap());
    assert_eq!((open_for([3; 32]).await.unwrap(), open_for([4; 32]).await.unwrap()), (true, false));
    let (one, other) = tokio::join!(complete(&store, &new), complete(&store, &new));
    assert!(one.unwrap() != other.unwrap());
    assert!(!open_for([3; 32]).await.unwrap());
    assert_eq!(store.read(|c| audit_event::list(c, None, 10)).await.unwrap().len(), 1);
}

async fn an_expired_lease_is_taken_over_once(store: TestStore) {
    let new = new_intent(facts(1));
    assert!(start(&store, &new).await.unwrap());
    let take =
        |holder: &'static str, now| store.write(move |c| intent::take_over(c, holder, at(now), at(now + 60), 10));
    assert!(take("server-2", 159).await.unwrap().is_empty(), "the lease still runs");
    let (one, other) = tokio::join!(take("server-2", 160), take("server-3", 160));
    let taken = [one.unwrap(), other.unwrap()].concat();
    assert_eq!(taken.len(), 1, "one of two servers has it");
    assert_eq!((taken[0].tbs_certificate.as_slice(), taken[0].lease_until), ([0x30, 0x00].as_slice(), at(220)));
    let (held, stale) = (taken[0].clone(), intent_as_first_seen(&taken[0]));
    assert!(!store.write(move |c| intent::lease(c, &stale, "server-1", at(900))).await.unwrap());
    assert!(store.write(move |c| intent::lease(c, &held, &held.lease_holder.clone(), at(900))).await.unwrap());
    assert!(take("server-4", 300).await.unwrap().is_empty());
    assert!(complete(&store, &new).await.unwrap());
    assert!(take("server-4", 9000).await.unwrap().is_empty(), "an ended intent is nobody's");
}

fn intent_as_first_seen(taken: &intent::Intent) -> intent::Intent {
    intent::Intent { lease_holder: "server-1".into(), lease_until: at(160), ..taken.clone() }
}

async fn an_abandoned_intent_fails_its_order_and_lists_its_serial(store: TestStore) {
    let (account, new) = for_order(&store, 0xdead).await;
    assert!(start(&store, &new).await.unwrap());
    let id = new.id;
    let stored = store.read(move |c| intent::by_id(c, id)).await.unwrap().unwrap();
    let give_up = move |c: &mut Connection| {
        let why = Abandonment {
            at: at(4000),
            problem: "{\"type\":\"x\"}".into(),
            reason: "cessationOfOperation".into(),
            for_good: None,
        };
        intent::abandon(c, &stored, &why, &audit("intent.abandon"))
    };
    let (one, other) = tokio::join!(store.write(give_up.clone()), store.write(give_up));
    assert!(one.unwrap() != other.unwrap());
    assert_eq!(finalization(&store, account, new.facts.order_id.unwrap()).await, (Finalization::Failed, None));
    assert!(!complete(&store, &new).await.unwrap(), "a late signature is dropped");
    let listed = store.read(|c| revocation::page(c, "issuing", 0, at(0), None, 10)).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.serial.to_string()).collect::<Vec<_>>(), ["dead"]);
}

fn revoke(number: u64, reason: &str) -> impl FnMut(&mut Connection) -> Result<RevocationOutcome, StoreError> + use<> {
    let revocation = Revocation {
        issuer: "issuing".into(),
        serial: serial(number),
        at: at(500),
        reason: reason.into(),
        invalidity_date: Some(at(400)),
        block_key: false,
    };
    move |c| revocation::revoke(c, &revocation)
}

/// Ids carry the time of their making, and the search for old intents is bounded by it.
fn intent_of(number: u64, made_at: i64) -> NewIntent {
    let millis = u128::try_from(made_at).unwrap() * 1000;
    let id = IntentId::new(uuid::Uuid::from_u128((millis << 80) + u128::from(number)));
    NewIntent { id, created_at: at(made_at), ..new_intent(facts(number)) }
}

async fn intents_are_deleted_some_time_after_their_end(store: TestStore) {
    let (ended, given_up, open, young) = (intent_of(1, 100), intent_of(2, 110), intent_of(3, 120), intent_of(4, 900));
    for new in [&ended, &given_up, &open, &young] {
        assert!(start(&store, new).await.unwrap());
    }
    assert!(complete(&store, &ended).await.unwrap() && complete(&store, &young).await.unwrap());
    let id = given_up.id;
    let why = Abandonment { at: at(400), problem: "{}".into(), reason: "cessationOfOperation".into(), for_good: None };
    let give_up = move |c: &mut Connection| {
        let Some(stored) = intent::by_id(c, id)? else { return Ok(false) };
        intent::abandon(c, &stored, &why, &audit("intent.abandon"))
    };
    assert!(store.write(give_up).await.unwrap());
    let delete = |before, limit| store.write(move |c| retention::intents(c, at(before), limit));
    assert_eq!(delete(101, 10).await.unwrap(), 0, "it ended at 101");
    assert_eq!(delete(102, 10).await.unwrap(), 1);
    assert_eq!(delete(401, 10).await.unwrap(), 1, "the abandoned one ended at 400");
    assert_eq!(delete(9000, 1).await.unwrap(), 1, "the young one has ended too");
    assert_eq!(delete(9000, 10).await.unwrap(), 0, "an open one is never deleted");
    let left = open.id;
    assert!(store.read(move |c| intent::by_id(c, left)).await.unwrap().is_some());
    let issued = ended.facts.certificate_id;
    assert!(store.read(move |c| certificate::by_id(c, issued)).await.unwrap().is_some(), "its certificate stays");
}

async fn a_certificate_is_revoked_once(store: TestStore) {
    let id = certificate(&store, facts(1)).await;
    let (one, other) = tokio::join!(store.write(revoke(1, "superseded")), store.write(revoke(1, "superseded")));
    let outcomes = [one.unwrap(), other.unwrap()];
    let revoked = outcomes.iter().filter(|outcome| matches!(outcome, RevocationOutcome::Revoked(_)));
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, RevocationOutcome::AlreadyRevoked));
    assert_eq!((revoked.count(), refused.count()), (1, 1), "{outcomes:?}");
    assert!(matches!(store.write(revoke(2, "superseded")).await.unwrap(), RevocationOutcome::Unknown));
    let found = store.read(move |c| certificate::by_id(c, id)).await.unwrap().unwrap().record;
    assert_eq!((found.revoked_at, found.reason.as_deref()), (Some(at(500)), Some("superseded")));
    assert_eq!(found.invalidity_date, Some(at(400)));
    let listed = store.read(|c| revocation::page(c, "issuing", 0, at(0), None, 10)).await.unwrap();
    assert_eq!((listed.len(), listed[0].revoked_at, listed[0].invalidity_date), (1, at(500), Some(at(400))));
}

async fn a_compromised_key_is_blocked_and_another_is_not(store: TestStore) {
    certificate(&store, IssuanceFacts { spki_sha256: [8; 32], ..facts(1) }).await;
    certificate(&store, IssuanceFacts { spki_sha256: [9; 32], ..facts(2) }).await;
    store.write(revoke(1, "superseded")).await.unwrap();
    store.write(revoke(2, revocation::KEY_COMPROMISE)).await.unwrap();
    assert!(store.read(|c| blocked_key::by_hash(c, [8; 32])).await.unwrap().is_none());
    let blocked = store.read(|c| blocked_key::by_hash(c, [9; 32])).await.unwrap().unwrap();
    assert_eq!((blocked.reason.as_str(), blocked.source.as_str()), ("keyCompromise", "certificate issuing/02"));
}

async fn revoked_serials_come_in_pages_until_they_have_expired(store: TestStore) {
    for number in 1..=5 {
        certificate(&store, IssuanceFacts { not_after: at(1000 + number), ..facts(u64::try_from(number).unwrap()) })
            .await;
        store.write(revoke(u64::try_from(number).unwrap(), "superseded")).await.unwrap();
    }
    certificate(&store, IssuanceFacts { crl_shard: 1, ..facts(6) }).await;
    store.write(revoke(6, "superseded")).await.unwrap();
    let page = |before, after: Option<u64>, limit| {
        store.read(move |c| revocation::page(c, "issuing", 0, at(before), after.map(serial).as_ref(), limit))
    };
    let numbers = |page: Vec<revocation::RevokedSerial>| {
        page.iter().map(|entry| *entry.serial.as_octets().last().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(page(0, None, 2).await.unwrap()), [1, 2]);
    assert_eq!(numbers(page(0, Some(2), 10).await.unwrap()), [3, 4, 5]);
    assert_eq!(numbers(page(1003, None, 10).await.unwrap()), [3, 4, 5]);
}

async fn an_audit_event_cannot_be_changed(store: TestStore) {
    let event = audit("x");
    store.write(move |c| audit_event::insert(c, &event)).await.unwrap();
    for statement in ["UPDATE audit_event SET actor = 'nobody'", "DELETE FROM audit_event"] {
        let refused = store.write(move |c| Ok(c.batch_execute(statement)?)).await;
        let Err(StoreError::Refused(cause)) = refused else { panic!("{refused:?}") };
        assert!(cause.to_string().contains("append-only"), "{cause}");
    }
    assert_eq!(store.read(|c| audit_event::list(c, None, 10)).await.unwrap().len(), 1);
}
