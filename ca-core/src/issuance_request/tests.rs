//! Properties of the encoding and of the vote, and the table of states.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::approval::{self, Void, VoteRefusal};
use super::state::Event;
use super::*;
use crate::profile::ProfileHash;
use crate::x509::name::SubjectAttribute;
use crate::x509::{DistinguishedName, GeneralName};

fn dns(name: &str) -> GeneralName {
    GeneralName::dns(name).unwrap()
}

fn terms() -> Terms {
    Terms {
        key: RequestedKey::Csr(vec![1, 2, 3]),
        profile: "tls-server".to_owned(),
        profile_hash: ProfileHash::from_bytes([7; 32]),
        issuer: "issuing".to_owned(),
        subject: DistinguishedName::from_attributes(&[(SubjectAttribute::Organization, "Example".to_owned())]).unwrap(),
        names: vec![dns("b.example.org"), dns("a.example.org")],
        extensions: vec![
            RequestedExtension { oid: "2.5.29.19".to_owned(), critical: true, value: vec![0x30, 0] },
            RequestedExtension { oid: "2.5.29.37".to_owned(), critical: false, value: vec![0, 1, 0] },
        ],
        validity: Duration::from_secs(86_400),
    }
}

fn changed(change: impl FnOnce(&mut Terms)) -> IssuanceRequest {
    let mut terms = terms();
    change(&mut terms);
    IssuanceRequest::new(terms)
}

// ---- encoding

/// The encoding is what approvals are bound to, so it never changes.
#[test]
fn the_digest_of_version_1_stays_as_it_is() {
    insta::assert_snapshot!(IssuanceRequest::new(terms()).digest());
}

#[test]
fn an_encoded_request_is_read_back_and_nothing_else_is() {
    let request = IssuanceRequest::new(terms());
    assert_eq!(IssuanceRequest::from_bytes(request.as_bytes()).unwrap(), request);
    let octets = request.as_bytes();
    for end in 0..octets.len() {
        assert!(IssuanceRequest::from_bytes(&octets[..end]).is_err(), "{end}");
    }
    assert!(IssuanceRequest::from_bytes(&[octets, &[0]].concat()).is_err());
    assert_eq!(RequestDigest::parse(&request.digest().to_string()), Some(request.digest()));
    assert_eq!(RequestDigest::parse("0"), None);
    assert_eq!(RequestDigest::parse(&"é".repeat(32)), None);
}

#[test]
fn the_order_and_repetition_of_names_mean_nothing() {
    let other = changed(|terms| terms.names = vec![dns("a.example.org"), dns("b.example.org"), dns("a.example.org")]);
    assert_eq!(other.digest(), IssuanceRequest::new(terms()).digest());
}

/// A way to change a request, and what it is called.
type Case = (fn(&mut Terms), Change);

