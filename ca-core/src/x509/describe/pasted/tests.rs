#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::openssl::OpenSsl;

/// A self-signed certificate that OpenSSL makes.
fn certificate_with(key: &str, subject: &str, extensions: &[&str]) -> String {
    let mut arguments = vec!["req", "-x509", "-nodes", "-days", "10", "-keyout", "key.pem", "-subj", subject];
    arguments.extend(key.split(' '));
    for extension in extensions {
        arguments.extend(["-addext", extension]);
    }
    String::from_utf8(OpenSsl::new().run_with(&arguments, b"")).unwrap()
}

const P256: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";

fn one(text: &str) -> CertificateDescription {
    match pasted(text).unwrap().as_slice() {
        [Item::Certificate(found)] => (**found).clone(),
        other => panic!("{other:?}"),
    }
}

fn values<'a>(found: &'a CertificateDescription, oid: &str) -> &'a [String] {
    &found.extensions.iter().find(|extension| extension.oid == oid).unwrap().values
}

#[test]
fn a_certificate_is_told_in_words() {
    let pem = certificate_with(
        P256,
        "/O=Example/CN=web-1.example.org",
        &[
            "subjectAltName=DNS:web-1.example.org,IP:192.0.2.1,IP:2001:db8::1,email:ann@example.org,URI:spiffe://a/b",
            "keyUsage=critical,digitalSignature,keyEncipherment",
            "extendedKeyUsage=serverAuth,1.2.3.4",
            "crlDistributionPoints=URI:http://ca.example.org/a.crl",
            "authorityInfoAccess=OCSP;URI:http://ocsp.example.org,caIssuers;URI:http://ca.example.org/a.cer",
            "nameConstraints=critical,permitted;DNS:example.org,excluded;IP:10.0.0.0/255.0.0.0",
            "certificatePolicies=1.2.3.4.5,2.23.140.1.2.1",
            "tlsfeature=status_request",
            "1.2.3.4.5.6=ASN1:UTF8String:hello",
        ],
    );
    let found = one(&pem);
    assert_eq!((found.version, found.self_issued, found.is_authority), (3, true, true), "OpenSSL's default is a CA");
    assert_eq!(found.subject_text, "CN=web-1.example.org,O=Example");
    let subject: Vec<_> = found.subject.iter().map(|a| (a.label.as_str(), a.value.as_str())).collect();
    assert_eq!(subject, [("organization", "Example"), ("common name", "web-1.example.org")]);
    assert_eq!(found.key.algorithm, "ECDSA P-256");
    assert_eq!(found.key.weakness, None);
    assert_eq!(found.signature.algorithm, "ECDSA with SHA-256");
    assert_eq!(
        found.names(),
        ["DNS web-1.example.org", "IP 192.0.2.1", "IP 2001:db8::1", "e-mail ann@example.org", "URI spiffe://a/b"]
    );
    assert_eq!(found.title(), "web-1.example.org");
    assert!(values(&found, "2.5.29.15")[0].starts_with("digital signature"));
    assert_eq!(values(&found, "2.5.29.37"), ["TLS server (serverAuth)", "1.2.3.4"]);
    assert_eq!(values(&found, "2.5.29.31"), ["URI http://ca.example.org/a.crl"]);
    assert_eq!(values(&found, "1.3.6.1.5.5.7.1.1")[0], "OCSP responder: URI http://ocsp.example.org");
    assert_eq!(values(&found, "2.5.29.30"), ["only DNS example.org", "never IP 10.0.0.0/8"]);
    assert_eq!(values(&found, "2.5.29.32"), ["1.2.3.4.5", "domain validated (CA/Browser Forum)"]);
    assert_eq!(values(&found, "1.3.6.1.5.5.7.1.24"), ["OCSP stapling (must-staple)"]);
    assert_eq!(values(&found, "1.2.3.4.5.6"), ["0c:05:68:65:6c:6c:6f"]);
    let critical: Vec<_> = found.extensions.iter().filter(|e| e.critical).map(|e| e.oid.as_str()).collect();
    assert!(critical.contains(&"2.5.29.15") && critical.contains(&"2.5.29.30"));
    assert_eq!(found.to_pem().trim(), pem.trim());
    let text = found.to_text();
    assert!(text.contains("Subject alternative name (2.5.29.17)") && text.contains("DNS web-1.example.org"), "{text}");
}

#[test]
fn keys_and_signatures_that_nobody_should_use_are_named() {
    let short = one(&certificate_with("-newkey rsa:1024 -sha1", "/CN=old", &[]));
    assert_eq!(short.key.algorithm, "RSA, 1024 bits");
    assert!(short.key.weakness.unwrap().contains("fewer than 2048"));
    assert!(short.signature.weakness.unwrap().contains("SHA-1 is broken"));
    let foreign = one(&certificate_with("-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", "/CN=coin", &[]));
    assert!(foreign.key.algorithm.contains("elliptic curve"), "{}", foreign.key.algorithm);
    assert!(foreign.key.weakness.is_some());
    let unknown = one(&certificate_with("-newkey ed448", "/CN=goldilocks", &[]));
    assert!(unknown.key.algorithm.contains("1.3.101.113"));
}

