//! The pages about ACME clients.

use super::{DAY, NOW, frame, save};
use crate::clients::{
    AccountPage, AccountRow, AccountState, AccountsPage, AttemptView, BindingMadePage, BindingRow, BindingState,
    BindingsPage, ChallengeView, CloseAccountPage, EndpointView, OrderPage, OrderRow, OrderState, OrdersFilter,
    OrdersPage, ProofState, ProofView, ReasonView,
};
use crate::frame::{EnvironmentKind, Frame, Section};
use crate::parts::Recipe;

fn inside() -> Frame {
    frame(Section::Clients, EnvironmentKind::Production)
}

fn id(number: u32) -> String {
    format!("019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b{number:02}")
}

fn orders() -> Vec<OrderRow> {
    let order = |number, names: &[&str], state, problem: Option<&str>| OrderRow {
        id: id(number),
        endpoint: "acme".to_owned(),
        names: names.iter().map(|name| format!("dns:{name}")).collect(),
        state,
        problem: problem.map(str::to_owned),
        profile: "tls-server".to_owned(),
        created_at: NOW - i64::from(number) * 4_000,
    };
    vec![
        order(1, &["web-1.internal"], OrderState::Pending, None),
        order(
            2,
            &["payments.internal", "pay.internal", "checkout.internal"],
            OrderState::Invalid,
            Some("http-01 for payments.internal at 10.0.0.7:80: the connection failed"),
        ),
        order(3, &["*.apps.internal", "apps.internal"], OrderState::Valid, None),
        order(4, &["old.internal"], OrderState::Ready, None),
    ]
}

fn account(number: u32, state: AccountState) -> AccountRow {
    AccountRow {
        id: id(number),
        endpoint: "acme".to_owned(),
        state,
        contacts: vec!["mailto:platform@example.org".to_owned()],
        created_from: "10.0.0.7".to_owned(),
        created_at: NOW - i64::from(number) * DAY,
    }
}

#[test]
fn gallery_clients() {
    let endpoint = EndpointView {
        name: "acme".to_owned(),
        directory: "https://ca.example.org:8443/acme/acme/directory".to_owned(),
        issuer: "issuing".to_owned(),
        profiles: vec!["tls-server".to_owned(), "tls-client".to_owned()],
        needs_binding: false,
    };
    let page = OrdersPage {
        frame: inside(),
        endpoints: vec![endpoint],
        filter: OrdersFilter::default(),
        orders: orders(),
        newest: None,
        older: Some("#".to_owned()),
        recipes: Vec::new(),
    };
    save("clients", &page.render().unwrap());
    let page = AccountsPage {
        frame: inside(),
        endpoints: vec!["acme".to_owned(), "lab".to_owned()],
        endpoint: String::new(),
        status: String::new(),
        binding: String::new(),
        accounts: vec![account(1, AccountState::Valid), account(2, AccountState::Revoked)],
        newest: None,
        older: None,
        recipes: Vec::new(),
    };
    save("accounts", &page.render().unwrap());
    let page = AccountPage {
        frame: inside(),
        account: account(1, AccountState::Valid),
        key_thumbprint: "LGsAYx8s8bPkX0bB3nqC0R7Wm8pT1a0oYwTz5rWQJ9o".to_owned(),
        binding: Some(id(9)),
        terms_agreed_at: None,
        orders: orders(),
        newest: None,
        older: None,
        no_close: None,
    };
    save("acme-account", &page.render().unwrap());
    let page = CloseAccountPage { frame: inside(), account: account(1, AccountState::Valid) };
    save("acme-account-close", &page.render().unwrap());
}

#[test]
fn gallery_order() {
    let attempt = |minutes: i64, detail: &str| AttemptView {
        at: NOW - minutes * 60,
        took_ms: 3_004,
        passed: false,
        seen: vec![
            ("Failure".to_owned(), "connection".to_owned()),
            ("Detail".to_owned(), detail.to_owned()),
            ("Address".to_owned(), "10.0.0.7:80".to_owned()),
        ],
    };
    let challenge = |kind: &str, place: &str, attempts: Vec<AttemptView>| ChallengeView {
        kind: kind.to_owned(),
        place: place.to_owned(),
        state: if attempts.is_empty() { ProofState::Pending } else { ProofState::Invalid },
        problem: (!attempts.is_empty())
            .then(|| "http-01 for payments.internal at 10.0.0.7:80: the connection failed".to_owned()),
        attempts,
    };
    let failed = ProofView {
        name: "dns:payments.internal".to_owned(),
        state: ProofState::Invalid,
        validated_at: None,
        challenges: vec![challenge(
            "http-01",
            "http://payments.internal/.well-known/acme-challenge/Rk3l0aGzT1cN5v0mA2bqkPzX9y8w7u6t5s4r3q2p1o0",
            vec![attempt(4, "connection refused"), attempt(3, "connection refused")],
        )],
    };
    let open = ProofView {
        name: "dns:pay.internal".to_owned(),
        state: ProofState::Pending,
        validated_at: None,
        challenges: vec![
            challenge("dns-01", "TXT records of _acme-challenge.pay.internal", Vec::new()),
            challenge("http-01", "http://pay.internal/.well-known/acme-challenge/Rk3l0aGzT1cN", Vec::new()),
        ],
    };
    let page = OrderPage {
        frame: inside(),
        id: id(2),
        endpoint: "acme".to_owned(),
        account: id(1),
        profile: "tls-server".to_owned(),
        names: vec!["dns:payments.internal".to_owned(), "dns:pay.internal".to_owned()],
        state: OrderState::Invalid,
        reason: Some(ReasonView {
            text: "http-01 for payments.internal at 10.0.0.7:80: the connection failed".to_owned(),
            next_step: Some("Connect from this server to the address and port below.".to_owned()),
        }),
        certificate: None,
        created_at: NOW - 300,
        expires_at: NOW + DAY,
        proofs: vec![failed, open],
        api_url: "https://ca.example.org:8443/api/v1/acme/orders/019a2f6e".to_owned(),
    };
    save("acme-order", &page.render().unwrap());
}

