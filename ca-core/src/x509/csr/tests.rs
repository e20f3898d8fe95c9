#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::net::IpAddr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use proptest::prelude::*;

use super::*;
use crate::openssl::OpenSsl;
use crate::raw_der::{sequence, tlv};
use crate::x509::KeyAlgorithm;

use InvalidCertificationRequest as Invalid;

fn dns(name: &str) -> GeneralName {
    GeneralName::Dns(name.to_owned())
}

/// A request by rcgen for this commonName and subject alternative name.
fn by_rcgen(common_name: &str, name: rcgen::SanType) -> Result<CertificationRequest, Invalid> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, common_name);
    parameters.subject_alt_names = vec![name];
    let key = rcgen::KeyPair::generate().unwrap();
    CertificationRequest::from_der(parameters.serialize_request(&key).unwrap().der())
}

#[test]
fn no_text_has_a_nul_in_it() {
    let san = |text: &str| rcgen::SanType::DnsName(text.try_into().unwrap());
    let refusal = by_rcgen("www.example.org\0.example.com", san("www.example.org")).unwrap_err();
    assert!(matches!(&refusal, Invalid::ControlCharacter(_)), "{refusal}");
    assert!(refusal.to_string().contains("www.example.org\\0.example.com"), "{refusal}");
    assert!(by_rcgen("www.example.org", san("www.example.org")).is_ok());
    for name in [
        san("www.example.org\0"),
        rcgen::SanType::URI("https://example.org/\0".try_into().unwrap()),
        rcgen::SanType::Rfc822Name("ann\0@example.org".try_into().unwrap()),
    ] {
        assert!(matches!(by_rcgen("Ann", name).unwrap_err(), Invalid::InvalidName(_)));
    }
}

// ---- requests that OpenSSL makes

/// A PEM request with these subject alternative names.
fn by_openssl(key: &str, subject: &str, names: &str) -> String {
    let san = format!("subjectAltName={names}");
    let mut arguments = vec!["req", "-new", "-nodes", "-keyout", "key.pem", "-subj", subject];
    arguments.extend(key.split(' '));
    if !names.is_empty() {
        arguments.extend(["-addext", &san]);
    }
    String::from_utf8(OpenSsl::new().run_with(&arguments, b"")).unwrap()
}

#[test]
fn every_key_type_of_openssl_is_read() {
    let types = [
        ("-newkey rsa:2048", KeyAlgorithm::Rsa { modulus_bits: 2048 }),
        ("-newkey rsa:3072 -sha384", KeyAlgorithm::Rsa { modulus_bits: 3072 }),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-256", KeyAlgorithm::EcdsaP256),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha512", KeyAlgorithm::EcdsaP256),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384", KeyAlgorithm::EcdsaP384),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-521 -sha512", KeyAlgorithm::EcdsaP521),
        ("-newkey ed25519", KeyAlgorithm::Ed25519),
    ];
    for (key, algorithm) in types {
        let pem = by_openssl(key, "/O=Example/CN=www.example.org", "DNS:api.example.org,IP:192.0.2.7,IP:2001:db8::7");
        let request = CertificationRequest::from_pem(&pem).unwrap();
        assert_eq!(request.public_key().algorithm(), algorithm);
        assert_eq!(request.subject().to_string(), "CN=www.example.org,O=Example");
        let (v4, v6): (IpAddr, IpAddr) = ("192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap());
        let names = [dns("api.example.org"), GeneralName::Ip(v4), GeneralName::Ip(v6)];
        assert_eq!(request.subject_alternative_names(), names);
        assert_eq!(request.names(), [&names[..1], &[dns("www.example.org")], &names[1..]].concat());
    }
}

