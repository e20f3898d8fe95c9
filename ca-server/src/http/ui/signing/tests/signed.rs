//! What was signed: found by its digest, judged, compared with the next release, withdrawn.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::store::signature;

/// The link to the certificate that stands on the page of a signed request.
async fn certificate(browser: &mut Browser, path: &str) -> String {
    let page = browser.get(path).await;
    let (_, rest) = page.text.split_once("href=\"/certificates/").unwrap_or_else(|| panic!("{}", page.text));
    format!("/certificates/{}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn a_signed_file_is_found_by_its_digest_everywhere() {
    let house = House::new().await;
    let mut eve = house.person("fay", &["approver"]).await;
    says(&mut eve, "/signing/ledger", "sha256sum app.tar.gz").await;
    let (path, mut bob, _) = house.signed(&[("app.bin", "1")]).await;
    let (signed, other) = (sha256("1"), sha256("2"));
    let found = bob.get(&format!("/signing/ledger?digest={signed}")).await;
    assert!(found.text.contains("Yes: we signed it once") && found.text.contains(&path), "{}", found.text);
    says(&mut bob, &format!("/signing/ledger?digest={other}"), "No: nothing here covers this digest").await;
    says(&mut bob, "/signing/ledger", "app.bin").await;
    let wrong = bob.get("/signing/ledger?digest=12%3Cscript%3E").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("digest is 64, 96 or 128 hexadecimal digits"), "{}", wrong.text);
    let search = bob.get(&format!("/search?q={signed}")).await;
    assert_eq!(search.location(), format!("/signing/ledger?digest={signed}"), "{}", search.text);
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(bob.get(&format!("/search?q={id}")).await.location(), path);
}

#[tokio::test]
async fn a_revoked_certificate_withdraws_its_signatures_and_says_so_before() {
    let house = House::new().await;
    let (path, mut bob, _) = house.signed(&[("app.bin", "1"), ("lib.bin", "2")]).await;
    let mut oscar = house.person("oscar", &["operator"]).await;
    let certificate = certificate(&mut bob, &path).await;
    let page = bob.get(&certificate).await;
    assert!(page.text.contains("Signatures that die with it") && page.text.contains("lib.bin"), "{}", page.text);
    let ask = oscar.get(&format!("{certificate}/revoke")).await;
    assert!(ask.text.contains("All 2 signatures that it made die"), "{}", ask.text);
    let done = oscar.submit(&format!("{certificate}/revoke"), &[("reason", "keyCompromise")]).await;
    assert!(done.location().ends_with("?done=revoked"), "{}", done.text);
    says(&mut bob, &path, "These signatures are withdrawn").await;
    let digest = sha256("1");
    says(&mut bob, &format!("/signing/ledger?digest={digest}"), "It was signed, and that was withdrawn").await;
    says(&mut bob, &certificate, "These signatures are withdrawn").await;
}

#[tokio::test]
async fn a_signature_is_judged_as_verifiers_will() {
    let house = House::new().await;
    let (path, mut bob, _) = house.signed(&[("app.bin", "1")]).await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let octets = house.installation.app.store.read(move |c| signature::octets(c, id, 1)).await.unwrap().unwrap();
    let base64 = STANDARD.encode(octets);
    let pem = format!("-----BEGIN PKCS7-----\r\n{base64}\r\n-----END PKCS7-----\r\n");
    says(&mut bob, "/signing/verify", "Nothing is kept").await;
    for text in [&base64, &pem] {
        let judged = judge(&mut bob, "cms-detached", text, &sha256("1")).await;
        assert!(judged.text.contains("Everybody accepts this signature"), "{}", judged.text);
        assert!(judged.text.contains(&path) && judged.text.contains("Issued here."), "{}", judged.text);
    }
    let other = judge(&mut bob, "cms-detached", &base64, &sha256("2")).await;
    assert!(other.text.contains("Nobody accepts this signature"), "{}", other.text);
    let faults = [
        ("cms-detached", "%%%", sha256("1"), "neither PEM nor base64"),
        ("cms-detached", base64.as_str(), "12".to_owned(), "has 1 octets"),
        ("nonsense", base64.as_str(), sha256("1"), "is not a signature format"),
    ];
    for (format, text, digest, words) in faults {
        let refused = judge(&mut bob, format, text, &digest).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains(words), "{words}\n{}", refused.text);
    }
}

