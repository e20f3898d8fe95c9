//! Who may ask for what, and each way to ask wrongly.

use ca_core::signing::SigningState;

use super::*;
use crate::ops::idempotency;
use crate::store::fields::SigningRequestId;
use crate::store::signing_request::{self, StoredSigningRequest};

#[tokio::test]
async fn a_job_asks_once_however_often_it_is_run() {
    let house = House::new().await;
    let token = house.token(json!({}));
    let mut asked = files("release", "cms-detached", &["app.bin", "lib.bin"]);
    asked["provenance"] = json!({"repository": "example/app", "run_url": "https://ci.example.org/7"});
    let page = house.post(REQUESTS, &token, &asked).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let first = json_of(&page);
    assert_eq!(
        (&first["state"], &first["items"], &first["signed"]),
        (&"pending_approval".into(), &2.into(), &0.into())
    );
    assert_eq!(first["approvals"]["need"], 3);
    assert_eq!(first["provenance"]["run_url"], "https://ci.example.org/7");
    assert_eq!((&first["claims"]["repository_id"], &first["claims"]["ref"]), (&"123".into(), &"refs/tags/v1".into()));
    assert_eq!(first["ui"], format!("{OWN}/signing/{}", first["id"].as_str().unwrap()));
    // The same job run again has another token, and the files in another order.
    let again = files("release", "cms-detached", &["lib.bin", "app.bin"]);
    let page = house.post(REQUESTS, &house.token(json!({"jti": "token-2"})), &again).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let second = json_of(&page);
    assert_eq!((&second["id"], &second["digest_set"]), (&first["id"], &first["digest_set"]));
    assert_ne!(second["request_token"], first["request_token"]);
    // Another repository's job is somebody else, and sees nothing.
    let id = first["id"].as_str().unwrap();
    let other = house.token(json!({"sub": "repo:other/app:ref:refs/tags/v1"}));
    assert_eq!(house.get(&format!("{REQUESTS}/{id}"), &other).await.status, StatusCode::FORBIDDEN);
    for own in [&token, first["request_token"].as_str().unwrap(), second["request_token"].as_str().unwrap()] {
        assert_eq!(house.shown(id, own).await["state"], "pending_approval");
    }
    // The token of a request opens that one only, and asks for nothing.
    let third = house.submit(&house.token(json!({"jti": "3"})), &files("release", "cms-detached", &["x"])).await;
    let foreign = third["request_token"].as_str().unwrap();
    assert_eq!(house.get(&format!("{REQUESTS}/{id}"), foreign).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.post(REQUESTS, foreign, &asked).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.get(&format!("{REQUESTS}/{id}"), "sst_AAAA").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_being_submitted_is_to_be_asked_for_again() {
    let house = House::new().await;
    let asked = files("release", "cms-detached", &["app.bin"]);
    let made = house.submit(&house.token(json!({})), &asked).await;
    let known = crate::http::api::signing::id(made["id"].as_str().unwrap()).unwrap();
    let app = &house.installation.app;
    let (id, created_at) = (SigningRequestId::new(app.entropy.uuid()), app.clock.now());
    // In its place one whose artifacts are not all here yet.
    let put = app.store.write(move |c| {
        let row = signing_request::by_id(c, known)?.unwrap();
        let parts = [row.profile.as_bytes(), row.format.as_str().as_bytes(), &row.digest_set, row.subject.as_bytes()];
        let key = idempotency::digest(&parts);
        signing_request::release_key(c, known)?;
        let row = StoredSigningRequest { id, created_at, state: SigningState::Received, ..row };
        signing_request::insert(c, &row, key)
    });
    put.await.unwrap();
    let page = house.post(REQUESTS, &house.token(json!({"jti": "token-2"})), &asked).await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{}", page.text);
    assert_eq!(json_of(&page)["detail"], "the same is being submitted at this moment: ask again");
}

#[tokio::test]
async fn a_denial_names_rule_claim_expected_and_got() {
    let house = House::new().await;
    let asked = files("release", "cms-detached", &["app.bin"]);
    let page = house.post(REQUESTS, &house.token(json!({"ref": "refs/heads/main"})), &asked).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let unmet = json!([{"rule": "release/tags", "claim": "ref", "expected": "refs/tags/v*", "got": "refs/heads/main"}]);
    assert_eq!(json_of(&page)["rules"], unmet, "{}", page.text);
    // A claim that the token does not have is not met.
    let page = house.post(REQUESTS, &house.token(json!({"repository_id": null})), &asked).await;
    let missing = json!([{"rule": "release/tags", "claim": "repository_id", "expected": "123", "got": null}]);
    assert_eq!((page.status, &json_of(&page)["rules"]), (StatusCode::FORBIDDEN, &missing), "{}", page.text);
    // A token for another profile's audience is verified, and the rule of this one says what it misses.
    let page = house.post(REQUESTS, &house.token(json!({"aud": "signet-tests"})), &asked).await;
    let rules = json_of(&page)["rules"].clone();
    assert_eq!(
        (page.status, &rules[0]["claim"], &rules[0]["got"]),
        (StatusCode::FORBIDDEN, &"aud".into(), &"signet-tests".into())
    );
    // A token cannot claim what this server finds out by itself.
    let forged = house.token(json!({"aud": "signet-tests", "signet:own-audience": "true"}));
    assert_eq!(house.post(REQUESTS, &forged, &asked).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_that_proves_nothing_is_refused_with_the_claim() {
    let house = House::new().await;
    let asked = files("release", "cms-detached", &["app.bin"]);
    let now = house.now();
    let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    for (token, words) in [
        (house.token(json!({"aud": "https://other.example.org"})), "claim \"aud\""),
        (house.token(json!({"exp": now - 61})), "claim \"exp\" of the token lies in the past"),
        (house.token(json!({"exp": null})), "claim \"exp\" of the token is missing"),
        (house.token(json!({"nbf": now + 600})), "claim \"nbf\""),
        (house.token(json!({"iss": "https://elsewhere.example.org"})), "no signing profile trusts the issuer"),
        (house.signed(&stranger, json!({})), "no key that the token"),
        (format!("{}A", house.token(json!({}))), "token"),
    ] {
        let page = house.post(REQUESTS, &token, &asked).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{words}: {}", page.text);
        assert!(page.text.contains(&words.replace('"', "\\\"")), "{words}: {}", page.text);
        assert!(!page.text.contains(&token), "a token is in no answer");
    }
    assert_eq!(house.post(REQUESTS, "", &asked).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_of_the_ci_are_read_again_when_it_changes_them() {
    let house = House::new().await;
    let asked = files("release", "cms-detached", &["app.bin"]);
    house.submit(&house.token(json!({})), &asked).await;
    let next = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    house.publish_keys(&next);
    house.installation.hand.advance(std::time::Duration::from_secs(10));
    house.submit(&house.signed(&next, json!({"jti": "2"})), &asked).await;
    // What was signed with the key that is gone counts no more.
    assert_eq!(house.post(REQUESTS, &house.token(json!({"jti": "3"})), &asked).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_of_a_ci_that_is_away_are_believed_for_a_day() {
    let house = House::new().await;
    let asked = files("release", "cms-detached", &["app.bin"]);
    house.submit(&house.token(json!({"jti": null})), &asked).await;
    fs::remove_file(house.policies.path().join("signing/keys.json")).unwrap();
    house.installation.hand.advance(std::time::Duration::from_secs(24 * 3600 - 1));
    house.submit(&house.token(json!({"jti": null})), &asked).await;
    house.installation.hand.advance(std::time::Duration::from_secs(61));
    let page = house.post(REQUESTS, &house.token(json!({"jti": null})), &asked).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.text);
    assert!(page.text.contains("the issuer https://ci.example.org of your token"), "{}", page.text);
    house.publish_keys(&house.key);
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    house.submit(&house.token(json!({"jti": null})), &asked).await;
}

#[tokio::test]
async fn a_replayed_token_asks_for_nothing_else() {
    let house = House::new().await;
    let token = house.token(json!({}));
    house.submit(&token, &files("release", "cms-detached", &["app.bin"])).await;
    let page = house.post(REQUESTS, &token, &files("release", "cms-detached", &["evil.bin"])).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.text);
    assert!(page.text.contains("jti"), "{}", page.text);
    // The same again is no replay: an answer may have been lost.
    house.submit(&token, &files("release", "cms-detached", &["app.bin"])).await;
    // Without a jti there is nothing to remember.
    let plain = house.token(json!({"jti": null}));
    house.submit(&plain, &files("release", "cms-detached", &["a"])).await;
    house.submit(&plain, &files("release", "cms-detached", &["b"])).await;
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused_before_anybody_is_asked() {
    let house = House::new().await;
    let good = files("release", "cms-detached", &["app.bin"]);
    let with = |path: &str, value: Value| {
        let mut asked = good.clone();
        *asked.pointer_mut(path).unwrap() = value;
        asked
    };
    let two = json!([good["items"][0], good["items"][0]]);
    for (asked, words) in [
        (with("/items/0/digest", "abcd".into()), "has 2 octets, sha256 has 32"),
        (with("/items/0/digest", "xyz".into()), "digest is not hexadecimal"),
        (with("/items/0/alg", "md5".into()), "is not a digest algorithm"),
        (with("/items", json!([])), "items is empty"),
        (with("/items", two), "two items are called"),
        (with("/items/0/name", "".into()), "no usable name"),
        (with("/format", "msi".into()), "is not a signature format"),
        (with("/format", "jar-sf".into()), "signs cms-detached, not jar-sf"),
        (with("/items/0", json!({"name": "a", "alg": "sha384", "digest": "00".repeat(48)})), "takes sha256 digests"),
        (
            with("/items/0", json!({"name": "a", "alg": "sha256", "digest": sha256("a"), "size": -1})),
            "size is negative",
        ),
    ] {
        let page = house.post(REQUESTS, &house.token(json!({})), &asked).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", page.text);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let mut followed = good.clone();
    followed["provenance"] = json!({"run_url": "javascript:alert(1)"});
    assert_eq!(house.post(REQUESTS, &house.token(json!({})), &followed).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = files("nothing", "raw", &["a"]);
    assert_eq!(house.post(REQUESTS, &house.token(json!({})), &unknown).await.status, StatusCode::NOT_FOUND);
    let mut misspelt = good.clone();
    misspelt["itmes"] = json!([]);
    assert!(house.post(REQUESTS, &house.token(json!({})), &misspelt).await.status.is_client_error());
    let too_short = json!({"profile": "release", "format": "cms-detached", "items": good["items"], "expires_in": 5});
    let page = house.post(REQUESTS, &house.token(json!({})), &too_short).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn limits_say_how_much_when_and_from_where() {
    let house = House::new().await;
    let asked = |name: &str| files("team/open", "raw", &[name]);
    let token = || house.token(json!({"aud": "signet-tests", "jti": null}));
    for (limits, status, words) in [
        ("frozen = true", StatusCode::CONFLICT, "is frozen"),
        ("hours = \"Sun 00:00-00:01\"", StatusCode::CONFLICT, "limits.hours"),
        ("sources = [\"10.0.0.0/8\"]", StatusCode::FORBIDDEN, "limits.sources"),
        ("requests_per_hour = 0", StatusCode::TOO_MANY_REQUESTS, "requests an hour"),
        ("signatures_per_day = 0", StatusCode::TOO_MANY_REQUESTS, "signatures a day"),
    ] {
        house.put("team/open", &format!("{OPEN}\n[limits]\n{limits}\n"));
        house.load().await;
        let page = house.post(REQUESTS, &token(), &asked("a")).await;
        assert_eq!(page.status, status, "{limits}: {}", page.text);
        assert!(page.text.contains(words), "{limits}: {}", page.text);
    }
    house.put(
        "team/open",
        &format!("{OPEN}\n[limits]\nitems = 1\nrequests_per_hour = 2\nsources = [\"192.0.2.0/24\"]\n"),
    );
    house.load().await;
    let many = files("team/open", "raw", &["a", "b"]);
    assert_eq!(house.post(REQUESTS, &token(), &many).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    house.submit(&token(), &asked("a")).await;
    house.submit(&token(), &asked("b")).await;
    house.submit(&token(), &asked("a")).await;
    assert_eq!(house.post(REQUESTS, &token(), &asked("c")).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.installation.hand.advance(std::time::Duration::from_secs(3601));
    house.submit(&token(), &asked("c")).await;
}

#[tokio::test]
async fn jobs_that_ask_at_the_same_moment_do_not_exceed_a_limit_together() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let house = House::on(installation).await;
        house.put("team/open", &format!("{OPEN}[limits]\nrequests_per_hour = 100\nsignatures_per_day = 4\n"));
        house.load().await;
        let token = house.token(json!({"aud": "signet-tests", "jti": null}));
        let asked = |number: usize| files("team/open", "raw", &[&format!("file-{number}")]);
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..12 {
            let request = Request::post(REQUESTS)
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body(Body::from(asked(number).to_string()))
                .unwrap();
            let mut browser = Browser::new(&house.installation);
            asking.spawn(async move { (number, browser.send(request).await) });
        }
        let pages = asking.join_all().await;
        let (made, refused): (Vec<_>, Vec<_>) = pages.iter().partition(|(_, page)| page.status == StatusCode::CREATED);
        assert_eq!((made.len(), refused.len()), (4, 8));
        for (_, page) in refused {
            assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.text);
            assert!(page.text.contains("makes at most 4 signatures a day"), "{}", page.text);
        }
        // What was made is found again although nothing is left.
        assert_eq!(house.post(REQUESTS, &token, &asked(made[0].0)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_of_an_operator_needs_the_scope_and_the_rule() {
    let house = House::new().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    let made = house.submit(&token, &files("team/open", "raw", &["a"])).await;
    assert_eq!(made["subject"], "operator:ann");
    house.put("team/open", &OPEN.replace("api_tokens = true", "mtls = { issuer = \"issuing\", san = \"uri:x\" }"));
    house.load().await;
    let page = house.post(REQUESTS, &token, &files("team/open", "raw", &["b"])).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    // Whoever has no rule sees no profile; who has one sees it.
    let listed = json_of(&house.get("/api/v1/signing/profiles", &token).await);
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["release"]);
}

#[tokio::test]
async fn a_token_asks_by_the_role_operator_and_ends_with_its_holder() {
    let house = House::new().await;
    let (_, token) = house.api_token("bob", &["approver"]).await;
    let page = house.post(REQUESTS, &token, &files("team/open", "raw", &["a"])).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    let unmet = json!([{"rule": "team/open/tokens", "claim": "role", "expected": "operator", "got": "approver"}]);
    assert_eq!(json_of(&page)["rules"], unmet, "{}", page.text);
    assert!(
        page.text.contains("asks for signatures by the role operator, this one's roles: approver"),
        "{}",
        page.text
    );
    let (_, token) = house.api_token("ann", &["operator", "approver"]).await;
    let made = house.submit(&token, &files("team/open", "raw", &["a"])).await;
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    let app = &house.installation.app;
    let (root, from) = (testing::local_root(), testing::origin());
    let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>();
    crate::ops::operator::roles::change(app, &root, &from, "ann", roles(&["approver"])).await.unwrap();
    let page = house.post(REQUESTS, &token, &files("team/open", "raw", &["b"])).await;
    assert_eq!(
        (page.status, &json_of(&page)["rules"][0]["got"]),
        (StatusCode::FORBIDDEN, &Value::Null),
        "{}",
        page.text
    );
    // Looking at what is one's own needs no role: without any the token proves nothing.
    assert_eq!(house.get(&path, &token).await.status, StatusCode::OK);
    crate::ops::operator::roles::change(app, &root, &from, "ann", Vec::new()).await.unwrap();
    let page = house.get(&path, &token).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.text);
    assert!(
        page.text.contains("ann, the operator whom this API token acts for, has no role any more"),
        "{}",
        page.text
    );
    crate::ops::operator::disable(app, &root, &from, "ann").await.unwrap();
    let page = house.get(&path, &token).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.text);
    assert!(page.text.contains("ann, the operator whom this API token acts for, is disabled"), "{}", page.text);
}

/// A client certificate of ours for a machine.
async fn machine(house: &House, san: &str) -> Vec<u8> {
    use ca_core::x509::{GeneralName, SubjectPublicKeyInfo};
    let app = &house.installation.app;
    let pair = rcgen::KeyPair::generate().unwrap();
    let public_key = SubjectPublicKeyInfo::from_der(&rcgen::PublicKeyData::subject_public_key_info(&pair)).unwrap();
    let asked = crate::ops::certificate::issue::Asked {
        authority: app.authorities.by_name("issuing").unwrap(),
        profile: "tls-client",
        public_key: &public_key,
        subject: Vec::new(),
        names: vec![GeneralName::parse(san).unwrap()],
        validity: None,
        project_purpose: None,
        owner: None,
    };
    let root = testing::local_root();
    let (made, _) = crate::ops::certificate::issue::issue(app, &root, &testing::origin(), asked).await.unwrap();
    made.as_der().to_vec()
}

#[tokio::test]
async fn a_machine_asks_with_its_client_certificate() {
    use crate::http::listener::ClientCertificate;
    let house = House::new().await;
    let rule = "mtls = { issuer = \"issuing\", san = \"uri:spiffe://example.org/ci/*\" }";
    house.put("team/open", &OPEN.replace("api_tokens = true", rule));
    house.load().await;
    let ask = async |der: Vec<u8>, name: &str| {
        let mut request = Request::post(REQUESTS)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(files("team/open", "raw", &[name]).to_string()))
            .unwrap();
        request.extensions_mut().insert(ClientCertificate(Arc::from([der.into()])));
        Browser::new(&house.installation).send(request).await
    };
    let good = machine(&house, "uri:spiffe://example.org/ci/7").await;
    let page = ask(good.clone(), "a").await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    assert_eq!(json_of(&page)["subject"], "mtls:issuing#uri:spiffe://example.org/ci/7");
    let page = ask(machine(&house, "uri:spiffe://example.org/other").await, "a").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    let unmet = json_of(&page)["rules"].clone();
    assert!(unmet.as_array().unwrap().iter().any(|one| one["claim"] == "san"), "{unmet}");
    house.installation.hand.advance(std::time::Duration::from_secs(400 * 86_400));
    assert_eq!(ask(good, "a").await.status, StatusCode::UNAUTHORIZED, "expired");
}
