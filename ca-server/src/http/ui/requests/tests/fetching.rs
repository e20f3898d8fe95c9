//! Fetching with a code, without an account.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::*;

/// What stands between the tags of the block with the code.
fn code_of(page: &Page) -> (String, String) {
    let inside = |text: &str| text.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0.to_owned();
    let url = page.text.split("href=\"").find(|rest| rest.starts_with("https://ca.example.org:8443/fetch/")).unwrap();
    let url = url.split('"').next().unwrap().trim_start_matches("https://ca.example.org:8443").to_owned();
    (url, inside(page.text.split_once("class=\"lines\"").unwrap().1))
}

async fn by_machine(browser: &mut Browser, url: &str, code: &str) -> Page {
    let request = Request::get(url).header("authorization", format!("Bearer {code}"));
    browser.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn who_has_the_code_sees_the_request_and_fetches_the_certificate() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let mut host = Browser::new(&installation);
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&path).await;
    let shared = ann.submit(&format!("{path}/share"), &[]).await;
    assert_eq!(shared.header("cache-control"), "no-store");
    let (url, code) = code_of(&shared);
    assert_eq!(code.len(), 32);
    assert!(!ann.get(&path).await.text.contains(&code), "it is shown once");
    assert!(host.get(&url).await.text.contains("Somebody asked for a certificate"));
    let waiting = host.submit(&url, &[("code", &code)]).await;
    assert!(waiting.text.contains("People have to approve it first"), "{}", waiting.text);
    assert_eq!(by_machine(&mut host, &url, &code).await.status, StatusCode::ACCEPTED);
    approve(&mut bob, &path).await;
    let shown = host.submit(&url, &[("code", &code)]).await;
    assert!(shown.text.contains("BEGIN CERTIFICATE") && shown.text.contains("www.example.org"), "{}", shown.text);
    let file = host.submit(&url, &[("code", &code), ("as", "pem")]).await;
    assert!(file.header("content-disposition").starts_with("attachment"), "{}", file.text);
    let fetched = by_machine(&mut host, &url, &code).await;
    assert_eq!(pem::certificates(&fetched.text).unwrap().len(), 2, "with the issuing CA's");
}

#[tokio::test]
async fn a_wrong_a_replaced_and_an_old_code_open_nothing() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut host = Browser::new(&installation);
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&path).await;
    let (url, code) = code_of(&ann.submit(&format!("{path}/share"), &[]).await);
    let refused = [
        (url.as_str(), ""),
        (url.as_str(), "wrong"),
        (url.as_str(), &code[1..]),
        ("/fetch/0198c0de-0000-7000-8000-000000000000", code.as_str()),
        ("/fetch/x", code.as_str()),
    ];
    for (address, typed) in refused {
        let page = host.submit(address, &[("code", typed)]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address} {typed}");
        assert!(!page.text.contains("www.example.org"));
        assert_eq!(by_machine(&mut host, address, typed).await.status, StatusCode::NOT_FOUND);
    }
    ann.get(&path).await;
    let (newer, other) = code_of(&ann.submit(&format!("{path}/share"), &[]).await);
    assert_eq!(by_machine(&mut host, &url, &code).await.status, StatusCode::NOT_FOUND, "a new code replaces it");
    assert_eq!(by_machine(&mut host, &newer, &code).await.status, StatusCode::NOT_FOUND);
    assert_eq!(by_machine(&mut host, &newer, &other).await.status, StatusCode::ACCEPTED);
    installation.hand.advance(Duration::from_secs(30 * 86_400 + 1));
    assert_eq!(by_machine(&mut host, &newer, &other).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_code_of_an_ended_request_says_so() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut host = Browser::new(&installation);
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&path).await;
    let (url, code) = code_of(&ann.submit(&format!("{path}/share"), &[]).await);
    ann.get(&path).await;
    ann.submit(&format!("{path}/cancel"), &[("reason", "the host is gone")]).await;
    assert_eq!(by_machine(&mut host, &url, &code).await.status, StatusCode::GONE);
    let page = host.submit(&url, &[("code", &code)]).await;
    assert!(page.text.contains("The request is cancelled") && page.text.contains("the host is gone"), "{}", page.text);
}
