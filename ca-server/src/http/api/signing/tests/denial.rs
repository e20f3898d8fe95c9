//! Submissions that are denied stand in the audit trail, and cannot fill it.

use super::*;
use crate::store::audit_event::{self, AuditEvent, Position, Search};

const DENIED: &str = "SubmitSigningDenied";

async fn events(house: &House) -> Vec<AuditEvent> {
    let search = Search { action: Some(DENIED.to_owned()), ..Search::default() };
    let store = &house.installation.app.store;
    store.read(move |c| audit_event::search(c, &search, Position::Below(None), 1000)).await.unwrap()
}

async fn denied(house: &House, token: &str) {
    let page = house.post(REQUESTS, token, &files("release", "cms-detached", &["a"])).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
}

#[tokio::test]
async fn a_denial_says_who_wanted_what_and_which_rule_stood_against_it() {
    let house = House::new().await;
    denied(&house, &house.token(json!({"ref": "refs/heads/main"}))).await;
    // Nobody in particular leaves no event.
    let page = house.post(REQUESTS, "", &files("release", "cms-detached", &["a"])).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let page = house.post(REQUESTS, &house.token(json!({"aud": "x"})), &files("release", "cms-detached", &["a"])).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let [event]: [AuditEvent; 1] = events(&house).await.try_into().unwrap();
    assert_eq!(event.object, "signing profile release");
    assert!(event.actor.contains(ISSUER) && event.actor.contains("refs/tags/v1"), "{}", event.actor);
    let body: Value = serde_json::from_slice(&event.body).unwrap();
    let reason = body["details"]["reason"].as_str().unwrap();
    assert!(reason.contains("release/tags: ref is \"refs/heads/main\", not \"refs/tags/v*\""), "{reason}");

    let mut auditor = Browser::of(&house.installation, "aud", &["auditor"]).await;
    let list = auditor.get(&format!("/audit?action={DENIED}")).await;
    assert!(list.text.contains("Submit signing denied") && list.text.contains("refs/heads/main"), "{}", list.text);
    let page = auditor.get(&format!("/audit/{}", event.id)).await;
    assert!(page.text.contains("was denied it") && page.text.contains("Why it was denied"), "{}", page.text);
}

#[tokio::test]
async fn denials_cannot_fill_the_audit_trail() {
    let house = House::new().await;
    for number in 0..20 {
        denied(&house, &house.token(json!({"ref": "refs/heads/main", "jti": number.to_string()}))).await;
    }
    assert_eq!(events(&house).await.len(), 12, "of one who asks");
    for number in 0..130 {
        denied(&house, &house.token(json!({"ref": "refs/heads/main", "jti": null, "sub": number.to_string()}))).await;
    }
    assert_eq!(events(&house).await.len(), 120, "of all together");
}
