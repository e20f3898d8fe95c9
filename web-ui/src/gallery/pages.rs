//! The pages that every installation has.

use super::{DAY, NOW, frame, save};
use crate::account::{
    AccountPage, Choice, NewTokenPage, PasswordPage, RecoveryCodesPage, SecondFactorPage, SecondFactorState,
    SessionRow, TokenMadePage, TokenRow,
};
use crate::error::{ErrorPage, Rule};
use crate::frame::{Environment, EnvironmentKind, Frame, Section};
use crate::parts::Qr;
use crate::settings::{OneTimePasswordPage, OperatorPage, OperatorRow, OperatorsPage};
use crate::sign_in::{CodePage, SignInPage, StepUpPage, Way};

fn outside() -> Frame {
    let environment = Environment { name: "test".to_owned(), kind: EnvironmentKind::Test };
    Frame { environment: Some(environment), ..Frame::public("Example CA", NOW) }
}

fn inside(section: Section) -> Frame {
    frame(section, EnvironmentKind::Production)
}

fn problem(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn choices() -> Vec<Choice> {
    let choice = |(name, meaning): (&str, &str), is_chosen| Choice {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        is_chosen,
    };
    vec![
        choice(("approver", "decides on requests that others submitted"), true),
        choice(("auditor", "reads everything and changes nothing"), false),
        choice(("security-officer", "looks after operators, tokens and policies"), false),
    ]
}

fn session(is_this: bool) -> SessionRow {
    SessionRow {
        id: "1".to_owned(),
        is_this,
        method: "password and code".to_owned(),
        address: "192.0.2.7".to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
        created_at: NOW - 7_000,
        seen_at: NOW - 60,
    }
}

fn token(is_in_force: bool) -> TokenRow {
    TokenRow {
        id: "1".to_owned(),
        name: "nightly inventory".to_owned(),
        roles: vec!["auditor".to_owned()],
        scopes: vec!["read".to_owned(), "certificates".to_owned()],
        created_at: NOW - 20 * DAY,
        expires_at: NOW + 70 * DAY,
        last_used_at: is_in_force.then_some(NOW - 3_000),
        is_in_force,
    }
}

fn operator(name: &str, is_active: bool, must_change_password: bool) -> OperatorRow {
    OperatorRow {
        name: name.to_owned(),
        provider: if is_active { "local" } else { "corporate" }.to_owned(),
        roles: vec!["approver".to_owned(), "auditor".to_owned()],
        is_active,
        must_change_password,
        has_second_factor: is_active,
        signed_in_at: (!must_change_password).then_some(NOW - 3 * DAY),
    }
}

#[test]
fn gallery_doors() {
    let refused = problem("This name and password do not let anybody in.");
    let link = Way::Link { title: "With Example Identity".to_owned(), url: "/sign-in/oidc/example".to_owned() };
    let sign_in = SignInPage {
        frame: outside(),
        next: "/".to_owned(),
        name: "ada".to_owned(),
        ways: vec![Way::Certificate, link],
        problem: refused,
    };
    save("sign-in", &sign_in.render().unwrap());
    let code = CodePage { frame: outside(), next: "/".to_owned(), problem: None };
    save("sign-in-code", &code.render().unwrap());
    let again = StepUpPage {
        frame: inside(Section::Elsewhere),
        next: "/".to_owned(),
        asks_password: true,
        asks_code: true,
        ways: Vec::new(),
        problem: None,
    };
    save("step-up", &again.render().unwrap());
    let password = PasswordPage { frame: inside(Section::Elsewhere), is_required: true, problem: None };
    save("password", &password.render().unwrap());
}

#[test]
fn gallery_account() {
    let frame = || inside(Section::Elsewhere);
    let account = AccountPage {
        frame: frame(),
        has_password: true,
        has_second_factor: false,
        sessions: vec![session(true), session(false)],
        tokens: vec![token(true), token(false)],
    };
    save("account", &account.render().unwrap());
    let new = NewTokenPage { frame: frame(), name: String::new(), roles: choices(), scopes: choices(), problem: None };
    save("new-token", &new.render().unwrap());
    let made = TokenMadePage {
        frame: frame(),
        name: "nightly inventory".to_owned(),
        token: "sgt_example".to_owned(),
        example: "curl -H \"Authorization: Bearer $TOKEN\" https://ca.example.org/api/v1/certificates".to_owned(),
    };
    save("token-made", &made.render().unwrap());
}

#[test]
fn gallery_second_factor() {
    let dark = (0..33 * 33).map(|index| (index / 33 * 7 + index % 33 * 3) % 5 < 2).collect();
    let state = SecondFactorState::Begun { spelled: "JBSW Y3DP EHPK 3PXP".to_owned(), code: Qr::new("QR", 33, dark) };
    let page = SecondFactorPage { frame: inside(Section::Elsewhere), state, problem: None };
    save("second-factor", &page.render().unwrap());
    let codes = (0..8).map(|index| format!("{:04x}-{:04x}", index * 7_919, index * 4_211 + 99)).collect();
    let codes = RecoveryCodesPage { frame: inside(Section::Elsewhere), codes };
    save("recovery-codes", &codes.render().unwrap());
}

#[test]
fn gallery_operators() {
    let all = OperatorsPage {
        frame: inside(Section::Settings),
        operators: vec![operator("ada", true, false), operator("bob", true, true), operator("eve", false, false)],
        older: None,
        may_add: true,
        name: String::new(),
        roles: choices(),
        problem: problem("There is an operator of this name."),
    };
    save("operators", &all.render().unwrap());
    let one = OperatorPage {
        frame: inside(Section::Settings),
        operator: operator("bob", true, false),
        roles: choices(),
        roles_refusal: None,
        may_change: true,
        sessions: vec![session(false)],
        tokens: Vec::new(),
    };
    save("operator", &one.render().unwrap());
    let made =
        OneTimePasswordPage {
            frame: inside(Section::Settings), name: "bob".to_owned(), password: "x7kd-…".to_owned()
        };
    save("one-time-password", &made.render().unwrap());
}

#[test]
fn gallery_error() {
    let page = ErrorPage {
        frame: inside(Section::Elsewhere),
        status: 403,
        headline: "You may not do this".to_owned(),
        explanation: "The policies in force do not let ada revoke certificates.".to_owned(),
        rules: vec![Rule {
            id: "approvers-only-approve".to_owned(),
            reason: "Who approves requests does nothing else.".to_owned(),
        }],
        next_step: problem("A security officer can say who may, and give roles."),
        request_id: problem("0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10"),
    };
    save("error", &page.render().unwrap());
}
