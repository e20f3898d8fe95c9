#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// RFC 7638 §3.1.
const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
/// RFC 7515 §A.3.
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// RFC 7515 §A.4.
const P521: &str = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
/// RFC 8037 §A.2.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn edited(json: &str, member: &str, value: Value) -> Result<Jwk, InvalidJwk> {
    let mut object: Value = serde_json::from_str(json).unwrap();
    object[member] = value;
    Jwk::from_json(object.to_string().as_bytes())
}

fn without(json: &str, member: &str) -> Result<Jwk, InvalidJwk> {
    let mut object: Value = serde_json::from_str(json).unwrap();
    object.as_object_mut().unwrap().remove(member);
    Jwk::from_json(object.to_string().as_bytes())
}

fn kind_of(fault: InvalidJwk) -> ProblemType {
    Problem::from(fault).kind()
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    let thumbprint = |json: &str| Jwk::from_json(json.as_bytes()).unwrap().thumbprint().to_string();
    assert_eq!(thumbprint(RSA), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(thumbprint(ED25519), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_thumbprint_reads_back_and_garbage_does_not() {
    let thumbprint = Jwk::from_json(P256.as_bytes()).unwrap().thumbprint();
    assert_eq!(thumbprint.to_string().parse(), Ok(thumbprint));
    for text in
        ["", "AA", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt"]
    {
        assert_eq!(text.parse::<Thumbprint>(), Err(InvalidThumbprint), "{text}");
    }
}

#[test]
fn each_type_becomes_its_public_key_and_back() {
    for (json, algorithm) in [
        (RSA, KeyAlgorithm::Rsa { modulus_bits: 2048 }),
        (P256, KeyAlgorithm::EcdsaP256),
        (P521, KeyAlgorithm::EcdsaP521),
        (ED25519, KeyAlgorithm::Ed25519),
    ] {
        let jwk = Jwk::from_json(json.as_bytes()).unwrap();
        assert_eq!(jwk.public_key().algorithm(), algorithm);
        assert_eq!(Jwk::from_public_key(SubjectPublicKeyInfo::from_der(jwk.public_key().as_der()).unwrap()), jwk);
        assert_eq!(Jwk::from_json(jwk.to_json().as_bytes()).unwrap(), jwk);
    }
}

#[test]
fn every_required_member_is_required() {
    for (json, members) in
        [(RSA, &["kty", "n", "e"][..]), (P256, &["kty", "crv", "x", "y"]), (ED25519, &["kty", "crv", "x"])]
    {
        for member in members {
            let fault = without(json, member).unwrap_err();
            assert_eq!(fault, InvalidJwk::Missing(member));
            assert_eq!(kind_of(fault), ProblemType::Malformed);
        }
    }
}

#[test]
fn private_and_symmetric_keys_are_refused() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let fault = edited(P256, member, json!("AQAB")).unwrap_err();
        assert_eq!(fault, InvalidJwk::Private, "{member}");
        assert_eq!(kind_of(fault), ProblemType::BadPublicKey);
    }
    assert_eq!(Jwk::from_json(br#"{"kty":"oct","k":"AQAB"}"#), Err(InvalidJwk::Private));
}

#[test]
fn other_types_and_curves_are_unsupported() {
    for (json, member, value) in [
        (P256, "kty", "oct"),
        (P256, "crv", "secp256k1"),
        (ED25519, "crv", "X25519"),
        (ED25519, "crv", "Ed448"),
        (P256, "kty", "ec"),
    ] {
        let fault = edited(json, member, json!(value)).unwrap_err();
        assert_eq!(fault, InvalidJwk::Unsupported(value.to_owned()));
        assert_eq!(kind_of(fault), ProblemType::BadPublicKey);
    }
}

#[test]
fn members_must_be_canonical_and_full_length() {
    let member = |json, name, text: &str| matches!(edited(json, name, json!(text)), Err(InvalidJwk::Member { member, .. }) if member == name);
    // Padding, stray bits, line breaks, the other alphabet.
    for text in [
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=",
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV",
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\n",
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRV+U",
    ] {
        assert!(member(P256, "x", text), "{text:?}");
    }
    // Too short, too long.
    assert!(
        member(P256, "x", "AQAB")
            && member(P256, "y", "AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt")
            && member(ED25519, "x", "AQAB")
    );
    // A leading zero octet, as signed encoders write it.
    assert!(member(RSA, "e", "AAEAAQ") && member(RSA, "e", "") && member(RSA, "n", "AA"));
}

#[test]
fn insecure_keys_are_bad_public_keys() {
    let weak = |json: &str, member: &str, value: String| match edited(json, member, json!(value))
        .unwrap()
        .require_strength()
    {
        Err(InvalidJwk::Weak(reason)) => kind_of(InvalidJwk::Weak(reason)) == ProblemType::BadPublicKey,
        _ => false,
    };
    // Off the curve: one coordinate changed, or zero.
    assert!(weak(P256, "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEQ".into()) && weak(P256, "x", "A".repeat(43)));
    // A point of small order.
    assert!(weak(ED25519, "x", "A".repeat(43)));
    // Exponents 1, 3, 65536, and one of 34 bits.
    for exponent in ["AQ", "Aw", "AQAA", "AgAAAAE"] {
        assert!(weak(RSA, "e", exponent.into()), "{exponent}");
    }
    for octets in [128, 255, 256, 1025] {
        assert!(weak(RSA, "n", base64url::encode(vec![0xc1; octets])), "{octets}");
    }
    for json in [RSA, P256, P521, ED25519] {
        assert!(Jwk::from_json(json.as_bytes()).unwrap().require_strength().is_ok());
    }
}

#[test]
fn text_that_is_no_jwk_is_malformed() {
    for json in [
        "",
        "null",
        "{",
        "\"EC\"",
        r#"["EC"]"#,
        r#"{"kty":1}"#,
        r#"{"kty":"EC","kty":"RSA"}"#,
        r#"{"kty":"EC","crv":"P-256","x":1}"#,
    ] {
        let fault = Jwk::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(kind_of(fault), ProblemType::Malformed, "{json}");
    }
}

#[test]
fn generated_keys_survive_the_round_trip() {
    for algorithm in [
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        &aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    ] {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let point = pair.public_key().as_ref();
        let key_algorithm = match point.len() {
            65 => KeyAlgorithm::EcdsaP256,
            97 => KeyAlgorithm::EcdsaP384,
            _ => KeyAlgorithm::EcdsaP521,
        };
        let jwk = Jwk::from_public_key(SubjectPublicKeyInfo::from_point(key_algorithm, point).unwrap());
        assert_eq!(Jwk::from_json(jwk.to_json().as_bytes()).unwrap(), jwk);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(json: Vec<u8>) {
        let _ = Jwk::from_json(&json);
    }

    #[test]
    fn a_changed_coordinate_is_never_accepted_as_the_same_key(index in 0usize..43, letter in "[A-Za-z0-9_-]") {
        let jwk = Jwk::from_json(P256.as_bytes()).unwrap();
        let mut x: Vec<char> = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".chars().collect();
        let letter = letter.chars().next().unwrap();
        prop_assume!(x[index] != letter);
        x[index] = letter;
        let text: String = x.into_iter().collect();
        if let Ok(other) = edited(P256, "x", json!(text)) {
            prop_assert_ne!(other.thumbprint(), jwk.thumbprint());
        }
    }
}