#[test]
fn all_that_openssl_requests_is_data() {
    let openssl = OpenSsl::new();
    openssl.write(
        "req.cnf",
        b"[req]\nprompt=no\ndistinguished_name=dn\nattributes=attributes\nreq_extensions=extensions\n\
          [dn]\nCN=Example Service\n[attributes]\nchallengePassword=secret-word\nunstructuredName=x\n\
          [extensions]\nsubjectAltName=DNS:b.example.org,DNS:A.example.org,DNS:B.EXAMPLE.org,email:Ann@Example.org,URI:spiffe://example.org/a\n\
          keyUsage=critical,digitalSignature,keyCertSign,decipherOnly\nextendedKeyUsage=serverAuth,1.2.3.4\n\
          basicConstraints=critical,CA:TRUE,pathlen:3\ntlsfeature=status_request\n",
    );
    let pem = openssl.run("req -new -config req.cnf -newkey ed25519 -nodes -keyout key.pem -text");
    let request = CertificationRequest::from_pem(std::str::from_utf8(&pem).unwrap()).unwrap();
    let names = [
        dns("a.example.org"),
        dns("b.example.org"),
        GeneralName::Uri("spiffe://example.org/a".into()),
        GeneralName::Email("Ann@example.org".into()),
    ];
    assert_eq!(request.subject_alternative_names(), names);
    assert_eq!(request.common_names(), ["Example Service"]);
    assert_eq!(request.names(), names, "a common name that is no host name is not a name");
    let requested = request.requested();
    let usages = ["digitalSignature", "keyCertSign", "decipherOnly"];
    assert_eq!(requested.key_usage.as_deref(), Some(usages.as_slice()));
    let purposes: Vec<_> = requested.extended_key_usage.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(purposes, ["1.3.6.1.5.5.7.3.1", "1.2.3.4"]);
    assert_eq!(requested.basic_constraints, Some(RequestedBasicConstraints { ca: true, path_len: Some(3) }));
    assert_eq!(requested.others, [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24")]);
    assert!(!format!("{request:?}").contains("secret"), "the challenge password is not kept");
}

#[test]
fn a_request_without_extensions_names_its_common_names() {
    let common_names = |subject| {
        let pem = by_openssl("-newkey ed25519", subject, "");
        CertificationRequest::from_pem(&pem).unwrap().names()
    };
    assert_eq!(common_names("/CN=WWW.Example.org/CN=a.example.org"), [dns("a.example.org"), dns("www.example.org")]);
    assert_eq!(common_names("/CN=192.0.2.1"), [GeneralName::Ip("192.0.2.1".parse().unwrap())]);
    assert_eq!(common_names("/CN=*.example.org"), [dns("*.example.org")]);
    assert_eq!(common_names("/CN=Ann Example"), []);
    assert_eq!(common_names("/"), []);
}

#[test]
fn pem_of_any_dress_is_read() {
    let pem = by_openssl("-newkey ed25519", "/CN=a.example.org", "");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let narrow =
        body.as_bytes().chunks(40).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n");
    let armoured =
        |body: &str| format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    for text in [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        pem.trim_end().to_owned(),
        format!("{pem}\n \n"),
        format!("Some text before\n{pem}"),
        pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        armoured(&narrow),
        armoured(&body),
    ] {
        assert!(CertificationRequest::from_pem(&text).is_ok(), "{text}");
    }
}

#[test]
fn what_is_no_pem_request_is_refused() {
    let pem = by_openssl("-newkey ed25519", "/CN=a.example.org", "");
    for text in ["", "garbage", &pem.replace("-----END", "----"), &pem.replace('M', "!"), &format!("{pem}{pem}")] {
        assert!(matches!(CertificationRequest::from_pem(text), Err(Invalid::Pem(_))), "{text}");
    }
    let label = pem.replace("CERTIFICATE REQUEST", "CERTIFICATE");
    assert!(matches!(CertificationRequest::from_pem(&label), Err(Invalid::PemLabel(_))));
    let long = "x".repeat(2 * MAX_SIZE + 1);
    assert!(matches!(CertificationRequest::from_pem(&long), Err(Invalid::TooLarge(_))));
}

#[test]
fn keys_and_algorithms_that_are_not_accepted_are_named() {
    let refusal = |key, names| CertificationRequest::from_pem(&by_openssl(key, "/CN=a", names)).unwrap_err();
    assert!(matches!(refusal("-newkey rsa:1024", ""), Invalid::WeakKey(WeakKey::ModulusTooShort(1024))));
    assert!(matches!(
        refusal("-newkey rsa:2048 -pkeyopt rsa_keygen_pubexp:3", ""),
        Invalid::WeakKey(WeakKey::ExponentTooSmall)
    ));
    assert!(matches!(refusal("-newkey rsa:2048 -sha1", ""), Invalid::UnsupportedSignatureAlgorithm(_)));
    assert!(matches!(
        refusal("-newkey rsa:2048 -sigopt rsa_padding_mode:pss", ""),
        Invalid::UnsupportedSignatureAlgorithm(_)
    ));
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1";
    assert!(matches!(refusal(curve, ""), Invalid::PublicKey(InvalidPublicKey::UnsupportedAlgorithm(_))));
    let explicit = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit";
    assert!(matches!(refusal(explicit, ""), Invalid::PublicKey(InvalidPublicKey::Malformed(_))));
    assert!(matches!(refusal("-newkey ed448", ""), Invalid::PublicKey(InvalidPublicKey::UnsupportedAlgorithm(_))));
}

#[test]
fn names_of_other_kinds_and_wrong_names_are_named() {
    let refusal = |names| CertificationRequest::from_pem(&by_openssl("-newkey ed25519", "/CN=a", names)).unwrap_err();
    let unsupported = |names, kind: &str| matches!(refusal(names), Invalid::UnsupportedName(found) if found == kind);
    assert!(unsupported("RID:1.2.3.4", "registeredID"));
    assert!(unsupported("otherName:1.2.3.4;UTF8:x", "otherName"));
    for wrong in
        ["DNS:a_b.example.org", "DNS:192.0.2.1", "DNS:w*.example.org", "DNS:example.org.", "email:ann", "URI:none"]
    {
        assert!(matches!(refusal(wrong), Invalid::InvalidName(_)), "{wrong}");
    }
}

// ---- requests that nobody should make

const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const EXTENSION_REQUEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e";
const SUBJECT_ALT_NAME: &[u8] = b"\x06\x03\x55\x1d\x11";
const VERSION: &[u8] = b"\x02\x01\x00";
const EMPTY_NAME: &[u8] = b"\x30\x00";

/// Signs whatever it is given with a key of its own.
struct Requester(EcdsaKeyPair);

impl Requester {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn public_key(&self) -> Vec<u8> {
        SubjectPublicKeyInfo::from_point(KeyAlgorithm::EcdsaP256, self.0.public_key().as_ref())
            .unwrap()
            .as_der()
            .to_vec()
    }

    fn sign(&self, info: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), info).unwrap();
        sequence(&[info, ECDSA_SHA256, &tlv(0x03, &[&[0], signature.as_ref()].concat())])
    }

    fn with_attributes(&self, attributes: &[u8]) -> Result<CertificationRequest, Invalid> {
        let info = sequence(&[VERSION, EMPTY_NAME, &self.public_key(), &tlv(0xa0, attributes)]);
        CertificationRequest::from_der(&self.sign(&info))
    }

    fn with_extensions(&self, extensions: &[u8]) -> Result<CertificationRequest, Invalid> {
        self.with_attributes(&extension_request(&sequence(&[extensions])))
    }

    fn with_names(&self, names: &[u8]) -> Result<CertificationRequest, Invalid> {
        self.with_extensions(&extension(SUBJECT_ALT_NAME, &sequence(&[names])))
    }
}

