use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::hsm::DigestAlgorithm;
use crate::policy::action::Timestamp;
use crate::signing::fixture::*;
use crate::time::{UnixMicros, UnixTime};
use crate::x509::SerialNumber;

const POLICY: &str = "1.3.6.1.4.1.99999.3.1";
const OTHER_POLICY: &str = "1.3.6.1.4.1.99999.3.2";

fn policy() -> TsaPolicy {
    TsaPolicy {
        default: POLICY.parse().unwrap(),
        others: vec![OTHER_POLICY.parse().unwrap()],
        digests: DigestAlgorithm::ALL.to_vec(),
        accuracy: Some(Accuracy { seconds: 1, millis: 500 }),
    }
}

fn serial() -> SerialNumber {
    "0abc01".parse().unwrap()
}

fn act(policy: &str, digest_algorithm: DigestAlgorithm) -> Timestamp {
    Timestamp { tsa: "tsa".into(), policy: policy.into(), digest_algorithm }
}

/// What an authority answers a good request, half a second into this second.
pub(crate) fn stamp(hierarchy: &Hierarchy, leaf: &Leaf, request: &TimeStampRequest, at: UnixTime) -> TimeStampToken {
    let tsa = hierarchy.try_tsa(leaf).unwrap();
    let chosen = policy().accept(request).unwrap();
    let permitted = permitted(act(&chosen.to_string(), request.imprint().algorithm()));
    let time = UnixMicros::from_micros(UnixMicros::of_second(at).micros() + 500_000);
    let linted =
        SignableTimestamp::build(&permitted, request, &policy(), (serial(), time), &tsa).unwrap().lint().unwrap();
    let signature = hierarchy.sign(leaf, &linted.sign_request(TIME_LIMIT));
    linted.assemble(&signature).unwrap()
}

/// A request as OpenSSL writes it, about `data`.
fn query(hierarchy: &Hierarchy, options: &str) -> Vec<u8> {
    hierarchy.ssl.write("data", b"what is stamped");
    hierarchy.ssl.run(&format!("ts -query -data data {options} -out query"));
    hierarchy.ssl.read("query")
}

const VERIFY: &str = "ts -verify -queryfile query -in answer -CAfile root.pem -untrusted sub.pem";

