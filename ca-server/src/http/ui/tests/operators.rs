//! Looking after operators on the pages of settings.

use std::time::Duration;

use axum::http::StatusCode;

use crate::http::testing::{Browser, PASSWORD, Page, SPOKEN, add};
use crate::testing;

fn password_on(page: &Page) -> String {
    page.shaped("?????-?????-?????-?????", SPOKEN)
}

#[tokio::test]
async fn a_security_officer_adds_changes_and_disables() {
    let installation = testing::sqlite().await;
    let mut officer = Browser::of(&installation, "ann", &["security-officer"]).await;
    officer.get("/settings/operators").await;
    let made = officer.submit("/settings/operators", &[("name", "Bob"), ("roles", "operator")]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let mut bob = Browser::new(&installation);
    assert_eq!(bob.sign_in("bob", &password_on(&made)).await.location(), "/");
    let listed = officer.get("/settings/operators").await;
    assert!(listed.text.contains("/settings/operators/bob") && listed.text.contains("one-time password"));

    let roles = [("roles", "approver"), ("roles", "key-custodian")];
    assert_eq!(officer.submit("/settings/operators/bob/roles", &roles).await.location(), "/settings/operators/bob");
    assert!(officer.get("/settings/operators/bob").await.text.contains("Holds approver, key-custodian"));
    let reset = officer.submit("/settings/operators/bob/reset-password", &[]).await;
    assert_eq!(bob.get("/account/password").await.location(), "/sign-in?next=/account/password", "sessions ended");
    assert_eq!(bob.sign_in("bob", &password_on(&reset)).await.location(), "/");
    officer.get("/settings/operators/bob").await;
    officer.submit("/settings/operators/bob/end-sessions", &[]).await;
    assert_eq!(bob.get("/account/password").await.location(), "/sign-in?next=/account/password");
    officer.submit("/settings/operators/bob/disable", &[]).await;
    assert_eq!(bob.sign_in("bob", &password_on(&reset)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(officer.submit("/settings/operators/bob/disable", &[]).await.status, StatusCode::CONFLICT);
    officer.submit("/settings/operators/bob/enable", &[]).await;
    assert_eq!(bob.sign_in("bob", &password_on(&reset)).await.location(), "/");
}

#[tokio::test]
async fn others_may_not_and_are_told_which_rule_says_so() {
    let installation = testing::sqlite().await;
    add(&installation, "bob", &["operator"]).await;
    for (name, roles, rule) in [
        ("operator", ["operator"].as_slice(), "none of the policies in force gives you this"),
        ("auditor", &["auditor", "security-officer"], "auditors-only-read"),
    ] {
        let mut browser = Browser::of(&installation, name, roles).await;
        assert!(browser.get("/settings/operators").await.text.contains("A security officer adds them"));
        for (path, fields) in [
            ("/settings/operators", [("name", "eve"), ("roles", "security-officer")].as_slice()),
            ("/settings/operators/bob/roles", &[("roles", "security-officer")]),
            ("/settings/operators/bob/disable", &[]),
            ("/settings/operators/bob/reset-password", &[]),
        ] {
            let refused = browser.submit(path, fields).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name} {path}");
            assert!(refused.text.contains(rule), "{name} {path}: {}", refused.text);
        }
    }
    let mut nobody = Browser::of(&installation, "nobody", &[]).await;
    assert_eq!(nobody.get("/settings/operators").await.status, StatusCode::FORBIDDEN, "without a role");
}

#[tokio::test]
async fn nobody_gives_themself_a_role() {
    let installation = testing::sqlite().await;
    let mut officer = Browser::of(&installation, "ann", &["security-officer"]).await;
    let page = officer.get("/settings/operators/ann").await;
    assert!(page.text.contains("nobody changes their own roles"), "{}", page.text);
    let refused = officer.submit("/settings/operators/ann/roles", &[("roles", "operator")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("nobody-changes-own-roles"), "{}", refused.text);
}

#[tokio::test]
async fn names_and_roles_that_cannot_be_are_refused() {
    let installation = testing::sqlite().await;
    let mut officer = Browser::of(&installation, "ann", &["security-officer"]).await;
    officer.get("/settings/operators").await;
    for (name, role, problem) in [
        ("<script>alert(1)</script>", "operator", "a sign-in name is"),
        ("", "operator", "a sign-in name is"),
        ("bob", "<script>", "cannot be a role"),
        ("ann", "operator", "already"),
    ] {
        let refused = officer.submit("/settings/operators", &[("name", name), ("roles", role)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {role}");
        assert!(refused.text.contains(problem) && !refused.text.contains("<script>"), "{}", refused.text);
    }
    assert_eq!(officer.get("/settings/operators/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_change_asks_for_the_password_again() {
    let installation = testing::sqlite().await;
    let mut officer = Browser::of(&installation, "ann", &["security-officer"]).await;
    Browser::of(&installation, "bob", &[]).await;
    installation.hand.advance(Duration::from_secs(600));
    officer.get("/settings/operators/bob").await;
    for act in ["roles", "disable", "enable", "reset-password", "end-sessions"] {
        let refused = officer.submit(&format!("/settings/operators/bob/{act}"), &[]).await;
        assert!(refused.location().starts_with("/step-up?next="), "{act}: {}", refused.status);
    }
    officer.submit("/step-up", &[("password", PASSWORD)]).await;
    // The session has another token now, and the forms with it.
    officer.get("/settings/operators/bob").await;
    assert_eq!(officer.submit("/settings/operators/bob/disable", &[]).await.location(), "/settings/operators/bob");
}
