//! People who agree in stages, who do not, and who cannot wait.

use ca_core::policy::Actor;
use ca_core::signing::{DigestSetHash, SigningState};

use super::*;
use crate::ops::signing::vote;
use crate::store::fields::{OperatorId, SigningRequestId};
use crate::store::operator::{self, NewOperator};
use crate::store::signing_request::{self, StoredSigningRequest};
use crate::store::signing_vote::{self, StoredSigningVote};

async fn pending(house: &House) -> (Value, String) {
    let token = house.token(json!({}));
    let made = house.submit(&token, &files("release", "cms-detached", &["app.bin", "lib.bin"])).await;
    let id = made["id"].as_str().unwrap().to_owned();
    (made, id)
}

#[tokio::test]
async fn stages_are_for_their_roles_and_one_person_counts_once() {
    let house = House::new().await;
    let (made, id) = pending(&house).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver", "security-officer"]).await;
    let mut cid = Browser::of(&house.installation, "cid", &["approver"]).await;
    let mut sec = Browser::of(&house.installation, "sec", &["security-officer"]).await;
    let mut dev = Browser::of(&house.installation, "dev", &["approver"]).await;
    // The first stage is for approvers.
    assert_eq!(house.decide(&mut sec, &id, &approve(&made)).await.status, StatusCode::FORBIDDEN);
    // Whoever set the job off does not approve it.
    let own = house.decide(&mut dev, &id, &approve(&made)).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text);
    assert!(own.text.contains("nobody-approves-their-own-signatures"), "{}", own.text);
    // A decision is about one digest set.
    let mut other = approve(&made);
    other["digest_set"] = format!("sha256:{}", "0".repeat(64)).into();
    let stale = house.decide(&mut bob, &id, &other).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text);
    assert!(stale.text.contains(made["digest_set"].as_str().unwrap()), "{}", stale.text);
    let page = house.decide(&mut bob, &id, &approve(&made)).await;
    assert_eq!((page.status, &json_of(&page)["approvals"]["have"]), (StatusCode::OK, &1.into()), "{}", page.text);
    assert_eq!(house.decide(&mut bob, &id, &approve(&made)).await.status, StatusCode::CONFLICT, "twice");
    house.decide(&mut cid, &id, &approve(&made)).await;
    // The second stage: bob holds the role and has voted.
    assert_eq!(house.decide(&mut bob, &id, &approve(&made)).await.status, StatusCode::CONFLICT, "over all stages");
    house.process().await;
    assert_eq!(house.shown(&id, made["request_token"].as_str().unwrap()).await["state"], "pending_approval");
    assert_eq!(house.decide(&mut sec, &id, &approve(&made)).await.status, StatusCode::OK);
    house.process().await;
    let signed = house.shown(&id, made["request_token"].as_str().unwrap()).await;
    assert_eq!(
        (&signed["state"], &signed["signed"], &signed["approvals"]["have"]),
        (&"signed".into(), &2.into(), &3.into()),
        "{signed}"
    );
    assert_eq!(house.decide(&mut sec, &id, &approve(&made)).await.status, StatusCode::FORBIDDEN, "nothing is open");
}

#[tokio::test]
async fn the_approval_of_somebody_who_lost_the_role_does_not_count() {
    let house = House::new().await;
    house.put(
        "release",
        &RELEASE.replace("required = 2 }, { group = \"security-officer\", required = 1 }", "required = 2 }"),
    );
    house.load().await;
    let (made, id) = pending(&house).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let mut cid = Browser::of(&house.installation, "cid", &["approver"]).await;
    house.decide(&mut bob, &id, &approve(&made)).await;
    let app = &house.installation.app;
    let (root, from) = (testing::local_root(), testing::origin());
    crate::ops::operator::roles::change(app, &root, &from, "bob", vec!["operator".into()]).await.unwrap();
    house.decide(&mut cid, &id, &approve(&made)).await;
    house.process().await;
    let shown = house.shown(&id, made["request_token"].as_str().unwrap()).await;
    assert_eq!((&shown["state"], &shown["approvals"]["have"]), (&"pending_approval".into(), &1.into()), "{shown}");
}

