//! The HSM goes away in mid-batch, and servers die between any two steps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ca_core::hsm::{
    Capabilities, Failure, Health, Hsm, HsmError, HsmFuture, HsmInfo, KeyDescription, KeyRef, KeyState, NewKey,
    SignPurpose, SignRequest, Signature,
};
use zeroize::Zeroizing;

use super::*;
use crate::store::signature;

/// What happens when so many signatures are left.
pub(super) type Hook = Arc<Mutex<Option<(usize, Box<dyn FnOnce() + Send>)>>>;

/// A real HSM that goes away after so many signatures over artifacts.
struct Fading {
    hsm: Arc<dyn Hsm>,
    left: Arc<AtomicUsize>,
    hook: Hook,
}

impl Hsm for Fading {
    fn name(&self) -> &str {
        self.hsm.name()
    }

    fn info(&self) -> HsmFuture<'_, HsmInfo> {
        self.hsm.info()
    }

    fn capabilities(&self) -> HsmFuture<'_, Capabilities> {
        self.hsm.capabilities()
    }

    fn health(&self) -> HsmFuture<'_, Health> {
        self.hsm.health()
    }

    fn generate(&self, key: NewKey) -> HsmFuture<'_, KeyDescription> {
        self.hsm.generate(key)
    }

    fn describe<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, KeyDescription> {
        self.hsm.describe(key)
    }

    fn list(&self) -> HsmFuture<'_, Vec<KeyDescription>> {
        self.hsm.list()
    }

    fn sign(&self, request: SignRequest) -> HsmFuture<'_, Signature> {
        let one_less = |left: usize| left.checked_sub(1);
        if request.purpose() != SignPurpose::Artifact {
            return self.hsm.sign(request);
        }
        let Ok(left) = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) else {
            let error = HsmError::new("local", Failure::TimeLimit { limit: Duration::from_secs(10) });
            return Box::pin(async move { Err(error) });
        };
        let mut hook = self.hook.lock().unwrap();
        if hook.as_ref().is_some_and(|(at, _)| *at == left) {
            hook.take().unwrap().1();
        }
        self.hsm.sign(request)
    }

    fn wrap<'a>(&'a self, secret: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Vec<u8>> {
        self.hsm.wrap(secret, associated_data)
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Zeroizing<Vec<u8>>> {
        self.hsm.unwrap(wrapped, associated_data)
    }

    fn set_state<'a>(&'a self, key: &'a KeyRef, state: KeyState) -> HsmFuture<'a, ()> {
        self.hsm.set_state(key, state)
    }

    fn destroy<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, ()> {
        self.hsm.destroy(key)
    }

    fn random(&self, length: usize) -> HsmFuture<'_, Zeroizing<Vec<u8>>> {
        self.hsm.random(length)
    }
}

async fn fading(signatures: usize) -> (House, Arc<AtomicUsize>) {
    fading_on(testing::sqlite().await, signatures).await
}

/// A house whose HSM makes so many signatures over artifacts, and the count that puts it right.
pub(super) async fn fading_on(installation: Installation, signatures: usize) -> (House, Arc<AtomicUsize>) {
    let (house, left, _) = hooked(installation, signatures).await;
    (house, left)
}

pub(super) async fn hooked(mut installation: Installation, signatures: usize) -> (House, Arc<AtomicUsize>, Hook) {
    let hook = Hook::default();
    let left = Arc::new(AtomicUsize::new(signatures));
    let app = Arc::get_mut(&mut installation.app).unwrap();
    let hsm = app.hsms.remove("local").unwrap();
    app.hsms.insert("local".to_owned(), Arc::new(Fading { hsm, left: Arc::clone(&left), hook: Arc::clone(&hook) }));
    (House::on(installation).await, left, hook)
}

