//! The pages with what people may write into them.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::{Frame, OperatorBadge, Section};

const SCRIPT: &str = "<script>alert(1)</script>";

fn frame() -> Frame {
    let operator = OperatorBadge { name: "ann".to_owned(), roles: vec!["operator".to_owned()] };
    Frame {
        section: Section::Requests,
        operator: Some(operator),
        csrf: "token".to_owned(),
        ..Frame::public("Example", 1_782_907_200)
    }
}

fn wanted() -> Wanted {
    Wanted {
        names: vec!["dns:www.example.org".to_owned(), SCRIPT.to_owned()],
        subject: format!("CN={SCRIPT}"),
        key_algorithm: "ecdsa-p256".to_owned(),
        key_sha256: "ab".repeat(32),
        generated: false,
        csr_subject: Some(format!("O={SCRIPT}")),
        csr_pem: Some("-----BEGIN CERTIFICATE REQUEST-----\n".to_owned()),
        profile: "tls-server".to_owned(),
        profile_version: "0011223344aa".to_owned(),
        authority: "issuing".to_owned(),
        validity: "90d".to_owned(),
        extensions: vec!["keyUsage, critical".to_owned()],
        owner: Some(SCRIPT.to_owned()),
        notify: Some("ann@example.org".to_owned()),
    }
}

fn request() -> RequestPage {
    let event = |kind: &str, detail: &str| HistoryEvent {
        at: 1_782_900_000,
        kind: kind.to_owned(),
        actor: "bob".to_owned(),
        detail: detail.to_owned(),
        policies: "role-approver".to_owned(),
    };
    RequestPage {
        frame: frame(),
        id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".to_owned(),
        state: "pending".to_owned(),
        outcome: None,
        requester: "ann".to_owned(),
        created_at: 1_782_800_000,
        expires_at: Some(1_783_900_000),
        wanted: wanted(),
        digest: "cd".repeat(32),
        changes: vec![format!("dns:{SCRIPT} was added")],
        profile_lines: Some((vec!["maximum = \"90d\"".to_owned()], vec![SCRIPT.to_owned()])),
        was_stale: true,
        findings: vec![SCRIPT.to_owned()],
        obstacle: Some(SCRIPT.to_owned()),
        permitted_by: "role-operator-requests".to_owned(),
        approvals_required: 2,
        approvers: vec![
            Approver {
                name: "bob".to_owned(),
                at: 1_782_850_000,
                void: Some("the request has changed since".to_owned()),
            },
            Approver { name: "eve".to_owned(), at: 1_782_860_000, void: None },
        ],
        history: vec![event("submitted", ""), event("commented", SCRIPT), event("approved", "fine")],
        certificate: None,
        not_after: None,
        refusals: Refusals::default(),
        key_waits: false,
        comment: Some((SCRIPT.to_owned(), "too long".to_owned())),
    }
}

fn values() -> FormValues {
    FormValues {
        key: "csr".to_owned(),
        csr: SCRIPT.to_owned(),
        profile: "tls-server".to_owned(),
        authority: String::new(),
        names: format!("{SCRIPT}\nb"),
        validity: SCRIPT.to_owned(),
        owner: SCRIPT.to_owned(),
        notify: SCRIPT.to_owned(),
        submission: "s1".to_owned(),
    }
}

