//! Keys that stand on the list of blocked keys: they sign nothing, and a profile gets another one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ca_core::hsm::{KeyId, KeyState};
use ca_core::x509::{Certificate, pem};

use super::fault::{fading_on, hooked};
use super::*;
use crate::ops::certificate::find;
use crate::store::audit_event;
use crate::store::fields::IssuerState;
use crate::store::hsm_key;
use crate::store::signing_key;

const BLOCKED: &str = "the public key is on the list of blocked keys";

async fn asked(house: &House, names: &[&str]) -> Value {
    let token = house.token(json!({"aud": "signet-tests", "jti": null}));
    house.submit(&token, &files("team/open", "cms-detached", names)).await
}

async fn shown(house: &House, made: &Value) -> Value {
    house.shown(made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap()).await
}

/// A signed request's certificate.
async fn signed(house: &House, name: &str) -> Certificate {
    let made = asked(house, &[name]).await;
    house.process().await;
    let path = format!("{REQUESTS}/{}/chain.pem", made["id"].as_str().unwrap());
    let chain = house.get(&path, made["request_token"].as_str().unwrap()).await;
    Certificate::from_der(&pem::certificates(&chain.text).unwrap()[0]).unwrap()
}

/// The key of the profile, as recorded.
async fn key(house: &House) -> (signing_key::SigningKey, hsm_key::HsmKey) {
    let read = |c: &mut _| signing_key::of_profile(c, "team/open", "local", "ecdsa-p256");
    house.installation.app.store.read(read).await.unwrap().unwrap()
}

async fn revoke(house: &House, certificate: &Certificate, reason: &str) {
    let (app, root) = (&house.installation.app, testing::local_root());
    let (record, _) = find::one(app, &root, &certificate.serial().to_string(), None).await.unwrap();
    let mut officer =
        Browser::of(&house.installation, &format!("sec-{}", certificate.serial()), &["security-officer"]).await;
    let path = format!("/certificates/{}/revoke", record.id);
    officer.get(&path).await;
    let page = officer.submit(&path, &[("reason", reason)]).await;
    assert!(page.status.is_redirection(), "{} {}", page.status, page.text);
}

/// The line of a list of blocked keys for a key.
fn line(key: &hsm_key::HsmKey) -> String {
    let digits: String = key.spki_sha256.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{digits} # seen on a forum\n")
}

#[tokio::test]
async fn a_compromised_key_is_replaced_and_a_merely_superseded_certificate_keeps_it() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let house = House::on(installation).await;
        let app = &house.installation.app;
        let first = signed(&house, "a").await;
        revoke(&house, &first, "superseded").await;
        let second = signed(&house, "b").await;
        assert_ne!(first.serial(), second.serial());
        assert_eq!(first.public_key(), second.public_key());
        let (_, old) = key(&house).await;

        revoke(&house, &second, "keyCompromise").await;
        let third = signed(&house, "c").await;
        assert_ne!(third.public_key(), second.public_key());
        let (row, new) = key(&house).await;
        assert_eq!((row.generation, new.state.as_str()), (2, "active"));
        let (id, new_id) = (old.id.clone(), new.id.clone());
        let (gone, kept) = app.store.read(move |c| signing_key::by_id(c, &id)).await.unwrap().unwrap();
        assert_eq!((gone.profile.as_str(), kept.state.as_str()), ("team/open:1", "compromised"));
        let id: KeyId = old.id.parse().unwrap();
        let keys = app.hsms["local"].list().await.unwrap();
        let in_hsm = keys.iter().find(|found| found.key.id == id).unwrap();
        assert_eq!(in_hsm.state, Some(KeyState::Compromised));
        let events = app.store.read(|c| audit_event::list(c, None, 1000)).await.unwrap();
        let retired: Vec<_> = events.iter().filter(|event| event.action == "RetireSigningKey").collect();
        assert_eq!(retired.len(), 1);
        let body = String::from_utf8_lossy(&retired[0].body);
        assert!(body.contains(&format!("\"replaced_by\":\"{new_id}\"")), "{body}");
        assert_eq!(signed(&house, "d").await.serial(), third.serial(), "and that one stays");
    }
}

#[tokio::test]
async fn below_a_revoked_authority_nothing_is_signed() {
    let (house, left) = fading_on(testing::sqlite().await, 1).await;
    let authority = house.installation.app.authorities.default_issuing().unwrap();
    let made = asked(&house, &["a", "b", "c"]).await;
    house.process().await;
    assert_eq!(shown(&house, &made).await["state"], "signing");
    authority.set_state(IssuerState::Revoked);
    left.store(10, Ordering::SeqCst);
    house.installation.hand.advance(Duration::from_secs(61));
    house.process().await;
    let shown = shown(&house, &made).await;
    assert_eq!((&shown["state"], left.load(Ordering::SeqCst)), (&"failed".into(), 10), "{shown}");
}

