//! Tools with formats of their own: the requests that jsign sends, under grants.

use ca_core::x509::Certificate;

use super::*;

const WORKER: &str = "/compat/signserver/rest/v1/workers/team%2Fopen/process";

/// What jsign sends.
fn jsign(digest: &str, algorithm: &str) -> Value {
    let octets: Vec<u8> =
        (0..digest.len()).step_by(2).map(|at| u8::from_str_radix(&digest[at..at + 2], 16).unwrap()).collect();
    json!({
        "data": base64::engine::general_purpose::STANDARD.encode(octets), "encoding": "BASE64",
        "metaData": {"USING_CLIENTSUPPLIED_HASH": "true", "CLIENTSIDE_HASHDIGESTALGORITHM": algorithm},
    })
}

async fn process(house: &House, password: &str, body: &Value) -> Page {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("anything:{password}"));
    let request = Request::post(WORKER)
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    Browser::new(&house.installation).send(request).await
}

async fn grant(person: &mut Browser, body: &Value) -> Page {
    person.get("/account").await;
    let request = Request::post("/api/v1/signing/grants")
        .header(header::HOST, "ca.example.org:8443")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-csrf-token", &person.csrf)
        .body(Body::from(body.to_string()))
        .unwrap();
    person.send(request).await
}

fn ten(grantee: &str, count: i64) -> Value {
    json!({"profile": "team/open", "grantee": grantee, "max_signatures": count, "not_after": "8h"})
}

