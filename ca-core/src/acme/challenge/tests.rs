#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;
use rcgen::{CertificateParams, CustomExtension, KeyPair, SanType};

use super::*;
use crate::acme::{Jwk, ProblemType};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const ACME_IDENTIFIER: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 31];

fn thumbprint() -> Thumbprint {
    let key = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    Jwk::from_json(key).unwrap().thumbprint()
}

fn dns(name: &str) -> Identifier {
    Identifier::Dns(name.into())
}

fn ip(text: &str) -> Identifier {
    Identifier::Ip(text.parse().unwrap())
}

fn expected() -> String {
    key_authorization(TOKEN, &thumbprint())
}

fn verdict(challenge: ChallengeType, identifier: &Identifier, outcome: &Outcome) -> Result<(), Problem> {
    judge(challenge, identifier, TOKEN, &thumbprint(), outcome)
}

fn refused(challenge: ChallengeType, identifier: &Identifier, outcome: &Outcome) -> Problem {
    verdict(challenge, identifier, outcome).unwrap_err()
}

fn http(status: u16, body: impl AsRef<[u8]>) -> Outcome {
    let address = "192.0.2.7:80".parse().unwrap();
    Outcome::Http { address, redirects: vec![], status, body: body.as_ref().to_vec(), truncated: false }
}

fn txt(values: &[&str]) -> Outcome {
    Outcome::Txt { values: values.iter().map(|value| value.as_bytes().to_vec()).collect() }
}

#[test]
fn the_offer_depends_on_the_identifier() {
    use ChallengeType::{Dns01, Http01, TlsAlpn01};
    assert_eq!(ChallengeType::offered_for(&dns("a.test")), [Http01, Dns01, TlsAlpn01]);
    assert_eq!(ChallengeType::offered_for(&dns("*.a.test")), [Dns01]);
    assert_eq!(ChallengeType::offered_for(&ip("192.0.2.1")), [Http01, TlsAlpn01]);
}

#[test]
fn names_of_types_read_back() {
    for &challenge in ChallengeType::ALL {
        assert_eq!(challenge.to_string().parse(), Ok(challenge));
    }
    assert!("http-02".parse::<ChallengeType>().is_err());
}

#[test]
fn a_response_starts_validation_once() {
    use AuthorizationStatus as A;
    for challenge in [ChallengeStatus::Processing, ChallengeStatus::Valid, ChallengeStatus::Invalid] {
        for &authorization in A::ALL {
            assert_eq!(respond(authorization, challenge), Ok(Response::Show));
        }
    }
    assert_eq!(respond(A::Pending, ChallengeStatus::Pending), Ok(Response::Validate));
    assert_eq!(respond(A::Valid, ChallengeStatus::Pending), Ok(Response::Show));
    for over in [A::Invalid, A::Expired, A::Deactivated, A::Revoked] {
        assert_eq!(respond(over, ChallengeStatus::Pending).unwrap_err().kind(), ProblemType::Malformed);
    }
}

