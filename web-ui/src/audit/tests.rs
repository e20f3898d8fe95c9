#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::Frame;

const HOSTILE: &str = "\"'><script>alert(1)</script>";
const NOW: i64 = 1_782_907_200;

fn row(object: &str) -> EventRow {
    EventRow {
        id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".to_owned(),
        at: NOW - 60,
        actor: "Operator:ann".to_owned(),
        action: "RevokeCertificate".to_owned(),
        object: object.to_owned(),
        detail: Some("keyCompromise".to_owned()),
        origin: "192.0.2.7".to_owned(),
    }
}

fn page(filter: FilterValues, events: Vec<EventRow>) -> AuditPage {
    AuditPage {
        frame: Frame::public("Example", NOW),
        filter,
        problem: None,
        actions: vec!["RevokeCertificate".to_owned()],
        events,
        is_later: false,
        older: Some("0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".to_owned()),
    }
}

#[test]
fn the_filter_is_kept_in_every_link() {
    let filter = FilterValues { actor: "ann".to_owned(), object: "crl a&b".to_owned(), ..FilterValues::default() };
    let html = page(filter, vec![row("certificate issuing/0abc")]).render().unwrap();
    for link in [
        "/audit/export.csv?actor=ann&#38;object=crl%20a%26b",
        "/audit?actor=ann&#38;object=crl%20a%26b&#38;after=0197",
        "href=\"/certificates/0abc\"",
        "Revoke certificate",
    ] {
        assert!(html.contains(link), "{link}: {html}");
    }
}

#[test]
fn an_act_that_nobody_listed_stays_chosen() {
    let filter = FilterValues { action: "SomethingElse".to_owned(), ..FilterValues::default() };
    let html = page(filter, Vec::new()).render().unwrap();
    assert!(html.contains("<option value=\"SomethingElse\" selected>") && html.contains("Nothing found"), "{html}");
}

#[test]
fn what_others_wrote_is_text() {
    let h = || HOSTILE.to_owned();
    let filter = FilterValues { actor: h(), action: h(), object: h(), request: h(), since: h(), until: h() };
    let hostile = EventRow { actor: h(), action: h(), detail: Some(h()), origin: h(), ..row(HOSTILE) };
    let html = AuditPage { problem: Some(h()), ..page(filter, vec![hostile]) }.render().unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
    let event = EventPage {
        frame: Frame::public("Example", NOW),
        id: h(),
        at: NOW,
        actor: h(),
        roles: vec![h()],
        action: h(),
        object: h(),
        entity: Some(h()),
        identifiers: vec![h()],
        attributes: vec![(h(), h())],
        details: vec![(h(), h())],
        denied: false,
        policies: vec![h()],
        policy_set: Some(h()),
        origin: h(),
        request_id: h(),
        certificate_sha256: Some(h()),
        leaf_hash: h(),
        canonical: h(),
    };
    assert!(!event.render().unwrap().contains("<script>alert"));
}
