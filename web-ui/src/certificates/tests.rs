#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::{OperatorBadge, Section};

const NOW: i64 = 1_782_907_200;
const DAY: i64 = 86_400;

/// What an attacker would write wherever something can be written.
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>' onfocus='x";

fn frame() -> Frame {
    Frame {
        section: Section::Certificates,
        operator: Some(OperatorBadge { name: "ada".to_owned(), roles: vec!["operator".to_owned()] }),
        csrf: "the-token".to_owned(),
        ..Frame::public("Example CA", NOW)
    }
}

use crate::frame::Frame;

fn row(text: &str) -> CertificateRow {
    CertificateRow {
        id: "0199a000-0000-7000-8000-000000000001".to_owned(),
        title: text.to_owned(),
        more_names: 2,
        state: CertificateState::EndsSoon,
        renewal_asked: true,
        not_after: NOW + 12 * DAY,
        issued_at: NOW - 78 * DAY,
        profile: text.to_owned(),
        issuer: text.to_owned(),
        owner: Some(text.to_owned()),
    }
}

fn list(text: &str, rows: usize) -> CertificatesPage {
    CertificatesPage {
        frame: frame(),
        filter: FilterValues { q: text.to_owned(), owner: text.to_owned(), ..FilterValues::default() },
        problem: Some(text.to_owned()),
        profiles: vec![text.to_owned()],
        issuers: vec![text.to_owned()],
        endpoints: vec![text.to_owned()],
        rows: vec![row(text); rows],
        count: Count::MoreThan(10_000),
        before: Some("/certificates?from=1".to_owned()),
        after: Some("/certificates?from=2".to_owned()),
        paused: false,
        no_bulk: None,
        recipes: Vec::new(),
    }
}

fn text(text: &str) -> CertificateText {
    let attribute = vec![(text.to_owned(), text.to_owned())];
    CertificateText {
        version: 3,
        serial: text.to_owned(),
        subject: attribute.clone(),
        issuer: attribute,
        not_before: NOW - DAY,
        not_after: NOW + 61 * DAY,
        key: KeyText {
            algorithm: text.to_owned(),
            strength: text.to_owned(),
            weakness: Some(text.to_owned()),
            sha256: text.to_owned(),
        },
        signature: text.to_owned(),
        signature_weakness: Some(text.to_owned()),
        is_authority: false,
        extensions: vec![ExtensionText {
            oid: text.to_owned(),
            name: text.to_owned(),
            meaning: text.to_owned(),
            critical: true,
            values: vec![text.to_owned()],
        }],
        fingerprint_sha256: text.to_owned(),
        fingerprint_sha1: text.to_owned(),
        pem: text.to_owned(),
        text: text.to_owned(),
    }
}

fn neighbour(text: &str) -> NeighbourView {
    NeighbourView {
        id: "0199a000-0000-7000-8000-000000000002".to_owned(),
        title: text.to_owned(),
        serial: text.to_owned(),
        state: CertificateState::Valid,
        not_after: NOW + 90 * DAY,
    }
}

fn detail(words: &str) -> DetailPage {
    DetailPage {
        frame: frame(),
        id: "0199a000-0000-7000-8000-000000000001".to_owned(),
        title: words.to_owned(),
        state: CertificateState::Valid,
        text: text(words),
        names: vec![words.to_owned()],
        lineage: "ab".repeat(32),
        authority: words.to_owned(),
        profile: words.to_owned(),
        requester: words.to_owned(),
        owner: Some(words.to_owned()),
        renew_by: Some(NOW + 7 * DAY),
        account: Some((words.to_owned(), words.to_owned())),
        order: Some(OrderView { endpoint: words.to_owned(), id: words.to_owned() }),
        request: Some(words.to_owned()),
        revocation: None,
        list: (words.to_owned(), Some(NOW + DAY)),
        replaces: Some(neighbour(words)),
        replaced_by: Some(neighbour(words)),
        same_key: vec![neighbour(words)],
        signatures: Some(crate::signing::samples::dying(words)),
        blocked: Some(words.to_owned()),
        chain: vec![(words.to_owned(), NOW + 900 * DAY)],
        history: vec![EventView {
            at: NOW - DAY,
            action: words.to_owned(),
            actor: words.to_owned(),
            reason: Some(words.to_owned()),
            policies: vec![words.to_owned()],
            origin: words.to_owned(),
        }],
        no_revoke: None,
        no_owner: None,
        no_renewal: None,
        done: Some(words.to_owned()),
        audit_object: words.to_owned(),
        api_url: words.to_owned(),
    }
}