#[tokio::test]
async fn a_bare_signature_is_judged_with_the_certificate_that_comes_along() {
    let house = House::new().await;
    house.put("payments/release", &bare(RELEASE)).await;
    let (mut bob, mut eve) = (house.person("bob", &["approver"]).await, house.person("eve", &["approver"]).await);
    let item = json!({"name": "app.bin", "alg": "sha256", "digest": sha256("1")});
    let path = house.submit_as("raw", "v1", vec![item]).await;
    approve(&mut bob, &path).await;
    approve(&mut eve, &path).await;
    house.process().await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let octets = house.installation.app.store.read(move |c| signature::octets(c, id, 1)).await.unwrap().unwrap();
    let chain = Request::get(format!("/api/v1/signing/requests/{id}/chain.pem"))
        .header(header::AUTHORIZATION, format!("Bearer {}", house.token))
        .body(Body::empty())
        .unwrap();
    let chain = Browser::new(&house.installation).send(chain).await.text;
    let signature = STANDARD.encode(octets);
    let digest = sha256("1");
    let mut judge = async |certificate: &str, digest: &str| {
        let fields = [("format", "raw"), ("signature", signature.as_str()), ("algorithm", "sha256")];
        let fields = [&fields[..], &[("digest", digest), ("certificate", certificate)]].concat();
        bob.submit("/signing/verify", &fields).await
    };
    let (_, der) = chain.split_once('\n').unwrap();
    let base64 = der.split_once("-----END").unwrap().0;
    for certificate in [chain.as_str(), base64] {
        let page = judge(certificate, &digest).await;
        assert!(page.text.contains("Everybody accepts this signature"), "{}", page.text);
    }
    let page = judge(&chain, &sha256("2")).await;
    assert!(page.text.contains("Nobody accepts this signature"), "{}", page.text);
    let faults = [("", "a bare signature does not say who signed"), ("no certificate", "certificate: ")];
    for (certificate, words) in faults {
        let page = judge(certificate, &digest).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        assert!(page.text.contains(words), "{words}\n{}", page.text);
    }
}

#[tokio::test]
async fn a_signed_file_is_found_by_the_hash_of_the_whole_file() {
    let house = House::new().await;
    let (mut bob, mut eve) = (house.person("bob", &["approver"]).await, house.person("eve", &["approver"]).await);
    let file = sha256("the whole file");
    let item = json!({"name": "app.bin", "alg": "sha256", "digest": sha256("1"), "file_sha256": file});
    let path = house.submit_as("cms-detached", "v1", vec![item]).await;
    let question = format!("/signing/ledger?digest={file}");
    says(&mut bob, &question, "No: nothing here covers this digest").await;
    approve(&mut bob, &path).await;
    approve(&mut eve, &path).await;
    house.process().await;
    let found = bob.get(&question).await;
    assert!(found.text.contains("Yes: we signed it once") && found.text.contains(&path), "{}", found.text);
    assert!(found.text.contains("as whoever asked for the signature named it"), "{}", found.text);
    let direct = bob.get(&format!("/signing/ledger?digest={}", sha256("1"))).await;
    assert!(!direct.text.contains("as whoever asked for the signature named it"), "{}", direct.text);
}

async fn judge(browser: &mut Browser, format: &str, signature: &str, digest: &str) -> Page {
    let fields = [("format", format), ("signature", signature), ("algorithm", "sha256"), ("digest", digest)];
    browser.submit("/signing/verify", &fields).await
}

#[tokio::test]
async fn the_next_release_shows_what_is_different() {
    let house = House::new().await;
    let (first, mut bob, _) = house.signed(&[("app.bin", "1"), ("old.bin", "2"), ("same.bin", "3")]).await;
    house.put("payments/release", &RELEASE.replace("per-request", "static").replace("24h", "30d")).await;
    house.installation.hand.advance(Duration::from_secs(60));
    let next = house.submit("v2.5.0", &[("app.bin", "4"), ("new.bin", "5"), ("same.bin", "3")]).await;
    let page = bob.get(&next).await;
    let section = page.text.split_once("id=\"difference\"").unwrap().1.split_once("</section>").unwrap().0;
    for words in [first.as_str(), "v2.4.0", "app.bin", "new.bin", "old.bin", "one for each request", "profile version"]
    {
        assert!(section.contains(words), "{words}\n{section}");
    }
    assert!(!section.contains("same.bin"), "{section}");
}

#[tokio::test]
async fn many_items_come_in_pages() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let names: Vec<String> = (1..=120).map(|number| format!("file-{number:03}.bin")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let path = house.submit("", &files).await;
    let first = bob.get(&path).await;
    assert!(first.text.contains("1 to 50 of 120") && first.text.contains(&format!("{path}?after=50")));
    let last = bob.get(&format!("{path}?after=100")).await;
    for words in ["101 to 120 of 120", "file-001.bin and 119 more", "file-120.bin"] {
        assert!(last.text.contains(words), "{words}\n{}", last.text);
    }
}

#[tokio::test]
async fn profiles_tell_their_rules_in_words() {
    let house = House::new().await;
    let (_, mut bob, _) = house.signed(&[("app.bin", "1")]).await;
    let list = bob.get("/signing/profiles").await;
    assert!(list.text.contains("payments/release") && list.text.contains("2 people with the role approver"));
    let page = bob.get("/signing/profiles/payments/release").await;
    let text = page.text.replace("<code>", "").replace("</code>", "");
    for words in [
        "A job of GitHub Actions, with a token for this server, if its claim ref is like refs/tags/v*",
        "Whoever has an API token with the scope “signing” and the role operator.",
        "One for each request",
        "Mon-Sun 00:00-24:00 (UTC)",
        "href=\"/hsm/local\"",
        "app.bin",
        "href=\"/certificates/",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("This profile is frozen"));
    house.put("payments/release", &RELEASE.replace("[limits]", "[limits]\nfrozen = true")).await;
    says(&mut bob, "/signing/profiles/payments/release", "This profile is frozen").await;
}
