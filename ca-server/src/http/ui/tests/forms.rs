//! Forms that no page of ours sent.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::http::testing::{Browser, PASSWORD, body};
use crate::testing;

#[tokio::test]
async fn a_form_without_the_token_of_the_session_does_nothing() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &[]).await;
    let eve = Browser::of(&installation, "eve", &[]).await;
    assert_ne!(ann.csrf, eve.csrf);
    for forged in ["", "x", &eve.csrf] {
        let request = ann.form("/account/sessions/end", &[]).body(body(forged, &[])).unwrap();
        let page = ann.send(request).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{forged:?}");
        assert!(page.text.contains("not from your session") && page.text.contains("Open the page again"));
    }
    let request = ann.form("/account/sessions/end", &[]).header("x-csrf-token", &ann.csrf).body(Body::empty()).unwrap();
    assert_eq!(ann.send(request).await.location(), "/account", "a script may send it as a header");
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &[]).await;
    for (name, value, passes) in [
        ("origin", "https://evil.example", false),
        ("origin", "http://ca.example.org:8443", false),
        ("origin", "https://ca.example.org:8443.evil.example", false),
        ("origin", "null", false),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("origin", "https://ca.example.org:8443", true),
        ("sec-fetch-site", "same-origin", true),
    ] {
        let request = ann.form("/account/sessions/end", &[]).header(name, value);
        let page = ann.send(request.body(body(&ann.csrf, &[])).unwrap()).await;
        assert_eq!(page.status == StatusCode::SEE_OTHER, passes, "{name}: {value}");
        assert!(passes || page.text.contains("comes from elsewhere"), "{}", page.text);
    }
    let mut outside = Browser::new(&installation);
    let fields = [("name", "ann"), ("password", PASSWORD)];
    let request = outside.form("/sign-in", &fields).header("origin", "https://evil.example");
    let page = outside.send(request.body(body("", &fields)).unwrap()).await;
    assert_eq!((page.status, outside.cookie), (StatusCode::FORBIDDEN, None), "nobody is signed in by another site");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &[]).await;
    let json = Request::post("/account/sessions/end").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(ann.send(json.body(Body::from("{}")).unwrap()).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let book = "a".repeat(20 * 1024 * 1024);
    let large = ann.submit("/account/password", &[("new", &book)]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(large.text.contains("at most 1024 KiB"), "{}", large.text);
    let incomplete = ann.submit("/account/password", &[("new", PASSWORD)]).await;
    assert_eq!(incomplete.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ann.get("/account/sessions/end").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_page_carries_the_headers_that_protect_it() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &[]).await;
    for path in ["/", "/trust", "/account", "/account/password", "/sign-in", "/no/such/page", "/settings/operators"] {
        let page = ann.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!page.text.contains("<script>") && !page.text.contains(" style="), "{path}: {}", page.text);
    }
    assert_eq!(ann.get("/account").await.header("cache-control"), "no-store");
}
