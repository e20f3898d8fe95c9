//! How long a session lasts, and what ends it.

use std::time::Duration;

use axum::http::{Request, StatusCode};

use crate::http::testing::{Browser, PASSWORD};
use crate::ops::operator;
use crate::store::audit_event;
use crate::testing::{self, local_root, origin};

const MINUTE: Duration = Duration::from_secs(60);
const TO_THE_DOOR: &str = "/sign-in?next=/account";

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it() {
    let installation = testing::sqlite().await;
    let mut browser = Browser::of(&installation, "ann", &[]).await;
    for _ in 0..4 {
        installation.hand.advance(MINUTE * 29);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    installation.hand.advance(MINUTE * 30);
    assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR);
    let late = browser.submit("/account/sessions/end", &[]).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(late.text.contains("You are signed out"), "{}", late.text);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_whatever_happens() {
    let installation = testing::sqlite().await;
    let mut browser = Browser::of(&installation, "ann", &[]).await;
    for _ in 0..35 {
        installation.hand.advance(MINUTE * 20);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    installation.hand.advance(MINUTE * 20);
    assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR);
}

#[tokio::test]
async fn signing_out_ends_it_on_the_server_too() {
    let installation = testing::sqlite().await;
    let mut browser = Browser::of(&installation, "ann", &[]).await;
    let stolen = browser.clone();
    let page = browser.submit("/sign-out", &[]).await;
    assert_eq!((page.location(), browser.cookie.as_ref()), ("/sign-in", None));
    assert_eq!(stolen.clone().get("/account").await.location(), TO_THE_DOOR);
}

#[tokio::test]
async fn each_sign_in_has_a_session_of_its_own_that_others_can_end() {
    let installation = testing::sqlite().await;
    let mut home = Browser::of(&installation, "ann", &[]).await;
    let mut office = Browser::new(&installation);
    office.sign_in("ann", PASSWORD).await;
    assert_ne!(home.cookie, office.cookie);
    let page = home.get("/account").await;
    let (_, rest) = page.text.split_once("action=\"/account/sessions/").unwrap();
    let id = rest.split('/').next().unwrap();
    assert_eq!(home.submit(&format!("/account/sessions/{id}/end"), &[]).await.location(), "/account");
    assert_eq!(office.get("/account").await.location(), TO_THE_DOOR);
    assert_eq!(home.submit(&format!("/account/sessions/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(home.submit("/account/sessions/nonsense/end", &[]).await.status, StatusCode::NOT_FOUND);

    let mut stranger = Browser::of(&installation, "eve", &[]).await;
    let own = home.get("/account").await;
    assert!(!own.text.contains("/account/sessions/0"), "only this one is left: {}", own.text);
    stranger.get("/account").await;
    office.sign_in("ann", PASSWORD).await;
    let page = home.get("/account").await;
    let (_, rest) = page.text.split_once("action=\"/account/sessions/").unwrap();
    let id = rest.split('/').next().unwrap();
    assert_eq!(stranger.submit(&format!("/account/sessions/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn disabling_or_resetting_an_operator_ends_their_sessions() {
    let installation = testing::sqlite().await;
    let mut browser = Browser::of(&installation, "ann", &[]).await;
    operator::disable(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR);
    operator::enable(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR, "it does not come back");
    browser.sign_in("ann", PASSWORD).await;
    operator::reset_password(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR);
}

#[tokio::test]
async fn a_cookie_that_was_made_up_is_none() {
    let installation = testing::sqlite().await;
    let mut browser = Browser::new(&installation);
    for made_up in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        browser.cookie = Some(made_up.to_owned());
        assert_eq!(browser.get("/account").await.location(), TO_THE_DOOR, "{made_up}");
    }
}

#[tokio::test]
async fn a_part_of_a_page_sends_the_whole_page_to_the_door() {
    let installation = testing::sqlite().await;
    let request = Request::get("/account").header("hx-request", "true").body(axum::body::Body::empty()).unwrap();
    let page = Browser::new(&installation).send(request).await;
    assert_eq!((page.status, page.header("hx-redirect")), (StatusCode::UNAUTHORIZED, TO_THE_DOOR));
}

#[tokio::test]
async fn the_audit_names_who_signed_in_and_holds_no_secret() {
    let installation = testing::sqlite().await;
    let browser = Browser::of(&installation, "ann", &["auditor"]).await;
    let events = installation.app.store.read(|c| audit_event::list(c, None, 100)).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.actor.as_str(), event.action.as_str())).collect();
    for expected in [("LocalRoot:root", "AddOperator"), ("Operator:ann", "SignIn"), ("Operator:ann", "ChangePassword")]
    {
        assert!(told.contains(&expected), "{told:?}");
    }
    let all: String = events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect();
    assert!(!all.contains(PASSWORD) && !all.contains(browser.cookie.as_deref().unwrap()), "{all}");
    assert!(all.contains("192.0.2.1"), "{all}");
}
