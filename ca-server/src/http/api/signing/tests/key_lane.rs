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
