#![expect(clippy::unwrap_used, reason = "tests")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

const EXPECTED: Expected<'static> = Expected {
    issuer: "https://login.example.org",
    holder: Holder::Person { client_id: "signet", nonce: "nonce" },
    now: UnixTime::from_seconds(NOW),
};

fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// A provider's key.
enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<signature::RsaKeyPair>),
}

impl Key {
    fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }

    fn jwk(&self) -> Value {
        match self {
            Self::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
            Self::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key())}),
            Self::Rsa(key) => {
                let public = key.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                json!({"kty": "RSA", "n": base64url(n.big_endian_without_leading_zero()), "e": base64url(e.big_endian_without_leading_zero())})
            }
        }
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(key) => key.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(text.as_bytes()).as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut octets = vec![0; key.public_modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut octets).unwrap();
                octets
            }
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = base64url(self.sign(&signed));
        format!("{signed}.{signature}")
    }
}

/// A set with these keys, numbered from one.
fn set(keys: &[&Key]) -> KeySet {
    let named = |(number, key): (usize, &&Key)| {
        let mut jwk = key.jwk();
        jwk["kid"] = json!((number + 1).to_string());
        jwk
    };
    let mut all: Vec<Value> = keys.iter().enumerate().map(named).collect();
    all.push(json!({"kty": "oct", "k": "AAAA", "kid": "1"}));
    all.push(json!({"kty": "unknown", "kid": "1"}));
    KeySet::parse(json!({"keys": all}).to_string().as_bytes()).unwrap()
}