fn form() -> FormPage {
    let profile = |name: &str, generated: &[&str]| ProfileChoice {
        name: name.to_owned(),
        description: "A TLS server's certificate".to_owned(),
        default_validity: "90d".to_owned(),
        longest_validity: "398d".to_owned(),
        approvals: 1,
        generated_keys: generated.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    FormPage {
        frame: frame(),
        changing: None,
        values: values(),
        profiles: vec![profile("tls-server", &[]), profile("device", &["ecdsa-p256"])],
        authorities: vec![AuthorityChoice { name: "issuing".to_owned(), subject: "CN=Issuing".to_owned() }],
        errors: vec![FieldError { field: "names".to_owned(), text: format!("{SCRIPT} is no name") }],
        approvals_lost: 0,
    }
}

fn preview(clean: bool) -> PreviewPage {
    PreviewPage {
        frame: frame(),
        changing: None,
        values: values(),
        clean,
        verdicts: vec![Verdict { judge: "Lint".to_owned(), good: clean, texts: vec![SCRIPT.to_owned()] }],
        csr_subject: Some(SCRIPT.to_owned()),
        not_granted: vec!["extended key usage codeSigning".to_owned()],
        key_algorithm: "ecdsa-p256".to_owned(),
        key_sha256: "ab".repeat(32),
        subject: String::new(),
        names: vec![SCRIPT.to_owned()],
        usages: vec!["digitalSignature".to_owned()],
        profile: "tls-server, version 0011".to_owned(),
        authority: "issuing".to_owned(),
        not_before: 1_782_900_000,
        not_after: 1_790_000_000,
        approvals: 1,
        digest: "cd".repeat(32),
    }
}

fn inbox(rows: Vec<InboxRow>) -> InboxPage {
    InboxPage {
        frame: frame(),
        pile: Pile::Mine,
        waiting: 3,
        rows,
        state: String::new(),
        states: vec!["pending".to_owned()],
        profile: String::new(),
        profiles: vec!["tls-server".to_owned()],
        newer: None,
        older: Some("/requests?show=mine&older=1".to_owned()),
        may_not_submit: None,
        recipe: "openssl req".to_owned(),
    }
}

fn fetched() -> FetchPage {
    FetchPage {
        frame: Frame::public("Example", 1_782_907_200),
        address: "a1".to_owned(),
        error: None,
        fetched: Some(Fetched {
            state: "issued".to_owned(),
            outcome: None,
            names: vec![SCRIPT.to_owned()],
            subject: String::new(),
            created_at: 1,
            expires_at: 2,
            chain: Some("-----BEGIN CERTIFICATE-----\n".to_owned()),
            serial: Some("0a".to_owned()),
            not_after: Some(1_790_000_000),
            code: SCRIPT.to_owned(),
        }),
    }
}

#[test]
fn whatever_people_write_stays_text_on_every_page() {
    let row = InboxRow {
        id: "r1".to_owned(),
        names: vec![SCRIPT.to_owned()],
        subject: SCRIPT.to_owned(),
        state: "pending".to_owned(),
        profile: "tls-server".to_owned(),
        requester: SCRIPT.to_owned(),
        created_at: 1,
        expires_at: None,
    };
    let delivery = DeliveryPage {
        frame: frame(),
        id: "r1".to_owned(),
        title: SCRIPT.to_owned(),
        shortest: 12,
        error: Some(SCRIPT.to_owned()),
        refused: None,
    };
    let shared = SharedPage {
        frame: frame(),
        id: "r1".to_owned(),
        title: SCRIPT.to_owned(),
        url: "https://ca.example.org/fetch/a1".to_owned(),
        code: "secret-code".to_owned(),
        expires_at: 1_790_000_000,
    };
    let pages = [
        request().render().unwrap(),
        form().render().unwrap(),
        preview(true).render().unwrap(),
        preview(false).render().unwrap(),
        inbox(vec![row]).render().unwrap(),
        fetched().render().unwrap(),
        delivery.render().unwrap(),
        shared.render().unwrap(),
    ];
    for html in pages {
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(!html.contains(" style=") && !html.contains("onclick"), "nothing inline");
        assert!(html.len() < 100 * 1024);
    }
}

#[test]
fn a_request_says_how_it_stands_and_what_can_be_done() {
    let html = request().render().unwrap();
    for expected in [
        "ann asked for it",
        "It has 1 of 2 approvals",
        "Not approved: the request has changed since you looked at it",
        "does not count: the request has changed since",
        "value=\"approve\"",
        "value=\"reject\"",
        &format!("name=\"digest\" value=\"{}\"", "cd".repeat(32)),
        "policy <code>role-approver</code>",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    let refused = RequestPage {
        refusals: Refusals {
            approve: Some("nobody approves their own request".to_owned()),
            reject: Some("no".to_owned()),
            ..Refusals::default()
        },
        was_stale: false,
        ..request()
    };
    let html = refused.render().unwrap();
    assert!(!html.contains("value=\"approve\"") && html.contains("You cannot approve it: nobody approves"), "{html}");
}

#[test]
fn an_issued_request_leads_to_its_certificate_and_its_key() {
    let issued = RequestPage {
        state: "issued".to_owned(),
        expires_at: None,
        certificate: Some(("c1".to_owned(), "0abc".to_owned())),
        not_after: Some(1_790_000_000),
        key_waits: true,
        changes: Vec::new(),
        ..request()
    };
    let html = issued.render().unwrap();
    assert!(html.contains("/certificates/c1") && html.contains("/certificate.pem"), "{html}");
    assert!(html.contains("/delivery") && !html.contains("/cancel"), "{html}");
}

#[test]
fn only_what_is_clean_can_be_submitted() {
    assert!(preview(true).render().unwrap().contains("value=\"submit\""));
    assert!(!preview(false).render().unwrap().contains("value=\"submit\""));
}

#[test]
fn an_empty_inbox_teaches() {
    let html = inbox(Vec::new()).render().unwrap();
    assert!(html.contains("openssl req") && html.contains("/requests/new"), "{html}");
}

#[test]
fn a_key_by_the_server_is_offered_only_where_a_profile_allows_it() {
    let html = form().render().unwrap();
    assert!(html.contains("This server makes the key: ecdsa-p256") && html.contains("Only for: device"), "{html}");
    let none = FormPage { profiles: form().profiles.into_iter().take(1).collect(), ..form() };
    assert!(!none.render().unwrap().contains("This server makes"));
}