#[test]
fn openssl_verifies_tokens_of_every_key_and_hash() {
    let hierarchy = Hierarchy::new();
    for (name, key, options) in [
        ("p256", P256, "-sha256 -cert"),
        ("p384", P384, "-sha384 -cert"),
        ("p521", P521, "-sha512 -cert"),
        ("rsa", RSA, "-sha512 -cert -no_nonce"),
        ("asked", P256, "-sha256 -cert -tspolicy 1.3.6.1.4.1.99999.3.2"),
    ] {
        let leaf = hierarchy.issue(name, key, TIME_STAMPING, 30);
        let request = TimeStampRequest::parse(&query(&hierarchy, options)).unwrap();
        let token = stamp(&hierarchy, &leaf, &request, hierarchy.now());
        hierarchy.ssl.write("answer", TimeStampResponse::granted(&token).as_der());
        let (good, text) = hierarchy.judges(VERIFY);
        assert!(good && text.contains("Verification: OK"), "{name}: {text}");
        assert_eq!(
            token.verify(b"what is stamped", std::slice::from_ref(&hierarchy.root), hierarchy.now()).unwrap().signer,
            leaf.certificate
        );
        let (_, text) = hierarchy.judges("ts -reply -in answer -text");
        let expected = if name == "asked" { OTHER_POLICY } else { POLICY };
        for line in
            [expected, "Serial number: 0x0ABC01", "Accuracy: 0x01 seconds, 0x01F4 millis", "Ordering: no", ".500 GMT"]
        {
            let line = if line == ".500 GMT" { ".5 20" } else { line };
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}

#[test]
fn openssl_refuses_what_is_about_something_else_or_altered_or_of_strangers() {
    let (hierarchy, strangers) = (Hierarchy::new(), Hierarchy::new());
    let leaf = hierarchy.issue("tsa", P256, TIME_STAMPING, 30);
    let request = TimeStampRequest::parse(&query(&hierarchy, "-sha256 -cert")).unwrap();
    let token = stamp(&hierarchy, &leaf, &request, hierarchy.now());
    let answer = TimeStampResponse::granted(&token).into_der();
    hierarchy.ssl.write("answer", &answer);
    assert!(hierarchy.judges(VERIFY).0);
    hierarchy.ssl.write("other", b"something else");
    let by_data = "ts -verify -in answer -CAfile root.pem -untrusted sub.pem -data";
    assert!(hierarchy.judges(&format!("{by_data} data")).0);
    assert!(!hierarchy.judges(&format!("{by_data} other")).0);
    assert_eq!(
        token.verify(b"something else", std::slice::from_ref(&hierarchy.root), hierarchy.now()),
        Err(TimestampFault::Imprint)
    );
    hierarchy.ssl.write("strangers.pem", strangers.root.to_pem().as_bytes());
    assert!(!hierarchy.judges(&VERIFY.replace("root.pem", "strangers.pem")).0);
    let foreign = token.verify(b"what is stamped", std::slice::from_ref(&strangers.root), hierarchy.now());
    assert!(matches!(foreign, Err(TimestampFault::Path(_))), "{foreign:?}");
    query(&hierarchy, "-sha256 -cert");
    assert!(!hierarchy.judges(VERIFY).0, "another nonce");
    let mut altered = answer.clone();
    *altered.last_mut().unwrap() ^= 1;
    hierarchy.ssl.write("answer", &altered);
    assert!(!hierarchy.judges(&format!("{by_data} data")).0);
    let parsed = TimeStampResponse::parse(&altered);
    let judged =
        parsed.map(|token| token.verify(b"what is stamped", std::slice::from_ref(&hierarchy.root), hierarchy.now()));
    assert!(!matches!(judged, Ok(Ok(_))), "{judged:?}");
}

#[test]
fn a_token_carries_certificates_when_it_is_asked_to() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("tsa", P256, TIME_STAMPING, 30);
    let request = TimeStampRequest::parse(&query(&hierarchy, "-sha256")).unwrap();
    assert!(!request.wants_certificates());
    let token = stamp(&hierarchy, &leaf, &request, hierarchy.now());
    hierarchy.ssl.write("answer", TimeStampResponse::granted(&token).as_der());
    assert!(!hierarchy.judges(VERIFY).0, "openssl has no certificate to verify with");
    hierarchy.ssl.write("both.pem", format!("{}{}", leaf.certificate.to_pem(), hierarchy.sub.to_pem()).as_bytes());
    let (good, text) = hierarchy.judges(&VERIFY.replace("sub.pem", "both.pem"));
    assert!(good, "{text}");
    let unknown = token.verify(b"what is stamped", std::slice::from_ref(&hierarchy.root), hierarchy.now());
    assert_eq!(unknown, Err(TimestampFault::Signer(crate::cms::SignerFault::NoCertificate)));
}

/// The other side: OpenSSL is the authority.
#[test]
fn the_answer_of_another_authority_is_held_against_the_question() {
    let hierarchy = Hierarchy::new();
    hierarchy.issue("tsa", RSA, TIME_STAMPING, 30);
    let configuration = format!(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = tsa.serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\nsigner_key = \
         tsa.key\ncerts = sub.pem\nsigner_digest = sha256\ndefault_policy = {POLICY}\nother_policies = {OTHER_POLICY}\n\
         digests = sha256, sha384, sha512\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n"
    );
    hierarchy.ssl.write("tsa.cnf", configuration.as_bytes());
    let imprint = || MessageImprint::of(DigestAlgorithm::Sha384, b"signature");
    let request = TimeStampRequest::new(imprint(), Some(OTHER_POLICY.parse().unwrap()), [0; 16]);
    assert_eq!(TimeStampRequest::parse(&request.encode()).unwrap(), request);
    let answer = |request: &TimeStampRequest| {
        hierarchy.ssl.write("query", &request.encode());
        hierarchy.ssl.run("ts -reply -config tsa.cnf -queryfile query -out answer");
        TimeStampResponse::parse(&hierarchy.ssl.read("answer"))
    };
    let token = answer(&request).unwrap();
    let now = token.info().time.to_unix_time();
    let roots = [hierarchy.root.clone()];
    let verified = token.verify_answer(&request, &roots, now).unwrap();
    assert_eq!(verified.info.policy.to_string(), OTHER_POLICY);
    assert!(token.verify_answer(&request, &roots, now.plus(Duration::from_secs(200))).is_ok());
    let fault = |request: &TimeStampRequest, now| token.verify_answer(request, &roots, now).unwrap_err();
    assert_eq!(fault(&TimeStampRequest::new(imprint(), request.policy(), [1; 16]), now), TimestampFault::Nonce);
    let other_policy = TimeStampRequest::new(imprint(), Some(POLICY.parse().unwrap()), [0; 16]);
    assert_eq!(fault(&other_policy, now), TimestampFault::Policy);
    let other = MessageImprint::of(DigestAlgorithm::Sha384, b"other");
    assert_eq!(fault(&TimeStampRequest::new(other, request.policy(), [0; 16]), now), TimestampFault::Imprint);
    let late = fault(&request, now.plus(Duration::from_secs(301)));
    assert!(matches!(late, TimestampFault::Time { .. }), "{late}");
    let strangers = Hierarchy::new();
    let foreign = token.verify_answer(&request, &[strangers.root], now).unwrap_err();
    assert!(matches!(foreign, TimestampFault::Path(_)), "{foreign}");
    let refused = answer(&TimeStampRequest::new(imprint(), Some("1.2.3".parse().unwrap()), [0; 16])).unwrap_err();
    let expected = ResponseFault::Refused { status: 2, failure: Some(FailureInfo::UnacceptedPolicy), text: None };
    assert!(refused.to_string().starts_with(&expected.to_string()), "{refused}");
}

#[test]
fn an_authority_has_one_critical_purpose_and_a_key_that_others_know() {
    let hierarchy = Hierarchy::new();
    let refusal = |name: &str, key, extensions: &str| {
        hierarchy.try_tsa(&hierarchy.issue(name, key, extensions, 30)).map(drop).unwrap_err()
    };
    assert!(matches!(refusal("plain", P256, &TIME_STAMPING.replace("critical,time", "time")), UnusableTsa::Purpose));
    assert!(matches!(refusal("two", P256, &TIME_STAMPING.replace("timeS", "codeSigning,timeS")), UnusableTsa::Purpose));
    assert!(matches!(refusal("code", P256, CODE_SIGNING), UnusableTsa::Purpose));
    let usage = TIME_STAMPING.replace("digitalSignature", "nonRepudiation");
    assert!(matches!(refusal("usage", P256, &usage), UnusableTsa::KeyUsage));
    assert!(matches!(refusal("ca", P256, &TIME_STAMPING.replace("CA:FALSE", "CA:TRUE")), UnusableTsa::Authority));
    assert!(matches!(refusal("ed", ED25519, TIME_STAMPING), UnusableTsa::Ed25519));
    let (one, two) =
        (hierarchy.issue("one", P256, TIME_STAMPING, 30), hierarchy.issue("two-keys", P256, TIME_STAMPING, 30));
    let mixed = Leaf { key: two.key, ..one };
    assert!(matches!(hierarchy.try_tsa(&mixed), Err(UnusableTsa::ForeignKey { .. })));
}

#[test]
fn only_what_was_permitted_is_stamped_and_only_while_the_certificate_is_valid() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("tsa", P256, TIME_STAMPING, 30);
    let tsa = hierarchy.try_tsa(&leaf).unwrap();
    let request = TimeStampRequest::new(MessageImprint::of(DigestAlgorithm::Sha256, b"x"), None, [7; 16]);
    let build = |act: Timestamp, at: UnixTime| {
        let facts = (serial(), UnixMicros::of_second(at));
        SignableTimestamp::build(&permitted(act), &request, &policy(), facts, &tsa)
    };
    let good = || act(POLICY, DigestAlgorithm::Sha256);
    let refused = build(act(OTHER_POLICY, DigestAlgorithm::Sha256), hierarchy.now()).unwrap_err();
    assert!(matches!(refused, TimestampError::NotPermitted("the policy differs")), "{refused}");
    let refused = build(act(POLICY, DigestAlgorithm::Sha512), hierarchy.now()).unwrap_err();
    assert!(matches!(refused, TimestampError::NotPermitted("the hash function differs")), "{refused}");
    assert!(matches!(build(good(), UnixTime::from_seconds(-1)), Err(TimestampError::Time)));
    for at in
        [hierarchy.now().minus(Duration::from_secs(86_400)), hierarchy.now().plus(Duration::from_secs(31 * 86_400))]
    {
        let refused = build(good(), at).unwrap().lint().unwrap_err();
        assert!(matches!(refused, TimestampRefusal::NotValid { .. }), "{refused}");
    }
    let linted = build(good(), hierarchy.now()).unwrap().lint().unwrap();
    let request = linted.sign_request(TIME_LIMIT);
    assert_eq!(request.purpose(), crate::hsm::SignPurpose::Timestamp);
    let other = build(good(), hierarchy.now().plus(Duration::from_secs(1))).unwrap().lint().unwrap();
    let signature = hierarchy.sign(&leaf, &other.sign_request(TIME_LIMIT));
    assert!(matches!(linted.assemble(&signature), Err(TimestampAssemblyError::Signature(_))));
}