#[test]
fn every_change_has_another_digest_and_a_name() {
    let cases: [Case; 10] = [
        (|terms| terms.key = RequestedKey::Csr(vec![1, 2]), Change::Key),
        (|terms| terms.key = RequestedKey::Generated(vec![1, 2, 3]), Change::Key),
        (
            |terms| terms.profile = "tls-client".to_owned(),
            Change::Profile { before: "tls-server".to_owned(), after: "tls-client".to_owned() },
        ),
        (
            |terms| terms.profile_hash = ProfileHash::from_bytes([8; 32]),
            Change::ProfileVersion {
                profile: "tls-server".to_owned(),
                before: ProfileHash::from_bytes([7; 32]),
                after: ProfileHash::from_bytes([8; 32]),
            },
        ),
        (
            |terms| terms.issuer = "issuing-2".to_owned(),
            Change::Issuer { before: "issuing".to_owned(), after: "issuing-2".to_owned() },
        ),
        (
            |terms| terms.subject = DistinguishedName::from_attributes(&[]).unwrap(),
            Change::Subject { before: "O=Example".to_owned(), after: String::new() },
        ),
        (|terms| terms.names.push(dns("c.example.org")), Change::NameAdded(dns("c.example.org"))),
        (|terms| drop(terms.names.pop()), Change::NameRemoved(dns("a.example.org"))),
        (|terms| terms.extensions[1].value[2] = 1, Change::ExtensionSet { oid: "2.5.29.37".to_owned() }),
        (|terms| drop(terms.extensions.pop()), Change::ExtensionRemoved { oid: "2.5.29.37".to_owned() }),
    ];
    let before = IssuanceRequest::new(terms());
    for (change, expected) in cases {
        let after = changed(change);
        assert_ne!(after.digest(), before.digest(), "{expected}");
        assert_eq!(Difference::between(&before, &after).changes(), [expected]);
    }
    let reordered = changed(|terms| terms.extensions.reverse());
    assert!(!Difference::between(&before, &reordered).is_empty());
    let longer = changed(|terms| terms.validity = Duration::from_secs(3600));
    assert_eq!(Difference::between(&before, &longer).to_string(), "the validity was 1d and is 1h");
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let name = prop_oneof![
        "[a-z]{1,8}\\.example\\.org".prop_map(|text| dns(&text)),
        any::<[u8; 4]>().prop_map(|octets| GeneralName::Ip(octets.into())),
        "[a-z]{1,8}@example\\.org".prop_map(|text| GeneralName::email(&text).unwrap()),
    ];
    let extension = ("[0-2]\\.[1-9]{1,4}", any::<bool>(), any::<Vec<u8>>())
        .prop_map(|(oid, critical, value)| RequestedExtension { oid, critical, value });
    let key = (any::<bool>(), any::<Vec<u8>>()).prop_map(|(csr, der)| match csr {
        true => RequestedKey::Csr(der),
        false => RequestedKey::Generated(der),
    });
    let lists = (prop::collection::vec(name, 0..4), prop::collection::vec(extension, 0..4));
    (key, "[a-z-]{1,9}", any::<[u8; 32]>(), "[a-z]{1,9}", lists, any::<u32>()).prop_map(
        |(key, profile, hash, issuer, (names, extensions), seconds)| Terms {
            key,
            profile,
            profile_hash: ProfileHash::from_bytes(hash),
            issuer,
            subject: DistinguishedName::from_attributes(&[]).unwrap(),
            names,
            extensions,
            validity: Duration::from_secs(seconds.into()),
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(terms in any_terms()) {
        let request = IssuanceRequest::new(terms);
        prop_assert_eq!(IssuanceRequest::from_bytes(request.as_bytes()), Ok(request));
    }

    #[test]
    fn digests_are_the_same_exactly_when_nothing_differs(one in any_terms(), other in any_terms()) {
        let (one, other) = (IssuanceRequest::new(one), IssuanceRequest::new(other));
        for (a, b) in [(&one, &other), (&one, &one)] {
            prop_assert_eq!(a.digest() == b.digest(), Difference::between(a, b).is_empty());
        }
    }

    #[test]
    fn garbage_is_refused_without_a_panic(octets in any::<Vec<u8>>()) {
        let headed = [b"signet issuance request 1\0".as_slice(), &octets].concat();
        prop_assert!(IssuanceRequest::from_bytes(&octets).is_err());
        prop_assert!(IssuanceRequest::from_bytes(&headed).is_err());
    }
}

// ---- votes

const NOW: Version = Version { revision: 3, digest: RequestDigest::from_bytes([1; 32]) };
const BEFORE: Version = Version { revision: 2, digest: RequestDigest::from_bytes([0; 32]) };
/// What is asked for now was asked for once before.
const LONG_BEFORE: Version = Version { revision: 1, ..NOW };

fn vote(voter: &str, version: Version) -> Vote {
    Vote { voter: voter.to_owned(), version }
}

#[test]
fn a_vote_does_not_come_back_with_what_it_was_for() {
    let votes = [vote("bob", LONG_BEFORE), vote("eve", NOW)];
    let tally = Tally::count(NOW, 2, &["ann"], &votes, |_| true);
    assert_eq!((tally.counted(), tally.void()), (&["eve".to_owned()][..], &[(votes[0].clone(), Void::Stale)][..]));
    assert_eq!(approval::admit(NOW, &["ann"], &votes, "bob", NOW.digest), Ok(()));
}

#[test]
fn each_void_vote_says_why() {
    let votes = [vote("ann", NOW), vote("bob", NOW), vote("bob", NOW), vote("eve", BEFORE), vote("dan", NOW)];
    let tally = Tally::count(NOW, 2, &["ann"], &votes, |name| name != "dan");
    assert_eq!(tally.counted(), ["bob"]);
    let reasons: Vec<Void> = tally.void().iter().map(|(_, why)| *why).collect();
    assert_eq!(reasons, [Void::OwnRequest, Void::Repeated, Void::Stale, Void::NotEntitled]);
    assert_eq!((tally.missing(), tally.approved()), (1, None));
}

#[test]
fn enough_different_people_approve() {
    let votes = [vote("bob", NOW), vote("eve", NOW)];
    let approved = Tally::count(NOW, 2, &["ann"], &votes, |_| true).approved().unwrap();
    assert_eq!((approved.digest(), approved.required()), (NOW.digest, 2));
    assert_eq!(approved.approvers(), ["bob", "eve"]);
    assert!(Tally::count(NOW, 0, &["ann"], &[], |_| true).approved().is_some(), "a profile may ask for nobody");
}

#[test]
fn a_vote_is_admitted_once_from_another_person_for_what_is_asked_now() {
    let votes = [vote("bob", NOW), vote("eve", BEFORE)];
    let admit = |voter, seen: Version| approval::admit(NOW, &["ann"], &votes, voter, seen.digest);
    assert_eq!(admit("dan", NOW), Ok(()));
    assert_eq!(admit("eve", NOW), Ok(()), "a stale vote does not keep one from voting again");
    assert_eq!(admit("ann", NOW), Err(VoteRefusal::OwnRequest));
    assert_eq!(admit("bob", NOW), Err(VoteRefusal::Repeated));
    assert_eq!(admit("dan", BEFORE), Err(VoteRefusal::Stale));
}

#[test]
fn nobody_approves_what_they_changed_themselves() {
    let votes = [vote("bob", NOW), vote("eve", NOW)];
    let tally = Tally::count(NOW, 1, &["ann", "bob"], &votes, |_| true);
    assert_eq!((tally.counted(), tally.void()), (&["eve".to_owned()][..], &[(votes[0].clone(), Void::OwnRequest)][..]));
    assert_eq!(approval::admit(NOW, &["ann", "dan"], &votes, "dan", NOW.digest), Err(VoteRefusal::OwnRequest));
}

proptest! {
    #[test]
    fn nobody_counts_twice_and_the_requester_never(
        ballot in prop::collection::vec((0_u8..6, any::<bool>()), 0..20),
        required in 0_u32..5,
        requester in 0_u8..6,
        barred in 0_u8..6,
    ) {
        let votes: Vec<Vote> = ballot.iter().map(|(who, now)| vote(&who.to_string(), if *now { NOW } else { BEFORE })).collect();
        let (requester, barred) = (requester.to_string(), barred.to_string());
        let tally = Tally::count(NOW, required, &[&requester], &votes, |name| name != barred);
        let people: BTreeSet<&String> = tally.counted().iter().collect();
        prop_assert_eq!(people.len(), tally.counted().len());
        prop_assert!(!people.contains(&requester) && !people.contains(&barred));
        prop_assert_eq!(tally.counted().len() + tally.void().len(), votes.len());
        prop_assert_eq!(tally.approved().is_some(), people.len() >= required as usize);
    }
}

// ---- states

const EVENTS: [Event; 9] = [
    Event::ApprovalsComplete,
    Event::Change,
    Event::Reject,
    Event::Cancel,
    Event::Expire,
    Event::BeginSigning,
    Event::FinishSigning,
    Event::AbandonSigning,
    Event::Fail,
];

#[test]
fn the_table_of_states() {
    let mut table = String::new();
    for state in RequestState::ALL {
        for event in EVENTS {
            let after =
                state.after(event).map_or_else(|refusal| format!("refused: {refusal}"), |next| next.to_string());
            table.push_str(&format!("{state:<10} {:<18} {after}\n", format!("{event:?}")));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_has_ended_stays_so_and_nothing_is_signed_unapproved() {
    for state in RequestState::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
        for event in EVENTS {
            match state.after(event) {
                Ok(_) => assert!(state.is_open(), "{state} {event:?}"),
                Err(refusal) => assert_eq!((refusal.state, refusal.event), (state, event)),
            }
        }
        assert_eq!(state.after(Event::BeginSigning).is_ok(), state == RequestState::Approved);
        assert_eq!(state.after(Event::FinishSigning).is_ok(), state == RequestState::Issuing);
    }
}
