#![allow(clippy::unwrap_used, reason = "tests")]
use serde_json::{Value, json};

use super::*;
use crate::acme::base64url;

const URL: &str = "https://ca.test/acme/acme/new-account";
const KEY: [u8; HMAC_KEY_OCTETS] = [9; HMAC_KEY_OCTETS];
const ACCOUNT: &str = r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const OTHER: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

fn account() -> Jwk {
    Jwk::from_json(ACCOUNT.as_bytes()).unwrap()
}

fn header(alg: &str) -> Value {
    json!({"alg": alg, "kid": "kid-1", "url": URL})
}

fn binding(header: &Value, payload: &str) -> Value {
    let (_, algorithm) = ALGORITHMS.into_iter().find(|(name, _)| header["alg"] == *name).unwrap_or(ALGORITHMS[0]);
    let (protected, payload) = (base64url::encode(header.to_string()), base64url::encode(payload));
    let tag = hmac::sign(&hmac::Key::new(algorithm, &KEY), format!("{protected}.{payload}").as_bytes());
    json!({"protected": protected, "payload": payload, "signature": base64url::encode(tag)})
}

fn verdict(binding: &Value) -> Result<(), Problem> {
    ExternalAccountBinding::parse(binding, URL)?.verify(&KEY, &account())
}

fn refusal(header: &Value) -> ProblemType {
    verdict(&binding(header, ACCOUNT)).unwrap_err().kind()
}

#[test]
fn every_mac_algorithm_binds() {
    for alg in ["HS256", "HS384", "HS512"] {
        let binding = binding(&header(alg), ACCOUNT);
        assert_eq!(ExternalAccountBinding::parse(&binding, URL).unwrap().kid(), "kid-1");
        assert_eq!(verdict(&binding), Ok(()));
    }
}

// RFC 7515 §A.1: a MAC made by someone else.
#[test]
fn the_mac_of_rfc_7515_verifies() {
    let key =
        base64url::decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
    let input = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let tag = base64url::decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    assert!(hmac::verify(&hmac::Key::new(algorithm("HS256").unwrap(), &key), input, &tag).is_ok());
}

#[test]
fn members_of_the_jwk_may_come_in_any_order_and_with_extras() {
    let payload = r#"{"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kty":"OKP","crv":"Ed25519","use":"sig"}"#;
    assert_eq!(verdict(&binding(&header("HS256"), payload)), Ok(()));
}

#[test]
fn signatures_and_unknown_algorithms_are_no_macs() {
    for alg in ["ES256", "none", "HS1", "hs256", ""] {
        let problem = verdict(&binding(&header(alg), ACCOUNT)).unwrap_err();
        assert_eq!(problem.kind(), ProblemType::BadSignatureAlgorithm, "{alg}");
        assert_eq!(problem.algorithms(), ["HS256", "HS384", "HS512"]);
    }
}

#[test]
fn the_header_has_kid_and_url_and_no_nonce_or_jwk() {
    let mut with_nonce = header("HS256");
    with_nonce["nonce"] = json!("AA");
    let jwk: Value = serde_json::from_str(ACCOUNT).unwrap();
    let mut with_both = header("HS256");
    with_both["jwk"] = jwk.clone();
    for bad in [
        with_nonce,
        with_both,
        json!({"alg": "HS256", "jwk": jwk, "url": URL}),
        json!({"alg": "HS256", "url": URL}),
        json!({"alg": "HS256", "kid": "kid-1"}),
    ] {
        assert_eq!(refusal(&bad), ProblemType::Malformed, "{bad}");
    }
    let mut elsewhere = header("HS256");
    elsewhere["url"] = json!("https://other.test/new-account");
    assert_eq!(refusal(&elsewhere), ProblemType::Unauthorized);
}

#[test]
fn the_payload_is_the_accounts_key() {
    for payload in [OTHER, "", "{}", "null", r#"{"kty":"OKP"}"#] {
        assert_eq!(
            verdict(&binding(&header("HS256"), payload)).unwrap_err().kind(),
            ProblemType::Malformed,
            "{payload}"
        );
    }
}

#[test]
fn tampering_and_a_wrong_key_are_unauthorized_without_saying_which() {
    let good = binding(&header("HS256"), ACCOUNT);
    let mut other_header = header("HS256");
    other_header["kid"] = json!("kid-2");
    for (member, value) in [
        ("protected", base64url::encode(other_header.to_string())),
        ("payload", base64url::encode(OTHER)),
        ("signature", base64url::encode([0; 32])),
        ("signature", String::new()),
        ("signature", base64url::encode([0; 64])),
    ] {
        let mut changed = good.clone();
        changed[member] = json!(value);
        assert_eq!(verdict(&changed), Err(unknown_key()), "{member}");
    }
    let parsed = ExternalAccountBinding::parse(&good, URL).unwrap();
    assert_eq!(parsed.verify(&[8; HMAC_KEY_OCTETS], &account()), Err(unknown_key()));
    assert_eq!(unknown_key().kind(), ProblemType::Unauthorized);
}

#[test]
fn what_is_no_flattened_jws_is_malformed() {
    let mut with_header = binding(&header("HS256"), ACCOUNT);
    with_header["header"] = json!({});
    for value in [json!(null), json!("a.b.c"), json!([]), json!({}), json!(["AA", "AA", "AA"]), with_header] {
        assert_eq!(ExternalAccountBinding::parse(&value, URL).unwrap_err().kind(), ProblemType::Malformed, "{value}");
    }
}

#[test]
fn a_missing_binding_is_told_as_such() {
    assert_eq!((required().kind(), required().status()), (ProblemType::ExternalAccountRequired, 403));
}
