//! The two halves of a challenge fit: what `probe` asks for, performed against a client's real proof, is what `judge` accepts.

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ca_core::acme::Thumbprint;
use ca_core::acme::challenge::{ALPN_PROTOCOL, ChallengeType, judge, key_authorization, probe};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::version::TLS13;

use super::dns_server::Reply;
use super::http_server::{HttpServer, ok};
use super::tls_server::{acceptor, start};
use super::*;

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

fn thumbprint() -> Thumbprint {
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".parse().unwrap()
}

fn authorization() -> String {
    key_authorization(TOKEN, &thumbprint())
}

/// Probes for this account, and judges for it and for another one, which must be refused.
async fn judged(validator: &Validator, challenge: ChallengeType, identifier: Identifier) {
    let outcome = validator.perform(&probe(challenge, &identifier, TOKEN)).await;
    let verdict = judge(challenge, &identifier, TOKEN, &thumbprint(), &outcome);
    assert!(verdict.is_ok(), "{verdict:?} for {outcome:?}");
    let other: Thumbprint = "AAAAsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".parse().unwrap();
    assert!(judge(challenge, &identifier, TOKEN, &other, &outcome).is_err());
}

#[tokio::test]
async fn http_01() {
    let server = HttpServer::start(ip("127.0.0.1"), |head| {
        assert!(head.starts_with(&format!("GET /.well-known/acme-challenge/{TOKEN} ")), "{head}");
        ok(&authorization())
    })
    .await;
    let names = DnsServer::with_address("www.test", server.address.ip()).await;
    let validator = validator(Some(&names), server.address.port(), Some(THIS_MACHINE));
    judged(&validator, ChallengeType::Http01, dns("www.test")).await;
    judged(&validator, ChallengeType::Http01, Identifier::Ip(server.address.ip())).await;
}

#[tokio::test]
async fn dns_01() {
    let proof = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, authorization().as_bytes()));
    let names = DnsServer::start(move |name, _, _| match name {
        "_acme-challenge.www.test" => {
            Reply::Texts(vec![vec![b"another order's".to_vec()], vec![proof.clone().into_bytes()]])
        }
        _ => Reply::Empty,
    })
    .await;
    let validator = validator(Some(&names), 80, None);
    judged(&validator, ChallengeType::Dns01, dns("www.test")).await;
    judged(&validator, ChallengeType::Dns01, dns("*.www.test")).await;
}

#[tokio::test]
async fn tls_alpn_01() {
    for identifier in [dns("www.test"), Identifier::Ip(ip("127.0.0.1"))] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![identifier.value()]).unwrap();
        let proof = digest(&SHA256, authorization().as_bytes());
        params.custom_extensions.push(CustomExtension::new_acme_identifier(proof.as_ref()));
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let (address, _) = start(acceptor(certificate, &key, &[ALPN_PROTOCOL], &[&TLS13])).await;
        let names = DnsServer::with_address("www.test", address.ip()).await;
        let validator = validator(Some(&names), address.port(), Some(THIS_MACHINE));
        judged(&validator, ChallengeType::TlsAlpn01, identifier).await;
    }
}
