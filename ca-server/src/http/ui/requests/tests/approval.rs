//! Who may approve what, and what a change does to it.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::*;
use crate::http::testing::PASSWORD;
use crate::ops::operator::{self, roles};
use crate::ops::request::process;
use crate::store::audit_event;
use crate::testing::{local_root, origin};

#[tokio::test]
async fn two_people_approve_and_the_certificate_is_there() {
    two_people_approve(needing(2).await).await;
}

#[tokio::test]
async fn two_people_approve_on_postgresql() {
    two_people_approve(needing_on(testing::postgres().await, 2).await).await;
}

async fn two_people_approve((installation, _profiles): (Installation, Profiles)) {
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let csr = csr(&["www.example.org", "api.example.org"]);
    let path = submitted(&mut ann, &csr, &[("owner", "team web"), ("validity", "30d")]).await;
    assert!(bob.get("/requests").await.text.contains("api.example.org and 1 more"), "it waits for bob");
    state_is(&mut bob, &path, "0 of 2").await;
    assert_eq!(approve(&mut bob, &path).await.location(), path);
    state_is(&mut ann, &path, "1 of 2").await;
    assert!(!bob.get("/requests").await.text.contains("api.example.org"), "it waits for bob no longer");
    assert_eq!(approve(&mut eve, &path).await.location(), path);
    state_is(&mut ann, &path, "It is issued").await;
    let issued = certificate(&installation, &mut ann, &path).await;
    assert_eq!(names(&issued), ["dns:api.example.org", "dns:www.example.org"]);
    assert_eq!(issued.validity().duration().as_secs(), 30 * 86_400);
    let page = ann.get(&path).await;
    for expected in ["looks right", "bob", "eve", "role-approver", "role-operator-requests", "2 of 2"] {
        assert!(page.text.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn the_audit_tells_what_was_approved_and_by_whom() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    approve_as_seen(&mut bob, &path, &seen).await;
    let events = installation.app.store.read(|c| audit_event::list(c, None, 100)).await.unwrap();
    let details = |action: &str| {
        let event = events.iter().find(|event| event.action == action).unwrap();
        String::from_utf8_lossy(&event.body).into_owned()
    };
    let (approved, issued) = (details("ApproveRequest"), details("IssueRequested"));
    assert!(approved.contains(&seen) && approved.contains("\"revision\":\"1\""), "{approved}");
    let id = path.rsplit('/').next().unwrap();
    for expected in [seen.as_str(), id, "\"approvers\":\"bob\""] {
        assert!(issued.contains(expected), "{expected} {issued}");
    }
}

#[tokio::test]
async fn what_nobody_has_to_approve_is_issued_at_once() {
    let (installation, _profiles) = needing(0).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    assert_eq!(names(&certificate(&installation, &mut ann, &path).await), ["dns:www.example.org"]);
}

#[tokio::test]
async fn nobody_approves_their_own_request() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator", "approver"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let page = ann.get(&path).await;
    assert!(page.text.contains("You cannot approve it") && !page.text.contains("value=\"approve\""), "{}", page.text);
    let seen = digest(&bob.get(&path).await);
    let refused = approve_as_seen(&mut ann, &path, &seen).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("nobody-approves-their-own-request"), "{}", refused.text);
    state_is(&mut ann, &path, "0 of 1").await;
}

#[tokio::test]
async fn who_has_no_role_for_it_neither_asks_nor_approves() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut auditor = Browser::of(&installation, "aud", &["auditor", "operator", "approver"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    assert_eq!(approve_as_seen(&mut auditor, &path, &seen).await.status, StatusCode::FORBIDDEN);
    let csr = csr(&["www.example.org"]);
    for browser in [&mut auditor, &mut bob] {
        browser.get("/requests/new").await;
        let refused = browser.submit("/requests/new", &form(&csr, &[])).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    }
}

#[tokio::test]
async fn an_approval_needs_a_fresh_proof_on_the_page_and_over_rest() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    installation.hand.advance(Duration::from_secs(11 * 60));
    let page = approve_as_seen(&mut bob, &path, &seen).await;
    assert!(page.location().starts_with("/step-up?next="), "{} {}", page.status, page.text);
    let refused = over_rest(&mut bob, &path, &seen).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(refused.text.contains("\"rule\":\"step-up\""), "{}", refused.text);
    state_is(&mut ann, &path, "0 of 1").await;
    bob.get("/step-up?next=/account").await;
    bob.submit("/step-up", &[("password", PASSWORD), ("next", "/account")]).await;
    bob.get(&path).await;
    let approved = over_rest(&mut bob, &path, &seen).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
    state_is(&mut ann, &path, "It is issued").await;
}

/// Approves as a script of a page would.
async fn over_rest(browser: &mut Browser, path: &str, digest: &str) -> Page {
    let request = Request::post(format!("/api/v1{path}/approve"))
        .header("host", "ca.example.org:8443")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .header("x-csrf-token", &browser.csrf);
    browser.send(request.body(Body::from(format!("{{\"digest\":\"{digest}\"}}"))).unwrap()).await
}

#[tokio::test]
async fn one_person_counts_once() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    for _ in 0..3 {
        assert_eq!(approve_as_seen(&mut bob, &path, &seen).await.location(), path, "a second click is no error");
    }
    state_is(&mut ann, &path, "1 of 2").await;
}

