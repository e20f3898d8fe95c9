//! Keys that the server makes: once, to one person, then gone.

use std::process::{Command, Stdio};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::http::public_router;
use crate::http::testing::{PASSWORD, body};

const PASSPHRASE: &str = "correct horse battery ä";

async fn generating() -> (Installation, Profiles) {
    let (installation, profiles) = (testing::sqlite().await, Profiles::new());
    let text = "[approval]\n\
                # What operators ask for; what ACME validated needs nobody's word.\n\
                required = 1";
    let with = format!("[key_generation]\nallowed = true\nalgorithms = [\"ecdsa-p256\", \"rsa-3072\"]\n\n{text}");
    profiles.edit("tls-server", text, &with);
    profiles.load(&installation).await;
    (installation, profiles)
}

async fn issued(installation: &Installation, kind: &str) -> (Browser, String) {
    let mut ann = Browser::of(installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(installation, "bob", &["approver"]).await;
    ann.get("/requests/new").await;
    let fields = [("step", "submit"), ("key", kind), ("profile", "tls-server"), ("names", "device.example.org")];
    let page = ann.submit("/requests/new", &fields).await;
    let path = page.location().to_owned();
    assert!(path.starts_with("/requests/"), "{}", page.text);
    assert!(ann.get(&path).await.text.contains("made by this server"));
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "A private key waits for you").await;
    (ann, path)
}

