//! Judging signatures: those that cannot be judged, those whose authority is revoked, and those with a timestamp of others.

use ca_core::revocation::RevocationReason;

use super::*;
use crate::store::blocked_key::{self, BlockedKey};
use crate::store::revocation::{self, Revocation};
use crate::store::{certificate, hsm_key};

#[tokio::test]
async fn what_is_no_signature_is_judged_bad_or_refused() {
    let house = House::new().await;
    let token = house.token(json!({}));
    let asked = json!({"format": "cms-detached", "signature": "MAA=", "alg": "sha256", "digest": sha256("a")});
    let page = house.post("/api/v1/signing/verify", &token, &asked).await;
    let report = json_of(&page);
    assert_eq!((page.status, &report["accepted"]), (StatusCode::OK, &false.into()), "{report}");
    assert_ne!(report["findings"]["format"], "holds");
    for (member, value) in
        [("signature", "!"), ("signature", ""), ("format", "zip"), ("alg", "md5"), ("digest", "00"), ("digest", "x")]
    {
        let mut bad = asked.clone();
        bad[member] = value.into();
        let page = house.post("/api/v1/signing/verify", &token, &bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{member} {value}: {}", page.text);
    }
    assert_eq!(house.post("/api/v1/signing/verify", "", &asked).await.status, StatusCode::UNAUTHORIZED);
}

/// What the server says of the signature of a new request.
pub(super) async fn judged(house: &House, name: &str) -> (String, Value) {
    let token = house.token(json!({"aud": "signet-tests", "jti": null}));
    let made = house.submit(&token, &files("team/open", "cms-detached", &[name])).await;
    house.process().await;
    let id = made["id"].as_str().unwrap();
    let octets = house.installation.app.store.read({
        let id = id.parse().unwrap();
        move |c| crate::store::signature::octets(c, id, 1)
    });
    let signature = base64::engine::general_purpose::STANDARD.encode(octets.await.unwrap().unwrap());
    (signature.clone(), judge(house, &signature, name).await)
}

async fn judge(house: &House, signature: &str, name: &str) -> Value {
    let asked = json!({"format": "cms-detached", "signature": signature, "alg": "sha256", "digest": sha256(name)});
    let token = house.token(json!({"jti": null}));
    json_of(&house.post("/api/v1/signing/verify", &token, &asked).await)
}

#[tokio::test]
async fn a_signature_below_a_revoked_authority_is_refused_as_each_family_does() {
    let house = House::new().await;
    let (signature, report) = judged(&house, "a").await;
    assert_eq!(report["accepted"], true, "{report}");
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    revoke_issuing(&house, RevocationReason::Superseded).await;
    let report = judge(&house, &signature, "a").await;
    assert_eq!(report["openssl"]["accepts"], false, "{report}");
    let reason = report["openssl"]["reason"].as_str().unwrap();
    assert!(reason.contains("the authority CN=") && reason.contains("whenever the signer signed"), "{reason}");
    assert_eq!(report["revoked_authority"]["reason"], "superseded", "{report}");
    assert_eq!(report["signing_time_aware"]["accepts"], true, "its timestamp is older: {report}");
}

#[tokio::test]
async fn a_compromised_authority_vouches_for_nothing() {
    let house = House::new().await;
    let (signature, _) = judged(&house, "a").await;
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    revoke_issuing(&house, RevocationReason::CaCompromise).await;
    let report = judge(&house, &signature, "a").await;
    for family in ["openssl", "signing_time_aware"] {
        assert_eq!(report[family]["accepts"], false, "{report}");
    }
    assert!(report["findings"]["timestamp"].as_str().unwrap().contains("above its authority"), "{report}");
}

#[tokio::test]
async fn a_timestamp_of_a_blocked_key_proves_nothing_under_any_certificate() {
    let house = House::new().await;
    let (signature, report) = judged(&house, "a").await;
    assert_eq!(report["findings"]["timestamp"], "proved", "{report}");
    let app = &house.installation.app;
    let keys = app.store.read(|c| hsm_key::list(c, "", 100)).await.unwrap();
    let spki_sha256 = keys.iter().find(|key| key.purposes == "timestamp").unwrap().spki_sha256;
    // As the revocation of an earlier certificate of the same key does.
    let (reason, source) = ("keyCompromise".to_owned(), "certificate".to_owned());
    let blocked = BlockedKey { spki_sha256, reason, source, created_at: app.clock.now() };
    app.store.write(move |c| blocked_key::insert(c, std::slice::from_ref(&blocked))).await.unwrap();
    let report = judge(&house, &signature, "a").await;
    assert!(report["findings"]["timestamp"].as_str().unwrap().contains("its authority is revoked"), "{report}");
}

#[tokio::test]
async fn a_signature_of_a_blocked_key_is_as_good_as_its_timestamp_is_old() {
    let house = House::new().await;
    let (old, _) = judged(&house, "a").await;
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    let app = &house.installation.app;
    let keys = app.store.read(|c| hsm_key::list(c, "", 100)).await.unwrap();
    let spki_sha256 = keys.iter().find(|key| key.purposes == "artifact").unwrap().spki_sha256;
    let (young, _) = judged(&house, "b").await;
    let (reason, source) = ("keyCompromise".to_owned(), "certificate".to_owned());
    let created_at = app.clock.now().minus(std::time::Duration::from_secs(30));
    let blocked = BlockedKey { spki_sha256, reason, source, created_at };
    app.store.write(move |c| blocked_key::insert(c, std::slice::from_ref(&blocked))).await.unwrap();
    for (signature, name, accepted) in [(&old, "a", true), (&young, "b", false)] {
        let report = judge(&house, signature, name).await;
        assert_eq!(report["openssl"]["accepts"], false, "{report}");
        assert_eq!(report["signing_time_aware"]["accepts"], accepted, "{report}");
    }
}

/// As an operator does who takes the issuing authority out of service.
async fn revoke_issuing(house: &House, reason: RevocationReason) {
    let app = &house.installation.app;
    let issuing = app.authorities.all().iter().find(|one| one.name == "issuing").unwrap();
    let print = issuing.issuer.certificate().fingerprint();
    let now = app.clock.now();
    app.store
        .write(move |c| {
            let found = certificate::by_fingerprint(c, print)?.unwrap().record;
            let (issuer, serial, reason) = (found.issuer, found.serial, reason.to_string());
            let (invalidity_date, block_key) = (None, false);
            revocation::revoke(c, &Revocation { issuer, serial, at: now, reason, invalidity_date, block_key })
        })
        .await
        .unwrap();
}
