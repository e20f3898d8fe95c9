#![allow(clippy::unwrap_used, reason = "tests")]
use serde_json::{Value, json};

use super::*;
use crate::acme::client_key::ClientKey;
use crate::acme::{ParsedJws, ProblemType, base64url};

const URL: &str = "https://ca.test/acme/acme/key-change";
const KID: &str = "https://ca.test/acme/acme/account/1";

fn jwk(key: &ClientKey) -> Jwk {
    Jwk::from_public_key(key.public_key())
}

/// A key change in preparation: each field can be spoilt.
struct Change {
    old: ClientKey,
    new: ClientKey,
    header: Value,
    payload: Value,
}

impl Change {
    fn new() -> Self {
        let (old, new) = (ClientKey::p256(), ClientKey::p256());
        let header = json!({"alg": "ES256", "jwk": new.jwk(), "url": URL});
        let payload = json!({"account": KID, "oldKey": old.jwk()});
        Self { old, new, header, payload }
    }

    fn inner(&self) -> Value {
        self.new.jws(&self.header, &self.payload.to_string())
    }

    fn outer(&self, payload: &str) -> VerifiedJws {
        let header = json!({"alg": "ES256", "kid": KID, "nonce": "AA", "url": URL});
        let body = self.old.jws(&header, payload).to_string();
        ParsedJws::parse(body.as_bytes()).unwrap().verify(&self.old.public_key()).unwrap()
    }

    fn verify(&self) -> Result<Jwk, Problem> {
        verify(&self.outer(&self.inner().to_string()), &self.old.public_key())
    }

    fn refusal(&self) -> ProblemType {
        self.verify().unwrap_err().kind()
    }
}

#[test]
fn both_keys_together_change_the_key_to_any_type() {
    let change = Change::new();
    assert_eq!(change.verify(), Ok(jwk(&change.new)));
    for new in ClientKey::every() {
        let alg = JwsAlgorithm::for_key(new.public_key().algorithm()).name();
        let header = json!({"alg": alg, "jwk": new.jwk(), "url": URL});
        let change = Change { header, new, ..Change::new() };
        assert_eq!(change.verify().map(|key| key.thumbprint()), Ok(jwk(&change.new).thumbprint()));
    }
}

#[test]
fn the_inner_header_has_jwk_and_the_same_url_and_no_nonce() {
    let with = |member: &str, value: Value| {
        let mut change = Change::new();
        change.header[member] = value;
        change.refusal()
    };
    assert_eq!(with("nonce", json!("AA")), ProblemType::Malformed);
    assert_eq!(with("kid", json!(KID)), ProblemType::Malformed);
    assert_eq!(with("url", json!(null)), ProblemType::Malformed);
    assert_eq!(with("url", json!("https://ca.test/acme/acme/new-order")), ProblemType::Unauthorized);
    assert_eq!(with("alg", json!("none")), ProblemType::BadSignatureAlgorithm);
    assert_eq!(with("alg", json!("HS256")), ProblemType::BadSignatureAlgorithm);
    assert_eq!(with("alg", json!("RS256")), ProblemType::BadSignatureAlgorithm);
    assert_eq!(with("jwk", json!({"kty": "oct", "k": "AA"})), ProblemType::BadPublicKey);
    let kid_only = Change { header: json!({"alg": "ES256", "kid": KID, "url": URL}), ..Change::new() };
    assert_eq!(kid_only.refusal(), ProblemType::Malformed);
}

#[test]
fn the_new_key_must_have_signed() {
    let change = Change::new();
    let forged = Change { new: ClientKey::p256(), ..Change::new() };
    // The header names a key that another one signed for.
    assert_eq!(Change { header: change.header.clone(), ..forged }.refusal(), ProblemType::Malformed);
    let mut tampered = change.inner();
    tampered["payload"] = json!(base64url::encode(json!({"account": KID, "oldKey": change.new.jwk()}).to_string()));
    let problem = verify(&change.outer(&tampered.to_string()), &change.old.public_key()).unwrap_err();
    assert_eq!(problem.kind(), ProblemType::Malformed);
}

#[test]
fn the_payload_names_the_account_and_its_key() {
    let with = |member: &str, value: Value| {
        let mut change = Change::new();
        change.payload[member] = value;
        change.refusal()
    };
    assert_eq!(with("account", json!("https://ca.test/acme/acme/account/2")), ProblemType::Malformed);
    assert_eq!(with("account", json!(null)), ProblemType::Malformed);
    assert_eq!(with("oldKey", ClientKey::p256().jwk()), ProblemType::Malformed);
    assert_eq!(with("oldKey", json!(null)), ProblemType::Malformed);
    assert_eq!(with("oldKey", json!({"kty": "oct", "k": "AA"})), ProblemType::BadPublicKey);
    let same = Change::new();
    let header = json!({"alg": "ES256", "jwk": same.old.jwk(), "url": URL});
    let body = same.old.jws(&header, &same.payload.to_string()).to_string();
    assert!(verify(&same.outer(&body), &same.old.public_key()).unwrap_err().detail().contains("already"));
}

#[test]
fn the_outer_request_is_signed_by_the_account_and_holds_a_flattened_jws() {
    let change = Change::new();
    for payload in ["", "{}", "[]", "a.b.c"] {
        assert_eq!(
            verify(&change.outer(payload), &change.old.public_key()).unwrap_err().kind(),
            ProblemType::Malformed,
            "{payload}"
        );
    }
    let header = json!({"alg": "ES256", "jwk": change.old.jwk(), "nonce": "AA", "url": URL});
    let body = change.old.jws(&header, &change.inner().to_string()).to_string();
    let outer = ParsedJws::parse(body.as_bytes()).unwrap().verify(&change.old.public_key()).unwrap();
    assert!(verify(&outer, &change.old.public_key()).unwrap_err().detail().contains("kid"));
}
