use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;

use super::dns_server::{DnsServer, Reply};
use super::*;

const NAME: &str = "_acme-challenge.example.test";

async fn ask(server: &DnsServer) -> Outcome {
    validator(Some(server), 80, None).perform(&Probe::DnsTxt { name: NAME.to_owned() }).await
}

fn texts(values: &[&[&str]]) -> Reply {
    let strings = |value: &&[&str]| value.iter().map(|string| string.as_bytes().to_vec()).collect();
    Reply::Texts(values.iter().map(strings).collect())
}

fn values(outcome: Outcome) -> Vec<String> {
    let Outcome::Txt { values } = outcome else { panic!("{outcome:?}") };
    let mut values: Vec<String> = values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect();
    values.sort();
    values
}

#[tokio::test]
async fn every_value_is_seen_and_its_strings_are_joined() {
    let server = DnsServer::start(|_, _, _| texts(&[&["one"], &["tw", "o"], &[""]])).await;
    assert_eq!(values(ask(&server).await), ["", "one", "two"]);
}

#[tokio::test]
async fn an_alias_is_followed_to_another_zone() {
    let server = DnsServer::start(|name, _, _| match name {
        NAME => Reply::Alias("first.delegated.test."),
        "first.delegated.test" => Reply::Alias("second.delegated.test."),
        "second.delegated.test" => texts(&[&["proof"]]),
        _ => Reply::Empty,
    })
    .await;
    assert_eq!(values(ask(&server).await), ["proof"]);
}

#[tokio::test]
async fn aliases_in_a_circle_end() {
    let server = DnsServer::start(|name, _, _| match name {
        NAME => Reply::Alias("other.test."),
        _ => Reply::Alias("_acme-challenge.example.test."),
    })
    .await;
    let outcome = ask(&server).await;
    assert!(matches!(&outcome, Outcome::Failed { failure: ProbeFailure::Dns, .. }) || values(outcome).is_empty());
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let long = "x".repeat(200);
    let many: Vec<Vec<Vec<u8>>> = (0..20).map(|n| vec![format!("{n:02}{long}").into_bytes()]).collect();
    let server = DnsServer::start(move |_, _, _| Reply::OnlyOverTcp(Box::new(Reply::Texts(many.clone())))).await;
    assert_eq!(values(ask(&server).await).len(), 20);
}

#[tokio::test]
async fn no_answer_is_remembered() {
    let server = DnsServer::start(|_, _, before| match before {
        0 => Reply::Code(ResponseCode::NXDomain),
        1 => Reply::Empty,
        2 => texts(&[&["old"]]),
        _ => texts(&[&["new"]]),
    })
    .await;
    let validator = validator(Some(&server), 80, None);
    let probe = Probe::DnsTxt { name: NAME.to_owned() };
    assert_eq!(failed(&validator.perform(&probe).await), (ProbeFailure::Dns, None));
    assert!(values(validator.perform(&probe).await).is_empty());
    assert_eq!(values(validator.perform(&probe).await), ["old"]);
    assert_eq!(values(validator.perform(&probe).await), ["new"]);
}

#[tokio::test]
async fn a_name_without_such_records_has_no_values() {
    let server = DnsServer::start(|_, _, _| Reply::Empty).await;
    assert!(values(ask(&server).await).is_empty());
}

#[tokio::test]
async fn refusals_of_dns_are_failures_that_tell_operators_which() {
    for (code, word) in [
        (ResponseCode::NXDomain, "Non-Existent Domain"),
        (ResponseCode::ServFail, "Server Failure"),
        (ResponseCode::Refused, "Query Refused"),
    ] {
        let server = DnsServer::start(move |_, _, _| Reply::Code(code)).await;
        let outcome = ask(&server).await;
        assert_eq!(failed(&outcome), (ProbeFailure::Dns, None), "{code}");
        let Outcome::Failed { detail, .. } = outcome else { unreachable!() };
        assert!(detail.contains(word) && detail.contains(NAME), "{detail}");
    }
}

#[tokio::test]
async fn silence_and_garbage_are_failures_within_the_limit() {
    let silent = DnsServer::start(|_, _, _| Reply::Silence).await;
    assert_eq!(failed(&ask(&silent).await), (ProbeFailure::Dns, None));
    let babbling = DnsServer::start(|_, _, _| Reply::Garbage).await;
    assert_eq!(failed(&ask(&babbling).await), (ProbeFailure::Dns, None));
}

#[tokio::test]
async fn a_flood_of_values_is_cut() {
    let many: Vec<Vec<Vec<u8>>> = (0..500).map(|n| vec![format!("value-{n}").into_bytes()]).collect();
    let server = DnsServer::start(move |_, _, _| Reply::OnlyOverTcp(Box::new(Reply::Texts(many.clone())))).await;
    assert_eq!(values(ask(&server).await).len(), 64);
}

#[tokio::test]
async fn a_name_that_is_none_is_not_asked_for() {
    let server = DnsServer::start(|_, _, _| texts(&[&["x"]])).await;
    let name = format!("{}.test", "x".repeat(64));
    let outcome = validator(Some(&server), 80, None).perform(&Probe::DnsTxt { name: name.clone() }).await;
    assert_eq!(failed(&outcome), (ProbeFailure::Dns, None));
    assert_eq!(server.asked(&name, RecordType::TXT), 0);
}