fn claims(change: Value) -> Value {
    let mut claims = json!({
        "iss": EXPECTED.issuer, "aud": "signet", "sub": "248289761001", "nonce": "nonce",
        "iat": NOW - 10, "exp": NOW + 300, "auth_time": NOW - 20,
    });
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// What is said of a token with a good signature and these claims.
fn judged(change: Value) -> Result<Claims, InvalidIdToken> {
    let key = Key::p256();
    verify(&key.token(&json!({"alg": "ES256", "kid": "1"}), &claims(change)), &set(&[&key]), EXPECTED)
}

#[test]
fn every_algorithm_verifies() {
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let rsa = Box::new(signature::RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    for key in [Key::p256(), Key::Ed25519(ed25519), Key::Rsa(rsa)] {
        for header in [json!({"alg": key.algorithm(), "kid": "2"}), json!({"alg": key.algorithm()})] {
            let found = verify(&key.token(&header, &claims(json!({}))), &set(&[&Key::p256(), &key]), EXPECTED).unwrap();
            assert_eq!(found.subject, "248289761001");
            assert_eq!(found.authenticated_at, Some(UnixTime::from_seconds(NOW - 20)));
        }
    }
}

#[test]
fn claims_that_fit_are_accepted() {
    for change in [
        json!({"aud": ["signet"]}),
        json!({"aud": ["signet", "other"], "azp": "signet"}),
        json!({"azp": "signet"}),
        json!({"exp": NOW - 59}),
        json!({"iat": NOW + 60, "nbf": NOW + 60}),
        json!({"exp": 1_800_000_300.5}),
        json!({"auth_time": null}),
    ] {
        assert!(judged(change.clone()).is_ok(), "{change}: {:?}", judged(change.clone()));
    }
}

#[test]
fn claims_that_do_not_fit_are_refused_by_name() {
    for (claim, change) in [
        ("iss", json!({"iss": "https://login.example.org/"})),
        ("iss", json!({"iss": null})),
        ("aud", json!({"aud": "other"})),
        ("aud", json!({"aud": ["other"]})),
        ("aud", json!({"aud": null})),
        ("aud", json!({"aud": {"signet": true}})),
        ("azp", json!({"aud": ["signet", "other"]})),
        ("azp", json!({"azp": "other"})),
        ("azp", json!({"azp": 1})),
        ("exp", json!({"exp": NOW - 60})),
        ("exp", json!({"exp": null})),
        ("exp", json!({"exp": "never"})),
        ("iat", json!({"iat": NOW + 61})),
        ("iat", json!({"iat": null})),
        ("nbf", json!({"nbf": NOW + 61})),
        ("nonce", json!({"nonce": "another"})),
        ("nonce", json!({"nonce": null})),
        ("sub", json!({"sub": ""})),
        ("sub", json!({"sub": 7})),
        ("sub", json!({"sub": "x".repeat(256)})),
    ] {
        match judged(change.clone()) {
            Err(InvalidIdToken::Claim { claim: found, .. }) => assert_eq!(found, claim, "{change}"),
            other => panic!("{change}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_signed_by_the_provider_is_refused() {
    let (key, other) = (Key::p256(), Key::p256());
    let (header, keys) = (json!({"alg": "ES256", "kid": "1"}), set(&[&key]));
    let good = key.token(&header, &claims(json!({})));
    assert!(verify(&good, &keys, EXPECTED).is_ok());

    let forged = other.token(&header, &claims(json!({})));
    assert_eq!(verify(&forged, &keys, EXPECTED).unwrap_err(), InvalidIdToken::Signature);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let changed = format!("{head}.{}.{signature}", base64url(claims(json!({"sub": "admin"})).to_string()));
    assert_eq!(verify(&changed, &keys, EXPECTED).unwrap_err(), InvalidIdToken::Signature);

    let unknown = key.token(&json!({"alg": "ES256", "kid": "2"}), &claims(json!({})));
    assert_eq!(verify(&unknown, &keys, EXPECTED).unwrap_err(), InvalidIdToken::UnknownKey);
    let mixed = key.token(&json!({"alg": "RS256", "kid": "1"}), &claims(json!({})));
    assert_eq!(verify(&mixed, &keys, EXPECTED).unwrap_err(), InvalidIdToken::UnknownKey, "an algorithm of another key");
    for algorithm in ["none", "None", "HS256", "PS256", ""] {
        let token = key.token(&json!({"alg": algorithm, "kid": "1"}), &claims(json!({})));
        let refused = verify(&token, &keys, EXPECTED).unwrap_err();
        assert!(matches!(refused, InvalidIdToken::Algorithm(_)), "{algorithm}: {refused}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let key = Key::p256();
    let critical = key.token(&json!({"alg": "ES256", "crit": ["b64"], "b64": false}), &claims(json!({})));
    let list = key.token(&json!({"alg": "ES256"}), &json!(["sub"]));
    for bad in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d.e", &critical, &list, &"A".repeat(10_000)] {
        let refused = verify(bad, &set(&[&key]), EXPECTED).unwrap_err();
        assert!(matches!(refused, InvalidIdToken::Malformed(_)), "{bad}: {refused}");
    }
}

#[test]
fn keys_for_encryption_and_private_keys_are_left_out() {
    let key = Key::p256();
    let token = key.token(&json!({"alg": "ES256"}), &claims(json!({})));
    for (member, value) in [("use", "enc"), ("d", "AAAA"), ("alg", "ES384")] {
        let mut jwk = key.jwk();
        jwk[member] = json!(value);
        let keys = KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
        assert_eq!(verify(&token, &keys, EXPECTED).unwrap_err(), InvalidIdToken::UnknownKey, "{member}");
    }
    assert!(KeySet::parse(b"[]").is_err() && KeySet::parse(b"{}").is_err());
}

#[test]
fn the_token_of_a_job_is_for_this_server_and_needs_no_nonce() {
    let key = Key::p256();
    let audiences = ["https://ca.example.org".to_owned(), "signet".to_owned()];
    let expected = Expected { holder: Holder::Job { audiences: &audiences }, ..EXPECTED };
    let look = |change: Value| {
        let mut claims =
            json!({"iss": EXPECTED.issuer, "sub": "repo:a/b", "aud": "signet", "exp": NOW + 60, "iat": NOW});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        verify(&key.token(&json!({"alg": "ES256", "kid": "1"}), &claims), &set(&[&key]), expected)
    };
    assert_eq!(look(json!({})).unwrap().audience, "signet");
    assert_eq!(look(json!({"aud": ["other", "https://ca.example.org"]})).unwrap().audience, audiences[0]);
    for (change, claim) in [
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": null}), "aud"),
        (json!({"iss": "https://other"}), "iss"),
        (json!({"exp": NOW - 61}), "exp"),
        (json!({"nbf": NOW + 120}), "nbf"),
        (json!({"sub": ""}), "sub"),
    ] {
        let refusal = look(change).unwrap_err();
        assert!(matches!(refusal, InvalidIdToken::Claim { claim: found, .. } if found == claim), "{claim}: {refusal}");
    }
    let token = key.token(&json!({"alg": "ES256"}), &json!({"iss": "https://login.example.org"}));
    assert_eq!(claimed_issuer(&token).as_deref(), Some("https://login.example.org"));
    assert_eq!((claimed_issuer("a.b"), claimed_issuer("a.b.c.d"), claimed_issuer("..")), (None, None, None));
}