#[tokio::test]
async fn an_approval_of_what_was_changed_meanwhile_is_refused_with_the_difference() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    ann.get(&format!("{path}/change")).await;
    let change = [
        ("step", "submit"),
        ("key", "keep"),
        ("profile", "tls-server"),
        ("names", "www.example.org\nevil.example.org"),
    ];
    assert_eq!(ann.submit(&format!("{path}/change"), &change).await.location(), path);
    let stale = approve_as_seen(&mut bob, &path, &seen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("dns:evil.example.org was added"), "{}", stale.text);
    state_is(&mut ann, &path, "0 of 1").await;
    let now = digest(&stale);
    assert_ne!(now, seen);
    assert_eq!(approve_as_seen(&mut bob, &path, &now).await.location(), path);
    let issued = certificate(&installation, &mut ann, &path).await;
    assert_eq!(names(&issued), ["dns:evil.example.org", "dns:www.example.org"]);
}

#[tokio::test]
async fn a_change_voids_the_approvals_that_were_there() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    ann.get(&format!("{path}/change")).await;
    let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("validity", "10d")];
    ann.submit(&format!("{path}/change"), &change).await;
    let page = eve.get(&path).await;
    assert!(page.text.contains("the validity was 90d and is 10d"), "{}", page.text);
    assert!(page.text.contains("does not count: the request has changed since"), "{}", page.text);
    approve(&mut eve, &path).await;
    state_is(&mut ann, &path, "1 of 2").await;
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn what_is_asked_for_again_is_approved_again() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    let seen = digest(&bob.get(&path).await);
    for validity in ["10d", "90d"] {
        ann.get(&format!("{path}/change")).await;
        let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("validity", validity)];
        assert_eq!(ann.submit(&format!("{path}/change"), &change).await.location(), path);
    }
    assert_eq!(digest(&bob.get(&path).await), seen, "it asks for the same as in the beginning");
    state_is(&mut ann, &path, "0 of 2").await;
    approve(&mut eve, &path).await;
    state_is(&mut ann, &path, "1 of 2").await;
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn another_owner_voids_no_approval_and_nobody_is_told_so() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    ann.get(&format!("{path}/change")).await;
    let change =
        [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("validity", "90d"), ("owner", "team web")];
    assert_eq!(ann.submit(&format!("{path}/change"), &change).await.location(), path);
    let page = bob.get(&path).await;
    assert!(page.text.contains("team web") && page.text.contains("1 of 2"), "{}", page.text);
    assert!(!page.text.contains("does not count"), "{}", page.text);
}

#[tokio::test]
async fn who_changed_it_does_not_approve_it() {
    let (installation, profiles) = needing(1).await;
    profiles.add_policy(
        r#"
        @id("colleagues-change") @reason("colleagues change requests")
        permit (principal in Signet::Role::"operator", action == Signet::Action::"ChangeRequest", resource);
        "#,
    );
    profiles.load(&installation).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["operator", "approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    bob.get(&format!("{path}/change")).await;
    let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("validity", "10d")];
    assert_eq!(bob.submit(&format!("{path}/change"), &change).await.location(), path);
    let seen = digest(&bob.get(&path).await);
    let refused = approve_as_seen(&mut bob, &path, &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("somebody else has to look at it"), "{}", refused.text);
    state_is(&mut ann, &path, "0 of 1").await;
}

#[tokio::test]
async fn only_the_requester_changes_a_request() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut oscar = Browser::of(&installation, "oscar", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    oscar.get(&path).await;
    let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("names", "evil.example.org")];
    let refused = oscar.submit(&format!("{path}/change"), &change).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

#[tokio::test]
async fn an_edited_profile_voids_approvals_and_shows_its_lines() {
    let (installation, profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    let seen = digest(&eve.get(&path).await);
    profiles.edit(
        "tls-server",
        "extended_usage = [\"server-auth\"]",
        "extended_usage = [\"server-auth\", \"client-auth\"]",
    );
    profiles.load(&installation).await;
    let stale = approve_as_seen(&mut eve, &path, &seen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for expected in ["the profile tls-server was edited", "the extension extKeyUsage is new or differs", "client-auth"]
    {
        assert!(stale.text.contains(expected), "{expected}\n{}", stale.text);
    }
    state_is(&mut ann, &path, "0 of 2").await;
    state_is(&mut ann, &path, "Overtaken by a change around it").await;
    approve(&mut eve, &path).await;
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn who_may_no_longer_approve_does_not_count() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    roles::change(&installation.app, &local_root(), &origin(), "bob", Vec::new()).await.unwrap();
    approve(&mut eve, &path).await;
    let page = ann.get(&path).await;
    assert!(page.text.contains("1 of 2") && page.text.contains("this person may no longer approve"), "{}", page.text);
    process::all(&installation.app).await.unwrap();
    state_is(&mut ann, &path, "1 of 2").await;
    roles::change(&installation.app, &local_root(), &origin(), "bob", vec!["approver".to_owned()]).await.unwrap();
    process::all(&installation.app).await.unwrap();
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn a_disabled_approver_does_not_count() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    operator::disable(&installation.app, &local_root(), &origin(), "bob").await.unwrap();
    approve(&mut eve, &path).await;
    state_is(&mut ann, &path, "1 of 2").await;
}

#[tokio::test]
async fn of_two_last_votes_at_the_same_moment_one_certificate_comes() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let seen = digest(&bob.get(&path).await);
    eve.get(&path).await;
    let (one, other) = tokio::join!(approve_as_seen(&mut bob, &path, &seen), approve_as_seen(&mut eve, &path, &seen));
    assert_eq!((one.location(), other.location()), (path.as_str(), path.as_str()));
    process::all(&installation.app).await.unwrap();
    state_is(&mut ann, &path, "It is issued").await;
}