#[test]
fn gallery_bindings() {
    let binding = |number, state, account: Option<String>| BindingRow {
        kid: id(number),
        endpoint: "acme".to_owned(),
        name: "team payments".to_owned(),
        state,
        created_by: "Operator:ada".to_owned(),
        created_at: NOW - 2 * DAY,
        expires_at: (number % 2 == 1).then_some(NOW + 28 * DAY),
        account,
    };
    let page = BindingsPage {
        frame: inside(),
        endpoints: vec!["acme".to_owned(), "lab".to_owned()],
        endpoint: String::new(),
        status: String::new(),
        bindings: vec![
            binding(1, BindingState::Unused, None),
            binding(2, BindingState::Bound, Some(id(7))),
            binding(3, BindingState::Revoked, None),
        ],
        newest: None,
        older: None,
        no_create: None,
        may_revoke: true,
        name: String::new(),
        problem: None,
    };
    save("bindings", &page.render().unwrap());
    let page = BindingMadePage {
        frame: inside(),
        name: "team payments".to_owned(),
        kid: id(1),
        hmac_key: "bW9vc2VtdXBwZXRtb29zZW11cHBldG1vb3NlbXVwcGV0bW9vc2U".to_owned(),
        recipes: vec![Recipe::lines("certbot", "certbot certonly --eab-kid 019a… --eab-hmac-key bW9v…")],
    };
    save("binding-made", &page.render().unwrap());
}

#[test]
fn gallery_policy() {
    use crate::settings::{
        AnswerView, ChangedRow, OneAnswerView, PolicyPage, PolicyView, ProposalText, QuestionText, ReplayPage,
        ReplayView,
    };
    let settings = || frame(Section::Settings, EnvironmentKind::Production);
    let policy = |id: &str, reason: &str, forbids, decided, outcome: &str| PolicyView {
        id: id.to_owned(),
        reason: reason.to_owned(),
        forbids,
        decided,
        outcome: outcome.to_owned(),
    };
    let policies = vec![
        policy(
            "role-operator",
            "an operator may issue and revoke",
            false,
            false,
            "It matches, and another one forbids.",
        ),
        policy("auditors-only-read", "an auditor reads and changes nothing", true, true, "It matches, and decides."),
        policy(
            "local-root",
            "the local administrator may do everything",
            false,
            false,
            "It is about other actors or roles.",
        ),
    ];
    let question = QuestionText {
        actor: "ada".to_owned(),
        action: "RevokeCertificate".to_owned(),
        object: "Certificate:issuing/0abc".to_owned(),
        ..QuestionText::default()
    };
    let page = PolicyPage {
        frame: settings(),
        question,
        acts: vec!["PublishCrl".to_owned(), "RevokeCertificate".to_owned()],
        policy_set: "5f1c".repeat(16),
        problem: None,
        answer: Some(AnswerView {
            permitted: false,
            sentence: "Operator:ada · RevokeCertificate · Certificate:issuing/0abc".to_owned(),
            roles: vec!["operator".to_owned(), "auditor".to_owned()],
            supposed: vec!["reason".to_owned(), "profile".to_owned()],
            questions: vec![OneAnswerView { name: None, permitted: false, fault: None, policies }],
        }),
    };
    save("policy", &page.render().unwrap());
    let example = ChangedRow {
        at: NOW - 3_000,
        actor: "AcmeAccount:acme/019a2f6e".to_owned(),
        action: "NewOrder".to_owned(),
        object: "order 019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10".to_owned(),
        reason: "forbidden by freeze".to_owned(),
    };
    let page = ReplayPage {
        frame: settings(),
        proposal: ProposalText {
            policies: "@id(\"freeze\")\n@reason(\"change freeze\")\nforbid (principal, action, resource);".to_owned(),
            on_top: true,
            days: 30,
            ..ProposalText::default()
        },
        profiles: vec!["tls-server".to_owned()],
        problem: None,
        result: Some(ReplayView {
            asked: 12_031,
            unreadable: 0,
            is_cut: false,
            changed: 214,
            summary: vec![("NewOrder".to_owned(), "forbidden by freeze".to_owned(), 214)],
            examples: vec![example],
            warnings: Vec::new(),
        }),
    };
    save("replay", &page.render().unwrap());
}
