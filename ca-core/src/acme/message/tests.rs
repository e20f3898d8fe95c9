#![allow(clippy::unwrap_used, reason = "tests")]
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::acme::account::AccountStatus;
use crate::acme::authorization::AuthorizationStatus;
use crate::acme::challenge::ChallengeStatus;
use crate::acme::order::OrderStatus;
use crate::acme::{Jwk, ProblemType};
use crate::time::UnixTime;

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    parse_object(value.to_string().as_bytes())
}

/// The message written and read again, and the JSON in between.
fn written<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) -> Value {
    let value = serde_json::to_value(message).unwrap();
    assert_eq!(&read::<T>(value.clone()).unwrap(), message);
    value
}

#[test]
fn a_directory_lists_only_what_is_served() {
    let url = |name: &str| format!("https://ca.test/{name}");
    let directory = Directory {
        new_nonce: url("nonce"),
        new_account: url("account"),
        new_order: url("order"),
        revoke_cert: url("revoke"),
        key_change: url("key"),
        meta: DirectoryMetadata { external_account_required: true, website: Some(url("")), ..Default::default() },
        ..Default::default()
    };
    let expected = json!({
        "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order"), "revokeCert": url("revoke"),
        "keyChange": url("key"), "meta": {"externalAccountRequired": true, "website": url("")},
    });
    assert_eq!(written(&directory), expected);
}

#[test]
fn new_account_takes_any_mix_of_members_and_ignores_others() {
    let read = |value| read::<NewAccount>(value).unwrap();
    assert_eq!(read(json!({})), NewAccount::default());
    let both = read(json!({"onlyReturnExisting": true, "contact": ["mailto:a@b.test"], "unknown": {"x": 1}}));
    assert!(both.only_return_existing && both.contact.is_some());
    let full = json!({
        "contact": ["mailto:a@b.test"], "termsOfServiceAgreed": true, "onlyReturnExisting": false,
        "externalAccountBinding": {"protected": "AA", "payload": "AA", "signature": "AA"},
    });
    assert_eq!(written(&read(full.clone())), full);
}

#[test]
fn members_of_the_wrong_kind_are_malformed() {
    let kind = |result: Result<(), Problem>| result.unwrap_err().kind();
    for value in [json!({"contact": "mailto:a@b.test"}), json!({"onlyReturnExisting": "yes"}), json!({"contact": [1]})]
    {
        assert_eq!(kind(read::<NewAccount>(value.clone()).map(drop)), ProblemType::Malformed, "{value}");
    }
    for value in [
        json!({}),
        json!({"identifiers": {}}),
        json!({"identifiers": [{"type": "dns"}]}),
        json!({"identifiers": ["a.test"]}),
        json!([]),
    ] {
        assert_eq!(kind(read::<NewOrder>(value.clone()).map(drop)), ProblemType::Malformed, "{value}");
    }
    assert_eq!(kind(read::<Finalize>(json!({})).map(drop)), ProblemType::Malformed);
    for value in [
        json!({}),
        json!({"certificate": "AA", "reason": "keyCompromise"}),
        json!({"certificate": "AA", "reason": 1.5}),
    ] {
        assert_eq!(kind(read::<RevokeCertificate>(value.clone()).map(drop)), ProblemType::Malformed, "{value}");
    }
}

#[test]
fn only_deactivated_means_deactivation() {
    let account = |status: Value| read::<UpdateAccount>(json!({"status": status})).unwrap().deactivates();
    assert!(account(json!("deactivated")));
    assert!(
        !account(json!("valid"))
            && !account(json!("revoked"))
            && !account(json!(null))
            && !account(json!("Deactivated"))
    );
    let authorization = |value| read::<UpdateAuthorization>(value).unwrap().require_deactivation();
    assert_eq!(authorization(json!({"status": "deactivated"})), Ok(()));
    for value in [json!({}), json!({"status": "valid"}), json!({"status": null})] {
        assert_eq!(authorization(value).unwrap_err().kind(), ProblemType::Malformed);
    }
}

#[test]
fn an_account_object_is_written_as_the_rfc_has_it() {
    let account = AccountObject {
        status: AccountStatus::Valid,
        contact: vec![],
        terms_of_service_agreed: None,
        orders: "https://o".into(),
    };
    assert_eq!(written(&account), json!({"status": "valid", "orders": "https://o"}));
    let account =
        AccountObject { contact: vec!["mailto:a@b.test".into()], terms_of_service_agreed: Some(true), ..account };
    assert_eq!(
        written(&account),
        json!({"status": "valid", "orders": "https://o", "contact": ["mailto:a@b.test"], "termsOfServiceAgreed": true})
    );
    assert_eq!(written(&OrdersList { orders: vec!["https://o/1".into()] }), json!({"orders": ["https://o/1"]}));
}

