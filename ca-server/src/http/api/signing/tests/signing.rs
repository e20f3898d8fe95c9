//! What is signed, and what is handed out.

use std::io::Read as _;

use ca_core::x509::{Certificate, pem};

use super::*;
use crate::ops::certificate::find;

fn open_token(house: &House) -> String {
    house.token(json!({"aud": "signet-tests", "jti": null}))
}

async fn signed(house: &House, format: &str, names: &[&str]) -> Value {
    let made = house.submit(&open_token(house), &files("team/open", format, names)).await;
    house.process().await;
    let shown = house.shown(made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap()).await;
    assert_eq!(shown["state"], "signed", "{shown}");
    let mut shown = shown;
    shown["request_token"] = made["request_token"].clone();
    shown
}

/// A page whose body is kept as octets.
async fn octets(house: &House, path: &str, bearer: &str) -> (StatusCode, String, Vec<u8>) {
    use axum::extract::ConnectInfo;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let mut request =
        Request::get(path).header(header::AUTHORIZATION, format!("Bearer {bearer}")).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 1], 40_000))));
    let routes = crate::http::public_router(&house.installation.app);
    let (head, body) = routes.oneshot(request).await.unwrap().into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap()).to_owned();
    (head.status, kind, body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn every_format_is_signed_handed_out_and_judged_good() {
    let house = House::new().await;
    let (_, operator) = house.api_token("ann", &["operator"]).await;
    for format in ["raw", "cms-detached", "authenticode-pe", "jar-sf"] {
        let request = signed(&house, format, &["app.bin", "lib.bin"]).await;
        let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
        let (status, kind, signature) = octets(&house, &format!("{REQUESTS}/{id}/items/1/signature"), token).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&signature));
        let raw = format == "raw";
        assert_eq!(kind, if raw { "application/octet-stream" } else { "application/pkcs7-signature" });
        let chain = house.get(&format!("{REQUESTS}/{id}/chain.pem"), token).await;
        let chain = pem::certificates(&chain.text).unwrap();
        assert_eq!(chain.len(), 3);
        let base64 = base64::engine::general_purpose::STANDARD;
        let mut asked = json!({
            "format": format, "signature": base64.encode(&signature), "alg": "sha256", "digest": sha256("app.bin"),
        });
        if raw {
            asked["certificate"] = base64.encode(&chain[0]).into();
        }
        let report = json_of(&house.post("/api/v1/signing/verify", &operator, &asked).await);
        assert_eq!(report["accepted"], true, "{format}: {report}");
        assert_eq!(report["signatures"][0]["name"], "app.bin");
        asked["digest"] = sha256("lib.bin").into();
        let report = json_of(&house.post("/api/v1/signing/verify", &open_token(&house), &asked).await);
        assert_eq!(report["accepted"], false, "{format}: another artifact: {report}");
        // The key of the static certificate serves all of them.
        assert_eq!(Certificate::from_der(&chain[0]).unwrap().subject().to_string(), "CN=Rehearsals");
    }
}

#[tokio::test]
async fn nothing_is_handed_out_before_everything_is_there() {
    let house = House::new().await;
    let made = house.submit(&open_token(&house), &files("team/open", "raw", &["a"])).await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    for path in ["items/1/signature", "bundle.zip", "chain.pem"] {
        let page = house.get(&format!("{REQUESTS}/{id}/{path}"), token).await;
        assert_eq!(page.status, StatusCode::CONFLICT, "{path}: {}", page.text);
    }
    let items = json_of(&house.get(&format!("{REQUESTS}/{id}/items"), token).await);
    assert_eq!(items["items"][0]["state"], "waiting", "{items}");
    house.process().await;
    assert_eq!(house.get(&format!("{REQUESTS}/{id}/items/2/signature"), token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_bundle_holds_signatures_chain_and_receipt() {
    let house = House::new().await;
    let request = signed(&house, "cms-detached", &["app.bin", "lib.bin"]).await;
    let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
    let (status, kind, archive) = octets(&house, &format!("{REQUESTS}/{id}/bundle.zip"), token).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/zip"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["chain.pem", "items.json", "receipt.json", "signatures/0001.p7s", "signatures/0002.p7s"]);
    let mut receipt = String::new();
    archive.by_name("receipt.json").unwrap().read_to_string(&mut receipt).unwrap();
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!(receipt["digest_set"], request["digest_set"]);
}

#[tokio::test]
async fn signed_requests_are_found_again_until_they_are_withdrawn() {
    let house = House::new().await;
    let request = signed(&house, "cms-detached", &["app.bin"]).await;
    let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
    let asked = files("team/open", "cms-detached", &["app.bin"]);
    assert_eq!(house.submit(&open_token(&house), &asked).await["id"], id);
    let (mut ann, api) = house.api_token("ann", &["operator"]).await;
    let search = format!("/api/v1/signing/signatures?digest={}", sha256("app.bin"));
    let found = json_of(&house.get(&search, &api).await);
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["request"]), (1, &id.into()), "{found}");
    assert!(found["items"][0].get("withdrawn").is_none());
    // The revocation of the certificate takes the signature with it, and says so before.
    let certificate = found["items"][0]["certificate"].as_str().unwrap().to_owned();
    let app = &house.installation.app;
    let root = testing::local_root();
    let preview = crate::ops::certificate::preview::preview(app, &root, &certificate).await.unwrap();
    assert_eq!((preview.signature_count, preview.signatures[0].name.as_str()), (1, "app.bin"));
    let (record, _) = find::one(app, &root, &certificate, None).await.unwrap();
    revoke_by_officer(&house, &record.id.to_string()).await;
    let items = json_of(&house.get(&format!("{REQUESTS}/{id}/items"), token).await);
    assert!(items["items"][0]["withdrawn"].is_string(), "{items}");
    assert!(json_of(&house.get(&search, &api).await)["items"][0]["withdrawn"].is_string());
    assert_ne!(
        house.submit(&open_token(&house), &asked).await["id"],
        id,
        "a withdrawn signature is not handed out again"
    );
    ann.get("/account").await;
    let refused = house.get(&search.replace(&sha256("app.bin"), "xyz"), &api).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_so_many_archives_are_in_memory() {
    let house = House::new().await;
    let request = signed(&house, "cms-detached", &["app.bin"]).await;
    let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
    let path = format!("{REQUESTS}/{id}/bundle.zip");
    let app = &house.installation.app;
    let actor = crate::ops::signing::identity::by_token(app, token).await.unwrap().unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(crate::ops::signing::bundle::bundle(app, &actor, id.parse().unwrap()).await.unwrap());
    }
    let page = house.get(&path, token).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.text);
    assert!(page.text.contains("too many archives are being fetched at the moment"), "{}", page.text);
    assert!(page.headers.contains_key(header::RETRY_AFTER));
    held.pop();
    assert_eq!(octets(&house, &path, token).await.0, StatusCode::OK);
    assert_eq!(octets(&house, &path, token).await.0, StatusCode::OK, "whoever has it makes room");
}