fn extension_request(values: &[u8]) -> Vec<u8> {
    sequence(&[EXTENSION_REQUEST, &tlv(0x31, values)])
}

fn extension(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[kind, &tlv(0x04, value)])
}

#[test]
fn the_plain_request_is_fine() {
    let requester = Requester::new();
    assert_eq!(requester.with_attributes(b"").unwrap().names(), []);
    assert_eq!(requester.with_names(b"\x82\x01a").unwrap().names(), [dns("a")]);
    // Written out though it is the default, as some requesters do.
    let explicit = sequence(&[SUBJECT_ALT_NAME, b"\x01\x01\x00", &tlv(0x04, b"\x30\x03\x82\x01a")]);
    assert_eq!(requester.with_extensions(&explicit).unwrap().names(), [dns("a")]);
}

#[test]
fn attributes_in_any_order_are_read() {
    let names = extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01a")]));
    let password = sequence(&[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07", &tlv(0x31, b"\x0c\x01x")]);
    for attributes in [[names.clone(), password.clone()], [password, names]] {
        assert_eq!(Requester::new().with_attributes(&attributes.concat()).unwrap().names(), [dns("a")]);
    }
}

#[test]
fn the_microsoft_attribute_means_the_same() {
    let kind = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e";
    let names = sequence(&[&extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01a")]);
    let attribute = sequence(&[kind, &tlv(0x31, &names)]);
    assert_eq!(Requester::new().with_attributes(&attribute).unwrap().names(), [dns("a")]);
    let twice = [attribute, extension_request(&names)].concat();
    assert!(matches!(Requester::new().with_attributes(&twice), Err(Invalid::RepeatedExtensionRequest)));
}

#[test]
fn nothing_is_requested_twice() {
    let requester = Requester::new();
    let one = extension_request(b"\x30\x00");
    let twice = requester.with_attributes(&[one.clone(), one].concat());
    assert!(matches!(twice, Err(Invalid::RepeatedExtensionRequest)));
    let two_values = requester.with_attributes(&extension_request(b"\x30\x00\x30\x00"));
    assert!(matches!(two_values, Err(Invalid::RepeatedExtensionRequest)));
    let san = extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01a");
    let repeated = requester.with_extensions(&[san.clone(), san].concat());
    assert!(
        matches!(repeated, Err(Invalid::RepeatedExtension(oid)) if oid == const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME)
    );
}

#[test]
fn malformed_attributes_are_garbage() {
    let requester = Requester::new();
    for attributes in [
        b"\x05\x00".to_vec(),
        b"\x30\x00".to_vec(),
        sequence(&[EXTENSION_REQUEST]),
        sequence(&[EXTENSION_REQUEST, b"\x30\x00"]),
        extension_request(b""),
        extension_request(b"\x05\x00"),
        extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"")])),
        extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"\x31\x03\x82\x01a")])),
        extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01a\x00")])),
        extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01\xff")])),
        extension_request(&sequence(&[&extension(b"\x06\x03\x55\x1d\x0f", b"\x04\x00")])),
        extension_request(&sequence(&[&extension(b"\x06\x03\x55\x1d\x25", b"\x04\x00")])),
        extension_request(&sequence(&[&extension(b"\x06\x03\x55\x1d\x13", b"\x04\x00")])),
    ] {
        assert!(matches!(requester.with_attributes(&attributes), Err(Invalid::Garbage(_))), "{attributes:02x?}");
    }
}

