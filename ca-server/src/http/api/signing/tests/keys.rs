//! Keys of requests: each has its own, which is destroyed when it has ended, whatever happens in between.

use std::time::Duration;

use ca_core::hsm::{KeyDescription, KeyId, KeyState};
use ca_core::x509::{Certificate, pem};

use super::fault::fading_on;
use super::*;
use crate::ops::signing::{expire, retire};
use crate::store::audit_event::{self, AuditEvent};
use crate::store::hsm_key::{self, HsmKey};

/// [`OPEN`] with a certificate for each request.
fn each() -> String {
    OPEN.replace("\"raw\", ", "").replace("static", "per-request").replace("30d", "24h")
}

async fn with_each(house: House) -> House {
    house.put("team/each", &each());
    house.load().await;
    house
}

async fn submit(house: &House, name: &str) -> Value {
    let token = house.token(json!({"aud": "signet-tests", "jti": null}));
    house.submit(&token, &files("team/each", "cms-detached", &[name])).await
}

async fn state(house: &House, made: &Value) -> Value {
    house.shown(made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap()).await["state"].clone()
}

async fn certificate(house: &House, made: &Value) -> Certificate {
    let path = format!("{REQUESTS}/{}/chain.pem", made["id"].as_str().unwrap());
    let chain = house.get(&path, made["request_token"].as_str().unwrap()).await;
    Certificate::from_der(&pem::certificates(&chain.text).unwrap()[0]).unwrap()
}

/// The keys of requests that the HSM has.
async fn in_hsm(house: &House) -> Vec<KeyDescription> {
    let mut keys = house.installation.app.hsms["local"].list().await.unwrap();
    keys.retain(|key| key.label.starts_with("signing-team-each."));
    keys
}

async fn recorded(house: &House, key: KeyId) -> Option<HsmKey> {
    house.installation.app.store.read(move |c| hsm_key::by_id(c, &key.to_string())).await.unwrap()
}

async fn retired(house: &House) -> Vec<AuditEvent> {
    let events = house.installation.app.store.read(|c| audit_event::list(c, None, 1000)).await.unwrap();
    events.into_iter().filter(|event| event.action == "RetireSigningKey").collect()
}

async fn sql(house: &House, statement: String) {
    house.installation.app.store.write(move |c| Ok(c.batch_execute(&statement)?)).await.unwrap();
}

#[tokio::test]
async fn each_request_has_a_key_of_its_own_that_is_destroyed_when_it_has_ended() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let house = with_each(House::on(installation).await).await;
        let app = &house.installation.app;
        let (one, two) = (submit(&house, "a").await, submit(&house, "b").await);
        house.process().await;
        let (first, second) = (certificate(&house, &one).await, certificate(&house, &two).await);
        assert_ne!(first.public_key(), second.public_key(), "no signature fits another request's certificate");
        let keys = in_hsm(&house).await;
        assert_eq!(keys.len(), 2, "{keys:?}");
        retire::ended(app).await.unwrap();
        assert!(in_hsm(&house).await.is_empty());
        for key in &keys {
            assert_eq!(recorded(&house, key.key.id).await.unwrap().state, "destroyed");
        }
        let events = retired(&house).await;
        assert_eq!(events.len(), 2);
        let body = String::from_utf8_lossy(&events[0].body);
        assert!(body.contains("\"state\":\"destroyed\"") && body.contains("team/each"), "{body}");
        retire::ended(app).await.unwrap();
        assert_eq!(retired(&house).await.len(), 2, "once");
        // The signatures outlive it, and the key that serves all requests of another profile stays.
        assert_eq!((state(&house, &one).await, state(&house, &two).await), ("signed".into(), "signed".into()));
    }
}

#[tokio::test]
async fn a_request_that_ends_unsigned_takes_its_key_with_it_and_an_open_one_keeps_it() {
    let (house, left) = fading_on(testing::sqlite().await, 0).await;
    let house = with_each(house).await;
    let app = &house.installation.app;
    let made = submit(&house, "a").await;
    house.process().await;
    retire::ended(app).await.unwrap();
    assert_eq!((state(&house, &made).await, in_hsm(&house).await.len()), ("signing".into(), 1), "it goes on");
    house.installation.hand.advance(Duration::from_secs(25 * 3600));
    expire::overdue(app).await.unwrap();
    retire::ended(app).await.unwrap();
    assert_eq!((state(&house, &made).await, in_hsm(&house).await.len()), ("expired".into(), 0));
    assert_eq!(left.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_server_that_dies_between_hsm_and_database_makes_no_second_key() {
    let (house, left) = fading_on(testing::sqlite().await, 0).await;
    let house = with_each(house).await;
    let made = submit(&house, "a").await;
    house.process().await;
    let before = in_hsm(&house).await;
    // As if it had died before the key was recorded.
    let id = before[0].key.id;
    sql(&house, format!("DELETE FROM hsm_key WHERE id = '{id}'; UPDATE signing_key SET certificate_id = NULL")).await;
    sql(&house, "UPDATE signing_request SET state = 'approved', certificate_id = NULL, key_id = NULL".to_owned()).await;
    left.store(10, std::sync::atomic::Ordering::SeqCst);
    house.installation.hand.advance(Duration::from_secs(61));
    house.process().await;
    assert_eq!(state(&house, &made).await, "signed");
    let after = in_hsm(&house).await;
    assert_eq!((after.len(), after[0].key.id), (1, id));
    assert_eq!(certificate(&house, &made).await.public_key(), &before[0].key.public_key);
    assert_eq!(recorded(&house, id).await.unwrap().state, "active");
}

#[tokio::test]
async fn a_key_that_was_made_and_never_recorded_is_destroyed_with_its_request() {
    let (house, _) = fading_on(testing::sqlite().await, 0).await;
    let house = with_each(house).await;
    let app = &house.installation.app;
    submit(&house, "a").await;
    house.process().await;
    let id = in_hsm(&house).await[0].key.id;
    house.installation.hand.advance(Duration::from_secs(25 * 3600));
    expire::overdue(app).await.unwrap();
    let now = house.now();
    sql(&house, format!("DELETE FROM hsm_key WHERE id = '{id}'; UPDATE signing_key SET created_at = {now}")).await;
    retire::ended(app).await.unwrap();
    assert_eq!(in_hsm(&house).await.len(), 1, "another server may be recording it at this moment");
    house.installation.hand.advance(Duration::from_secs(3601));
    retire::ended(app).await.unwrap();
    assert_eq!(in_hsm(&house).await.len(), 0);
    let place = app.store.read(move |c| crate::store::signing_key::of_ended_requests(c, "", 10)).await.unwrap();
    assert!(place.is_empty(), "{place:?}");
}

#[tokio::test]
async fn a_server_that_dies_while_it_destroys_a_key_is_followed_by_another() {
    let house = with_each(House::new().await).await;
    let app = &house.installation.app;
    submit(&house, "a").await;
    house.process().await;
    let key = in_hsm(&house).await.remove(0);
    // It had told the HSM, and died before it wrote that down.
    let hsm = &app.hsms["local"];
    hsm.set_state(&key.key, KeyState::Deactivated).await.unwrap();
    hsm.destroy(&key.key).await.unwrap();
    sql(&house, format!("UPDATE hsm_key SET state = 'deactivated' WHERE id = '{}'", key.key.id)).await;
    retire::ended(app).await.unwrap();
    assert_eq!(recorded(&house, key.key.id).await.unwrap().state, "destroyed");
    assert_eq!(retired(&house).await.len(), 1);
}