#[tokio::test]
async fn the_token_of_a_request_ends_a_week_after_it() {
    let house = House::new().await;
    let request = signed(&house, "cms-detached", &["app.bin"]).await;
    let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
    let path = format!("{REQUESTS}/{id}");
    house.installation.hand.advance(std::time::Duration::from_secs(7 * 86_400 - 1));
    assert_eq!(house.get(&path, token).await.status, StatusCode::OK);
    house.installation.hand.advance(std::time::Duration::from_secs(1));
    assert_eq!(house.get(&path, token).await.status, StatusCode::UNAUTHORIZED);
    // Who asks again has what was signed, and a token for it.
    let again = house.submit(&open_token(&house), &files("team/open", "cms-detached", &["app.bin"])).await;
    assert_eq!(again["id"], id);
    assert_eq!(house.get(&path, again["request_token"].as_str().unwrap()).await.status, StatusCode::OK);
}

async fn revoke_by_officer(house: &House, certificate: &str) {
    let mut sec = Browser::of(&house.installation, "sec2", &["security-officer"]).await;
    sec.get(&format!("/certificates/{certificate}/revoke")).await;
    let page = sec.submit(&format!("/certificates/{certificate}/revoke"), &[("reason", "superseded")]).await;
    assert!(page.status.is_redirection(), "{} {}", page.status, page.text);
}

#[tokio::test]
async fn a_certificate_of_one_request_names_the_workflow() {
    let house = House::new().await;
    house.put(
        "one",
        &RELEASE
            .replace("[approval]", "[other]")
            .split("[other]")
            .next()
            .unwrap()
            .replace("validity = \"24h\"", "validity = \"2h\"\nproject_eku = \"1.3.6.1.4.1.99999.7\""),
    );
    house.load().await;
    let mut serials = Vec::new();
    for name in ["a", "b"] {
        let made = house.submit(&house.token(json!({"jti": null})), &files("one", "cms-detached", &[name])).await;
        house.process().await;
        let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
        let chain = house.get(&format!("{REQUESTS}/{id}/chain.pem"), token).await;
        let certificate = Certificate::from_der(&pem::certificates(&chain.text).unwrap()[0]).unwrap();
        let names: Vec<String> = certificate.names().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["uri:https://ci.example.org/repo:example/app:ref:refs/tags/v1"]);
        let life = certificate.validity().not_after.since(house.installation.app.clock.now()).as_secs();
        assert!((3600..=7200).contains(&life), "{life}");
        serials.push(certificate.serial().clone());
    }
    assert_ne!(serials[0], serials[1], "one for each request");
}

#[tokio::test]
async fn a_thousand_artifacts_are_one_request() {
    let house = House::new().await;
    let names: Vec<String> = (0..1000).map(|n| format!("bin/file-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let request = signed(&house, "raw", &names).await;
    assert_eq!((&request["items"], &request["signed"]), (&1000.into(), &1000.into()));
    let (id, token) = (request["id"].as_str().unwrap(), request["request_token"].as_str().unwrap());
    let page = json_of(&house.get(&format!("{REQUESTS}/{id}/items?limit=500&after=400"), token).await);
    assert_eq!((&page["items"][0]["n"], &page["next"]), (&401.into(), &900.into()));
}

#[tokio::test]
async fn whoever_waits_hears_of_the_end() {
    let house = Arc::new(House::new().await);
    let made = house.submit(&open_token(&house), &files("team/open", "raw", &["a"])).await;
    let (id, token) = (made["id"].as_str().unwrap().to_owned(), made["request_token"].as_str().unwrap().to_owned());
    let path = format!("{REQUESTS}/{id}?wait=30");
    let waiting = tokio::spawn({
        let (house, path, token) = (Arc::clone(&house), path.clone(), token.clone());
        async move { json_of(&house.get(&path, &token).await) }
    });
    tokio::task::yield_now().await;
    house.process().await;
    assert_eq!(waiting.await.unwrap()["state"], "signed");
    assert_eq!(house.get(&path.replace("30", "61"), &token).await.status, StatusCode::BAD_REQUEST);
}
