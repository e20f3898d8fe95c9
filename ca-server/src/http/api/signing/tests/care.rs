//! What the server does for signing profiles when nobody asks for anything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ca_core::x509::Certificate;

use super::*;
use crate::ops::diagnosis::{self, Check};
use crate::ops::signing::renew;
use crate::store::{Connection, StoreError, certificate, signing_key};

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