#[tokio::test]
async fn a_certificate_of_another_profile_than_is_asked_for_serves_no_more() {
    let house = House::new().await;
    let first = signed(&house, "a").await;
    let folder = house.policies.path().join("profiles");
    std::fs::create_dir_all(&folder).unwrap();
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/profiles");
    for file in std::fs::read_dir(built_in).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    std::fs::copy(folder.join("code-signing.toml"), folder.join("tools.toml")).unwrap();
    house.put("team/open", &OPEN.replace("mode = \"static\"", "mode = \"static\"\nprofile = \"tools\""));
    house.load().await;
    let second = signed(&house, "b").await;
    assert_ne!(first.serial(), second.serial());
    assert_eq!(signed(&house, "c").await.serial(), second.serial(), "and that one stays");
}

#[tokio::test]
async fn the_last_third_of_a_certificate_is_a_reserve_for_when_none_can_be_made() {
    let house = House::new().await;
    let first = signed(&house, "a").await;
    let folder = house.policies.path().join("authorization");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("default.cedar"), ca_core::policy::DEFAULT_POLICIES).unwrap();
    let rule = "@id(\"none\") @reason(\"not now\")\nforbid (principal, action == Signet::Action::\"IssueCertificate\", resource);";
    std::fs::write(folder.join("own.cedar"), rule).unwrap();
    house.load().await;
    house.installation.hand.advance(Duration::from_secs(25 * 86_400));
    let second = signed(&house, "b").await;
    assert_eq!(first.serial(), second.serial());
    house.installation.hand.advance(Duration::from_secs(6 * 86_400));
    let late = asked(&house, &["c"]).await;
    house.process().await;
    assert_ne!(shown(&house, &late).await["state"], "signed", "it is over");
}

#[tokio::test]
async fn a_key_on_the_list_of_the_policies_is_replaced_too() {
    let house = House::new().await;
    let first = signed(&house, "a").await;
    std::fs::write(house.policies.path().join("blocked-keys.txt"), line(&key(&house).await.1)).unwrap();
    house.load().await;
    let second = signed(&house, "b").await;
    assert_ne!(first.public_key(), second.public_key());
    assert_eq!(key(&house).await.0.generation, 2);
}

#[tokio::test]
async fn what_a_blocked_key_has_begun_ends_without_signatures() {
    let (house, left) = fading_on(testing::sqlite().await, 1).await;
    let made = asked(&house, &["a", "b", "c"]).await;
    house.process().await;
    assert_eq!(shown(&house, &made).await["state"], "signing");
    std::fs::write(house.policies.path().join("blocked-keys.txt"), line(&key(&house).await.1)).unwrap();
    house.load().await;
    left.store(10, Ordering::SeqCst);
    house.installation.hand.advance(Duration::from_secs(61));
    house.process().await;
    let shown = shown(&house, &made).await;
    assert_eq!((&shown["state"], left.load(Ordering::SeqCst)), (&"failed".into(), 10), "{shown}");
    assert_eq!(shown["failure"]["detail"], format!("{BLOCKED}: seen on a forum"), "{shown}");
}

#[tokio::test]
async fn a_key_that_is_blocked_in_mid_run_signs_no_further_batch() {
    let (house, left, hook) = hooked(testing::sqlite().await, 200).await;
    signed(&house, "first").await;
    let blocked = line(&key(&house).await.1);
    std::fs::write(house.policies.path().join("blocked-keys.txt"), blocked).unwrap();
    let policies = Arc::new(Policies::load(Some(house.policies.path())).unwrap());
    let app = Arc::clone(&house.installation.app);
    left.store(200, Ordering::SeqCst);
    *hook.lock().unwrap() = Some((190, Box::new(move || app.policies.store(policies))));
    let names: Vec<String> = (0..150).map(|n| format!("file-{n}")).collect();
    let made = asked(&house, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.process().await;
    let shown = shown(&house, &made).await;
    assert_eq!((&shown["state"], &shown["signed"]), (&"failed".into(), &64.into()), "{shown}");
    assert!(shown["failure"]["detail"].as_str().unwrap().starts_with(BLOCKED), "{shown}");
    assert_eq!(left.load(Ordering::SeqCst), 200 - 64);
}