fn revoke(words: &str) -> RevokePage {
    RevokePage {
        frame: frame(),
        id: "0199a000-0000-7000-8000-000000000001".to_owned(),
        title: words.to_owned(),
        confirmation: Some(words.to_owned()),
        state: CertificateState::Valid,
        names: vec![words.to_owned()],
        not_after: NOW + 61 * DAY,
        stops: Some(words.to_owned()),
        successor: Some(neighbour(words)),
        account: Some(AccountView {
            endpoint: words.to_owned(),
            id: words.to_owned(),
            is_valid: true,
            last_order: Some(NOW - DAY),
        }),
        same_key: vec![neighbour(words)],
        signatures: Some(crate::signing::samples::dying(words)),
        list_url: words.to_owned(),
        list_good_until: Some(NOW + DAY),
        reasons: vec![ReasonView { name: words.to_owned(), meaning: words.to_owned(), chosen: true }],
        refusal: None,
        problem: Some(words.to_owned()),
    }
}

fn new_change(words: &str, kind: ChangeKind) -> NewChangePage {
    NewChangePage {
        frame: frame(),
        kind,
        selection: words.to_owned(),
        total: 1_234,
        valid: 1_200,
        expired: 30,
        revoked: 4,
        examples: vec![row(words)],
        reasons: vec![ReasonView { name: words.to_owned(), meaning: words.to_owned(), chosen: false }],
        chosen: vec![(words.to_owned(), words.to_owned())],
        digest: words.to_owned(),
        refusal: None,
        problem: Some(words.to_owned()),
        back: "/certificates".to_owned(),
    }
}

fn change(words: &str) -> ChangeRow {
    ChangeRow {
        id: "0199a000-0000-7000-8000-000000000003".to_owned(),
        kind: ChangeKind::Revoke,
        state: ChangeState::Running,
        selection: words.to_owned(),
        actor: words.to_owned(),
        created_at: NOW - 60,
        total: 1_000,
        changed: 312,
        unchanged: 4,
        refused: 2,
    }
}

fn progress(words: &str) -> ChangeProgressPage {
    ChangeProgressPage {
        frame: frame(),
        change: change(words),
        words: words.to_owned(),
        error: Some(words.to_owned()),
        refused: vec![RefusedRow { id: "1".to_owned(), title: words.to_owned(), why: words.to_owned() }],
        may_stop: true,
    }
}

fn decode(words: &str) -> DecodePage {
    let request = RequestText {
        subject: vec![(words.to_owned(), words.to_owned())],
        other_attributes: vec![words.to_owned()],
        refusal: Some(words.to_owned()),
        ..RequestText::default()
    };
    let certificate = DecodedItem::Certificate {
        title: words.to_owned(),
        text: Box::new(text(words)),
        issued_here: Some("1".to_owned()),
        issued_by_next: Some(false),
    };
    let request = DecodedItem::Request { title: words.to_owned(), text: Box::new(request) };
    DecodePage {
        frame: frame(),
        pasted: words.to_owned(),
        problem: Some(words.to_owned()),
        items: vec![certificate, request],
    }
}

