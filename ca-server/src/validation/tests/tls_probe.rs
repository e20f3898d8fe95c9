use ca_core::acme::challenge::ALPN_PROTOCOL;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::http_server::{HttpServer, ok, pause};
use super::tls_server::{acceptor, self_signed, start, with_key};
use super::*;

async fn handshake(address: SocketAddr, host: Identifier) -> Outcome {
    let names = DnsServer::with_address("www.test", address.ip()).await;
    validator(Some(&names), address.port(), Some(THIS_MACHINE)).perform(&Probe::TlsAlpn { host }).await
}

#[tokio::test]
async fn certificate_and_protocol_are_reported_for_every_key_and_version() {
    let keys =
        [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519, &rcgen::PKCS_RSA_SHA256];
    for key in keys {
        for version in [&TLS12, &TLS13] {
            let (acceptor, certificate) = with_key(&["www.test"], &[ALPN_PROTOCOL], key, &[version]);
            let (address, mut seen) = start(acceptor).await;
            let expected = Outcome::TlsAlpn {
                address,
                protocol: Some(ALPN_PROTOCOL.to_vec()),
                certificate: Some(certificate.to_vec()),
            };
            assert_eq!(handshake(address, dns("www.test")).await, expected, "{key:?} {version:?}");
            assert_eq!(seen.recv().await.unwrap().as_deref(), Some("www.test"));
        }
    }
}

#[tokio::test]
async fn an_address_is_named_by_its_reverse_mapping_name() {
    let (acceptor, _) = self_signed(&["127.0.0.1"], &[ALPN_PROTOCOL]);
    let (address, mut seen) = start(acceptor).await;
    let outcome = handshake(address, Identifier::Ip(address.ip())).await;
    assert!(matches!(outcome, Outcome::TlsAlpn { .. }), "{outcome:?}");
    assert_eq!(seen.recv().await.unwrap().as_deref(), Some("1.0.0.127.in-addr.arpa"));
}

#[tokio::test]
async fn a_server_without_alpn_negotiates_nothing() {
    let (acceptor, certificate) = self_signed(&["www.test"], &[]);
    let (address, _) = start(acceptor).await;
    let expected = Outcome::TlsAlpn { address, protocol: None, certificate: Some(certificate.to_vec()) };
    assert_eq!(handshake(address, dns("www.test")).await, expected);
}

#[tokio::test]
async fn a_server_that_speaks_only_http_by_alpn_is_a_tls_failure() {
    let (acceptor, _) = self_signed(&["www.test"], &[b"h2", b"http/1.1"]);
    let (address, _) = start(acceptor).await;
    assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Tls, Some(address)));
}

/// A certificate is public: showing somebody else's must not count.
#[tokio::test]
async fn a_server_without_the_certificate_s_key_is_a_tls_failure() {
    for version in [&TLS12, &TLS13] {
        let (_, foreign) = self_signed(&["www.test"], &[]);
        let own = rcgen::KeyPair::generate().unwrap();
        let (address, _) = start(acceptor(foreign, &own, &[ALPN_PROTOCOL], &[version])).await;
        assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Tls, Some(address)));
    }
}

#[tokio::test]
async fn a_certificate_that_is_no_certificate_is_a_tls_failure() {
    let key = rcgen::KeyPair::generate().unwrap();
    let garbage = rustls_pki_types::CertificateDer::from(vec![0x30, 0x03, 0x02, 0x01, 0x05]);
    let (address, _) = start(acceptor(garbage, &key, &[ALPN_PROTOCOL], &[&TLS13])).await;
    assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Tls, Some(address)));
}

#[tokio::test]
async fn what_is_not_tls_is_a_tls_failure() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("x")).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"220 mail.test ESMTP\r\n").await;
        }
    });
    assert_eq!(failed(&handshake(plain, dns("www.test")).await), (ProbeFailure::Tls, Some(plain)));
    let outcome = handshake(server.address, dns("www.test")).await;
    assert!(matches!(failed(&outcome).0, ProbeFailure::Tls | ProbeFailure::Timeout), "{outcome:?}");
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Timeout, Some(address)));
}

#[tokio::test]
async fn a_closed_port_is_a_connection_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Connection, Some(address)));
}

#[tokio::test]
async fn the_guard_stands_before_the_handshake() {
    let (acceptor, _) = self_signed(&["www.test"], &[ALPN_PROTOCOL]);
    let (address, mut seen) = start(acceptor).await;
    let names = DnsServer::with_address("www.test", address.ip()).await;
    let validator = validator(Some(&names), address.port(), None);
    for host in [dns("www.test"), Identifier::Ip(address.ip()), Identifier::Ip(ip("::ffff:127.0.0.1"))] {
        let outcome = validator.perform(&Probe::TlsAlpn { host }).await;
        assert_eq!(failed(&outcome), (ProbeFailure::NotPermitted, Some(address)));
    }
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn tls_1_1_is_not_spoken() {
    // A ServerHello of TLS 1.1, as an old appliance answers.
    let hello = [&[22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[0; 32], &[0, 0x00, 0x2f, 0]].concat();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(&hello).await;
            pause(Duration::from_secs(5)).await;
        }
    });
    assert_eq!(failed(&handshake(address, dns("www.test")).await), (ProbeFailure::Tls, Some(address)));
}
