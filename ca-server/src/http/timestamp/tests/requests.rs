//! Good requests, bad ones, and too many.

use super::*;
use crate::ops::audit::search::{Filter, search};
use crate::testing::local_root;

const POLICIES: &str = r#"
[timestamp]
policies = [{ name = "standard", oid = "1.3.6.1.4.1.99999.3.1" }, { name = "archive", oid = "1.3.6.1.4.1.99999.3.2" }]
clock_sources = []
requests_per_minute = 100
"#;

fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    assert!(contents.len() < 128);
    [&[tag, u8::try_from(contents.len()).unwrap()], contents].concat()
}

/// A request put together by hand: version, last octet of the hash function's OID, hash, and what follows.
fn by_hand(version: u8, function: u8, hash: &[u8], rest: &[u8]) -> Vec<u8> {
    let oid = value(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, function]);
    let imprint = value(0x30, &[value(0x30, &[oid, vec![5, 0]].concat()), value(4, hash)].concat());
    value(0x30, &[value(2, &[version]), imprint, rest.to_vec()].concat())
}

async fn told(installation: Installation) {
    let message = b"what is stamped";
    let routes = [status_router(&installation.app), public_router(&installation.app)];
    let mut serials = Vec::new();
    for routes in routes {
        let request = query(message);
        let reply = send(routes, Method::POST, "/tsa", "application/timestamp-query", &request.encode()).await;
        let token = reply.token();
        token.verify_answer(&request, &roots(&installation), installation.app.clock.now()).unwrap();
        assert_eq!(token.info().time.to_unix_time(), installation.app.clock.now());
        assert_eq!(token.info().policy.to_string(), "1.3.6.1.4.1.99999.3.1");
        assert!(token.info().serial.as_octets().len() >= 17, "{}", token.info().serial);
        serials.push(token.info().serial.clone());
    }
    assert_ne!(serials[0], serials[1]);
    let found = search(&installation.app, &local_root(), &Filter::default(), None, 50).await.unwrap();
    let stamped: Vec<_> = found.items.iter().filter(|event| event.action == "Timestamp").collect();
    assert_eq!(stamped.len(), 2);
    assert!(stamped.iter().all(|event| event.origin == "192.0.2.7"));
    assert!(serials.iter().all(|serial| stamped.iter().any(|event| event.object == format!("timestamp {serial}"))));
}

#[tokio::test]
async fn both_listeners_stamp_and_the_audit_knows_each_on_sqlite() {
    told(testing::configured(POLICIES).await).await;
}

#[tokio::test]
async fn both_listeners_stamp_and_the_audit_knows_each_on_postgres() {
    told(testing::configured_on_postgres(POLICIES).await).await;
}

