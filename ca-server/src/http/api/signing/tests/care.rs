//! What the server does for signing profiles when nobody asks for anything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ca_core::x509::Certificate;

use super::fault::fading_on;
use super::*;
use crate::ops::diagnosis::{self, Check};
use crate::ops::signing::{canary, care, renew};
use crate::store::audit_event::{self, AuditEvent};
use crate::store::fields::SigningCheckKind;
use crate::store::{Connection, StoreError, certificate, signature, signing_key};

const DAY: Duration = Duration::from_secs(86_400);

async fn sign(house: &House, name: &str) {
    let token = house.token(json!({"aud": "signet-tests", "jti": null}));
    house.submit(&token, &files("team/open", "cms-detached", &[name])).await;
    house.process().await;
}

/// The certificate that serves all requests.
async fn standing(house: &House) -> Certificate {
    let read = |c: &mut Connection| -> Result<_, StoreError> {
        let (row, _) = signing_key::of_profile(c, "team/open", "local", "ecdsa-p256")?.unwrap();
        Ok(certificate::by_id(c, row.certificate_id.unwrap())?.unwrap().der)
    };
    Certificate::from_der(&house.installation.app.store.read(read).await.unwrap()).unwrap()
}

async fn overview(house: &House) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("ada-{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    Browser::of(&house.installation, &name, &["operator"]).await.get("/").await.text
}

/// What `signet doctor` says of the profile.
async fn doctor(house: &House, subject: &str) -> Check {
    let checks = diagnosis::signing_profiles(&house.installation.app).await;
    checks.into_iter().find(|check| check.subject == subject).unwrap_or_else(|| panic!("nothing about {subject}"))
}

#[tokio::test]
async fn a_certificate_is_renewed_in_the_last_third_of_its_life_though_nobody_asks() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let house = House::on(installation).await;
        let app = &house.installation.app;
        renew::all(app).await.unwrap();
        let none = app.store.read(|c| signing_key::of_profile(c, "team/open", "local", "ecdsa-p256")).await.unwrap();
        assert!(none.is_none(), "a profile that was never used gets no key");
        sign(&house, "a").await;
        let first = standing(&house).await;
        house.installation.hand.advance(DAY * 19);
        renew::all(app).await.unwrap();
        assert_eq!(standing(&house).await.serial(), first.serial(), "more than a third is left");
        house.installation.hand.advance(DAY * 2);
        renew::all(app).await.unwrap();
        let second = standing(&house).await;
        assert_ne!(second.serial(), first.serial());
        assert_eq!(second.public_key(), first.public_key());
        renew::all(app).await.unwrap();
        assert_eq!(standing(&house).await.serial(), second.serial(), "once");
        assert!(doctor(&house, "renewal of signing profile team/open").await.passed);
    }
}

#[tokio::test]
async fn what_is_frozen_or_revoked_is_left_alone() {
    let house = House::new().await;
    let app = &house.installation.app;
    sign(&house, "a").await;
    let first = standing(&house).await;
    house.put("team/open", &format!("{OPEN}\n[limits]\nfrozen = true\n"));
    house.load().await;
    house.installation.hand.advance(DAY * 40);
    renew::all(app).await.unwrap();
    assert_eq!(standing(&house).await.serial(), first.serial(), "frozen");
    house.put("team/open", OPEN);
    house.load().await;
    renew::all(app).await.unwrap();
    let second = standing(&house).await;
    assert_ne!(second.serial(), first.serial(), "also when it is over");
    let (record, _) =
        crate::ops::certificate::find::one(app, &testing::local_root(), &second.serial().to_string(), None)
            .await
            .unwrap();
    let mut officer = Browser::of(&house.installation, "sec", &["security-officer"]).await;
    officer.get(&format!("/certificates/{}/revoke", record.id)).await;
    officer.submit(&format!("/certificates/{}/revoke", record.id), &[("reason", "superseded")]).await;
    renew::all(app).await.unwrap();
    assert_eq!(standing(&house).await.serial(), second.serial(), "the next request gets another one");
}

#[tokio::test]
async fn a_renewal_that_fails_is_seen_until_it_succeeds() {
    let house = House::new().await;
    let app = &house.installation.app;
    sign(&house, "a").await;
    let first = standing(&house).await;
    house.put("team/open", &OPEN.replace("[certificate]", "[certificate]\nprofile = \"gone\""));
    house.load().await;
    house.installation.hand.advance(DAY * 21);
    renew::all(app).await.unwrap();
    let fault = "there is no certificate profile &#34;gone&#34;";
    let page = overview(&house).await;
    assert!(page.contains("The certificate of the signing profile team/open is not renewed"), "{page}");
    assert!(page.contains(fault) && page.contains("/signing/profiles/team/open"), "{page}");
    let said = doctor(&house, "renewal of signing profile team/open").await;
    assert_eq!((said.passed, said.detail.as_str()), (false, "there is no certificate profile \"gone\""));
    house.put("team/open", OPEN);
    house.load().await;
    renew::all(app).await.unwrap();
    assert_eq!(standing(&house).await.serial(), first.serial(), "it was tried a moment ago");
    house.installation.hand.advance(Duration::from_secs(600));
    renew::all(app).await.unwrap();
    assert_ne!(standing(&house).await.serial(), first.serial());
    assert!(doctor(&house, "renewal of signing profile team/open").await.passed);
    assert!(!overview(&house).await.contains("is not renewed"));
}

