//! The pages of requests.

use super::{DAY, NOW, frame, save};
use crate::frame::{EnvironmentKind, Frame, Section};
use crate::requests::{
    Approver, AuthorityChoice, DeliveryPage, FetchPage, Fetched, FieldError, FormPage, FormValues, HistoryEvent,
    InboxPage, InboxRow, Pile, PreviewPage, ProfileChoice, Refusals, RequestPage, SharedPage, Verdict, Wanted,
};

const ID: &str = "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10";
const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----\nMIHsMIGUAgEAMAAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR\n-----END CERTIFICATE REQUEST-----\n";

fn inside() -> Frame {
    frame(Section::Requests, EnvironmentKind::Production)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn row(name: &str, state: &str, requester: &str, days: i64) -> InboxRow {
    InboxRow {
        id: ID.to_owned(),
        names: texts(&[name, "api.example.org", "mail.example.org"]),
        subject: String::new(),
        state: state.to_owned(),
        profile: "tls-server".to_owned(),
        requester: requester.to_owned(),
        created_at: NOW - days * DAY,
        expires_at: (state == "pending").then_some(NOW + (14 - days) * DAY),
    }
}

fn inbox(rows: Vec<InboxRow>) -> InboxPage {
    InboxPage {
        frame: inside(),
        pile: Pile::All,
        waiting: 2,
        rows,
        state: String::new(),
        states: texts(&["pending", "approved", "issuing", "issued", "rejected", "cancelled", "expired", "failed"]),
        profile: String::new(),
        profiles: texts(&["tls-server", "tls-client"]),
        newer: None,
        older: Some("/requests?show=all&older=1".to_owned()),
        may_not_submit: None,
        recipe: "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /".to_owned(),
    }
}

fn values(key: &str) -> FormValues {
    FormValues {
        key: key.to_owned(),
        csr: CSR.to_owned(),
        profile: "tls-server".to_owned(),
        names: "dns:www.example.org\nip:10.0.0.7".to_owned(),
        validity: "900d".to_owned(),
        owner: "team web".to_owned(),
        notify: "ann@example.org".to_owned(),
        submission: ID.to_owned(),
        ..FormValues::default()
    }
}

fn form() -> FormPage {
    let profile = |name: &str, approvals, generated: &[&str]| ProfileChoice {
        name: name.to_owned(),
        description: "Servers that speak TLS".to_owned(),
        default_validity: "90d".to_owned(),
        longest_validity: "398d".to_owned(),
        approvals,
        generated_keys: texts(generated),
    };
    let authority = |name: &str| AuthorityChoice { name: name.to_owned(), subject: format!("CN=Example {name}") };
    FormPage {
        frame: inside(),
        changing: None,
        values: values("csr"),
        profiles: vec![profile("tls-server", 2, &[]), profile("device", 1, &["ecdsa-p256", "rsa-3072"])],
        authorities: vec![authority("issuing"), authority("devices")],
        errors: vec![FieldError {
            field: "validity".to_owned(),
            text: "900d is longer than the profile allows: 398d at most".to_owned(),
        }],
        approvals_lost: 0,
    }
}

fn preview() -> PreviewPage {
    let verdict = |judge: &str, good, said: &[&str]| Verdict { judge: judge.to_owned(), good, texts: texts(said) };
    PreviewPage {
        frame: inside(),
        changing: None,
        values: values("csr"),
        clean: true,
        verdicts: vec![
            verdict("Lint", true, &[]),
            verdict("Policy", true, &["permitted by role-operator-requests"]),
            verdict("Blocked keys", true, &[]),
        ],
        csr_subject: Some("CN=www.example.org, O=Example".to_owned()),
        not_granted: texts(&["extended key usage codeSigning"]),
        key_algorithm: "ecdsa-p256".to_owned(),
        key_sha256: "3c9e51b07a4f4c1f".repeat(4),
        subject: String::new(),
        names: texts(&["dns:www.example.org", "ip:10.0.0.7"]),
        usages: texts(&["digitalSignature", "serverAuth"]),
        profile: "tls-server, version 0f3e9a77c1d2".to_owned(),
        authority: "issuing".to_owned(),
        not_before: NOW - 3_600,
        not_after: NOW + 90 * DAY,
        approvals: 2,
        digest: "7f3a51b07a4f4c1f".repeat(4),
    }
}

fn wanted() -> Wanted {
    Wanted {
        names: texts(&["dns:www.example.org", "ip:10.0.0.7"]),
        subject: String::new(),
        key_algorithm: "ecdsa-p256".to_owned(),
        key_sha256: "3c9e51b07a4f4c1f".repeat(4),
        generated: false,
        csr_subject: Some("CN=www.example.org, O=Example".to_owned()),
        csr_pem: Some(CSR.to_owned()),
        profile: "tls-server".to_owned(),
        profile_version: "0f3e9a77c1d2".to_owned(),
        authority: "issuing".to_owned(),
        validity: "90d".to_owned(),
        extensions: texts(&["keyUsage, critical", "extKeyUsage", "basicConstraints, critical"]),
        owner: Some("team web".to_owned()),
        notify: None,
    }
}

fn event(days: i64, kind: &str, actor: &str, detail: &str) -> HistoryEvent {
    HistoryEvent {
        at: NOW - days * DAY,
        kind: kind.to_owned(),
        actor: actor.to_owned(),
        detail: detail.to_owned(),
        policies: "role-approver".to_owned(),
    }
}

fn request() -> RequestPage {
    let approver = |name: &str, days: i64, void: Option<&str>| Approver {
        name: name.to_owned(),
        at: NOW - days * DAY,
        void: void.map(str::to_owned),
    };
    RequestPage {
        frame: inside(),
        id: ID.to_owned(),
        state: "pending".to_owned(),
        outcome: None,
        requester: "ann".to_owned(),
        created_at: NOW - 3 * DAY,
        expires_at: Some(NOW + 11 * DAY),
        wanted: wanted(),
        digest: "7f3a51b07a4f4c1f".repeat(4),
        changes: texts(&["dns:api.example.org was taken away", "the profile tls-server was edited"]),
        profile_lines: Some((texts(&["maximum = \"398d\""]), texts(&["maximum = \"180d\""]))),
        was_stale: false,
        findings: Vec::new(),
        obstacle: None,
        permitted_by: "role-operator-requests".to_owned(),
        approvals_required: 2,
        approvers: vec![approver("bob", 2, Some("the request has changed since")), approver("eve", 1, None)],
        history: vec![
            event(3, "submitted", "ann", ""),
            event(2, "approved", "bob", "looks right"),
            event(2, "commented", "ann", "One name too many.\nI take it away."),
            event(2, "changed", "ann", "dns:api.example.org was taken away"),
            event(1, "approved", "eve", ""),
        ],
        certificate: None,
        not_after: None,
        refusals: Refusals {
            cancel: Some("only who asked or a security officer gives it up".to_owned()),
            ..Refusals::default()
        },
        key_waits: false,
        comment: None,
    }
}

#[test]
fn gallery_requests() {
    let rows = vec![
        row("www.example.org", "pending", "ann", 3),
        row("db.example.org", "issued", "oscar", 9),
        row("old.example.org", "rejected", "ann", 20),
        row("late.example.org", "expired", "ann", 30),
    ];
    save("requests", &inbox(rows).render().unwrap());
    save("requests-empty", &InboxPage { older: None, ..inbox(Vec::new()) }.render().unwrap());
    save("request-form", &form().render().unwrap());
    save("request-preview", &preview().render().unwrap());
}

#[test]
fn gallery_one_request() {
    save("request", &request().render().unwrap());
    let issued = RequestPage {
        state: "issued".to_owned(),
        expires_at: None,
        changes: Vec::new(),
        profile_lines: None,
        certificate: Some((ID.to_owned(), "3c9e51b07a4f4c1f9d2e".to_owned())),
        not_after: Some(NOW + 90 * DAY),
        refusals: Refusals {
            approve: Some("the request is issued".to_owned()),
            reject: Some("the request is issued".to_owned()),
            ..Refusals::default()
        },
        key_waits: true,
        ..request()
    };
    save("request-issued", &issued.render().unwrap());
}

#[test]
fn gallery_fetching() {
    let delivery = DeliveryPage {
        frame: inside(),
        id: ID.to_owned(),
        title: "www.example.org".to_owned(),
        shortest: 12,
        error: None,
        refused: None,
    };
    save("request-delivery", &delivery.render().unwrap());
    let shared = SharedPage {
        frame: inside(),
        id: ID.to_owned(),
        title: "www.example.org".to_owned(),
        url: format!("https://ca.example.org:8443/fetch/{ID}"),
        code: "dGhpcyBpcyBub3QgYSBjb2Rl".to_owned(),
        expires_at: NOW + 30 * DAY,
    };
    save("request-shared", &shared.render().unwrap());
    let fetched = Fetched {
        state: "issued".to_owned(),
        outcome: None,
        names: texts(&["www.example.org", "10.0.0.7"]),
        subject: String::new(),
        created_at: NOW - 3 * DAY,
        expires_at: NOW + 11 * DAY,
        chain: Some("-----BEGIN CERTIFICATE-----\nMIIBszCCAVmg\n-----END CERTIFICATE-----\n".to_owned()),
        serial: Some("3c9e51b07a4f4c1f9d2e".to_owned()),
        not_after: Some(NOW + 90 * DAY),
        code: "dGhpcyBpcyBub3QgYSBjb2Rl".to_owned(),
    };
    let frame = Frame::public("Example CA", NOW);
    let fetch = FetchPage { frame, address: ID.to_owned(), error: None, fetched: None };
    save("fetch", &fetch.render().unwrap());
    save("fetched", &FetchPage { fetched: Some(fetched), ..fetch }.render().unwrap());
}