#[tokio::test]
async fn a_no_ends_it_and_the_same_can_be_asked_for_anew() {
    let house = House::new().await;
    let (made, id) = pending(&house).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let no = json!({"decision": "reject", "digest_set": made["digest_set"], "comment": "wrong branch"});
    assert_eq!(house.decide(&mut bob, &id, &no).await.status, StatusCode::OK);
    let shown = house.shown(&id, made["request_token"].as_str().unwrap()).await;
    assert_eq!((&shown["state"], &shown["failure"]["detail"]), (&"rejected".into(), &"wrong branch".into()));
    assert_eq!(shown["failure"]["retryable"], false);
    let (again, other) = pending(&house).await;
    assert_eq!(again["state"], "pending_approval");
    assert_ne!(other, id);
}

#[tokio::test]
async fn glass_is_broken_by_an_officer_with_a_reason_and_everybody_hears_of_it() {
    let lines = "[notices.smtp]\nhost = \"mail.example.org\"\nfrom = \"signet@example.org\"\n\
                 [[notices.email]]\nto = [\"all@example.org\"]\n";
    let house = House::on(testing::configured(lines).await).await;
    let (made, id) = pending(&house).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let mut sec = Browser::of(&house.installation, "sec", &["security-officer"]).await;
    let alone =
        |comment: &str| json!({"decision": "break-glass", "digest_set": made["digest_set"], "comment": comment});
    assert_eq!(house.decide(&mut bob, &id, &alone("now")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.decide(&mut sec, &id, &alone("")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = house.decide(&mut sec, &id, &alone("the incident of tonight")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    house.process().await;
    assert_eq!(house.shown(&id, made["request_token"].as_str().unwrap()).await["state"], "signed");
    let sent = house.installation.app.store.read(|c| crate::store::notice::newest(c, 50)).await.unwrap();
    let alarm = sent.iter().find(|notice| notice.kind == "signing-glass-broken").unwrap();
    assert!(alarm.payload.contains("the incident of tonight"), "{}", alarm.payload);
}

#[tokio::test]
async fn requests_are_cancelled_by_their_own_and_end_undecided() {
    let house = House::new().await;
    let (made, id) = pending(&house).await;
    let cancel = format!("{REQUESTS}/{id}/cancel");
    let other = house.token(json!({"sub": "somebody else", "jti": null}));
    assert_eq!(house.post(&cancel, &other, &Value::Null).await.status, StatusCode::FORBIDDEN);
    let page = house.post(&cancel, made["request_token"].as_str().unwrap(), &Value::Null).await;
    assert_eq!((page.status, &json_of(&page)["state"]), (StatusCode::OK, &"cancelled".into()), "{}", page.text);
    let page = house.post(&cancel, made["request_token"].as_str().unwrap(), &Value::Null).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    let (made, id) = pending(&house).await;
    house.installation.hand.advance(std::time::Duration::from_secs(86_401));
    crate::ops::signing::expire::overdue(&house.installation.app).await.unwrap();
    let shown = house.shown(&id, made["request_token"].as_str().unwrap()).await;
    assert_eq!((&shown["state"], &shown["failure"]["detail"]), (&"expired".into(), &"nobody decided in time".into()));
}

#[tokio::test]
async fn whoever_set_the_job_off_approves_under_no_name() {
    let lines = "[signing]\npeople = { ann = [\"Ann-At-CI\", \"4711\"] }\n";
    let house = House::on(testing::configured(lines).await).await;
    house.put(
        "release",
        &RELEASE.replace("required = 2 }, { group = \"security-officer\", required = 1 }", "required = 1 }"),
    );
    house.load().await;
    let mut ann = Browser::of(&house.installation, "ann", &["approver", "security-officer"]).await;
    let app = &house.installation.app;
    add_from_elsewhere(app, "eve", "Eve@Example.org").await;
    let job = |number: u8, claims: Value| {
        let mut change = json!({"jti": null, "sub": format!("job {number}")});
        change.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        house.token(change)
    };
    let asked = files("release", "cms-detached", &["app.bin"]);
    for (number, claims) in [(1, json!({"actor": "ann-at-ci"})), (2, json!({"actor": "renamed", "actor_id": 4711}))] {
        let made = house.submit(&job(number, claims.clone()), &asked).await;
        let id = made["id"].as_str().unwrap();
        let mut glass = approve(&made);
        glass["decision"] = "break-glass".into();
        glass["comment"] = "alone".into();
        for decision in [approve(&made), glass] {
            let refused = house.decide(&mut ann, id, &decision).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{claims}: {}", refused.text);
            assert!(refused.text.contains("nobody-approves-their-own-signatures"), "{claims}: {}", refused.text);
        }
        // A vote of before the name was in the list counts no more.
        let (request, set) = (id.parse().unwrap(), digest_set(&made));
        let vote = StoredSigningVote {
            voter: "ann".into(),
            stage: 0,
            digest_set: *set.as_bytes(),
            created_at: app.clock.now(),
        };
        app.store.write(move |c| signing_vote::insert(c, request, &vote)).await.unwrap();
        house.process().await;
        let shown = house.shown(id, made["request_token"].as_str().unwrap()).await;
        assert_eq!((&shown["state"], &shown["approvals"]["have"]), (&"pending_approval".into(), &0.into()), "{shown}");
    }
    assert!(ann.get("/signing").await.text.contains("Nothing waits for your approval."));
    // Who comes from an identity provider is known there by something else than here.
    let eve = Actor::Operator { name: "eve".into(), roles: vec!["approver".into()] };
    for (number, email, own) in [(3, "eve@example.org", true), (4, "dev@example.org", false)] {
        let made = house.submit(&job(number, json!({"actor": "x", "user_email": email})), &asked).await;
        let (id, from) = (made["id"].as_str().unwrap().parse().unwrap(), testing::origin());
        let voted = vote::approve(app, &eve, &from, id, digest_set(&made), "").await;
        assert_eq!(
            voted.as_ref().err().map(ToString::to_string).is_some_and(|text| text.contains("nobody approves")),
            own,
            "{voted:?}"
        );
        assert_eq!(voted.is_err(), own);
    }
}

fn digest_set(request: &Value) -> DigestSetHash {
    request["digest_set"].as_str().unwrap().parse().unwrap()
}

async fn add_from_elsewhere(app: &crate::app::App, name: &str, subject: &str) {
    let new = NewOperator {
        id: OperatorId::new(app.entropy.uuid()),
        name: name.to_owned(),
        provider: "oidc/corporate".to_owned(),
        subject: subject.to_owned(),
        roles: vec!["approver".to_owned()],
        password: None,
        created_by: "test".to_owned(),
        created_at: app.clock.now(),
    };
    app.store.write(move |c| operator::insert(c, &new)).await.unwrap();
}

#[tokio::test]
async fn what_is_only_half_submitted_nobody_lets_through() {
    let house = House::new().await;
    let (made, id) = pending(&house).await;
    let app = &house.installation.app;
    // A server that died between two writes of a submission leaves it so.
    let seen: SigningRequestId = id.parse().unwrap();
    let row = app.store.read(move |c| signing_request::by_id(c, seen)).await.unwrap().unwrap();
    let half = SigningRequestId::new(app.entropy.uuid());
    let row = StoredSigningRequest { id: half, state: SigningState::Received, ..row };
    app.store.write(move |c| signing_request::insert(c, &row, [7; 32])).await.unwrap();
    let mut sec = Browser::of(&house.installation, "sec", &["security-officer", "approver"]).await;
    let mut glass = approve(&made);
    glass["decision"] = "break-glass".into();
    for decision in [glass, approve(&made)] {
        let page = house.decide(&mut sec, &half.to_string(), &decision).await;
        assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
        assert!(page.text.contains("still being submitted: look again when all of it is here"), "{}", page.text);
    }
    house.process().await;
    let row = app.store.read(move |c| signing_request::by_id(c, half)).await.unwrap().unwrap();
    assert_eq!((row.state, row.glass_broken_by), (SigningState::Received, None));
}
