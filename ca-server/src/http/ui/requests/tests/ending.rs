//! How requests end without a certificate, and what the pages say before anything is stored.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;

use super::*;
use crate::http::testing::PASSWORD;
use crate::ops::request::{expire, process};
use crate::store::fields::IssuerState;

#[tokio::test]
async fn the_preview_tells_everything_and_stores_nothing() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    ann.get("/requests/new").await;
    let csr = csr(&["www.example.org"]);
    let mut fields = form(&csr, &[("validity", "30d")]);
    fields[0] = ("step", "preview");
    let page = ann.submit("/requests/new", &fields).await;
    for expected in [
        "can be requested",
        "2 other people have to approve it",
        "dns:www.example.org",
        "digitalSignature",
        "serverAuth",
        "permitted by role-operator-requests",
        "value=\"submit\"",
    ] {
        assert!(page.text.contains(expected), "{expected}\n{}", page.text);
    }
    assert!(ann.get("/requests?show=all").await.text.contains("There are no requests yet"));
    fields[0] = ("step", "edit");
    let back = ann.submit("/requests/new", &fields).await;
    assert!(back.text.contains("BEGIN CERTIFICATE REQUEST") && back.text.contains("30d"), "what was typed is there");
}

#[tokio::test]
async fn who_may_not_ask_sees_so_in_the_preview() {
    let installation = testing::sqlite().await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    bob.get("/requests/new").await;
    let csr = csr(&["www.example.org"]);
    let mut fields = form(&csr, &[]);
    fields[0] = ("step", "preview");
    let page = bob.submit("/requests/new", &fields).await;
    assert!(page.text.contains("cannot be requested") && page.text.contains("no policy permits"), "{}", page.text);
    assert!(!page.text.contains("value=\"submit\""));
}

#[tokio::test]
async fn the_preview_of_a_change_is_for_those_who_may_change_it() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut oscar = Browser::of(&installation, "oscar", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let fields = [("step", "preview"), ("key", "keep"), ("profile", "tls-server")];
    oscar.get(&path).await;
    assert_eq!(oscar.submit(&format!("{path}/change"), &fields).await.status, StatusCode::FORBIDDEN);
    ann.get(&path).await;
    assert!(ann.submit(&format!("{path}/change"), &fields).await.text.contains("can be requested"));
}

#[tokio::test]
async fn one_no_ends_it() {
    let (installation, _profiles) = needing(2).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut eve = Browser::of(&installation, "eve", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    approve(&mut bob, &path).await;
    let seen = digest(&eve.get(&path).await);
    let fields = [("decision", "reject"), ("comment", "not ours")];
    assert_eq!(eve.submit(&format!("{path}/decision"), &fields).await.location(), path);
    state_is(&mut ann, &path, "It is rejected: not ours").await;
    let mut dan = Browser::of(&installation, "dan", &["approver"]).await;
    dan.get(&path).await;
    let late = approve_as_seen(&mut dan, &path, &seen).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    assert!(late.text.contains("nothing more can be done with it"), "{}", late.text);
    assert_eq!(ann.get(&format!("{path}/certificate.pem")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_requester_gives_it_up_and_others_do_not() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut oscar = Browser::of(&installation, "oscar", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    oscar.get(&path).await;
    assert_eq!(oscar.submit(&format!("{path}/cancel"), &[]).await.status, StatusCode::FORBIDDEN);
    ann.get(&path).await;
    assert_eq!(ann.submit(&format!("{path}/cancel"), &[]).await.location(), path);
    state_is(&mut ann, &path, "It is cancelled").await;
    assert_eq!(ann.submit(&format!("{path}/cancel"), &[]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_nobody_decides_expires() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    installation.hand.advance(Duration::from_secs(14 * 86_400 - 60));
    expire::overdue(&installation.app).await.unwrap();
    ann.sign_in("ann", PASSWORD).await;
    state_is(&mut ann, &path, "0 of 1").await;
    installation.hand.advance(Duration::from_secs(60));
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let late = approve(&mut bob, &path).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("time of this request is over"), "{}", late.text);
    process::all(&installation.app).await.unwrap();
    state_is(&mut ann, &path, "0 of 1").await;
    expire::overdue(&installation.app).await.unwrap();
    state_is(&mut ann, &path, "It is expired").await;
}

/// The first link of a page with this in it.
fn link<'a>(page: &'a str, part: &str) -> &'a str {
    let targets = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    targets.into_iter().find(|target| target.contains(part)).unwrap()
}

#[tokio::test]
async fn a_request_to_a_revoked_authority_is_still_shown() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let authority = installation.app.authorities.by_name("issuing").unwrap();
    authority.set_state(IssuerState::Revoked);
    let page = ann.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("was revoked"), "{}", page.text);
    ann.submit(&format!("{path}/cancel"), &[]).await;
    assert_eq!(ann.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_clock_delays_what_was_approved_and_does_not_end_it() {
    let (installation, _profiles) = needing(1).await;
    let app = &installation.app;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let newest = app.newest_issuance.swap(app.clock.now().seconds() + 90_000, Ordering::Relaxed);
    approve(&mut bob, &path).await;
    process::all(app).await.unwrap();
    state_is(&mut ann, &path, "It is approved").await;
    app.newest_issuance.store(newest, Ordering::Relaxed);
    process::all(app).await.unwrap();
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn a_profile_that_is_gone_for_a_while_delays_what_was_approved() {
    let (installation, profiles) = needing(1).await;
    let app = &installation.app;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let newest = app.newest_issuance.swap(app.clock.now().seconds() + 90_000, Ordering::Relaxed);
    approve(&mut bob, &path).await;
    app.newest_issuance.store(newest, Ordering::Relaxed);
    app.policies.store(Arc::new(profiles.without("tls-server")));
    process::all(app).await.unwrap();
    state_is(&mut ann, &path, "It is approved").await;
    profiles.load(&installation).await;
    process::all(app).await.unwrap();
    state_is(&mut ann, &path, "It is issued").await;
}

#[tokio::test]
async fn piles_and_pages_of_the_inbox() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let key = KeyPair::generate().unwrap();
    for number in 0..53 {
        installation.hand.advance(Duration::from_secs(1));
        submitted(&mut ann, &csr_with(&key, &[&format!("host-{number}.example.org")]), &[]).await;
    }
    let first = bob.get("/requests").await;
    assert!(first.text.contains("53 requests wait for your approval"), "{}", first.text);
    assert!(first.text.contains("host-52.example.org") && !first.text.contains("host-2.example.org"));
    let older = link(&first.text, "older=");
    let second = bob.get(&older.replace("&#38;", "&")).await;
    assert!(
        second.text.contains("host-2.example.org") && !second.text.contains("host-3.example.org"),
        "{}",
        second.text
    );
    let newer = link(&second.text, "newer=");
    let back = bob.get(&newer.replace("&#38;", "&")).await;
    assert!(back.text.contains("host-52.example.org") && back.text.contains("host-3.example.org"));
    assert!(bob.get("/requests?show=mine").await.text.contains("You have asked for nothing yet"));
    assert!(ann.get("/requests?show=mine").await.text.contains("host-52.example.org"));
    assert!(ann.get("/requests?show=all&state=issued").await.text.contains("No request is like that"));
    assert!(first.text.len() < 100 * 1024, "{}", first.text.len());
}