async fn canaries(house: &House) -> Vec<AuditEvent> {
    let events = house.installation.app.store.read(|c| audit_event::list(c, None, 1000)).await.unwrap();
    events.into_iter().filter(|event| event.action == "SignCanary").collect()
}

async fn health(house: &House) -> Vec<(String, Option<String>)> {
    let rows = care::all(&house.installation.app).await.unwrap();
    let canaries = rows.into_iter().filter(|row| row.kind == SigningCheckKind::Canary);
    canaries.map(|row| (row.profile, row.fault)).collect()
}

#[tokio::test]
async fn a_canary_is_signed_in_every_format_once_an_hour_and_given_to_nobody() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let (house, left) = fading_on(installation, 1000).await;
        let app = &house.installation.app;
        canary::all(app).await.unwrap();
        assert_eq!(canaries(&house).await.len(), 0, "a profile that was never used has no key to try");
        sign(&house, "a").await;
        let before = left.load(Ordering::SeqCst);
        canary::all(app).await.unwrap();
        canary::all(app).await.unwrap();
        let tried = canaries(&house).await;
        assert_eq!((tried.len(), before - left.load(Ordering::SeqCst)), (4, 4), "each format, and once: {tried:?}");
        assert!(tried.iter().all(|event| event.object.contains("team/open")), "{tried:?}");
        house.installation.hand.advance(Duration::from_secs(3599));
        canary::all(app).await.unwrap();
        assert_eq!(canaries(&house).await.len(), 4);
        house.installation.hand.advance(Duration::from_secs(1));
        canary::all(app).await.unwrap();
        assert_eq!(canaries(&house).await.len(), 8);
        // It is in no ledger.
        let bird = ca_core::signing::canary(ca_core::hsm::DigestAlgorithm::Sha256).digest;
        assert_eq!(app.store.read(move |c| signature::of_digest(c, &bird, 10)).await.unwrap(), []);
        assert!(health(&house).await.contains(&("team/open".to_owned(), None)));
    }
}

#[tokio::test]
async fn a_profile_that_cannot_sign_is_seen_before_a_release_needs_it() {
    let (house, left) = fading_on(testing::sqlite().await, 1000).await;
    let app = &house.installation.app;
    sign(&house, "a").await;
    left.store(0, Ordering::SeqCst);
    canary::all(app).await.unwrap();
    let page = overview(&house).await;
    assert!(page.contains("The signing profile team/open cannot sign"), "{page}");
    let said = doctor(&house, "canary of signing profile team/open").await;
    assert!(!said.passed && said.detail.contains("local"), "{said:?}");
    assert_eq!(canaries(&house).await.len(), 0, "nothing was signed");
    // A profile that is frozen signs nothing, and nobody is told that it cannot.
    house.put("team/open", &format!("{OPEN}\n[limits]\nfrozen = true\n"));
    house.load().await;
    assert!(!overview(&house).await.contains("cannot sign"));
    left.store(1000, Ordering::SeqCst);
    house.installation.hand.advance(Duration::from_secs(3600));
    canary::all(app).await.unwrap();
    assert_eq!(left.load(Ordering::SeqCst), 1000, "frozen");
    house.put("team/open", OPEN);
    house.load().await;
    canary::all(app).await.unwrap();
    assert!(doctor(&house, "canary of signing profile team/open").await.passed);
    assert!(!overview(&house).await.contains("cannot sign"));
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_noticed() {
    let house = House::new().await;
    let app = &house.installation.app;
    sign(&house, "a").await;
    // The canary is held against the rules that releases are held against.
    house.installation.hand.advance(DAY * 40);
    canary::all(app).await.unwrap();
    let said = doctor(&house, "canary of signing profile team/open").await;
    assert!(!said.passed && said.detail.contains("is valid from"), "{said:?}");
    assert_eq!(canaries(&house).await.len(), 0);
}

#[tokio::test]
async fn where_each_request_has_its_own_key_only_the_hsm_is_tried() {
    let (house, left) = fading_on(testing::sqlite().await, 1000).await;
    canary::all(&house.installation.app).await.unwrap();
    assert_eq!((canaries(&house).await.len(), left.load(Ordering::SeqCst)), (0, 1000));
    assert_eq!(health(&house).await, [("release".to_owned(), None)], "the other profile was never used");
}
