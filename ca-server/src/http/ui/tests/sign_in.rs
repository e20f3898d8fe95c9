//! Signing in with name and password.

use std::time::Duration;

use axum::http::StatusCode;

use crate::http::testing::{Browser, PASSWORD, add};
use crate::ops::operator;
use crate::testing::{self, Installation, local_root, origin};

/// Both engines count failures and find names; the rest of the story is the same code.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() { super::$name(crate::testing::sqlite().await).await; })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() { super::$name(crate::testing::postgres().await).await; })*
        }
    };
}

on_both! {
    the_first_sign_in_asks_for_a_password_of_ones_own,
    whoever_guesses_is_slowed_down,
}

async fn the_first_sign_in_asks_for_a_password_of_ones_own(installation: Installation) {
    let first = add(&installation, "ann", &["operator"]).await;
    let mut browser = Browser::new(&installation);
    assert_eq!(browser.get("/account").await.location(), "/sign-in?next=/account");
    let signed_in = browser.submit("/sign-in", &[("name", " Ann "), ("password", &first), ("next", "/account")]).await;
    assert_eq!((signed_in.status, signed_in.location()), (StatusCode::SEE_OTHER, "/account"));
    let cookie = signed_in.header("set-cookie");
    for attribute in ["__Host-signet-session=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");

    assert_eq!(browser.get("/account").await.location(), "/account/password");
    let page = browser.get("/account/password").await;
    assert!(page.text.contains("Choose your own password"), "{}", page.text);
    for (present, new, again, problem) in [
        (first.as_str(), "short", "short", "at least 12 characters"),
        (first.as_str(), PASSWORD, "another", "differ"),
        ("wrong", PASSWORD, PASSWORD, "not your present password"),
        (first.as_str(), first.as_str(), first.as_str(), "is the old one"),
    ] {
        let refused =
            browser.submit("/account/password", &[("present", present), ("new", new), ("again", again)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(problem), "{problem}: {}", refused.text);
    }
    let change = [("present", first.as_str()), ("new", PASSWORD), ("again", PASSWORD)];
    assert_eq!(browser.submit("/account/password", &change).await.location(), "/account");
    assert!(browser.get("/account").await.text.contains("this one"));
    assert_eq!(browser.sign_in("ann", &first).await.status, StatusCode::UNAUTHORIZED, "it was for one time");
    assert_eq!(browser.sign_in("ann", PASSWORD).await.location(), "/");
}

async fn whoever_guesses_is_slowed_down(installation: Installation) {
    Browser::of(&installation, "ann", &["operator"]).await;
    let mut browser = Browser::new(&installation);
    for _ in 0..5 {
        assert_eq!(browser.sign_in("ann", "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let locked = browser.sign_in("ann", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.text.contains("Wait 30 seconds"), "{}", locked.text);
    assert!(browser.cookie.is_none());
    browser.address = [192, 0, 2, 77].into();
    assert_eq!(browser.sign_in("ann", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "from anywhere");
    for _ in 0..5 {
        assert_eq!(browser.sign_in("nobody", "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(browser.sign_in("nobody", "x").await.status, StatusCode::TOO_MANY_REQUESTS, "unknown names too");
    installation.hand.advance(Duration::from_secs(30));
    assert_eq!(browser.sign_in("ann", "wrong").await.status, StatusCode::UNAUTHORIZED);
    let locked = browser.sign_in("ann", PASSWORD).await;
    assert!(locked.text.contains("Wait 60 seconds"), "the pause grows: {}", locked.text);
    installation.hand.advance(Duration::from_secs(60));
    assert_eq!(browser.sign_in("ann", PASSWORD).await.location(), "/");
    assert_eq!(browser.sign_in("ann", "wrong").await.status, StatusCode::UNAUTHORIZED, "the count starts anew");
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_slowed_down() {
    let installation = testing::sqlite().await;
    Browser::of(&installation, "ann", &[]).await;
    let mut browser = Browser::new(&installation);
    browser.address = [198, 51, 100, 1].into();
    for number in 0..30 {
        browser.sign_in(&format!("name-{number}"), "wrong").await;
    }
    assert_eq!(browser.sign_in("ann", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    browser.address = [198, 51, 100, 2].into();
    assert_eq!(browser.sign_in("ann", PASSWORD).await.location(), "/", "others go on");
}

#[tokio::test]
async fn what_was_wrong_is_not_told() {
    let installation = testing::sqlite().await;
    Browser::of(&installation, "ann", &["operator"]).await;
    Browser::of(&installation, "bob", &["operator"]).await;
    operator::disable(&installation.app, &local_root(), &origin(), "bob").await.unwrap();
    let mut browser = Browser::new(&installation);
    let mut answers = Vec::new();
    for (name, password) in [("ann", "wrong"), ("nobody", "wrong"), ("bob", PASSWORD), ("<script>", PASSWORD)] {
        let page = browser.sign_in(name, password).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name}");
        assert!(browser.cookie.is_none() && !page.text.contains("<script>"), "{}", page.text);
        answers.push(page.text.replace(&format!("value=\"{name}\""), "").replace("value=\"&#60;script&#62;\"", ""));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_one_time_password_runs_out() {
    let installation = testing::sqlite().await;
    let first = add(&installation, "ann", &[]).await;
    let second = operator::reset_password(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    let mut browser = Browser::new(&installation);
    assert_eq!(browser.sign_in("ann", &first).await.status, StatusCode::UNAUTHORIZED, "another came after it");
    installation.hand.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(browser.sign_in("ann", &second).await.status, StatusCode::UNAUTHORIZED);
    let third = operator::reset_password(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    assert_eq!(browser.sign_in("ann", &third).await.location(), "/");
}

#[tokio::test]
async fn the_door_leads_nowhere_else() {
    let installation = testing::sqlite().await;
    Browser::of(&installation, "ann", &[]).await;
    let mut browser = Browser::new(&installation);
    let page = browser.get("/sign-in?next=//evil.example/").await;
    assert!(page.text.contains("name=\"next\" value=\"/\"") && !page.text.contains("evil"), "{}", page.text);
    let fields = [("name", "ann"), ("password", PASSWORD), ("next", "https://evil.example/")];
    assert_eq!(browser.submit("/sign-in", &fields).await.location(), "/");
    assert_eq!(browser.get("/sign-in?next=/account").await.location(), "/account", "signed in already");
}

#[tokio::test]
async fn the_policy_may_refuse_a_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("authorization");
    std::fs::create_dir(&rules).unwrap();
    let own = r#"@id("codes-for-officers") @reason("officers sign in with a second factor")
        forbid (principal in Signet::Role::"security-officer", action == Signet::Action::"SignIn", resource)
        when { context.method == "password" };"#;
    std::fs::write(rules.join("default.cedar"), ca_core::policy::DEFAULT_POLICIES).unwrap();
    std::fs::write(rules.join("own.cedar"), own).unwrap();
    let lines = format!("policies_dir = \"{}\"", folder.path().display());
    let installation = testing::configured(&lines).await;
    let first = add(&installation, "ann", &["security-officer"]).await;
    let refused = Browser::new(&installation).sign_in("ann", &first).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("codes-for-officers") && refused.text.contains("second factor"), "{}", refused.text);
}
