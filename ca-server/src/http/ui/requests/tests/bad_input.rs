//! What people send by mistake, and what they send on purpose.

use std::time::Duration;

use axum::http::StatusCode;
use rcgen::{DistinguishedName, DnType};

use super::*;
use crate::store::fields::IssuanceRequestId;
use crate::store::issuance_request::{self, NewRequest};

const SCRIPT: &str = "<script>alert(1)</script>";

async fn refusal(csr: &str, more: &[(&str, &str)]) -> Page {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    ann.get("/requests/new").await;
    let page = ann.submit("/requests/new", &form(csr, more)).await;
    assert!(page.status.is_client_error(), "{} {}", page.status, page.text);
    let all = ann.get("/requests?show=all").await;
    assert!(all.text.contains("There are no requests yet"), "nothing is stored");
    page
}

#[tokio::test]
async fn garbage_is_no_csr() {
    for (text, expected) in [
        ("", "paste the CSR here"),
        ("hello", "neither a PEM block"),
        ("AAAA", "malformed"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "malformed"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a CERTIFICATE REQUEST"),
        ("-----BEGIN CERTIFICATE REQUEST-----\n\u{0}\n", "malformed"),
    ] {
        let page = refusal(text, &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains(expected), "{text}\n{}", page.text);
    }
}

#[tokio::test]
async fn a_private_key_is_turned_away() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let page = refusal(&key, &[]).await;
    assert!(page.text.contains("this is a private key: never give it to anybody"), "{}", page.text);
}