#[test]
fn tokens_are_base64url_and_key_authorizations_join_them_with_the_thumbprint() {
    assert_eq!(token([0xff; TOKEN_OCTETS]), "__________________________________________8");
    assert_eq!(expected(), format!("{TOKEN}.kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    assert!(expected().len() < MAX_BODY);
}

#[test]
fn probes_name_what_to_fetch() {
    let path = format!("/.well-known/acme-challenge/{TOKEN}");
    assert_eq!(probe(ChallengeType::Http01, &ip("::1"), TOKEN), Probe::HttpGet { host: ip("::1"), path });
    let name = "_acme-challenge.a.test".to_owned();
    assert_eq!(probe(ChallengeType::Dns01, &dns("*.a.test"), TOKEN), Probe::DnsTxt { name });
    assert_eq!(probe(ChallengeType::TlsAlpn01, &dns("a.test"), TOKEN), Probe::TlsAlpn { host: dns("a.test") });
}

#[test]
fn http_takes_the_key_authorization_with_trailing_whitespace() {
    for end in ["", "\n", "\r\n", " \t\n\n"] {
        assert_eq!(verdict(ChallengeType::Http01, &dns("a.test"), &http(200, expected() + end)), Ok(()));
    }
}

#[test]
fn http_refuses_everything_else() {
    let authorization = expected();
    let bodies = [
        "",
        TOKEN,
        &format!(" {authorization}"),
        &format!("\n{authorization}"),
        &format!("{authorization}x"),
        &authorization.to_lowercase(),
        &format!("{authorization}\0"),
        &format!("\u{feff}{authorization}"),
    ];
    for body in bodies {
        let problem = refused(ChallengeType::Http01, &dns("a.test"), &http(200, body));
        assert_eq!(problem.kind(), ProblemType::IncorrectResponse, "{body:?}");
    }
    for status in [201, 204, 206, 301, 401, 404, 500] {
        let problem = refused(ChallengeType::Http01, &dns("a.test"), &http(status, &authorization));
        assert!(problem.detail().contains("not 200") && !problem.detail().contains(&status.to_string()), "{status}");
    }
    let address = "192.0.2.7:80".parse().unwrap();
    let truncated =
        Outcome::Http { address, redirects: vec![], status: 200, body: authorization.into_bytes(), truncated: true };
    assert!(refused(ChallengeType::Http01, &dns("a.test"), &truncated).detail().contains("longer"));
}

#[test]
fn http_tells_address_port_and_redirect_hosts_only() {
    let outcome = Outcome::Http {
        address: "10.1.2.3:8080".parse().unwrap(),
        redirects: vec![
            "http://one.test/secret-path?q=secret-query".into(),
            "https://user:secret-password@two.test:8443/".into(),
            "garbage secret".into(),
        ],
        status: 200,
        body: b"secret-body".to_vec(),
        truncated: false,
    };
    let problem = refused(ChallengeType::Http01, &dns("a.test"), &outcome);
    assert_eq!(
        problem.detail(),
        "http-01 for dns:a.test at 10.1.2.3:8080 after redirects to one.test, two.test: the body is not the key authorization (RFC 8555 §8.3)"
    );
}

#[test]
fn dns_takes_the_digest_among_any_values() {
    let digest = base64url::encode(sha256(expected().as_bytes()));
    for values in [&[digest.as_str()][..], &["other", &digest], &[&digest, "other", ""]] {
        assert_eq!(verdict(ChallengeType::Dns01, &dns("a.test"), &txt(values)), Ok(()));
        assert_eq!(verdict(ChallengeType::Dns01, &dns("*.a.test"), &txt(values)), Ok(()));
    }
    for wrong in [
        format!("{digest}="),
        format!("\"{digest}\""),
        format!("{digest} "),
        digest.to_lowercase(),
        expected(),
        String::new(),
    ] {
        assert!(verdict(ChallengeType::Dns01, &dns("a.test"), &txt(&[&wrong])).is_err(), "{wrong}");
    }
}

#[test]
fn dns_tells_the_name_and_digests_never_values() {
    let problem = refused(ChallengeType::Dns01, &dns("*.a.test"), &txt(&["secret", "v=spf1 -all"]));
    assert_eq!(problem.kind(), ProblemType::IncorrectResponse);
    assert!(problem.detail().contains("_acme-challenge.a.test") && problem.detail().contains("2 values"));
    assert!(problem.detail().contains("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"));
    assert!(!problem.detail().contains("secret") && !problem.detail().contains("spf1"));
    assert!(refused(ChallengeType::Dns01, &dns("a.test"), &txt(&[])).detail().contains("no values"));
    let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(refused(ChallengeType::Dns01, &dns("a.test"), &txt(&many)).detail().len() < 700);
}

/// A certificate as a tls-alpn-01 client makes it, with the given names and acmeIdentifier extensions (critical, content).
fn certificate(names: Vec<SanType>, extensions: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names;
    params.custom_extensions = extensions
        .iter()
        .map(|(critical, content)| {
            let mut extension = CustomExtension::from_oid_content(&ACME_IDENTIFIER, content.clone());
            extension.set_criticality(*critical);
            extension
        })
        .collect();
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn octet_string(octets: &[u8]) -> Vec<u8> {
    [&[0x04, u8::try_from(octets.len()).unwrap()], octets].concat()
}

fn proof() -> Vec<(bool, Vec<u8>)> {
    vec![(true, octet_string(sha256(expected().as_bytes()).as_ref()))]
}

fn dns_san(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn tls(protocol: Option<&[u8]>, certificate: Option<Vec<u8>>) -> Outcome {
    let address = "[2001:db8::7]:443".parse().unwrap();
    Outcome::TlsAlpn { address, protocol: protocol.map(<[u8]>::to_vec), certificate }
}

fn tls_refusal(identifier: &Identifier, certificate: Vec<u8>) -> String {
    let problem = refused(ChallengeType::TlsAlpn01, identifier, &tls(Some(ALPN_PROTOCOL), Some(certificate)));
    assert_eq!(problem.kind(), ProblemType::IncorrectResponse);
    assert!(problem.detail().starts_with(&format!("tls-alpn-01 for {identifier} at [2001:db8::7]:443: ")));
    problem.detail().to_owned()
}

#[test]
fn tls_takes_the_name_or_address_with_the_critical_digest() {
    for (identifier, name) in [
        (dns("a.test"), dns_san("a.test")),
        (dns("a.test"), dns_san("A.Test")),
        (ip("192.0.2.7"), SanType::IpAddress("192.0.2.7".parse().unwrap())),
        (ip("2001:db8::7"), SanType::IpAddress("2001:db8::7".parse().unwrap())),
    ] {
        let outcome = tls(Some(ALPN_PROTOCOL), Some(certificate(vec![name], &proof())));
        assert_eq!(verdict(ChallengeType::TlsAlpn01, &identifier, &outcome), Ok(()));
    }
}

#[test]
fn tls_refuses_other_names() {
    let address = |text: &str| SanType::IpAddress(text.parse().unwrap());
    for names in [
        vec![],
        vec![dns_san("b.test")],
        vec![dns_san("*.test")],
        vec![dns_san("a.test"), dns_san("b.test")],
        vec![dns_san("a.test"), dns_san("a.test")],
        vec![dns_san("a.test"), address("192.0.2.7")],
        vec![dns_san("a.test"), SanType::URI("https://a.test".try_into().unwrap())],
        vec![SanType::Rfc822Name("x@a.test".try_into().unwrap())],
        vec![address("192.0.2.7")],
    ] {
        assert!(tls_refusal(&dns("a.test"), certificate(names, &proof())).contains("subjectAltName"));
    }
    let arpa = certificate(vec![dns_san("7.2.0.192.in-addr.arpa")], &proof());
    assert!(tls_refusal(&ip("192.0.2.7"), arpa).contains("subjectAltName"));
    let text = certificate(vec![dns_san("192.0.2.7")], &proof());
    assert!(tls_refusal(&ip("192.0.2.7"), text).contains("subjectAltName"));
}

#[test]
fn tls_refuses_a_missing_doubled_uncritical_or_wrong_digest() {
    let with =
        |extensions: &[(bool, Vec<u8>)]| tls_refusal(&dns("a.test"), certificate(vec![dns_san("a.test")], extensions));
    let digest = sha256(expected().as_bytes());
    assert!(with(&[]).contains("one acmeIdentifier"));
    assert!(with(&[proof(), proof()].concat()).contains("one acmeIdentifier"));
    assert!(with(&[(false, octet_string(digest.as_ref()))]).contains("critical"));
    for wrong in [&[0; 32][..], &[], &digest.as_ref()[..31], expected().as_bytes()] {
        assert!(with(&[(true, octet_string(wrong))]).contains("not the digest"));
    }
    // Not an OCTET STRING, and one with something behind it.
    assert!(with(&[(true, digest.as_ref().to_vec())]).contains("not DER"));
    assert!(with(&[(true, [octet_string(digest.as_ref()), vec![5, 0]].concat())]).contains("not DER"));
}

#[test]
fn tls_refuses_other_protocols_and_no_certificate() {
    let good = certificate(vec![dns_san("a.test")], &proof());
    for protocol in [None, Some(&b"h2"[..]), Some(b"http/1.1"), Some(b"acme-tls/1.0"), Some(b"")] {
        let problem = refused(ChallengeType::TlsAlpn01, &dns("a.test"), &tls(protocol, Some(good.clone())));
        assert!(problem.detail().contains("acme-tls/1"));
    }
    let none = refused(ChallengeType::TlsAlpn01, &dns("a.test"), &tls(Some(ALPN_PROTOCOL), None));
    assert!(none.detail().contains("no certificate"));
    for garbage in [vec![], vec![0x30, 0x00], good[..good.len() - 1].to_vec(), [good.clone(), vec![0]].concat()] {
        assert!(tls_refusal(&dns("a.test"), garbage).contains("not DER"));
    }
}

#[test]
fn another_accounts_key_or_token_proves_nothing() {
    let mine = http(200, expected());
    let other = Jwk::from_json(br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#).unwrap();
    assert!(judge(ChallengeType::Http01, &dns("a.test"), TOKEN, &other.thumbprint(), &mine).is_err());
    assert!(judge(ChallengeType::Http01, &dns("a.test"), "other-token", &thumbprint(), &mine).is_err());
}

#[test]
fn the_outcome_of_another_probe_never_succeeds() {
    let good = [
        http(200, expected()),
        txt(&[&base64url::encode(sha256(expected().as_bytes()))]),
        tls(Some(ALPN_PROTOCOL), Some(certificate(vec![dns_san("a.test")], &proof()))),
    ];
    let order = [ChallengeType::Http01, ChallengeType::Dns01, ChallengeType::TlsAlpn01];
    for (i, challenge) in order.into_iter().enumerate() {
        for (j, outcome) in good.iter().enumerate() {
            let verdict = verdict(challenge, &dns("a.test"), outcome).map_err(|problem| problem.kind());
            assert_eq!(verdict, if i == j { Ok(()) } else { Err(ProblemType::ServerInternal) });
        }
    }
}

#[test]
fn failures_are_told_by_their_rule_and_place_only() {
    let kinds =
        [ProblemType::Dns, ProblemType::Connection, ProblemType::Tls, ProblemType::Connection, ProblemType::Connection];
    for (index, failure) in ProbeFailure::ALL.into_iter().enumerate() {
        for &challenge in ChallengeType::ALL {
            let detail = "SERVFAIL from 10.9.8.7: secret".to_owned();
            let address = Some("192.0.2.7:80".parse().unwrap());
            let outcome = Outcome::Failed { failure, address, port: Some(80), detail };
            let problem = refused(challenge, &dns("a.test"), &outcome);
            assert_eq!(problem.kind(), kinds.get(index).copied().unwrap_or(ProblemType::IncorrectResponse));
            assert!(
                problem.detail().contains("192.0.2.7:80")
                    && !problem.detail().contains("secret")
                    && !problem.detail().contains("10.9.8.7")
            );
        }
    }
}

#[test]
fn a_place_that_is_not_permitted_looks_the_same_whatever_is_there() {
    let seen = |detail: &str| {
        let address = Some("169.254.169.254:80".parse().unwrap());
        let failure = ProbeFailure::NotPermitted;
        refused(
            ChallengeType::Http01,
            &dns("a.test"),
            &Outcome::Failed { failure, address, port: None, detail: detail.into() },
        )
    };
    assert_eq!(seen("connection refused"), seen("would have answered 200"));
    assert_eq!(
        seen("").detail(),
        "http-01 for dns:a.test at 169.254.169.254:80: connections to this address are not permitted"
    );
}

#[test]
fn only_what_may_change_is_tried_again() {
    let transient: Vec<&str> =
        ProbeFailure::ALL.into_iter().filter(|f| f.is_transient()).map(ProbeFailure::name).collect();
    assert_eq!(transient, ["dns", "connection", "tls", "timeout"]);
}

proptest! {
    #[test]
    fn no_body_but_the_key_authorization_is_taken(body: Vec<u8>) {
        prop_assert!(verdict(ChallengeType::Http01, &dns("a.test"), &http(200, body)).is_err());
    }

    #[test]
    fn no_bytes_are_a_certificate_by_accident(der: Vec<u8>) {
        prop_assert!(verdict(ChallengeType::TlsAlpn01, &dns("a.test"), &tls(Some(ALPN_PROTOCOL), Some(der))).is_err());
    }
}