#[tokio::test]
async fn an_hsm_that_goes_away_in_mid_batch_loses_nothing_and_releases_nothing() {
    let (house, left) = fading(70).await;
    let names: Vec<String> = (0..100).map(|n| format!("file-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let token = house.token(json!({"aud": "signet-tests"}));
    let made = house.submit(&token, &files("team/open", "raw", &names)).await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    house.process().await;
    let shown = house.shown(id, token).await;
    assert_eq!((&shown["state"], &shown["signed"]), (&"signing".into(), &70.into()), "{shown}");
    assert_eq!(shown["failure"]["retryable"], true);
    assert!(shown["failure"]["detail"].as_str().unwrap().contains("HSM local"), "{shown}");
    assert_eq!(house.get(&format!("{REQUESTS}/{id}/items/1/signature"), token).await.status, StatusCode::CONFLICT);
    // What exists is kept; the rest is made when the HSM is back.
    let request: crate::ops::signing::SigningRequestId = id.parse().unwrap();
    let app = &house.installation.app;
    let before = app.store.read(move |c| signature::all_octets(c, request, 0, 500)).await.unwrap();
    left.store(1000, Ordering::SeqCst);
    house.process().await;
    assert_eq!(house.shown(id, token).await["state"], "signing", "not before its next try");
    house.installation.hand.advance(Duration::from_secs(61));
    house.process().await;
    let shown = house.shown(id, token).await;
    assert_eq!((&shown["state"], &shown["signed"]), (&"signed".into(), &100.into()), "{shown}");
    assert!(shown.get("failure").is_none(), "{shown}");
    let after = app.store.read(move |c| signature::all_octets(c, request, 0, 500)).await.unwrap();
    assert!(before.iter().all(|kept| after.contains(kept)), "a signature that was made is not made again");
    assert_eq!(left.load(Ordering::SeqCst), 1000 - 30);
}

#[tokio::test]
async fn a_profile_that_is_frozen_after_the_approval_signs_nothing() {
    let house = House::new().await;
    let token = house.token(json!({"aud": "signet-tests"}));
    let made = house.submit(&token, &files("team/open", "raw", &["a"])).await;
    house.put("team/open", &format!("{OPEN}\n[limits]\nfrozen = true\n"));
    house.load().await;
    house.process().await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    let shown = house.shown(id, token).await;
    assert_eq!((&shown["state"], &shown["failure"]["retryable"]), (&"approved".into(), &true.into()), "{shown}");
    house.put("team/open", OPEN);
    house.load().await;
    house.installation.hand.advance(Duration::from_secs(61));
    house.process().await;
    assert_eq!(house.shown(id, token).await["state"], "signed");
}

#[tokio::test]
async fn without_the_timestamp_that_a_profile_requires_nothing_is_released() {
    let house = House::on(testing::configured("[timestamp]\nenabled = false\n").await).await;
    house.put("team/open", &OPEN.replace("required = false", "required = true"));
    house.load().await;
    let token = house.token(json!({"aud": "signet-tests"}));
    let made = house.submit(&token, &files("team/open", "cms-detached", &["a"])).await;
    house.process().await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    let shown = house.shown(id, token).await;
    assert_eq!((&shown["state"], &shown["signed"]), (&"signing".into(), &0.into()), "{shown}");
    assert_eq!(shown["failure"]["retryable"], true);
    assert!(shown["failure"]["detail"].as_str().unwrap().contains("timestamp"), "{shown}");
}

#[tokio::test]
async fn edits_of_a_profile_concern_new_requests_only() {
    let house = House::new().await;
    let token = house.token(json!({}));
    let made = house.submit(&token, &files("release", "cms-detached", &["a"])).await;
    let stages = RELEASE.split("[approval]").next().unwrap().to_owned();
    house.put("release", &stages);
    house.load().await;
    house.process().await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    let shown = house.shown(id, token).await;
    assert_eq!((&shown["state"], &shown["approvals"]["need"]), (&"pending_approval".into(), &3.into()), "{shown}");
}
