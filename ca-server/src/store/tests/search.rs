//! Searching certificates: what is found does not depend on the way it is found.

use std::collections::BTreeSet;

use ca_core::time::UnixTime;
use uuid::Uuid;

use super::acme::at;
use super::issuance::{facts, new_certificate, serial};
use crate::store::certificate::{self, CertificateRecord, NewCertificate};
use crate::store::certificate_name::NameFilter;
use crate::store::certificate_search::{
    Bounds, CertificateFilter, CertificateStatus, Count, Direction, Found, Page, Position, SOON, SearchText, Sort,
    Span, search_within,
};
use crate::store::fields::{AccountId, CertificateId, Name, NameKind, OrderId};
use crate::store::issuance_intent::IssuanceFacts;
use crate::store::revocation::{self, Revocation};
use crate::store::testing::{TestStore, on_both_engines};
use crate::store::{Store, certificate_care, certificate_lineage, hsm_key, issuer};

on_both_engines! {
    every_filter_finds_the_same_both_ways_and_in_pages_of_any_size,
    the_search_box_finds_a_certificate_by_anything_that_it_is_known_by,
    a_walk_pauses_and_goes_on,
    what_is_counted_is_exact_up_to_a_bound,
    names_of_any_case_and_hostile_texts_mean_only_themselves,
    a_lineage_has_neighbours,
    what_people_write_down_is_changed_once,
}

/// The hour after which ids and times of these tests lie.
const START: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const NOW: i64 = START + 100 * DAY;

/// Few enough for a fetch, whatever there is.
const FETCHED: Bounds = Bounds { few: 1_000, window: 8, counted: 1_000 };
/// Always a walk, with pauses.
const WALKED: Bounds = Bounds { few: -1, window: 8, counted: 1_000 };

fn id(seconds: i64, number: u64) -> CertificateId {
    let millis = u128::try_from(seconds * 1000).unwrap();
    CertificateId::new(Uuid::from_u128(millis << 80 | 0x7000 << 64 | 0x8000 << 48 | u128::from(number)))
}

fn name(kind: NameKind, value: &str) -> Name {
    Name { kind, value: value.into() }
}

fn account(number: u64) -> AccountId {
    AccountId::new(Uuid::from_u128(0xacc0 << 64 | u128::from(number)))
}