#[test]
fn names_are_checked_octet_by_octet() {
    let requester = Requester::new();
    let unsupported = |names: &[u8], kind: &str| matches!(requester.with_names(names), Err(Invalid::UnsupportedName(found)) if found == kind);
    assert!(unsupported(b"\xa3\x00", "x400Address"));
    assert!(unsupported(b"\xa4\x02\x30\x00", "directoryName"));
    assert!(unsupported(b"\xa5\x00", "ediPartyName"));
    assert!(unsupported(b"\xa2\x01a", "dNSName"), "constructed where it is primitive");
    assert!(requester.with_names(b"\x89\x00").is_err());
    assert!(requester.with_names(b"\x05\x00").is_err());
    for length in [0, 3, 5, 8, 15, 17, 32] {
        let address = tlv(0x87, &vec![1; length]);
        assert!(matches!(requester.with_names(&address), Err(Invalid::InvalidAddress(found)) if found == length));
    }
    for name in [b"\x82\x00".as_slice(), b"\x82\x03a\x00b", b"\x82\x01*", b"\x81\x00", b"\x86\x00"] {
        assert!(matches!(requester.with_names(name), Err(Invalid::InvalidName(_))), "{name:02x?}");
    }
}

#[test]
fn the_envelope_is_strict() {
    let requester = Requester::new();
    let key = requester.public_key();
    let refusal = |info: &[u8]| CertificationRequest::from_der(&requester.sign(info)).unwrap_err();
    let info = |version, rest: &[u8]| sequence(&[version, EMPTY_NAME, &key, rest]);
    assert!(matches!(refusal(&info(b"\x02\x01\x01", b"\xa0\x00")), Invalid::UnsupportedVersion(1)));
    for malformed in [
        info(b"\x02\x01\xff", b"\xa0\x00"),
        info(b"\x02\x02\x00\x00", b"\xa0\x00"),
        info(VERSION, b""),
        info(VERSION, b"\xa1\x00"),
        info(VERSION, b"\x31\x00"),
        info(VERSION, b"\xa0\x00\xa0\x00"),
        info(VERSION, b"\xa0\x80\x00\x00"),
        sequence(&[VERSION, b"\x31\x00", &key, b"\xa0\x00"]),
        sequence(&[VERSION, EMPTY_NAME, b"\xa0\x00"]),
    ] {
        assert!(matches!(refusal(&malformed), Invalid::Garbage(_) | Invalid::PublicKey(_)), "{malformed:02x?}");
    }
    let good = requester.sign(&info(VERSION, b"\xa0\x00"));
    assert!(CertificationRequest::from_der(&good).is_ok());
    let trailing = [good.as_slice(), &[0]].concat();
    assert!(matches!(CertificationRequest::from_der(&trailing), Err(Invalid::Garbage(_))));
    let large = vec![0x30; MAX_SIZE + 1];
    assert!(matches!(CertificationRequest::from_der(&large), Err(Invalid::TooLarge(_))));
}

