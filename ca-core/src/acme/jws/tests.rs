#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::acme::ProblemType;
use crate::acme::client_key::ClientKey;

const URL: &str = "https://ca.test/acme/acme/new-order";
const KID: &str = "https://ca.test/acme/acme/account/1";

fn header_with_kid(alg: &str) -> Value {
    json!({"alg": alg, "kid": KID, "nonce": "bm9uY2U", "url": URL})
}

fn parse(jws: &Value) -> Result<ParsedJws, Problem> {
    ParsedJws::parse(jws.to_string().as_bytes())
}

/// How a P-256 request with this header is refused.
fn refusal(header: &Value) -> Problem {
    parse(&ClientKey::p256().jws(header, "{}")).unwrap_err()
}

#[test]
fn every_algorithm_verifies_with_kid_and_with_jwk() {
    for key in ClientKey::every() {
        for algorithm in JwsAlgorithm::ALL.into_iter().filter(|a| a.fits(key.public_key().algorithm())) {
            let mut header = header_with_kid(algorithm.name());
            let verified = parse(&key.jws(&header, r#"{"a":1}"#)).unwrap().verify(&key.public_key()).unwrap();
            assert_eq!(verified.message::<Value>().unwrap(), json!({"a": 1}));
            assert_eq!((verified.url(), verified.key()), (URL, &JwsKey::Kid(KID.into())));

            header.as_object_mut().unwrap().remove("kid");
            header["jwk"] = key.jwk();
            let (jwk, verified) = parse(&key.jws(&header, "")).unwrap().verify_embedded().unwrap();
            assert_eq!(jwk.public_key(), &key.public_key());
            assert!(verified.is_post_as_get() && verified.require_post_as_get().is_ok());
        }
    }
}

// RFC 7515 §A.3: an ECDSA signature made by someone else.
#[test]
fn the_signature_of_rfc_7515_verifies() {
    let jwk = Jwk::from_json(br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#).unwrap();
    let input = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature =
        base64url::decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
            .unwrap();
    JwsAlgorithm::Es256.verify(jwk.public_key(), input, &signature).unwrap();
    assert!(JwsAlgorithm::Es256.verify(jwk.public_key(), b"other", &signature).is_err());
}

// RFC 7515 §A.4.
#[test]
fn the_p521_signature_of_rfc_7515_verifies() {
    let jwk = Jwk::from_json(br#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#).unwrap();
    let signature = base64url::decode("AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn").unwrap();
    JwsAlgorithm::Es512.verify(jwk.public_key(), b"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA", &signature).unwrap();
}

// RFC 7515 §A.2.
#[test]
fn the_rsa_signature_of_rfc_7515_verifies() {
    let jwk = Jwk::from_json(br#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#).unwrap();
    let input = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = base64url::decode("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw").unwrap();
    JwsAlgorithm::Rs256.verify(jwk.public_key(), input, &signature).unwrap();
}

// RFC 8037 §A.4.
#[test]
fn the_signature_of_rfc_8037_verifies() {
    let jwk =
        Jwk::from_json(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#).unwrap();
    let signature =
        base64url::decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
            .unwrap();
    JwsAlgorithm::EdDsa
        .verify(jwk.public_key(), b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", &signature)
        .unwrap();
}

#[test]
fn tampering_with_any_part_is_noticed() {
    for key in ClientKey::every() {
        let algorithm = JwsAlgorithm::for_key(key.public_key().algorithm());
        let jws = key.jws(&header_with_kid(algorithm.name()), r#"{"a":1}"#);
        let mut other_header = header_with_kid(algorithm.name());
        other_header["url"] = json!("https://ca.test/elsewhere");
        let changes = [
            ("protected", base64url::encode(other_header.to_string())),
            ("payload", base64url::encode(r#"{"a":2}"#)),
            ("payload", String::new()),
            ("signature", key.jws(&header_with_kid(algorithm.name()), "{}")["signature"].as_str().unwrap().into()),
            ("signature", String::new()),
        ];
        for (member, value) in changes {
            let mut changed = jws.clone();
            changed[member] = json!(value);
            let problem = parse(&changed).unwrap().verify(&key.public_key()).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::Malformed, "{member}");
        }
    }
}

#[test]
fn ecdsa_signatures_have_exactly_their_length() {
    let key = ClientKey::p256();
    let jws = key.jws(&header_with_kid("ES256"), "{}");
    let signature = base64url::decode(jws["signature"].as_str().unwrap()).unwrap();
    let longer = [&signature[..32], &[0], &signature[32..], &[0]].concat();
    for wrong in [&signature[..63], &longer[..], &[&signature[..], &[0]].concat(), &[0; 64]] {
        let mut changed = jws.clone();
        changed["signature"] = json!(base64url::encode(wrong));
        assert!(parse(&changed).unwrap().verify(&key.public_key()).is_err(), "{} octets", wrong.len());
    }
}

#[test]
fn another_key_does_not_verify() {
    let (key, other) = (ClientKey::p256(), ClientKey::p256());
    let jws = key.jws(&header_with_kid("ES256"), "{}");
    assert_eq!(parse(&jws).unwrap().verify(&other.public_key()).unwrap_err().kind(), ProblemType::Malformed);
    let embedded = json!({"alg": "ES256", "jwk": key.jwk(), "nonce": "AA", "url": URL});
    let parsed = parse(&other.jws(&embedded, "{}")).unwrap();
    assert_eq!(parsed.verify(&other.public_key()).unwrap_err().kind(), ProblemType::Malformed);
    assert!(parse(&other.jws(&embedded, "{}")).unwrap().verify_embedded().is_err());
    assert_eq!(parse(&jws).unwrap().verify_embedded().unwrap_err().kind(), ProblemType::Malformed);
}

#[test]
fn algorithms_off_the_list_are_answered_with_the_list() {
    for alg in ["none", "HS256", "PS256", "ES256K", "es256", "", "RS1"] {
        let problem = refusal(&header_with_kid(alg));
        assert_eq!((problem.kind(), problem.status()), (ProblemType::BadSignatureAlgorithm, 400), "{alg}");
        assert_eq!(problem.algorithms(), ["ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512"]);
    }
}

#[test]
fn an_algorithm_must_go_with_the_key() {
    let key = ClientKey::p256();
    for alg in ["ES384", "ES512", "EdDSA", "RS256"] {
        let problem = parse(&key.jws(&header_with_kid(alg), "{}")).unwrap().verify(&key.public_key()).unwrap_err();
        assert_eq!(problem.kind(), ProblemType::BadSignatureAlgorithm, "{alg}");
        assert!(!problem.algorithms().is_empty());
    }
}

#[test]
fn the_header_must_be_complete_and_consistent() {
    let with = |member: &str, value: Value| {
        let mut header = header_with_kid("ES256");
        header[member] = value;
        refusal(&header).kind()
    };
    let without = |member: &str| {
        let mut header = header_with_kid("ES256");
        header.as_object_mut().unwrap().remove(member);
        refusal(&header).kind()
    };
    assert_eq!(without("alg"), ProblemType::Malformed);
    assert_eq!(without("url"), ProblemType::Malformed);
    assert_eq!(without("kid"), ProblemType::Malformed);
    assert_eq!(without("nonce"), ProblemType::BadNonce);
    assert_eq!(with("nonce", json!("not base64url!")), ProblemType::Malformed);
    assert_eq!(with("nonce", json!("AA==")), ProblemType::Malformed);
    assert_eq!(with("nonce", json!(7)), ProblemType::Malformed);
    assert_eq!(with("jwk", ClientKey::p256().jwk()), ProblemType::Malformed);
    assert_eq!(with("kid", json!(null)), ProblemType::Malformed);
    assert_eq!(with("crit", json!(["b64"])), ProblemType::Malformed);
    assert_eq!(with("crit", json!(null)), ProblemType::Malformed);
    let embedded = |jwk: Value| refusal(&json!({"alg": "ES256", "jwk": jwk, "nonce": "AA", "url": URL})).kind();
    assert_eq!(embedded(json!({"kty": "EC", "crv": "secp256k1"})), ProblemType::BadPublicKey);
    let mut off_curve = ClientKey::p256().jwk();
    off_curve["x"] = ClientKey::p256().jwk()["x"].clone();
    assert_eq!(embedded(off_curve), ProblemType::BadPublicKey);
    assert_eq!(embedded(json!(["EC", "P-256"])), ProblemType::Malformed);
    assert_eq!(embedded(json!("EC")), ProblemType::Malformed);
}

#[test]
fn unknown_members_are_ignored_and_known_ones_unique() {
    let key = ClientKey::p256();
    let mut header = header_with_kid("ES256");
    header["typ"] = json!("JOSE");
    let mut jws = key.jws(&header, "{}");
    jws["extra"] = json!(1);
    assert!(parse(&jws).unwrap().verify(&key.public_key()).is_ok());
    let doubled = format!(r#"{{"alg":"ES256","kid":"{KID}","nonce":"AA","url":"{URL}","url":"https://other.test"}}"#);
    let mut jws = key.jws(&header, "{}");
    jws["protected"] = json!(base64url::encode(doubled));
    assert_eq!(parse(&jws).unwrap_err().kind(), ProblemType::Malformed);
}

#[test]
fn other_serialisations_are_refused() {
    let jws = ClientKey::p256().jws(&header_with_kid("ES256"), "{}");
    let part = |name: &str| jws[name].as_str().unwrap().to_owned();
    let compact = format!("{}.{}.{}", part("protected"), part("payload"), part("signature"));
    let general = json!({"payload": part("payload"), "signatures": [{"protected": part("protected"), "signature": part("signature")}]});
    let mut both = jws.clone();
    both["signatures"] = json!([]);
    let array = json!([part("protected"), part("payload"), part("signature")]);
    for body in [
        compact,
        general.to_string(),
        both.to_string(),
        array.to_string(),
        String::new(),
        "null".into(),
        jws.to_string() + "x",
    ] {
        assert_eq!(ParsedJws::parse(body.as_bytes()).unwrap_err().kind(), ProblemType::Malformed, "{body}");
    }
    assert!(ParsedJws::parse(b"\xff").is_err());
}

#[test]
fn an_unprotected_header_is_refused_whatever_it_holds() {
    for header in [json!({}), json!(null), json!({"alg": "ES256"})] {
        let mut jws = ClientKey::p256().jws(&header_with_kid("ES256"), "{}");
        jws["header"] = header;
        assert_eq!(parse(&jws).unwrap_err().kind(), ProblemType::Malformed);
    }
}

#[test]
fn every_part_is_there_and_strict_base64url() {
    for member in ["protected", "payload", "signature"] {
        let jws = ClientKey::p256().jws(&header_with_kid("ES256"), "{}");
        let text = jws[member].as_str().unwrap();
        for wrong in [
            json!(format!("{text}=")),
            json!(format!("{text}\n")),
            json!(format!("{}\r\n{}", &text[..2], &text[2..])),
            json!("+/+/"),
            json!(1),
        ] {
            let mut changed = jws.clone();
            changed[member] = wrong;
            assert_eq!(parse(&changed).unwrap_err().kind(), ProblemType::Malformed, "{member}");
        }
        let mut missing = jws.clone();
        missing.as_object_mut().unwrap().remove(member);
        assert_eq!(parse(&missing).unwrap_err().kind(), ProblemType::Malformed, "{member}");
    }
}

#[test]
fn json_escapes_in_the_body_change_nothing() {
    let key = ClientKey::p256();
    let jws = key.jws(&header_with_kid("ES256"), "{}").to_string();
    let escaped = jws.replace("\"payload\":\"e", "\"payload\":\"\\u0065");
    assert_ne!(escaped, jws);
    assert!(ParsedJws::parse(escaped.as_bytes()).unwrap().verify(&key.public_key()).is_ok());
}

#[test]
fn the_signed_url_is_the_one_requested() {
    let parsed = parse(&ClientKey::p256().jws(&header_with_kid("ES256"), "{}")).unwrap();
    assert!(parsed.require_url(URL).is_ok());
    let problem = parsed.require_url("https://ca.test/acme/acme/new-account").unwrap_err();
    assert_eq!((problem.kind(), problem.status()), (ProblemType::Unauthorized, 401));
}

#[test]
fn payloads_are_json_objects_or_empty() {
    let key = ClientKey::p256();
    let verified =
        |payload: &str| parse(&key.jws(&header_with_kid("ES256"), payload)).unwrap().verify(&key.public_key()).unwrap();
    for payload in ["", "[]", "1", "{", "{}{}"] {
        assert_eq!(
            verified(payload).message::<serde_json::Map<_, _>>().unwrap_err().kind(),
            ProblemType::Malformed,
            "{payload}"
        );
    }
    for payload in ["{}", " ", "null"] {
        assert_eq!(verified(payload).require_post_as_get().unwrap_err().kind(), ProblemType::Malformed, "{payload}");
    }
}

proptest! {
    #[test]
    fn no_body_panics(body: Vec<u8>) {
        let _ = ParsedJws::parse(&body);
    }

    #[test]
    fn no_header_panics(header: String, payload: String) {
        let jws = json!({"protected": base64url::encode(header), "payload": base64url::encode(payload), "signature": "AA"});
        prop_assert!(parse(&jws).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_signature_never_verifies(bit in 0usize..512) {
        let key = ClientKey::p256();
        let mut jws = key.jws(&header_with_kid("ES256"), "{}");
        let mut signature = base64url::decode(jws["signature"].as_str().unwrap()).unwrap();
        signature[bit / 8] ^= 1 << (bit % 8);
        jws["signature"] = json!(base64url::encode(signature));
        prop_assert!(parse(&jws).unwrap().verify(&key.public_key()).is_err());
    }
}