#[tokio::test]
async fn a_grant_is_spent_signature_by_signature_and_the_probe_is_free() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let refused = process(&house, &token, &jsign(&sha256("x"), "SHA-256")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let made = grant(&mut bob, &ten("operator:ann", 2)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = json_of(&made)["id"].as_str().unwrap().to_owned();
    // jsign first signs the digest of nothing, to learn the certificate.
    for _ in 0..3 {
        let probe = process(&house, &token, &jsign(&sha256(""), "SHA-256")).await;
        assert_eq!((probe.status, &json_of(&probe)["data"]), (StatusCode::OK, &"".into()), "{}", probe.text);
    }
    for name in ["x", "y"] {
        let page = process(&house, &token, &jsign(&sha256(name), "SHA-256")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let answer = json_of(&page);
        let decode =
            |member: &str| base64::engine::general_purpose::STANDARD.decode(answer[member].as_str().unwrap()).unwrap();
        let certificate = Certificate::from_der(&decode("signerCertificate")).unwrap();
        let asked = json!({
            "format": "raw", "signature": answer["data"], "alg": "sha256", "digest": sha256(name),
            "certificate": answer["signerCertificate"],
        });
        let report = json_of(&house.post("/api/v1/signing/verify", &token, &asked).await);
        assert_eq!(
            (&report["accepted"], &report["signatures"][0]["grant"]),
            (&true.into(), &id.clone().into()),
            "{report}"
        );
        assert_eq!(certificate.subject().to_string(), "CN=Rehearsals");
    }
    assert_eq!(process(&house, &token, &jsign(&sha256("z"), "SHA-256")).await.status, StatusCode::FORBIDDEN, "used up");
    let listed = bob.get("/api/v1/signing/grants").await;
    assert_eq!(json_of(&listed)["items"][0]["used"], 2, "{}", listed.text);
}

#[tokio::test]
async fn grants_are_for_others_end_and_are_taken_back() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    assert_eq!(grant(&mut bob, &ten("operator:bob", 2)).await.status, StatusCode::FORBIDDEN);
    for (body, words) in [
        (ten("operator:ann", 0), "max_signatures"),
        (ten("somebody", 1), "grantee"),
        (
            json!({"profile": "team/open", "grantee": "operator:ann", "max_signatures": 1, "not_after": "31d"}),
            "not_after",
        ),
        (
            json!({"profile": "team/open", "grantee": "operator:ann", "max_signatures": 1, "not_after": "soon"}),
            "instant",
        ),
    ] {
        let page = grant(&mut bob, &body).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", page.text);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let made = json_of(&grant(&mut bob, &ten("operator:ann", 5)).await);
    let revoke = Request::post(format!("/api/v1/signing/grants/{}/revoke", made["id"].as_str().unwrap()))
        .header(header::HOST, "ca.example.org:8443")
        .header("x-csrf-token", &bob.csrf);
    assert_eq!(bob.send(revoke.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
    assert_eq!(process(&house, &token, &jsign(&sha256("x"), "SHA-256")).await.status, StatusCode::FORBIDDEN);
    grant(&mut bob, &ten("operator:ann", 5)).await;
    house.installation.hand.advance(std::time::Duration::from_secs(8 * 3600));
    assert_eq!(process(&house, &token, &jsign(&sha256("x"), "SHA-256")).await.status, StatusCode::FORBIDDEN, "over");
}

#[tokio::test]
async fn what_is_no_hash_of_the_client_is_refused() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    grant(&mut bob, &ten("operator:ann", 5)).await;
    let good = jsign(&sha256("x"), "SHA-256");
    let with = |path: &str, value: &str| {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value.into();
        body
    };
    for body in [
        with("/metaData/USING_CLIENTSUPPLIED_HASH", "false"),
        with("/metaData/CLIENTSIDE_HASHDIGESTALGORITHM", "MD5"),
        with("/metaData/CLIENTSIDE_HASHDIGESTALGORITHM", "SHA-512"),
        with("/encoding", "NONE"),
        with("/data", "!"),
        with("/data", "AAAA"),
    ] {
        let page = process(&house, &token, &body).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", page.text);
        assert_eq!(page.header("content-type"), "application/problem+json");
    }
    assert_eq!(process(&house, "sgt_wrong", &good).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.post(WORKER, "", &good).await.status, StatusCode::UNAUTHORIZED);
}

/// [`OPEN`] under these stages.
fn staged(stages: &str) -> String {
    format!("{OPEN}[approval]\nstages = [{stages}]\n")
}

#[tokio::test]
async fn a_grant_is_the_word_of_one_person_and_not_of_two() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let one = "{ group = \"approver\", required = 1 }";
    let officer = "{ group = \"security-officer\", required = 1 }";
    for (text, status, words) in [
        (staged(one), StatusCode::CREATED, ""),
        (
            staged("{ group = \"approver\", required = 2 }"),
            StatusCode::UNPROCESSABLE_ENTITY,
            "the profile team/open asks for 2 people (2 with the role approver; approval.stages)",
        ),
        (
            staged(&format!("{one}, {officer}")),
            StatusCode::UNPROCESSABLE_ENTITY,
            "asks for 2 people (1 with the role approver, then 1 with the role security-officer",
        ),
        (staged(officer), StatusCode::CONFLICT, "does not hold the role security-officer"),
        (OPEN.replace("\"raw\", ", ""), StatusCode::UNPROCESSABLE_ENTITY, "which are the format raw"),
    ] {
        house.put("team/open", &text);
        house.load().await;
        let page = grant(&mut bob, &ten("operator:ann", 5)).await;
        assert_eq!(page.status, status, "{words}: {}", page.text);
        assert!(page.text.contains(words), "{words}: {}", page.text);
        let signed = process(&house, &token, &jsign(&sha256("x"), "SHA-256")).await;
        // What was granted before the profile was changed does not outlive that.
        let expected = if status == StatusCode::CREATED { StatusCode::OK } else { signed.status };
        assert_eq!(signed.status, expected, "{}", signed.text);
        assert_eq!(signed.status.is_success(), words.is_empty(), "{words}: {}", signed.text);
    }
}

#[tokio::test]
async fn a_grant_ends_with_the_standing_of_whoever_gave_it() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    let mut cid = Browser::of(&house.installation, "cid", &["approver"]).await;
    grant(&mut bob, &ten("operator:ann", 5)).await;
    let sign = |name: &'static str| process_one(&house, &token, name);
    assert_eq!(sign("a").await.status, StatusCode::OK);
    let app = &house.installation.app;
    let (root, from) = (testing::local_root(), testing::origin());
    crate::ops::operator::roles::change(app, &root, &from, "bob", vec!["operator".into()]).await.unwrap();
    let refused = sign("b").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(refused.text.contains("counts no more: bob, who gave it, may not grant any more"), "{}", refused.text);
    crate::ops::operator::disable(app, &root, &from, "bob").await.unwrap();
    let refused = sign("b").await;
    assert!(refused.text.contains("counts no more: bob, who gave it, is disabled"), "{}", refused.text);
    // Another one's is looked at too, although it ends later.
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    let made = grant(&mut cid, &ten("operator:ann", 5)).await;
    let page = sign("b").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let listed = json_of(&cid.get("/api/v1/signing/grants").await);
    let used: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| (&one["id"], &one["used"])).collect();
    assert_eq!(used[0], (&json_of(&made)["id"], &1.into()), "{listed}");
}