fn search(words: &str) -> SearchPage {
    SearchPage {
        frame: frame(),
        q: words.to_owned(),
        things: vec![FoundThing { kind: words.to_owned(), title: words.to_owned(), href: words.to_owned() }],
        certificates: vec![row(words)],
        count: Count::Exactly(7),
    }
}

fn every_page(words: &str) -> Vec<String> {
    let kinds = [ChangeKind::Revoke, ChangeKind::AskForRenewal, ChangeKind::AssignOwner];
    let mut pages = vec![
        list(words, 3).render(),
        list(words, 0).render(),
        detail(words).render(),
        revoke(words).render(),
        RevokePage { refusal: Some(words.to_owned()), ..revoke(words) }.render(),
        ChangesPage { frame: frame(), rows: vec![change(words)], older: None }.render(),
        ChangesPage { frame: frame(), rows: Vec::new(), older: None }.render(),
        progress(words).render(),
        decode(words).render(),
        search(words).render(),
        SearchPage { things: Vec::new(), certificates: Vec::new(), ..search(words) }.render(),
    ];
    pages.extend(kinds.map(|kind| new_change(words, kind).render()));
    pages.into_iter().map(Result::unwrap).collect()
}

#[test]
fn gallery_certificates() {
    for (place, html) in every_page("web-1.example.org").iter().enumerate() {
        crate::gallery::save(&format!("certificates-{place}"), html);
    }
}

#[test]
fn what_others_wrote_is_text_on_every_page() {
    for html in every_page(HOSTILE) {
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
        assert!(!html.contains("' onfocus='"), "{html}");
        assert!(!html.contains("style=\"") && !html.contains("onclick"), "nothing inline: {html}");
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for html in every_page("web-1.example.org") {
        let forms = html.split("<form").skip(1).filter(|form| form.contains("method=\"post\""));
        for form in forms {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("name=\"csrf\" value=\"the-token\""), "{form}");
        }
    }
}

/// Fifty certificates with the longest texts that there can be.
#[test]
fn a_full_page_is_small() {
    let long = "ü".repeat(400);
    let html = list(&long, 50).render().unwrap();
    assert!(html.len() < 100 * 1024, "{} octets", html.len());
}

#[test]
fn the_headline_says_it_all() {
    let html = detail("web-1.example.org").render().unwrap();
    let lead = html.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(lead.starts_with("Valid for 61 days, issued by web-1.example.org through ACME account <a "), "{lead}");
    assert!(lead.contains(", replaces <a ") && lead.contains(", replaced by <a "), "{lead}");
    let revoked = DetailPage {
        revocation: Some(RevocationView { at: NOW - 3 * DAY, reason: "superseded".to_owned() }),
        no_revoke: Some("It is revoked already.".to_owned()),
        ..detail("web-1.example.org")
    };
    let html = revoked.render().unwrap();
    assert!(html.contains("Revoked 3 days ago (superseded)"));
    assert!(html.contains("It is revoked already."));
}

#[test]
fn the_filter_is_a_link() {
    let filter = FilterValues { q: "a b&c".to_owned(), status: "valid".to_owned(), ..FilterValues::default() };
    let page = CertificatesPage { filter, ..list("x", 1) };
    let html = page.render().unwrap();
    assert!(html.contains("href=\"/certificates?status=valid\""), "the chip that takes the words away: {html}");
    assert!(html.contains("/certificates?q=a%20b%26c"));
    assert!(html.contains("More than 10,000 certificates"));
}

#[test]
fn a_paused_search_says_so() {
    let page = CertificatesPage { paused: true, count: Count::Unknown, rows: Vec::new(), ..list("x", 0) };
    let html = page.render().unwrap();
    assert!(html.contains("Nothing found yet") && html.contains("Keep looking"), "{html}");
}

#[test]
fn a_long_text_loses_its_middle() {
    assert_eq!(state::shortened("abcdefghij", 5), "ab…ij");
    assert_eq!(state::shortened("abc", 5), "abc");
}