#[tokio::test]
async fn a_csr_that_was_tampered_with_is_refused() {
    let other = csr(&["www.example.org"]);
    let body: Vec<&str> = other.lines().collect();
    let mut lines: Vec<String> = body.iter().map(|line| (*line).to_owned()).collect();
    // A letter in the middle of the signature.
    let last = lines.len() - 2;
    let flipped = if lines[last].starts_with('A') { "B" } else { "A" };
    lines[last].replace_range(0..1, flipped);
    let page = refusal(&lines.join("\n"), &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// `openssl req -new -newkey rsa:1024 -nodes -subj /CN=www.example.org`.
const WEAK: &str = "-----BEGIN CERTIFICATE REQUEST-----\n\
    MIIBWTCBwwIBADAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5vcmcwgZ8wDQYJKoZI\n\
    hvcNAQEBBQADgY0AMIGJAoGBAKCrbxLU0yCrFSfiCqXSrZa7YxftJiv+0D65hJOz\n\
    Pi6uR6QsTIjD9jkKMOLcFMjh5SfYoN9Gr05nfymK1P7eNVxsT5B5K2xNFnRk8KDR\n\
    Gx9YCMe0y9FJM3q2DEr+lGvpR5dFjBmgdKuMqi5QIT368iz1NzVqDrwOLcfy1YXB\n\
    ZOk5AgMBAAGgADANBgkqhkiG9w0BAQsFAAOBgQAjGs02Ob9jzYc/zZtnytBB4tXi\n\
    gtRadTyjxE6GmW5ZLcHCZFE1eFh3XP5R62ZiZon6I15Ec/gTXvdfZeUgtgR03s4Q\n\
    dYX3pI06J1mU9uwk83X4legz2DsOzDkdPIv8LiPj3leNt9Y5k3wcvXRctxbz6EQe\n\
    HWbk7Nhpgo9NWcJoCg==\n\
    -----END CERTIFICATE REQUEST-----\n";

#[tokio::test]
async fn a_weak_key_is_refused() {
    let page = refusal(WEAK, &[]).await;
    assert!(page.text.contains("1024"), "{}", page.text);
}

#[tokio::test]
async fn a_blocked_key_is_refused() {
    // RFC 8032 §7.1, test 1: the private key is printed there.
    let seed = b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                 \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
    // RFC 8410 §7: PKCS #8 of an Ed25519 key.
    let pkcs8 = [b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(), seed].concat();
    let key = KeyPair::try_from(pkcs8.as_slice()).unwrap();
    let page = refusal(&csr_with(&key, &["www.example.org"]), &[]).await;
    assert!(page.text.contains("blocked keys") && page.text.contains("RFC 8032"), "{}", page.text);
}

#[tokio::test]
async fn a_key_that_is_blocked_after_the_approval_is_not_certified() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let csr = csr(&["www.example.org"]);
    let path = submitted(&mut ann, &csr, &[]).await;
    let key = ca_core::x509::CertificationRequest::from_pem(&csr).unwrap().public_key().sha256();
    let blocked = crate::store::blocked_key::BlockedKey {
        spki_sha256: key,
        reason: "found on a website".to_owned(),
        source: "test".to_owned(),
        created_at: installation.app.clock.now(),
    };
    let write =
        installation.app.store.write(move |c| crate::store::blocked_key::insert(c, std::slice::from_ref(&blocked)));
    write.await.unwrap();
    state_is(&mut bob, &path, "found on a website").await;
    approve(&mut bob, &path).await;
    state_is(&mut ann, &path, "It is failed: the public key is on the list of blocked keys").await;
}

#[tokio::test]
async fn names_keys_and_times_that_the_profile_does_not_allow_are_refused_beside_their_field() {
    let csr = csr(&["www.example.org"]);
    for (field, value, expected) in [
        ("names", "a_b.example.org", "is not a valid DNS name"),
        ("names", SCRIPT, "is not a valid DNS name"),
        ("names", "email:ann@example.org", "names of this kind are not allowed"),
        ("validity", "99y", "allows at most 398d"),
        ("validity", "soon", "is no duration"),
        ("notify", "nobody", "there is no @"),
        ("owner", "two\nlines", "at most 200 characters on one line"),
        ("profile", "nothing", "there is no certificate profile"),
        ("authority", "nobody", "no authority is called"),
        ("key", "ecdsa-p256", "does not let this server make"),
    ] {
        let page = refusal(&csr, &[(field, value)]).await;
        assert!(page.text.contains(expected), "{field}={value}\n{}", page.text);
        assert!(!page.text.contains(SCRIPT), "{}", page.text);
    }
}

#[tokio::test]
async fn a_certificate_of_a_ca_is_not_asked_for_here() {
    let page = refusal(&csr(&[]), &[("profile", "subordinate-ca")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("requests-ask-for-no-ca"), "{}", page.text);
}

#[tokio::test]
async fn twenty_megabytes_are_too_many() {
    let page = refusal(&"A".repeat(20 * 1024 * 1024), &[]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let page = refusal(&format!("-----BEGIN CERTIFICATE REQUEST-----\n{}", "A".repeat(900_000)), &[]).await;
    assert!(page.text.contains("more than 65536"), "{}", &page.text[..2000]);
}

#[tokio::test]
async fn a_script_in_every_text_stays_text() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let mut bob = Browser::of(&installation, "bob", &["approver"]).await;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["www.example.org".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, SCRIPT);
    params.distinguished_name.push(DnType::OrganizationName, "\"><img src=x onerror=alert(1)>");
    let csr = params.serialize_request(&key).unwrap().pem().unwrap();
    let path = submitted(&mut ann, &csr, &[("owner", SCRIPT)]).await;
    bob.get(&path).await;
    bob.submit(&format!("{path}/decision"), &[("decision", "comment"), ("comment", SCRIPT)]).await;
    bob.submit(&format!("{path}/decision"), &[("decision", "reject"), ("comment", SCRIPT)]).await;
    for page in [path.as_str(), "/requests?show=all", "/requests?show=mine&profile=<script>alert(1)</script>"] {
        let shown = ann.get(&page.replace('<', "%3C").replace('>', "%3E")).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(!shown.text.contains("<script>alert") && !shown.text.contains("<img src=x"), "{}", shown.text);
    }
    assert!(ann.get(&path).await.text.contains("&#60;script&#62;"), "it is shown as text");
}

#[tokio::test]
async fn a_form_sent_twice_is_one_request() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let csr = csr(&["www.example.org"]);
    let once = [("submission", "0198c0de-0000-7000-8000-000000000001")];
    let first = submitted(&mut ann, &csr, &once).await;
    let (mut one, mut other) = (ann.clone(), ann.clone());
    let (second, third) = tokio::join!(submitted(&mut one, &csr, &once), submitted(&mut other, &csr, &once));
    assert_eq!((&second, &third), (&first, &first));
    let another = submitted(&mut ann, &csr, &[("submission", "0198c0de-0000-7000-8000-000000000002")]).await;
    assert_ne!(another, first);
    let other = ann.submit("/requests/new", &form(&csr, &[once[0], ("validity", "10d")])).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.text.contains("with other contents"), "{}", other.text);
    for text in ["0198c0de", &"a".repeat(10_000)] {
        let foreign = ann.submit("/requests/new", &form(&csr, &[("submission", text)])).await;
        assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_comment_sent_twice_is_one_comment() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&path).await;
    for _ in 0..2 {
        installation.hand.advance(Duration::from_secs(1));
        ann.submit(&format!("{path}/decision"), &[("decision", "comment"), ("comment", "is this new?")]).await;
    }
    assert_eq!(ann.get(&path).await.text.matches("is this new?").count(), 1);
    let long = "a".repeat(5000);
    let refused = ann.submit(&format!("{path}/decision"), &[("decision", "comment"), ("comment", &long)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let empty = ann.submit(&format!("{path}/decision"), &[("decision", "comment"), ("comment", "  ")]).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_address_that_never_was_is_not_found() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    for path in
        ["/requests/x", "/requests/0198c0de-0000-7000-8000-000000000000", "/requests/x/delivery", "/requests/x/change"]
    {
        let page = ann.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}: {}", page.text);
    }
    let mut outside = Browser::new(&installation);
    let page = outside.get("/requests").await;
    assert!(page.location().starts_with("/sign-in?next="), "{}", page.location());
}

#[tokio::test]
async fn a_request_is_changed_fifty_times_and_no_more() {
    let (installation, _profiles) = needing(1).await;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let path = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    ann.get(&format!("{path}/change")).await;
    for revision in 2..=51 {
        let validity = format!("{revision}h");
        let change = [("step", "submit"), ("key", "keep"), ("profile", "tls-server"), ("validity", validity.as_str())];
        let page = ann.submit(&format!("{path}/change"), &change).await;
        let expected = if revision <= 50 { StatusCode::SEE_OTHER } else { StatusCode::CONFLICT };
        assert_eq!(page.status, expected, "{revision} {}", page.text);
    }
}

#[tokio::test]
async fn one_person_has_two_hundred_open_requests_and_no_more() {
    let (installation, _profiles) = needing(1).await;
    let app = &installation.app;
    let mut ann = Browser::of(&installation, "ann", &["operator"]).await;
    let first = submitted(&mut ann, &csr(&["www.example.org"]), &[]).await;
    let id = first.rsplit('/').next().unwrap().parse().unwrap();
    let row = app.store.read(move |c| issuance_request::by_id(c, id)).await.unwrap().unwrap();
    let others: Vec<NewRequest> = (1..200)
        .map(|_| NewRequest {
            id: IssuanceRequestId::new(app.entropy.uuid()),
            asked: row.asked.clone(),
            requester: row.requester.clone(),
            requester_person: row.requester_person.clone(),
            submission: None,
            private_key: None,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
        .collect();
    let insert = app.store.write(move |c| others.iter().try_for_each(|new| issuance_request::insert(c, new)));
    insert.await.unwrap();
    let csr = csr(&["www.example.org"]);
    ann.get("/requests/new").await;
    let refused = ann.submit("/requests/new", &form(&csr, &[])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("at most 200 open requests"), "{}", refused.text);
    ann.get(&first).await;
    ann.submit(&format!("{first}/cancel"), &[]).await;
    submitted(&mut ann, &csr, &[]).await;
}