#[test]
fn a_script_in_a_subject_is_text_and_what_misleads_is_shown() {
    let found =
        one(&certificate_with(P256, "/O=<script>alert(1)<\\/script>/CN=a\u{202e}b", &["subjectAltName=DNS:a.b"]));
    assert_eq!(found.subject[0].value, "<script>alert(1)</script>");
    assert!(!found.to_text().contains('\u{202e}'));
}

#[test]
fn a_request_is_told_with_what_stands_against_it() {
    let ssl = OpenSsl::new();
    let arguments =
        "req -new -nodes -keyout key.pem -subj /CN=web -addext subjectAltName=DNS:web.example.org,DNS:ok.org -newkey";
    let strong = String::from_utf8(ssl.run(&format!("{arguments} rsa:2048"))).unwrap();
    let items = pasted(&format!("Please sign:\n\n{strong}\n-- \nAnn")).unwrap();
    let [Item::Request(found)] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(found.names(), ["DNS web.example.org", "DNS ok.org"]);
    assert_eq!((found.refusal.as_deref(), found.subject_text.as_str()), (None, "CN=web"));
    assert_eq!(found.to_pem().trim(), strong.trim());
    let weak = String::from_utf8(ssl.run(&format!("{arguments} rsa:1024"))).unwrap();
    let items = pasted(&weak).unwrap();
    let [Item::Request(found)] = items.as_slice() else { panic!("{items:?}") };
    assert!(found.refusal.as_deref().unwrap().contains("fewer than 2048"));
    let mut forged = found.der.clone();
    *forged.last_mut().unwrap() ^= 1;
    let text = base64::prelude::BASE64_STANDARD.encode(forged);
    let items = pasted(&text).unwrap();
    assert!(matches!(items.as_slice(), [Item::Request(found)] if found.refusal.is_some()));
}

#[test]
fn any_dress_is_read() {
    let pem = certificate_with(P256, "/CN=a.example.org", &[]);
    let found = one(&pem);
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let hex: String = found.der.iter().map(|octet| format!("{octet:02X}:")).collect();
    for text in [
        bare.clone(),
        bare.trim_end_matches('=').to_owned(),
        hex,
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\n  "),
        format!("subject=CN = a\nissuer=CN = a\n{pem}"),
        pem.replace(" CERTIFICATE", " X509 CERTIFICATE"),
        pem.replacen('\n', "\nProc-Type: none\n\n", 1),
    ] {
        assert_eq!(one(&text).der, found.der, "{text}");
    }
    assert_eq!(pasted(&format!("{pem}{pem}")).unwrap().len(), 2);
    let bundle = certs_only::write_pem(&[crate::x509::Certificate::from_der(&found.der).unwrap()]);
    assert_eq!(one(&bundle).der, found.der);
}

#[test]
fn what_is_nothing_of_that_kind_is_refused_with_what_to_do() {
    let pem = certificate_with(P256, "/CN=a.example.org", &[]);
    let private = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----";
    let refusal = |text: &str| pasted(text).unwrap_err();
    assert_eq!(refusal(" \n"), Unreadable::Empty);
    assert_eq!(refusal(&"A".repeat(LARGEST_TEXT + 1)), Unreadable::TooLarge(LARGEST_TEXT + 1));
    assert_eq!(refusal(&format!("{pem}{private}")), Unreadable::PrivateKey);
    assert_eq!(refusal("hello, is this a certificate?"), Unreadable::NotText);
    assert!(matches!(refusal("aGVsbG8gd29ybGQ="), Unreadable::Malformed { .. }));
    assert!(matches!(refusal(&pem.replace("-----END", "")), Unreadable::Unfinished(_)));
    assert!(matches!(refusal(&pem.replace("MII", "M*I")), Unreadable::Malformed { .. } | Unreadable::NotText));
    assert_eq!(
        refusal("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----"),
        Unreadable::OtherLabel("X509 CRL".into())
    );
    assert_eq!(refusal(&pem.repeat(MOST_ITEMS + 1)), Unreadable::TooMany);
}

proptest::proptest! {
    /// Whatever is pasted is read or refused.
    #[test]
    fn nothing_panics(text in ".{0,200}", octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        drop(pasted(&text));
        drop(certificate(&octets));
        drop(request(&octets));
        drop(certs_only::read(&octets));
        drop(pasted(&base64::prelude::BASE64_STANDARD.encode(&octets)));
    }
}

/// Every octet of a certificate changed once: read or refused, never a panic.
#[test]
fn a_damaged_certificate_is_no_panic() {
    let found = one(&certificate_with(P256, "/CN=a", &["subjectAltName=DNS:a.b,IP:192.0.2.1", "keyUsage=keyCertSign"]));
    for place in 0..found.der.len() {
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut der = found.der.clone();
            der[place] ^= change;
            drop(certificate(&der).map(|found| (found.title(), found.to_text())));
        }
    }
}