/// The file, whose bytes are no text.
async fn take(installation: &Installation, browser: &Browser, path: &str) -> (StatusCode, Vec<u8>) {
    let fields = [("passphrase", PASSPHRASE), ("again", PASSPHRASE)];
    let request = browser.form(&format!("{path}/delivery"), &fields).header("sec-fetch-site", "same-origin");
    let mut request: Request<Body> = request.body(body(&browser.csrf, &fields)).unwrap();
    let cookie = format!("__Host-signet-session={}", browser.cookie.as_deref().unwrap());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::new(browser.address, 40_000)));
    let answer = public_router(&installation.app).oneshot(request).await.unwrap();
    (answer.status(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// What OpenSSL finds in a PKCS#12 file.
fn by_openssl(pkcs12: &[u8], passphrase: &str, arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, secret) = (folder.path().join("a.p12"), folder.path().join("secret"));
    fs::write(&file, pkcs12).unwrap();
    fs::write(&secret, passphrase).unwrap();
    let output = Command::new("openssl")
        .args(["pkcs12", "-nodes", "-in"])
        .arg(&file)
        .arg("-passin")
        .arg(format!("file:{}", secret.display()))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn openssl_reads_the_file_and_there_is_no_second_one() {
    let (installation, _profiles) = generating().await;
    for kind in ["ecdsa-p256", "rsa-3072"] {
        let installation = if kind == "rsa-3072" { &generating().await.0 } else { &installation };
        let (mut ann, path) = issued(installation, kind).await;
        ann.get(&format!("{path}/delivery")).await;
        let (status, pkcs12) = take(installation, &ann, &path).await;
        assert_eq!(status, StatusCode::OK);
        let (read, text) = by_openssl(&pkcs12, PASSPHRASE, &["-info"]);
        assert!(read && text.contains("PRIVATE KEY") && text.matches("BEGIN CERTIFICATE").count() == 2, "{text}");
        assert!(text.contains("PBES2, PBKDF2, AES-256-CBC") && text.contains("hmacWithSHA256"), "{text}");
        assert!(!by_openssl(&pkcs12, "another passphrase", &[]).0);
        let certificate = certificate(installation, &mut ann, &path).await;
        let key = KeyPair::from_pem(
            text.split_once("-----BEGIN PRIVATE")
                .map(|(_, rest)| {
                    format!("-----BEGIN PRIVATE{}", rest.split_once("-----END PRIVATE KEY-----").unwrap().0)
                        + "-----END PRIVATE KEY-----\n"
                })
                .unwrap()
                .as_str(),
        );
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key.unwrap());
        assert_eq!(spki, certificate.public_key().as_der(), "the key is the certificate's");
        let (status, nothing) = take(installation, &ann, &path).await;
        assert_eq!(status, StatusCode::CONFLICT, "{}", String::from_utf8_lossy(&nothing));
        state_is(&mut ann, &path, "The private key was handed over and destroyed here").await;
        assert!(ann.get(&format!("{path}/delivery")).await.text.contains("There is nothing to take"));
    }
}

#[tokio::test]
async fn of_two_downloads_at_once_one_has_the_key() {
    let (installation, _profiles) = generating().await;
    let (mut ann, path) = issued(&installation, "ecdsa-p256").await;
    ann.get(&format!("{path}/delivery")).await;
    let (one, other) = tokio::join!(take(&installation, &ann, &path), take(&installation, &ann, &path));
    let mut statuses = [one.0, other.0];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
}

#[tokio::test]
async fn nobody_but_the_requester_takes_the_key_and_not_without_proof() {
    let (installation, _profiles) = generating().await;
    let (mut ann, path) = issued(&installation, "ecdsa-p256").await;
    let mut oscar = Browser::of(&installation, "oscar", &["operator", "approver", "security-officer"]).await;
    oscar.get(&path).await;
    let (status, text) = take(&installation, &oscar, &path).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{}", String::from_utf8_lossy(&text));
    installation.hand.advance(Duration::from_secs(11 * 60));
    let page = ann.get(&format!("{path}/delivery")).await;
    assert!(page.location().starts_with("/step-up?next="), "{} {}", page.status, page.location());
    let (status, _) = take(&installation, &ann, &path).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "the form leads there too");
    ann.get("/step-up?next=/account").await;
    ann.submit("/step-up", &[("password", PASSWORD), ("next", "/account")]).await;
    ann.get(&format!("{path}/delivery")).await;
    assert_eq!(take(&installation, &ann, &path).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_passphrase_costs_nothing() {
    let (installation, _profiles) = generating().await;
    let (mut ann, path) = issued(&installation, "ecdsa-p256").await;
    ann.get(&format!("{path}/delivery")).await;
    for (typed, again, expected) in [
        ("short", "short", "12 to 256 characters"),
        ("long enough, it is", "long enough, it was", "not the same"),
        ("", "", "12 to 256 characters"),
        ("twelve and \u{1F600} more", "twelve and \u{1F600} more", "U+FFFF"),
    ] {
        let page = ann.submit(&format!("{path}/delivery"), &[("passphrase", typed), ("again", again)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains(expected), "{}", page.text);
        assert!(typed.is_empty() || !page.text.contains(typed), "a passphrase is not shown");
    }
    assert_eq!(take(&installation, &ann, &path).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_nobody_takes_is_destroyed() {
    let (installation, _profiles) = generating().await;
    let (mut ann, path) = issued(&installation, "ecdsa-p256").await;
    installation.hand.advance(Duration::from_secs(6 * 86_400));
    crate::ops::request::expire::forgotten_keys(&installation.app).await.unwrap();
    ann.sign_in("ann", PASSWORD).await;
    state_is(&mut ann, &path, "A private key waits for you").await;
    installation.hand.advance(Duration::from_secs(86_401));
    crate::ops::request::expire::forgotten_keys(&installation.app).await.unwrap();
    ann.sign_in("ann", PASSWORD).await;
    state_is(&mut ann, &path, "The private key was destroyed").await;
    ann.get(&format!("{path}/delivery")).await;
    assert_eq!(take(&installation, &ann, &path).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_key_is_changed_by_nobody() {
    let (installation, _profiles) = generating().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&format!("{path}/change")).await;
    let change = [("step", "submit"), ("key", "ecdsa-p256"), ("profile", "tls-server"), ("names", "www.example.org")];
    let page = ann.submit(&format!("{path}/change"), &change).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("a request keeps its key"), "{}", page.text);
}

#[tokio::test]
async fn a_made_key_stays_with_profiles_that_let_it_be_made() {
    let (installation, _profiles) = generating().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    ann.get("/requests/new").await;
    let fields = [("step", "submit"), ("key", "ecdsa-p256"), ("profile", "tls-server"), ("names", "a.example.org")];
    let path = ann.submit("/requests/new", &fields).await.location().to_owned();
    ann.get(&format!("{path}/change")).await;
    let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server-client"), ("names", "a.example.org")];
    let page = ann.submit(&format!("{path}/change"), &change).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("does not let this server make ecdsa-p256 keys"), "{}", page.text);
}

#[tokio::test]
async fn a_made_key_is_destroyed_when_a_csr_takes_its_place() {
    let (installation, _profiles) = generating().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    ann.get("/requests/new").await;
    let fields = [("step", "submit"), ("key", "ecdsa-p256"), ("profile", "tls-server"), ("names", "www.example.org")];
    let path = ann.submit("/requests/new", &fields).await.location().to_owned();
    ann.get(&format!("{path}/change")).await;
    let csr = csr(&["www.example.org"]);
    assert_eq!(ann.submit(&format!("{path}/change"), &form(&csr, &[])).await.location(), path);
    state_is(&mut ann, &path, "The private key was destroyed").await;
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "It is issued").await;
    ann.get(&format!("{path}/delivery")).await;
    assert_eq!(take(&installation, &ann, &path).await.0, StatusCode::CONFLICT);
}
