//! What the authentication of one ACME request costs: reading the JWS, and reading and verifying it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature as lc;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ca_core::acme::ParsedJws;
use ca_core::x509::{KeyAlgorithm, SubjectPublicKeyInfo};
use criterion::{Criterion, criterion_group, criterion_main};

/// A request for a new order of three names, as an account signs it.
fn request(alg: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let nonce = URL_SAFE_NO_PAD.encode([7; 32]);
    let account = "https://ca.example.org:8443/acme/acme/account/01980000-0000-7000-8000-000000000000";
    let url = "https://ca.example.org:8443/acme/acme/new-order";
    let header = format!(r#"{{"alg":"{alg}","kid":"{account}","nonce":"{nonce}","url":"{url}"}}"#);
    let name = |host: &str| format!(r#"{{"type":"dns","value":"{host}.example.org"}}"#);
    let payload = format!(r#"{{"identifiers":[{},{},{}]}}"#, name("www"), name("api"), name("*.apps"));
    let (protected, payload) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(format!("{protected}.{payload}").as_bytes()));
    format!(r#"{{"protected":"{protected}","payload":"{payload}","signature":"{signature}"}}"#).into_bytes()
}

fn ecdsa() -> (Vec<u8>, SubjectPublicKeyInfo) {
    let pair = lc::EcdsaKeyPair::generate(&lc::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let key = SubjectPublicKeyInfo::from_point(KeyAlgorithm::EcdsaP256, pair.public_key().as_ref()).unwrap();
    (request("ES256", |message| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()), key)
}

fn ed25519() -> (Vec<u8>, SubjectPublicKeyInfo) {
    let pair = lc::Ed25519KeyPair::generate().unwrap();
    let key = SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, pair.public_key().as_ref()).unwrap();
    (request("EdDSA", |message| pair.sign(message).as_ref().to_vec()), key)
}

fn rsa() -> (Vec<u8>, SubjectPublicKeyInfo) {
    let pair = lc::RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let numbers = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let key = SubjectPublicKeyInfo::from_rsa(&numbers.n, &numbers.e).unwrap();
    let sign = |message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&lc::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    };
    (request("RS256", sign), key)
}

fn jws(c: &mut Criterion) {
    let mut group = c.benchmark_group("jws");
    for (name, (body, key)) in [("es256", ecdsa()), ("eddsa", ed25519()), ("rs256", rsa())] {
        group.bench_function(format!("read/{name}"), |b| b.iter(|| ParsedJws::parse(&body).unwrap()));
        group.bench_function(format!("verify/{name}"), |b| {
            b.iter(|| ParsedJws::parse(&body).unwrap().verify(&key).unwrap())
        });
    }
    group.finish();
}

criterion_group!(benches, jws);
criterion_main!(benches);