#[test]
fn each_bad_request_is_refused_with_the_word_of_the_standard() {
    use crate::raw_der::{sequence, tlv};
    let oid = |text: &str| tlv(6, const_oid::ObjectIdentifier::new(text).unwrap().as_bytes());
    let sha256 = oid("2.16.840.1.101.3.4.2.1");
    let imprint = |algorithm: &[u8], octets: usize| sequence(&[algorithm, &tlv(4, &vec![7; octets])]);
    let good = imprint(&sequence(&[&sha256]), 32);
    let version = |number| tlv(2, &[number]);
    let parse = |der: &[u8]| TimeStampRequest::parse(der).map_err(|fault| fault.failure());
    assert!(parse(&sequence(&[&version(1), &good])).is_ok());
    assert!(parse(&sequence(&[&version(1), &imprint(&sequence(&[&sha256, &[5, 0]]), 32)])).is_ok());
    use FailureInfo as F;
    assert_eq!(parse(&sequence(&[&version(2), &good])), Err(F::BadRequest));
    assert_eq!(parse(&sequence(&[&version(1), &imprint(&sequence(&[&sha256]), 20)])), Err(F::BadDataFormat));
    for algorithm in [sequence(&[&oid("1.3.14.3.2.26")]), sequence(&[&sha256, &[4, 0]])] {
        assert_eq!(parse(&sequence(&[&version(1), &imprint(&algorithm, 32)])), Err(F::BadAlg));
    }
    let extension = tlv(0xa0, &sequence(&[&oid("1.2.3"), &tlv(4, &[5, 0])]));
    assert_eq!(parse(&sequence(&[&version(1), &good, &extension])), Err(F::UnacceptedExtension));
    assert_eq!(parse(&sequence(&[&version(1), &good, &tlv(2, &[1; 65])])), Err(F::BadRequest));
    for der in [&[][..], b"garbage", &[0x30, 0], &sequence(&[&version(1)]), &vec![0x30; LARGEST_REQUEST + 1]] {
        assert_eq!(parse(der), Err(F::BadDataFormat));
    }
    let asks = |options: &[u8]| TimeStampRequest::parse(&sequence(&[&version(1), &good, options])).unwrap();
    let narrow = TsaPolicy { digests: vec![DigestAlgorithm::Sha512], ..policy() };
    assert_eq!(narrow.accept(&asks(&[])).unwrap_err().failure, F::BadAlg);
    assert_eq!(policy().accept(&asks(&oid("1.2.3"))).unwrap_err().failure, F::UnacceptedPolicy);
    assert_eq!(policy().accept(&asks(&oid(OTHER_POLICY))).unwrap().to_string(), OTHER_POLICY);
}

