//! API tokens: made on a page, used by machines.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value;

use crate::http::testing::{self as browser, Browser, PASSWORD};
use crate::ops::certificate::search::{CertificateFilter, Page, Sort, search};
use crate::ops::operator::{self, roles, token};
use crate::testing::{self, Installation, local_root, origin};

async fn make(browser: &mut Browser, fields: &[(&str, &str)]) -> browser::Page {
    browser.get("/account/tokens/new").await;
    browser.submit("/account/tokens/new", fields).await
}

fn text_of(made: &browser::Page) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    made.shaped(&format!("sgt_{}", "?".repeat(43)), letters)
}

async fn me_of(installation: &Installation, bearer: &str) -> (StatusCode, Value) {
    let request = Request::get("/api/v1/me").header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap();
    let page = Browser::new(installation).send(request).await;
    if page.status == StatusCode::UNAUTHORIZED {
        assert_eq!(page.header("www-authenticate"), "Bearer realm=\"Signet\"");
        assert_eq!(page.header("content-type"), "application/problem+json");
    }
    (page.status, serde_json::from_str(&page.text).unwrap())
}

const READS: [(&str, &str); 4] = [("name", "ci"), ("scopes", "read"), ("roles", "operator"), ("days", "30")];

#[tokio::test]
async fn a_token_acts_for_its_operator_until_it_ends() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator", "approver"]).await;
    let made = make(&mut ann, &READS).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let bearer = format!("Bearer {}", text_of(&made));
    let (status, me) = me_of(&installation, &bearer).await;
    assert_eq!((status, &me["kind"], &me["name"]), (StatusCode::OK, &"ApiToken".into(), &"ci".into()), "{me}");
    assert_eq!((me["roles"].to_string(), me["scopes"].to_string()), ("[\"operator\"]".into(), "[\"read\"]".into()));
    assert!(!ann.get("/account").await.text.contains(&text_of(&made)), "shown once");
    for bad in ["", "Bearer", "Bearer sgt_", "Basic YTpi", &bearer.replace("sgt_", ""), &bearer[..bearer.len() - 1]] {
        assert_eq!(me_of(&installation, bad).await.0, StatusCode::UNAUTHORIZED, "{bad}");
    }
    installation.hand.advance(Duration::from_secs(30 * 86_400 - 1));
    assert_eq!(me_of(&installation, &bearer).await.0, StatusCode::OK);
    installation.hand.advance(Duration::from_secs(1));
    assert_eq!(me_of(&installation, &bearer).await.0, StatusCode::UNAUTHORIZED, "expired");
}

#[tokio::test]
async fn a_token_can_be_revoked_and_dies_with_its_operator() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let first = format!("Bearer {}", text_of(&make(&mut ann, &READS).await));
    let page = ann.get("/account").await;
    let (_, rest) = page.text.split_once("action=\"/account/tokens/").unwrap();
    let revoke = format!("/account/tokens/{}/revoke", rest.split('/').next().unwrap());
    let mut eve = Browser::of(&installation, "eve", &["operator"]).await;
    eve.get("/account").await;
    assert_eq!(eve.submit(&revoke, &[]).await.status, StatusCode::NOT_FOUND, "not hers");
    assert_eq!(me_of(&installation, &first).await.0, StatusCode::OK);
    assert_eq!(ann.submit(&revoke, &[]).await.location(), "/account");
    assert_eq!(me_of(&installation, &first).await.0, StatusCode::UNAUTHORIZED, "revoked");
    let second = format!("Bearer {}", text_of(&make(&mut ann, &READS).await));
    roles::change(&installation.app, &local_root(), &origin(), "ann", vec!["auditor".into()]).await.unwrap();
    assert_eq!(me_of(&installation, &second).await.1["roles"].to_string(), "[]", "a lost role is lost here too");
    operator::disable(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    assert_eq!(me_of(&installation, &second).await.0, StatusCode::UNAUTHORIZED, "disabled");
}

#[tokio::test]
async fn a_token_does_only_what_its_scopes_say() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    for (scope, may_list) in [("read", true), ("acme", false)] {
        let fields = [("name", scope), ("scopes", scope), ("roles", "operator"), ("days", "1")];
        let made = make(&mut ann, &fields).await;
        let actor = token::authenticate(&installation.app, &text_of(&made)).await.unwrap().unwrap();
        let page = Page::first(Sort::Newest, 1);
        let listed = search(&installation.app, &actor, &CertificateFilter::default(), page).await;
        assert_eq!(listed.is_ok(), may_list, "{scope}: {listed:?}");
        if let Err(denied) = listed {
            assert!(denied.to_string().contains("lacks the scope"), "{denied}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_given_is_refused_with_its_reason() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let long = "n".repeat(101);
    for (fields, problem) in [
        ([("name", ""), ("scopes", "read"), ("roles", "operator"), ("days", "1")], "name of 1 to 100"),
        ([("name", long.as_str()), ("scopes", "read"), ("roles", "operator"), ("days", "1")], "name of 1 to 100"),
        ([("name", "a"), ("scopes", "everything"), ("roles", "operator"), ("days", "1")], "is no scope"),
        ([("name", "a"), ("scopes", "read"), ("roles", "security-officer"), ("days", "1")], "do not hold the role"),
        ([("name", "a"), ("scopes", "read"), ("roles", "operator"), ("days", "366")], "between an hour and a year"),
        ([("name", "a"), ("scopes", "read"), ("roles", "operator"), ("days", "0")], "between an hour and a year"),
    ] {
        let refused = make(&mut ann, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(refused.text.contains(problem), "{problem}: {}", refused.text);
    }
    let hostile = "\"><script>alert(1)</script>";
    let fields = [("name", hostile), ("scopes", "read"), ("roles", "operator"), ("days", "1")];
    assert!(!make(&mut ann, &fields).await.text.contains("<script>"));
    assert!(!ann.get("/account").await.text.contains("<script>"));
}

#[tokio::test]
async fn making_one_asks_for_the_password_again() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    installation.hand.advance(Duration::from_secs(600));
    assert_eq!(ann.get("/account/tokens/new").await.location(), "/step-up?next=/account/tokens/new");
    ann.get("/account").await;
    let refused = ann.submit("/account/tokens/new", &READS).await;
    assert!(refused.location().starts_with("/step-up"), "{}", refused.location());
    assert_eq!(ann.submit("/step-up", &[("password", "wrong")]).await.status, StatusCode::UNAUTHORIZED);
    let right = [("password", PASSWORD), ("next", "/account/tokens/new")];
    assert_eq!(ann.submit("/step-up", &right).await.location(), "/account/tokens/new");
    assert_eq!(make(&mut ann, &READS).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_calls_the_api_with_its_session() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let me: Value = serde_json::from_str(&ann.get("/api/v1/me").await.text).unwrap();
    assert_eq!((&me["kind"], &me["id"]), (&"Operator".into(), &"ann".into()));
    assert_eq!(Browser::new(&installation).get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}