/// Certificate of a number: its properties follow from the number, so that every combination occurs.
fn numbered(number: u64) -> NewCertificate {
    let signed = i64::try_from(number).unwrap();
    let issued = START + signed * DAY;
    let acme = !number.is_multiple_of(3);
    let host = format!("web-{number}.{}.example.org", ["a", "b", "c"][number as usize % 3]);
    let facts = IssuanceFacts {
        certificate_id: id(issued, number),
        issuer: ["issuing", "issuing-2"][number as usize % 2].into(),
        serial: serial(0x0100_0000_0000_0000 + number * 0x1_0000_0001),
        order_id: acme.then(|| OrderId::new(Uuid::from_u128(0x0de5 << 64 | u128::from(number)))),
        endpoint: acme.then(|| ["acme", "internal"][number as usize % 2].into()),
        account_id: acme.then(|| account(number % 5)),
        profile: ["tls-server", "tls-client"][usize::from(number.is_multiple_of(7))].into(),
        spki_sha256: [1 + u8::try_from(number % 11).unwrap(); 32],
        not_before: at(issued),
        not_after: at(issued + [20, 30, 200][number as usize % 3] * DAY),
        subject: format!("CN=Host {number},O=Example Corp {}", number % 4),
        names: vec![name(NameKind::Dns, &host), name(NameKind::Ip, &format!("192.0.2.{number}"))],
        names_hash: [u8::try_from(number % 13).unwrap(); 32],
        owner: [None, Some("Team-A".to_owned()), Some("team-b".to_owned())][number as usize % 3].clone(),
        ..facts(number)
    };
    let mut fingerprint = [0xf0; 32];
    fingerprint[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    NewCertificate { fingerprint, issued_at: at(issued + 1), ..new_certificate(facts) }
}

pub(super) async fn fill(store: &Store, numbers: std::ops::Range<u64>) {
    store.write(insert_issuers).await.unwrap();
    for number in numbers {
        let new = numbered(number);
        let (issuer, serial, id) = (new.facts.issuer.clone(), new.facts.serial.clone(), new.facts.certificate_id);
        let revocation = Revocation {
            issuer,
            serial,
            at: at(NOW - DAY),
            reason: "superseded".into(),
            invalidity_date: None,
            block_key: false,
        };
        let write = move |c: &mut _| {
            certificate::insert(c, &new)?;
            if number % 5 == 1 {
                revocation::revoke(c, &revocation)?;
            } else if number % 8 == 2 {
                certificate_care::ask_for_renewal(c, id, Some(at(NOW)))?;
            }
            Ok(())
        };
        store.write(write).await.unwrap();
    }
}

fn insert_issuers(c: &mut crate::store::Connection) -> Result<(), crate::store::StoreError> {
    hsm_key::insert(c, &super::lists::key("k1"))?;
    for slug in ["issuing", "issuing-2"] {
        let generation = if slug == "issuing" { 1 } else { 2 };
        issuer::insert(c, &super::lists::new_issuer(slug, generation, None))?;
    }
    Ok(())
}

async fn find(store: &Store, filter: &CertificateFilter, page: Page, bounds: Bounds) -> Found {
    let filter = filter.clone();
    store.read(move |c| search_within(c, &filter, &page, at(NOW), bounds)).await.unwrap()
}

/// All pages, one after the other, forward and then back again.
async fn walk(store: &Store, filter: &CertificateFilter, sort: Sort, limit: i64, bounds: Bounds) -> Vec<u64> {
    let mut forward = Vec::new();
    let mut page = Page::first(sort, limit);
    loop {
        let found = find(store, filter, page, bounds).await;
        assert!(found.records.len() <= usize::try_from(limit).unwrap());
        forward.extend(found.records.iter().map(number_of));
        match found.after {
            Some(place) => page = Page { from: Some(place.to_string().parse().unwrap()), ..page },
            None => break,
        }
    }
    let end = Position::beyond(sort);
    let (mut backward, mut from) = (Vec::new(), Some(end));
    while let Some(place) = from {
        let page = Page { sort, from: Some(place), direction: Direction::Backward, limit };
        let found = find(store, filter, page, bounds).await;
        let mut records: Vec<u64> = found.records.iter().map(number_of).collect();
        records.extend(backward);
        (backward, from) = (records, found.before);
    }
    assert_eq!(forward, backward, "{filter:?} {sort:?} back again");
    forward
}

fn number_of(record: &CertificateRecord) -> u64 {
    u64::try_from(record.id.uuid().as_u128() & 0xffff_ffff_ffff).unwrap()
}

/// What the filter means, said once more in the plainest way.
fn expected(all: &[CertificateRecord], sort: Sort, fits: &dyn Fn(&CertificateRecord) -> bool) -> Vec<u64> {
    let mut left: Vec<&CertificateRecord> = all.iter().filter(|record| fits(record)).collect();
    left.sort_by_key(|record| match sort {
        Sort::Newest | Sort::Oldest => (0, record.id),
        Sort::FirstToEnd | Sort::LastToEnd => (record.not_after.seconds(), record.id),
    });
    if matches!(sort, Sort::Newest | Sort::LastToEnd) {
        left.reverse();
    }
    left.into_iter().map(number_of).collect()
}

type Fits = Box<dyn Fn(&CertificateRecord) -> bool>;

pub(super) fn filters() -> Vec<(CertificateFilter, Fits)> {
    let none = CertificateFilter::default;
    let status = |status| CertificateFilter { status: Some(status), ..none() };
    let text = |text: &str| CertificateFilter { text: SearchText::parse(text), ..none() };
    let span = |from, before| Span { from: Some(at(from)), before: Some(at(before)) };
    let is = |wanted| -> Fits { Box::new(move |record| CertificateStatus::of(record, at(NOW)) == wanted) };
    let named = |part: &'static str| -> Fits { Box::new(move |r| r.names.iter().any(|n| n.value.contains(part))) };
    vec![
        (none(), Box::new(|_| true)),
        (status(CertificateStatus::Valid), Box::new(|r| r.revoked_at.is_none() && r.not_after >= at(NOW))),
        (status(CertificateStatus::Soon), is(CertificateStatus::Soon)),
        (status(CertificateStatus::Expired), is(CertificateStatus::Expired)),
        (status(CertificateStatus::Revoked), is(CertificateStatus::Revoked)),
        (CertificateFilter { profile: Some("tls-client".into()), ..none() }, Box::new(|r| r.profile == "tls-client")),
        (CertificateFilter { issuer: Some("issuing-2".into()), ..none() }, Box::new(|r| r.issuer == "issuing-2")),
        (
            CertificateFilter { endpoint: Some("acme".into()), ..none() },
            Box::new(|r| r.endpoint.as_deref() == Some("acme")),
        ),
        (CertificateFilter { account: Some(account(3)), ..none() }, Box::new(|r| r.account_id == Some(account(3)))),
        (
            CertificateFilter { owner: Some("TEAM-a".into()), ..none() },
            Box::new(|r| r.owner.as_deref() == Some("Team-A")),
        ),
        (CertificateFilter { key: Some([4; 32]), ..none() }, Box::new(|r| r.spki_sha256 == [4; 32])),
        (CertificateFilter { lineage: Some([5; 32]), ..none() }, Box::new(|r| r.names_hash == [5; 32])),
        (CertificateFilter { renewal_asked: true, ..none() }, Box::new(|r| r.renew_by.is_some())),
        (
            CertificateFilter { expires: span(NOW, NOW + 30 * DAY), ..none() },
            Box::new(|r| r.not_after >= at(NOW) && r.not_after < at(NOW + 30 * DAY)),
        ),
        (
            CertificateFilter { issued: span(START + 10 * DAY + 1, START + 20 * DAY + 1), ..none() },
            Box::new(|r| (10..20).contains(&number_of(r))),
        ),
        (
            CertificateFilter {
                status: Some(CertificateStatus::Valid),
                profile: Some("tls-server".into()),
                owner: Some("team-b".into()),
                ..text("example.org")
            },
            Box::new(|r| {
                let valid = r.revoked_at.is_none() && r.not_after >= at(NOW);
                valid && r.profile == "tls-server" && r.owner.as_deref() == Some("team-b")
            }),
        ),
        (text("web-1"), named("web-1")),
        (text("*.b.example.org"), named(".b.example.org")),
        (text("b.example.org"), named(".b.example.org")),
        (text("corp 2"), Box::new(|r| r.subject.ends_with("Corp 2"))),
        (text("Example Corp 1"), Box::new(|r| r.subject.ends_with("Corp 1"))),
        (text("tls-client"), Box::new(|r| r.profile == "tls-client")),
        (text("team-"), Box::new(|r| r.owner.is_some())),
        (text("internal"), Box::new(|r| r.endpoint.as_deref() == Some("internal"))),
        (text("nothing-of-that-name"), Box::new(|_| false)),
        (CertificateFilter { name: Some(NameFilter::parse("web-2*")), ..none() }, named("web-2")),
        (CertificateFilter { name: Some(NameFilter::parse("192.0.2.7")), ..none() }, Box::new(|r| number_of(r) == 7)),
        (CertificateFilter { name: Some(NameFilter::parse("host 7")), ..none() }, Box::new(|_| false)),
    ]
}

async fn every_filter_finds_the_same_both_ways_and_in_pages_of_any_size(store: TestStore) {
    fill(&store, 1..90).await;
    let all = find(&store, &CertificateFilter::default(), Page::first(Sort::Newest, 1000), WALKED).await.records;
    assert_eq!(all.len(), 89);
    for (filter, fits) in filters() {
        for sort in [Sort::Newest, Sort::Oldest, Sort::FirstToEnd, Sort::LastToEnd] {
            let wanted = expected(&all, sort, &fits);
            for (bounds, limit) in [(FETCHED, 7), (WALKED, 7), (WALKED, 200)] {
                assert_eq!(walk(&store, &filter, sort, limit, bounds).await, wanted, "{filter:?} {sort:?} {bounds:?}");
            }
        }
    }
}

fn text(text: &str) -> CertificateFilter {
    CertificateFilter { text: SearchText::parse(text), ..CertificateFilter::default() }
}

async fn numbers(store: &Store, filter: &CertificateFilter, bounds: Bounds) -> BTreeSet<u64> {
    let found = find(store, filter, Page::first(Sort::Newest, 500), bounds).await;
    found.records.iter().map(number_of).collect()
}

async fn the_search_box_finds_a_certificate_by_anything_that_it_is_known_by(store: TestStore) {
    fill(&store, 1..40).await;
    let seven = numbered(7);
    let serial = seven.facts.serial.to_string();
    let colons =
        serial.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(":");
    let fingerprint: String = seven.fingerprint.iter().map(|octet| format!("{octet:02x}")).collect();
    let texts = [
        "web-7.b.example.org".to_owned(),
        "WEB-7.B.".to_owned(),
        "192.0.2.7".to_owned(),
        "\"192.0.2.7\"".to_owned(),
        "Host 7".to_owned(),
        serial.clone(),
        colons.to_uppercase(),
        format!("00{serial}"),
        fingerprint.clone(),
        fingerprint[..9].to_owned(),
        id(START + 7 * DAY, 7).to_string(),
        numbered(7).facts.order_id.unwrap().to_string(),
    ];
    for wanted in texts {
        assert_eq!(numbers(&store, &text(&wanted), FETCHED).await, BTreeSet::from([7]), "{wanted}");
    }
    let of_key = BTreeSet::from([3, 14, 25, 36]);
    assert_eq!(numbers(&store, &text(&"04".repeat(32)), FETCHED).await, of_key);
    assert_eq!(numbers(&store, &text(&"04".repeat(32)), WALKED).await, of_key, "a whole hash is a key");
    assert_eq!(numbers(&store, &text(&"04".repeat(5)), FETCHED).await, of_key);
    let of_account: BTreeSet<u64> = (1..40).filter(|number| number % 3 != 0 && number % 5 == 2).collect();
    assert_eq!(numbers(&store, &text(&account(2).to_string()), FETCHED).await, of_account);
    assert_eq!(numbers(&store, &text(&account(2).to_string()), WALKED).await, of_account);
    for nothing in ["000000", "ffffff", "%", "_", "web-7_", "0199"] {
        assert_eq!(numbers(&store, &text(nothing), FETCHED).await, BTreeSet::new(), "{nothing}");
        assert_eq!(numbers(&store, &text(nothing), WALKED).await, BTreeSet::new(), "{nothing}");
    }
}

async fn a_walk_pauses_and_goes_on(store: TestStore) {
    fill(&store, 1..40).await;
    let rare =
        CertificateFilter { issued: Span { from: None, before: Some(at(START + 5 * DAY)) }, ..text("example.org") };
    let rare = CertificateFilter { issuer: Some("issuing".into()), ..rare };
    let bounds = Bounds { few: -1, window: 3, counted: 10 };
    let first = find(&store, &rare, Page::first(Sort::LastToEnd, 2), bounds).await;
    assert!(first.records.is_empty() && first.paused && first.after.is_some(), "{first:?}");
    assert_eq!(first.count, Count::Unknown);
    assert_eq!(walk(&store, &rare, Sort::LastToEnd, 2, bounds).await.len(), 2, "2 and 4");
    let beyond = find(
        &store,
        &text("example.org"),
        Page { from: Some(Position::beyond(Sort::Newest)), ..Page::first(Sort::Newest, 5) },
        WALKED,
    )
    .await;
    assert!(beyond.records.is_empty() && beyond.after.is_none() && !beyond.paused);
}

async fn what_is_counted_is_exact_up_to_a_bound(store: TestStore) {
    fill(&store, 1..40).await;
    let count = |filter: CertificateFilter, few, counted| {
        let bounds = Bounds { few, window: 8, counted };
        let store = &store;
        async move { find(store, &filter, Page::first(Sort::Newest, 5), bounds).await.count }
    };
    let clients = || CertificateFilter { profile: Some("tls-client".into()), ..CertificateFilter::default() };
    let all = CertificateFilter::default;
    assert_eq!(count(all(), 100, 100).await, Count::Exactly(39));
    assert_eq!(count(all(), 100, 39).await, Count::Exactly(39));
    assert_eq!(count(all(), 100, 38).await, Count::MoreThan(38));
    assert_eq!(count(clients(), 100, 100).await, Count::Exactly(5));
    assert_eq!(count(clients(), -1, 100).await, Count::Exactly(5));
    let of_team = || CertificateFilter { owner: Some("team-b".into()), ..clients() };
    assert_eq!(count(of_team(), 100, 100).await, Count::Exactly(2), "14 and 35");
    assert_eq!(count(of_team(), -1, 100).await, Count::Unknown, "rows are passed over");
    assert_eq!(count(text("web-3"), 100, 100).await, Count::Exactly(11));
}

async fn names_of_any_case_and_hostile_texts_mean_only_themselves(store: TestStore) {
    let names = [
        name(NameKind::Email, "Ann@example.org"),
        name(NameKind::Uri, "https://example.org/Path?a=\"b\"&c=%25_"),
        name(NameKind::Dns, "a\0b.example.org"),
    ];
    let subject = r#"CN=\<script\>alert('x')\</script\>,O=O'Neill \"Sons\""#.to_owned();
    let facts = IssuanceFacts { certificate_id: id(START, 1), names: names[..2].to_vec(), subject, ..facts(1) };
    let new = NewCertificate { issued_at: at(START), ..new_certificate(facts) };
    store.write(move |c| certificate::insert(c, &new)).await.unwrap();
    for wanted in [
        "ann@EXAMPLE.org",
        "Ann@",
        "https://example.org/path",
        "https://example.org/path?a=\"b\"&c=%25_",
        "<script>alert('x')</script>",
        "o'neill",
        "\"sons",
    ] {
        for bounds in [FETCHED, WALKED] {
            assert_eq!(numbers(&store, &text(wanted), bounds).await, BTreeSet::from([1]), "{wanted} {bounds:?}");
        }
    }
    for nothing in ["' OR 1=1 --", "https://example.org/path?a=\"b\"&c=x25_", "\\", "a\0b", "\"\"", "\"]"] {
        for bounds in [FETCHED, WALKED] {
            assert_eq!(numbers(&store, &text(nothing), bounds).await, BTreeSet::new(), "{nothing:?} {bounds:?}");
        }
    }
}

async fn record(store: &Store, id: CertificateId) -> CertificateRecord {
    store.read(move |c| certificate::by_id(c, id)).await.unwrap().unwrap().record
}

async fn a_lineage_has_neighbours(store: TestStore) {
    fill(&store, 1..40).await;
    let [one, middle, last] = [
        record(&store, id(START + DAY, 1)).await,
        record(&store, id(START + 14 * DAY, 14)).await,
        record(&store, id(START + 27 * DAY, 27)).await,
    ];
    let lineage = |record: &CertificateRecord| {
        let (store, record) = (&store, record.clone());
        async move { store.read(move |c| certificate_lineage::of(c, &record)).await.unwrap() }
    };
    let of_middle = lineage(&middle).await;
    assert_eq!((of_middle.before.unwrap().id, of_middle.newest.unwrap().id), (one.id, last.id));
    assert!(lineage(&one).await.before.is_none());
    assert_eq!(lineage(&one).await.newest.unwrap().id, last.id);
    assert!(lineage(&last).await.newest.is_none());
    let replaced = |record: CertificateRecord| store.read(move |c| certificate_lineage::is_replaced(c, &record));
    assert!(replaced(one.clone()).await.unwrap());
    assert!(!replaced(last.clone()).await.unwrap());
    let of_key =
        store.read(move |c| certificate_lineage::of_key(c, [4; 32], id(START + 14 * DAY, 14), 2)).await.unwrap();
    assert_eq!(of_key.iter().map(number_of).collect::<Vec<_>>(), [36, 25]);
    let nameless = CertificateRecord { names: Vec::new(), ..one };
    assert!(lineage(&nameless).await.newest.is_none());
}

async fn what_people_write_down_is_changed_once(store: TestStore) {
    fill(&store, 3..7).await;
    let three = id(START + 3 * DAY, 3);
    let assign = |owner: Option<&'static str>| store.write(move |c| certificate_care::assign_owner(c, three, owner));
    assert!(assign(Some("ann")).await.unwrap());
    assert!(!assign(Some("ann")).await.unwrap());
    assert!(assign(Some("Ann")).await.unwrap());
    assert!(assign(None).await.unwrap());
    assert!(!assign(None).await.unwrap());
    let ask = |id, by: Option<UnixTime>| store.write(move |c| certificate_care::ask_for_renewal(c, id, by));
    assert!(ask(three, Some(at(5))).await.unwrap());
    assert!(!ask(three, Some(at(5))).await.unwrap());
    assert_eq!(record(&store, three).await.renew_by, Some(at(5)));
    assert!(ask(three, None).await.unwrap());
    assert!(!ask(id(START + 6 * DAY, 6), Some(at(5))).await.unwrap(), "it is revoked");
    assert!(SOON.as_secs() > 0);
}
