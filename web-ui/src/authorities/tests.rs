#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::Frame;

const HOSTILE: &str = "\"'><script>alert(1)</script>";
const NOW: i64 = 1_782_907_200;
const DAY: i64 = 86_400;

fn node(slug: &str, parent: Option<&str>) -> AuthorityNode {
    AuthorityNode {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        parent: parent.map(str::to_owned),
        state: AuthorityState::Active,
        subject: format!("CN={slug}"),
        key_algorithm: "ecdsa-p256".to_owned(),
        hsm: "local".to_owned(),
        not_after: NOW + 3_000 * DAY,
        lists: 1,
        next_update: Some(NOW + 5 * DAY),
    }
}

fn hierarchy(authorities: Vec<AuthorityNode>) -> String {
    AuthoritiesPage { frame: Frame::public("Example", NOW), authorities }.render().unwrap()
}

fn page() -> AuthorityPage {
    AuthorityPage {
        frame: Frame::public("Example", NOW),
        slug: "issuing".to_owned(),
        name: "issuing".to_owned(),
        parent: Some("root".to_owned()),
        state: AuthorityState::Active,
        subject: "CN=Issuing".to_owned(),
        serial: "0abc".to_owned(),
        fingerprint_sha256: "ab".repeat(32),
        not_before: NOW - DAY,
        not_after: NOW + 3_000 * DAY,
        pem: "-----BEGIN CERTIFICATE-----".to_owned(),
        certificate_url: "http://ca.example/aia/issuing.cer".to_owned(),
        key: KeyView {
            hsm: "local".to_owned(),
            id: "019a".to_owned(),
            locator: "software:019a".to_owned(),
            algorithm: "ecdsa-p256".to_owned(),
            state: "active".to_owned(),
        },
        lists: vec![ListView {
            shard: 0,
            url: "http://ca.example/crl/issuing/0.crl".to_owned(),
            number: Some(7),
            entries: 12,
            size: 900,
            this_update: Some(NOW - DAY),
            next_update: Some(NOW + 6 * DAY),
            next_publication: Some(NOW + DAY),
        }],
        automatic: true,
        no_publish: None,
        done: None,
        api_url: "https://ca.example/api/v1/authorities/issuing".to_owned(),
    }
}

#[test]
fn an_authority_stands_below_the_one_that_certified_it() {
    let html = hierarchy(vec![node("issuing", Some("root")), node("root", None)]);
    let (root, issuing) = (html.find("authority-root").unwrap(), html.find("authority-issuing").unwrap());
    assert!(root < issuing && html.contains("trust anchor") && html.contains("Every revocation list is current"));
}

#[test]
fn one_whose_parent_is_unknown_is_shown_all_the_same() {
    assert!(hierarchy(vec![node("issuing", Some("elsewhere"))]).contains("authority-issuing"));
    let circle = vec![node("a", Some("b")), node("b", Some("a")), node("root", None)];
    assert!(hierarchy(circle).contains("authority-root"));
}

#[test]
fn a_list_that_is_late_is_said_first() {
    let late = AuthorityNode { next_update: Some(NOW - 1), ..node("root", None) };
    assert!(hierarchy(vec![late]).contains("overdue"));
    let mut page = page();
    page.lists[0].next_update = None;
    assert!(page.render().unwrap().contains("A revocation list is missing"));
}

#[test]
fn who_may_not_publish_reads_why() {
    assert!(page().render().unwrap().contains("action=\"/authorities/issuing/publish\""));
    let refused = AuthorityPage { no_publish: Some("an auditor only reads".to_owned()), ..page() }.render().unwrap();
    assert!(refused.contains("an auditor only reads") && !refused.contains("action=\"/authorities/issuing/publish\""));
}

#[test]
fn what_others_wrote_is_text() {
    let h = || HOSTILE.to_owned();
    let hostile = AuthorityNode { subject: h(), hsm: h(), name: h(), key_algorithm: h(), ..node("root", None) };
    assert!(!hierarchy(vec![hostile]).contains("<script>alert"));
    let page = AuthorityPage { subject: h(), name: h(), no_publish: Some(h()), done: Some(h()), ..page() };
    assert!(!page.render().unwrap().contains("<script>alert"));
}