#[tokio::test]
async fn a_policy_is_chosen_by_path_or_in_the_request() {
    let installation = testing::configured(POLICIES).await;
    let plain = by_hand(1, 1, &[1; 32], &[]);
    let token = post(&installation, "/tsa/archive", &plain).await.token();
    assert_eq!(token.info().policy.to_string(), "1.3.6.1.4.1.99999.3.2");
    // 1.3.6.1.4.1.99999.3.2
    let archive = value(6, &[0x2b, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 3, 2]);
    let wish = by_hand(1, 1, &[1; 32], &archive);
    let token = post(&installation, "/tsa", &wish).await.token();
    assert_eq!(token.info().policy.to_string(), "1.3.6.1.4.1.99999.3.2");
    let (failure, text) = post(&installation, "/tsa/standard", &wish).await.refusal();
    assert_eq!(failure, FailureInfo::UnacceptedPolicy, "{text}");
    assert_eq!(post(&installation, "/tsa/unknown", &plain).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn certificates_and_nonce_are_in_the_token_when_they_are_asked_for() {
    let installation = testing::configured(POLICIES).await;
    let bare = post(&installation, "/tsa", &by_hand(1, 1, &[1; 32], &[])).await.token();
    assert_eq!(bare.info().nonce, None);
    let nonce = value(2, &[0x41; 9]);
    let full = [nonce, value(1, &[0xff])].concat();
    let full = post(&installation, "/tsa", &by_hand(1, 1, &[1; 32], &full)).await.token();
    assert_eq!(full.info().nonce.as_deref(), Some(&[0x41; 9][..]));
    assert!(full.as_der().len() > bare.as_der().len() + 600, "{} {}", full.as_der().len(), bare.as_der().len());
    for (function, length) in [(2, 48), (3, 64)] {
        let token = post(&installation, "/tsa", &by_hand(1, function, &vec![1; length], &[])).await.token();
        assert_eq!(token.info().imprint.digest().len(), length);
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_the_words_of_the_standard() {
    let installation = testing::configured(POLICIES).await;
    let good = by_hand(1, 1, &[1; 32], &[]);
    let extension = value(0xa0, &value(0x30, &[value(6, &[0x2a, 3, 4]), value(4, &[])].concat()));
    for (octets, expected) in [
        (Vec::new(), FailureInfo::BadDataFormat),
        (b"not a request".to_vec(), FailureInfo::BadDataFormat),
        (good[..good.len() - 1].to_vec(), FailureInfo::BadDataFormat),
        ([&good[..], &[0]].concat(), FailureInfo::BadDataFormat),
        (by_hand(1, 1, &[1; 20], &[]), FailureInfo::BadDataFormat),
        (by_hand(2, 1, &[1; 32], &[]), FailureInfo::BadRequest),
        (by_hand(1, 1, &[1; 32], &value(2, &[1; 65])), FailureInfo::BadRequest),
        (by_hand(1, 4, &[1; 28], &[]), FailureInfo::BadAlg),
        (by_hand(1, 1, &[1; 32], &extension), FailureInfo::UnacceptedExtension),
        (by_hand(1, 1, &[1; 32], &value(6, &[0x2a, 3])), FailureInfo::UnacceptedPolicy),
    ] {
        let reply = post(&installation, "/tsa", &octets).await;
        assert_eq!(reply.status, StatusCode::OK);
        let (failure, text) = reply.refusal();
        assert_eq!(failure, expected, "{text}");
        assert!(!text.is_empty());
    }
}

#[tokio::test]
async fn what_is_no_timestamp_query_is_refused_by_http() {
    let installation = testing::configured(POLICIES).await;
    let good = by_hand(1, 1, &[1; 32], &[]);
    let routes = || status_router(&installation.app);
    let kinds = ["application/octet-stream", "", "application/timestamp-reply"];
    for kind in kinds {
        let reply = send(routes(), Method::POST, "/tsa", kind, &good).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
    }
    let named = send(routes(), Method::POST, "/tsa", "Application/Timestamp-Query; charset=binary", &good).await;
    named.token();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let reply = send(routes(), method, "/tsa", "application/timestamp-query", &good).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(post(&installation, "/tsa", &vec![0x30; 5000]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let off = testing::configured("[timestamp]\nenabled = false\n").await;
    assert_eq!(post(&off, "/tsa", &good).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_to_wait() {
    let installation = testing::configured("[timestamp]\nrequests_per_minute = 3\n").await;
    for _ in 0..3 {
        ask(&installation).await.token();
    }
    let reply = ask(&installation).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(reply.refusal().0, FailureInfo::BadRequest);
}

#[tokio::test]
async fn all_addresses_together_have_a_share() {
    let installation = testing::configured("[timestamp]\nall_requests_per_minute = 3\n").await;
    for _ in 0..3 {
        ask(&installation).await.token();
    }
    let reply = ask(&installation).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    let (failure, text) = reply.refusal();
    assert_eq!(failure, FailureInfo::SystemFailure);
    assert!(text.contains("all clients together ask for too many timestamps"), "{text}");
}