#[tokio::test]
async fn under_a_frozen_profile_a_probe_makes_no_key() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    grant(&mut bob, &ten("operator:ann", 5)).await;
    house.put("team/open", &format!("{OPEN}[limits]\nfrozen = true\n"));
    house.load().await;
    let page = process(&house, &token, &jsign(&sha256(""), "SHA-256")).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
    assert!(page.text.contains("frozen"), "{}", page.text);
    let app = &house.installation.app;
    let keys = app.store.read(|c| crate::store::hsm_key::list(c, "", 100)).await.unwrap();
    assert!(keys.iter().all(|key| key.purposes != "artifact"), "a key was made");
}

async fn process_one(house: &House, token: &str, name: &str) -> Page {
    process(house, token, &jsign(&sha256(name), "SHA-256")).await
}

#[tokio::test]
async fn nobody_signs_under_a_grant_of_their_own() {
    let house = House::new().await;
    let mut dev = Browser::of(&house.installation, "dev", &["approver"]).await;
    for grantee in ["operator:dev", "operator:DEV"] {
        let page = grant(&mut dev, &ten(grantee, 1)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{grantee}: {}", page.text);
    }
    // The job that dev sets off is dev's.
    let made = grant(&mut dev, &ten(&format!("{ISSUER}#repo:example/app:ref:refs/tags/v1"), 5)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let job = |actor: &str| house.token(json!({"aud": "signet-tests", "jti": null, "actor": actor}));
    let page = process_one(&house, &job("Dev"), "x").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    assert!(page.text.contains("dev, who gave it, is behind whoever asks"), "{}", page.text);
    assert_eq!(process_one(&house, &job("eve"), "x").await.status, StatusCode::OK);
}

#[tokio::test]
async fn signatures_under_grants_count_for_the_day() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    house.put("team/open", &format!("{OPEN}[limits]\nsignatures_per_day = 3\n"));
    house.load().await;
    grant(&mut bob, &ten("operator:ann", 10)).await;
    for name in ["a", "b"] {
        assert_eq!(process_one(&house, &token, name).await.status, StatusCode::OK);
    }
    let two = house.post(REQUESTS, &token, &files("team/open", "raw", &["c", "d"])).await;
    assert_eq!(two.status, StatusCode::TOO_MANY_REQUESTS, "{}", two.text);
    assert!(two.text.contains("the profile team/open makes at most 3 signatures a day"), "{}", two.text);
    house.submit(&token, &files("team/open", "raw", &["c"])).await;
    let refused = process_one(&house, &token, "e").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
    let listed = json_of(&bob.get("/api/v1/signing/grants").await);
    assert_eq!(listed["items"][0]["used"], 2, "what is refused is not spent: {listed}");
}

/// Before a certificate is chosen the policies hear of none: a rule about certificates judges the one that signs.
#[tokio::test]
async fn a_rule_about_certificates_hears_of_the_one_that_signs() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let mut bob = Browser::of(&house.installation, "bob", &["approver"]).await;
    grant(&mut bob, &ten("operator:ann", 5)).await;
    let forbid = async |serial: &str| {
        let folder = house.policies.path().join("authorization");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("default.cedar"), ca_core::policy::DEFAULT_POLICIES).unwrap();
        let rule = format!(
            "@id(\"one-certificate\") @reason(\"not with that one\")\nforbid (principal, action == \
             Signet::Action::\"SignUnderGrant\", resource)\nwhen {{ context has certificate && context.certificate == \
             \"{serial}\" }};"
        );
        fs::write(folder.join("own.cedar"), rule).unwrap();
        house.load().await;
    };
    let issuing = house.installation.app.authorities.default_issuing().unwrap();
    forbid(&issuing.issuer.certificate().serial().to_string()).await;
    let page = process(&house, &token, &jsign(&sha256("x"), "SHA-256")).await;
    assert_eq!(page.status, StatusCode::OK, "the CA's certificate signs no artifact: {}", page.text);
    let octets = json_of(&page)["signerCertificate"].as_str().unwrap().to_owned();
    let octets = base64::engine::general_purpose::STANDARD.decode(octets).unwrap();
    forbid(&Certificate::from_der(&octets).unwrap().serial().to_string()).await;
    let page = process(&house, &token, &jsign(&sha256("y"), "SHA-256")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    assert!(page.text.contains("one-certificate"), "{}", page.text);
}
