#![allow(clippy::unwrap_used, reason = "tests")]
use serde_json::json;

use super::*;

#[test]
fn every_type_of_rfc_8555_is_there_and_reads_back() {
    for (kind, name, status) in TYPES {
        let urn = String::from(kind);
        assert_eq!(urn, format!("urn:ietf:params:acme:error:{name}"));
        assert_eq!(ProblemType::try_from(urn), Ok(kind));
        assert!((400..=500).contains(&status));
    }
}

#[test]
fn the_document_has_type_status_and_detail() {
    let value = serde_json::to_value(Problem::bad_nonce("too old")).unwrap();
    assert_eq!(value, json!({"type": "urn:ietf:params:acme:error:badNonce", "status": 400, "detail": "too old"}));
}

#[test]
fn a_document_survives_the_database() {
    let problem = Problem::combined(vec![
        Problem::rejected_identifier(&Identifier::Dns("a.test".into()), "no"),
        Problem::bad_signature_algorithm("none", ["ES256"]),
    ])
    .unwrap();
    let text = serde_json::to_string(&problem).unwrap();
    assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
}

#[test]
fn several_failures_become_one_document() {
    let rejected = |name: &str| Problem::rejected_identifier(&Identifier::Dns(name.into()), "policy");
    assert_eq!(Problem::combined(vec![]), None);
    assert_eq!(Problem::combined(vec![rejected("a")]), Some(rejected("a")));
    let same = Problem::combined(vec![rejected("a"), rejected("b")]).unwrap();
    assert_eq!((same.kind(), same.status(), same.subproblems().len()), (T::RejectedIdentifier, 403, 2));
    let mixed = Problem::combined(vec![rejected("a"), Problem::malformed("x")]).unwrap();
    assert_eq!((mixed.kind(), mixed.status()), (T::Compound, 400));
    let value = serde_json::to_value(&mixed).unwrap();
    assert_eq!(value.pointer("/subproblems/0/identifier").unwrap(), &json!({"type": "dns", "value": "a"}));
}

#[test]
fn unknown_types_are_refused() {
    for urn in ["urn:ietf:params:acme:error:nope", "about:blank", "malformed"] {
        assert!(ProblemType::try_from(urn.to_owned()).is_err(), "{urn}");
    }
}

#[test]
fn a_long_text_of_the_client_is_cut() {
    let problem = Problem::url_mismatch(&"ü".repeat(50_000), "https://ca.test");
    assert!(problem.detail().len() <= LONGEST_DETAIL + 4 && problem.detail().ends_with(" ..."));
}
