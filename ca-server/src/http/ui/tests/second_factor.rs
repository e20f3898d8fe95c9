//! Codes of an authenticator, and what stands in for them.

use std::time::Duration;

use axum::http::StatusCode;
use totp_rs::{Builder, Secret};

use crate::http::testing::{Browser, PASSWORD, Page, SPOKEN};
use crate::ops::operator;
use crate::testing::{self, Installation, local_root, origin};

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a phone does with the secret that the page spells.
struct Authenticator(totp_rs::Totp);

impl Authenticator {
    fn told(page: &Page) -> Self {
        let spelled = page.shaped("???? ???? ???? ???? ???? ???? ???? ????", BASE32).replace(' ', "");
        let bits: Vec<u8> = spelled
            .bytes()
            .flat_map(|letter| {
                let value = BASE32.bytes().position(|known| known == letter).unwrap();
                (0..5).rev().map(move |bit| u8::try_from(value >> bit & 1).unwrap())
            })
            .collect();
        let octets: Vec<u8> = bits.chunks(8).map(|bits| bits.iter().fold(0, |octet, bit| octet << 1 | bit)).collect();
        let secret = Secret::new_stack(octets.try_into().unwrap());
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    fn code(&self, installation: &Installation) -> String {
        self.0.generate(installation.app.clock.now().seconds().unsigned_abs()).to_string()
    }
}

/// An operator with an authenticator; answers the recovery codes too.
async fn enrolled(installation: &Installation) -> (Browser, Authenticator, Vec<String>) {
    let mut browser = Browser::of(installation, "ann", &["operator"]).await;
    browser.get("/account/second-factor").await;
    assert_eq!(browser.submit("/account/second-factor/begin", &[]).await.location(), "/account/second-factor");
    let page = browser.get("/account/second-factor").await;
    let authenticator = Authenticator::told(&page);
    assert!(page.text.contains("QR code"), "{}", page.text);
    let wrong = browser.submit("/account/second-factor/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = authenticator.code(installation);
    let confirmed = browser.submit("/account/second-factor/confirm", &[("code", &code)]).await;
    let codes = confirmed.all_shaped("????-????-????-????", SPOKEN);
    assert_eq!(codes.len(), 10, "{}", confirmed.text);
    (browser, authenticator, codes)
}

#[tokio::test]
async fn a_code_is_asked_for_and_works_once() {
    let installation = testing::sqlite().await;
    let (_, authenticator, _) = enrolled(&installation).await;
    let mut browser = Browser::new(&installation);
    let half = browser.submit("/sign-in", &[("name", "ann"), ("password", PASSWORD), ("next", "/account")]).await;
    assert_eq!(half.location(), "/sign-in/code?next=/account");
    assert_eq!(browser.get("/account").await.location(), "/sign-in?next=/account", "half is nothing");
    assert_eq!(browser.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);

    let replayed = authenticator.code(&installation);
    let page = browser.submit("/sign-in/code", &[("code", &replayed)]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "the code of the enrolment was used");
    assert!(page.text.contains("was used before"), "{}", page.text);
    installation.hand.advance(Duration::from_secs(30));
    let before = browser.cookie.clone();
    let code = authenticator.code(&installation);
    let page = browser.submit("/sign-in/code", &[("code", &code), ("next", "/account")]).await;
    assert_eq!(page.location(), "/account");
    assert_ne!(browser.cookie, before, "the session has another token now");
    assert!(browser.get("/account").await.text.contains("password+totp"));

    let mut thief = Browser::new(&installation);
    thief.sign_in("ann", PASSWORD).await;
    assert_eq!(thief.submit("/sign-in/code", &[("code", &code)]).await.status, StatusCode::UNAUTHORIZED, "replayed");
    thief.cookie = before;
    assert_eq!(thief.get("/sign-in/code").await.location(), "/sign-in", "half a sign-in is used once");
}

#[tokio::test]
async fn half_a_sign_in_runs_out_and_codes_cannot_be_guessed() {
    let installation = testing::sqlite().await;
    let (_, authenticator, _) = enrolled(&installation).await;
    let mut browser = Browser::new(&installation);
    browser.sign_in("ann", PASSWORD).await;
    // The right password was the first of five tries.
    for _ in 0..4 {
        assert_eq!(browser.submit("/sign-in/code", &[("code", "123456")]).await.status, StatusCode::UNAUTHORIZED);
    }
    installation.hand.advance(Duration::from_secs(29));
    let code = authenticator.code(&installation);
    let locked = browser.submit("/sign-in/code", &[("code", &code)]).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    installation.hand.advance(Duration::from_secs(300));
    let code = authenticator.code(&installation);
    assert_eq!(browser.submit("/sign-in/code", &[("code", &code)]).await.location(), "/sign-in");
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let installation = testing::sqlite().await;
    let (_, _, codes) = enrolled(&installation).await;
    let mut browser = Browser::new(&installation);
    browser.sign_in("ann", PASSWORD).await;
    assert_eq!(browser.submit("/sign-in/code", &[("code", &codes[0].to_uppercase())]).await.location(), "/");
    assert!(browser.get("/account/second-factor").await.text.contains("9 recovery codes left"));
    let mut again = Browser::new(&installation);
    again.sign_in("ann", PASSWORD).await;
    assert_eq!(again.submit("/sign-in/code", &[("code", &codes[0])]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_dangerous_asks_again() {
    let installation = testing::sqlite().await;
    let (mut browser, authenticator, _) = enrolled(&installation).await;
    installation.hand.advance(Duration::from_secs(601));
    let removal = browser.submit("/account/second-factor/remove", &[]).await;
    assert!(removal.location().starts_with("/step-up?next="), "{}", removal.location());
    let page = browser.get("/step-up?next=/account/second-factor").await;
    assert!(page.text.contains("name=\"code\""), "{}", page.text);
    let code = authenticator.code(&installation);
    for (password, code) in [("wrong", code.as_str()), (PASSWORD, "000000"), (PASSWORD, "")] {
        let refused = browser.submit("/step-up", &[("password", password), ("code", code)]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{password} {code}");
    }
    let fields = [("password", PASSWORD), ("code", code.as_str()), ("next", "/account/second-factor")];
    assert_eq!(browser.submit("/step-up", &fields).await.location(), "/account/second-factor");
    browser.get("/account/second-factor").await;
    assert_eq!(browser.submit("/account/second-factor/remove", &[]).await.location(), "/account/second-factor");
    assert_eq!(Browser::new(&installation).sign_in("ann", PASSWORD).await.location(), "/", "no code is asked for now");
}

#[tokio::test]
async fn a_reset_takes_the_second_factor_away() {
    let installation = testing::sqlite().await;
    let (_, _, codes) = enrolled(&installation).await;
    let first = operator::reset_password(&installation.app, &local_root(), &origin(), "ann").await.unwrap();
    let mut browser = Browser::new(&installation);
    assert_eq!(browser.sign_in("ann", &first).await.location(), "/");
    browser.get("/account/password").await;
    let change = [("present", first.as_str()), ("new", "another quiet lamp"), ("again", "another quiet lamp")];
    browser.submit("/account/password", &change).await;
    assert!(browser.get("/account/second-factor").await.text.contains("Begin"));
    assert!(!browser.get("/account/second-factor").await.text.contains(&codes[1]));
}
