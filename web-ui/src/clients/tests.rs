#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::Frame;

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn text() -> String {
    HOSTILE.to_owned()
}

fn order(names: Vec<String>) -> OrderRow {
    OrderRow {
        id: text(),
        endpoint: text(),
        names,
        state: OrderState::Invalid,
        problem: Some(text()),
        profile: text(),
        created_at: 0,
    }
}

fn account(state: AccountState) -> AccountRow {
    AccountRow {
        id: text(),
        endpoint: text(),
        state,
        contacts: vec![text(), "javascript:alert(1)".to_owned()],
        created_from: text(),
        created_at: 0,
    }
}

fn one_order(state: OrderState) -> OrderPage {
    let attempt = AttemptView { at: 0, took_ms: 12, passed: false, seen: vec![(text(), text())] };
    let challenge =
        |attempts| ChallengeView { kind: text(), place: text(), state: ProofState::Invalid, problem: None, attempts };
    OrderPage {
        frame: Frame::public("Example", 100),
        id: text(),
        endpoint: text(),
        account: text(),
        profile: text(),
        names: vec![text()],
        state,
        reason: Some(ReasonView { text: text(), next_step: Some(text()) }),
        certificate: Some(text()),
        created_at: 0,
        expires_at: 50,
        proofs: vec![ProofView {
            name: text(),
            state: ProofState::Pending,
            validated_at: None,
            challenges: vec![challenge(vec![attempt]), challenge(Vec::new())],
        }],
        api_url: text(),
    }
}

fn bindings() -> BindingsPage {
    let binding = BindingRow {
        kid: text(),
        endpoint: text(),
        name: text(),
        state: BindingState::Unused,
        created_by: text(),
        created_at: 0,
        expires_at: None,
        account: Some(text()),
    };
    BindingsPage {
        frame: Frame::public("Example", 100),
        endpoints: vec![text(), text()],
        endpoint: text(),
        status: text(),
        bindings: vec![binding],
        newest: None,
        older: Some("/clients/bindings?after=1".to_owned()),
        no_create: None,
        may_revoke: true,
        name: text(),
        problem: Some(text()),
    }
}

fn accounts() -> AccountsPage {
    AccountsPage {
        frame: Frame::public("Example", 100),
        endpoints: vec![text()],
        endpoint: text(),
        status: text(),
        binding: text(),
        accounts: vec![account(AccountState::Valid)],
        newest: None,
        older: None,
        recipes: Vec::new(),
    }
}

fn orders() -> OrdersPage {
    OrdersPage {
        frame: Frame::public("Example", 100),
        endpoints: vec![EndpointView {
            name: text(),
            directory: text(),
            issuer: text(),
            profiles: vec![text()],
            needs_binding: true,
        }],
        filter: OrdersFilter { name: text(), status: text(), endpoint: text(), account: text() },
        orders: vec![order(vec![text(), text()]), order(Vec::new())],
        newest: None,
        older: None,
        recipes: Vec::new(),
    }
}

#[test]
fn what_clients_wrote_is_text() {
    let frame = || Frame::public("Example", 100);
    let made = BindingMadePage {
        frame: frame(),
        name: text(),
        kid: text(),
        hmac_key: text(),
        recipes: vec![crate::parts::Recipe::lines(HOSTILE, HOSTILE)],
    };
    let one = AccountPage {
        frame: frame(),
        account: account(AccountState::Valid),
        key_thumbprint: text(),
        binding: Some(text()),
        terms_agreed_at: Some(1),
        orders: vec![order(vec![text()])],
        newest: None,
        older: None,
        no_close: Some(text()),
    };
    let close = CloseAccountPage { frame: frame(), account: account(AccountState::Valid) };
    let pages = [
        orders().render().unwrap(),
        accounts().render().unwrap(),
        one.render().unwrap(),
        close.render().unwrap(),
        one_order(OrderState::Invalid).render().unwrap(),
        bindings().render().unwrap(),
        made.render().unwrap(),
    ];
    for html in pages {
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("href=\"javascript:"), "{html}");
    }
}

#[test]
fn an_order_says_first_why_there_is_no_certificate() {
    let failed = one_order(OrderState::Invalid).render().unwrap();
    let (reason, proofs) = (failed.find("There will be no certificate"), failed.find("How its names were proved"));
    assert!(reason.is_some() && reason < proofs, "{failed}");
    let open = one_order(OrderState::Pending).render().unwrap();
    assert!(open.contains("There is no certificate yet"), "{open}");
    assert!(open.contains("0 seconds left"), "{open}");
}

#[test]
fn a_page_that_found_nothing_yet_leads_on() {
    let found_nothing = OrdersPage { orders: Vec::new(), older: Some("/clients?after=1".to_owned()), ..orders() };
    assert!(found_nothing.render().unwrap().contains("Keep looking"));
    let nothing = OrdersPage { orders: Vec::new(), filter: OrdersFilter::default(), ..orders() };
    assert!(nothing.render().unwrap().contains("No order yet"));
}

#[test]
fn who_may_not_make_a_binding_reads_why() {
    let html = BindingsPage { no_create: Some("no policy permits it".to_owned()), ..bindings() }.render().unwrap();
    assert!(html.contains("no policy permits it") && !html.contains("Make it</button>"), "{html}");
    let html = BindingsPage { may_revoke: false, ..bindings() }.render().unwrap();
    assert!(!html.contains("Withdraw</button>"), "{html}");
}