#[test]
fn openssl_reads_each_refusal() {
    let hierarchy = Hierarchy::new();
    let words = [
        (FailureInfo::BadAlg, "unrecognized or unsupported algorithm identifier"),
        (FailureInfo::BadRequest, "transaction not permitted or supported"),
        (FailureInfo::BadDataFormat, "the data submitted has the wrong format"),
        (FailureInfo::TimeNotAvailable, "the TSA's time source is not available"),
        (FailureInfo::UnacceptedPolicy, "the requested TSA policy is not supported by the TSA"),
        (FailureInfo::UnacceptedExtension, "the requested extension is not supported by the TSA"),
        (FailureInfo::AddInfoNotAvailable, "the additional information requested could not be understood"),
        (FailureInfo::SystemFailure, "the request cannot be handled due to system failure"),
    ];
    for (failure, words) in words {
        let answer = TimeStampResponse::rejected(&Rejection::new(failure, "the clock is off"));
        hierarchy.ssl.write("answer", answer.as_der());
        let (_, text) = hierarchy.judges("ts -reply -in answer -text");
        assert!(
            text.contains("Status: Rejected.") && text.contains("the clock is off") && text.contains(words),
            "{text}"
        );
        let refused = TimeStampResponse::parse(answer.as_der()).unwrap_err().to_string();
        assert!(refused.contains(failure.as_str()) && refused.contains("the clock is off"), "{refused}");
    }
}

proptest! {
    #[test]
    fn garbage_is_refused_without_a_panic(garbage in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(TimeStampRequest::parse(&garbage).is_err());
        prop_assert!(TimeStampResponse::parse(&garbage).is_err());
        prop_assert!(TimeStampToken::from_der(&garbage).is_err());
    }

    #[test]
    fn a_request_with_an_octet_changed_is_read_or_refused(place: prop::sample::Index, octet: u8, nonce: [u8; 16]) {
        let mut der = TimeStampRequest::new(MessageImprint::of(DigestAlgorithm::Sha256, b"x"), None, nonce).encode();
        let place = place.index(der.len());
        der[place] = octet;
        let _ = TimeStampRequest::parse(&der);
        let _ = TimeStampResponse::parse(&der);
    }
}
