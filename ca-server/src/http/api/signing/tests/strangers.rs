//! Jobs of a CI where anybody may have some: who is let in, and what the others learn.

use super::*;

/// [`OPEN`] for the tags of one repository at a CI of everybody.
fn public_profile() -> String {
    let claims = "{ repository_owner_id = \"9\", repository = \"acme/app\", ref = \"refs/tags/v*\" }";
    OPEN.replace(ISSUER, GITHUB).replace("{ repository_id = \"123\" }", claims)
}

const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The claims of a job of some repository there.
fn job_of(owner: i64, repository: &str, reference: &str) -> Value {
    json!({
        "iss": GITHUB, "aud": "signet-tests", "jti": null, "repository_id": null, "ref": reference,
        "sub": format!("repo:{repository}:ref:{reference}"), "repository": repository, "repository_owner_id": owner,
    })
}

#[tokio::test]
async fn strangers_at_a_public_ci_are_let_in_nowhere_and_learn_no_pattern() {
    let house = House::new().await;
    house.put("public", &public_profile());
    house.load().await;
    let stranger = house.token(job_of(666, "evil/app", "refs/heads/main"));
    let asked = files("public", "raw", &["a"]);
    let page = house.post(REQUESTS, &stranger, &asked).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    let unmet = json!([
        {"rule": "public/branch", "claim": "ref", "expected": null, "got": "refs/heads/main"},
        {"rule": "public/branch", "claim": "repository", "expected": null, "got": "evil/app"},
        {"rule": "public/branch", "claim": "repository_owner_id", "expected": null, "got": "666"},
    ]);
    assert_eq!(json_of(&page)["rules"], unmet, "{}", page.text);
    // A profile of another CI is none of its business either.
    let page = house.post(REQUESTS, &stranger, &files("release", "cms-detached", &["a"])).await;
    let unmet = json!([{"rule": "release/tags", "claim": "iss", "expected": null, "got": GITHUB}]);
    assert_eq!((page.status, &json_of(&page)["rules"]), (StatusCode::FORBIDDEN, &unmet), "{}", page.text);
    let judge = json!({"format": "raw", "signature": "MAA=", "alg": "sha256", "digest": sha256("a")});
    for page in [
        house.post("/api/v1/signing/verify", &stranger, &judge).await,
        house.get("/api/v1/signing/profiles", &stranger).await,
        house.get("/api/v1/me", &stranger).await,
    ] {
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
        assert!(page.text.contains("no trust rule of a signing profile fits this job"), "{}", page.text);
    }
    // Who shares the owner reads what would fit.
    let colleague = house.token(job_of(9, "acme/other", "refs/tags/v1"));
    let page = house.post(REQUESTS, &colleague, &asked).await;
    let unmet = json!([{"rule": "public/branch", "claim": "repository", "expected": "acme/app", "got": "acme/other"}]);
    assert_eq!((page.status, &json_of(&page)["rules"]), (StatusCode::FORBIDDEN, &unmet), "{}", page.text);
    assert_eq!(house.get("/api/v1/signing/profiles", &colleague).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn jobs_that_are_expected_have_signatures_judged_and_read_no_ledger() {
    let house = House::new().await;
    house.put("public", &public_profile());
    house.load().await;
    let (_, token) = house.api_token("ann", &["operator"]).await;
    house.submit(&token, &files("public", "cms-detached", &["a"])).await;
    house.process().await;
    let judge = json!({"format": "cms-detached", "signature": "MAA=", "alg": "sha256", "digest": sha256("a")});
    let lines = |page: &Page| json_of(page)["signatures"].as_array().map(Vec::len);
    let expected = house.token(job_of(9, "acme/app", "refs/tags/v1"));
    for (bearer, ledger) in [(&expected, 0), (&token, 1)] {
        let page = house.post("/api/v1/signing/verify", bearer, &judge).await;
        assert_eq!((page.status, lines(&page)), (StatusCode::OK, Some(ledger)), "{}", page.text);
    }
    // A grant is business here as well, until it ends.
    let claims = job_of(5, "tools/app", "refs/tags/v1");
    let (app, id) = (&house.installation.app, crate::store::fields::SigningGrantId::new(uuid::Uuid::from_u128(7)));
    let grant = crate::store::signing_grant::SigningGrant {
        id,
        profile: "public".to_owned(),
        grantee: format!("{GITHUB}#{}", claims["sub"].as_str().unwrap()),
        max_signatures: 1,
        used: 0,
        created_by: "bob".to_owned(),
        created_at: app.clock.now(),
        not_after: app.clock.now().plus(std::time::Duration::from_secs(60)),
        revoked_by: None,
        revoked_at: None,
    };
    let granted = house.token(claims);
    assert_eq!(house.post("/api/v1/signing/verify", &granted, &judge).await.status, StatusCode::FORBIDDEN);
    app.store.write(move |c| crate::store::signing_grant::insert(c, &grant)).await.unwrap();
    let page = house.post("/api/v1/signing/verify", &granted, &judge).await;
    assert_eq!((page.status, lines(&page)), (StatusCode::OK, Some(0)), "{}", page.text);
    house.installation.hand.advance(std::time::Duration::from_secs(60));
    assert_eq!(house.post("/api/v1/signing/verify", &granted, &judge).await.status, StatusCode::FORBIDDEN);
}