#[test]
fn times_of_an_order_are_rfc_3339_and_in_sequence() {
    let validity = |before: Value, after: Value| {
        read::<NewOrder>(
            json!({"identifiers": [{"type": "dns", "value": "a.test"}], "notBefore": before, "notAfter": after}),
        )
        .unwrap()
        .validity()
    };
    assert_eq!(validity(json!(null), json!(null)), Ok((None, None)));
    let times = validity(json!("2026-01-01T00:00:00Z"), json!("2026-01-01T01:00:00.5+00:30")).unwrap();
    assert_eq!(times, (Some(UnixTime::from_seconds(1_767_225_600)), Some(UnixTime::from_seconds(1_767_227_400))));
    for bad in ["", "2026-01-01", "2026-01-01 00:00:00", "tomorrow", "1767225600", "2026-13-01T00:00:00Z"] {
        assert_eq!(validity(json!(bad), json!(null)).unwrap_err().kind(), ProblemType::Malformed, "{bad}");
        assert_eq!(validity(json!(null), json!(bad)).unwrap_err().kind(), ProblemType::Malformed, "{bad}");
    }
    let (early, late) = (json!("2026-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z"));
    assert_eq!(validity(late, early.clone()).unwrap_err().kind(), ProblemType::Malformed);
    assert_eq!(validity(early.clone(), early).unwrap_err().kind(), ProblemType::Malformed);
}

#[test]
fn an_order_object_is_written_as_the_rfc_has_it() {
    let order = OrderObject {
        status: OrderStatus::Pending,
        expires: Some(UnixTime::from_seconds(1_767_225_600).to_string()),
        identifiers: vec![WireIdentifier { kind: "dns".into(), value: "*.a.test".into() }],
        not_before: None,
        not_after: None,
        error: None,
        authorizations: vec!["https://a".into()],
        finalize: "https://f".into(),
        certificate: None,
    };
    let mut expected = json!({
        "status": "pending", "expires": "2026-01-01T00:00:00Z", "identifiers": [{"type": "dns", "value": "*.a.test"}],
        "authorizations": ["https://a"], "finalize": "https://f",
    });
    assert_eq!(written(&order), expected);
    let order = OrderObject {
        status: OrderStatus::Invalid,
        error: Some(Problem::malformed("x")),
        certificate: Some("https://c".into()),
        ..order
    };
    expected["status"] = json!("invalid");
    expected["certificate"] = json!("https://c");
    expected["error"] = json!({"type": "urn:ietf:params:acme:error:malformed", "status": 400, "detail": "x"});
    assert_eq!(written(&order), expected);
}

#[test]
fn an_authorization_object_tells_wildcards_only_when_they_are() {
    let challenge = ChallengeObject {
        kind: "dns-01".into(),
        url: "https://c".into(),
        status: ChallengeStatus::Processing,
        validated: None,
        error: None,
        token: "AA".into(),
    };
    let identifier = WireIdentifier { kind: "dns".into(), value: "a.test".into() };
    let authorization = AuthorizationObject {
        identifier,
        status: AuthorizationStatus::Pending,
        expires: None,
        challenges: vec![challenge],
        wildcard: true,
    };
    let challenges = json!([{"type": "dns-01", "url": "https://c", "status": "processing", "token": "AA"}]);
    let mut expected = json!({"identifier": {"type": "dns", "value": "a.test"}, "status": "pending", "challenges": challenges, "wildcard": true});
    assert_eq!(written(&authorization), expected);
    expected.as_object_mut().unwrap().remove("wildcard");
    assert_eq!(written(&AuthorizationObject { wildcard: false, ..authorization }), expected);
}

#[test]
fn der_comes_in_strict_base64url() {
    let csr = |text: &str| read::<Finalize>(json!({"csr": text})).unwrap().csr_der();
    assert_eq!(csr("MAA"), Ok(vec![0x30, 0]));
    for bad in ["", "MAA=", "MA A", "MAA\n", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"] {
        assert_eq!(csr(bad).unwrap_err().kind(), ProblemType::Malformed, "{bad}");
    }
    let revoke: RevokeCertificate = read(json!({"certificate": "MAA", "reason": 4})).unwrap();
    assert_eq!((revoke.certificate_der(), revoke.reason), (Ok(vec![0x30, 0]), Some(4)));
    let revoke: RevokeCertificate = read(json!({"certificate": "MAA="})).unwrap();
    assert_eq!((revoke.certificate_der().unwrap_err().kind(), revoke.reason), (ProblemType::Malformed, None));
}

#[test]
fn a_key_change_names_account_and_old_key() {
    let key = json!({"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let change: KeyChange = read(json!({"account": "https://a", "oldKey": key})).unwrap();
    let (account, old_key) = change.into_parts().unwrap();
    assert_eq!((account.as_str(), old_key), ("https://a", Jwk::from_json(key.to_string().as_bytes()).unwrap()));
    for bad in
        [json!({"account": "https://a"}), json!({"oldKey": key}), json!({"account": "https://a", "oldKey": ["OKP"]})]
    {
        assert_eq!(read::<KeyChange>(bad).err().unwrap().kind(), ProblemType::Malformed);
    }
}

#[test]
fn challenge_responses_are_objects_whatever_they_hold() {
    assert!(
        read::<ChallengeResponse>(json!({})).is_ok()
            && read::<ChallengeResponse>(json!({"keyAuthorization": "x"})).is_ok()
    );
    for bad in [json!(null), json!([]), json!("")] {
        assert!(read::<ChallengeResponse>(bad).is_err());
    }
}