#[test]
fn only_the_key_itself_can_ask() {
    let (requester, thief) = (Requester::new(), Requester::new());
    let info = sequence(&[VERSION, EMPTY_NAME, &requester.public_key(), b"\xa0\x00"]);
    let stolen = CertificationRequest::from_der(&thief.sign(&info));
    assert!(matches!(stolen, Err(Invalid::BadSignature(InvalidSignature::Mismatch))));
    // The algorithm of another type of key.
    let ed25519 = sequence(&[&info, b"\x30\x05\x06\x03\x2b\x65\x70", &tlv(0x03, &[0; 65])]);
    let mismatch = CertificationRequest::from_der(&ed25519);
    assert!(matches!(mismatch, Err(Invalid::BadSignature(InvalidSignature::KeyMismatch { .. }))));
}

#[test]
fn no_bit_can_be_changed() {
    let requester = Requester::new();
    let names = extension_request(&sequence(&[&extension(SUBJECT_ALT_NAME, b"\x30\x03\x82\x01a")]));
    let der = requester.sign(&sequence(&[VERSION, EMPTY_NAME, &requester.public_key(), &tlv(0xa0, &names)]));
    assert!(CertificationRequest::from_der(&der).is_ok());
    for bit in 0..der.len() * 8 {
        let mut changed = der.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(CertificationRequest::from_der(&changed).is_err(), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn garbage_is_refused_without_a_panic(octets in prop::collection::vec(any::<u8>(), 0..400), text in ".{0,200}") {
        prop_assert!(CertificationRequest::from_der(&octets).is_err());
        prop_assert!(CertificationRequest::from_pem(&text).is_err());
    }

    #[test]
    fn names_encoded_by_rcgen_come_back(
        hosts in prop::collection::vec("[a-zA-Z]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-zA-Z]{1,10}){1,3}", 1..8),
        v4: [u8; 4],
        v6: [u8; 16],
    ) {
        let mut parameters = rcgen::CertificateParams::new(hosts.clone()).unwrap();
        let addresses = [IpAddr::from(v4), IpAddr::from(v6)];
        parameters.subject_alt_names.extend(addresses.map(rcgen::SanType::IpAddress));
        parameters.distinguished_name.push(rcgen::DnType::CommonName, hosts[0].clone());
        let key = rcgen::KeyPair::generate().unwrap();
        let request = CertificationRequest::from_der(parameters.serialize_request(&key).unwrap().der()).unwrap();
        let mut expected: Vec<_> = hosts.iter().map(|host| dns(&host.to_ascii_lowercase())).collect();
        expected.extend(addresses.map(GeneralName::Ip));
        expected.sort();
        expected.dedup();
        prop_assert_eq!(request.names(), expected);
        prop_assert_eq!(request.public_key().as_der(), rcgen::PublicKeyData::subject_public_key_info(&key));
    }
}
