//! The overview, authorities, HSMs and the audit trail.

use super::{DAY, NOW, frame, save};
use crate::audit::{AuditPage, EventPage, EventRow, FilterValues};
use crate::authorities::{AuthoritiesPage, AuthorityNode, AuthorityPage, AuthorityState, KeyView, ListView};
use crate::dashboard::{DashboardPage, NeedView, PastDay, Urgency};
use crate::frame::{EnvironmentKind, Section};
use crate::hsm::{HsmFacts, HsmHealth, HsmPage, HsmRow, HsmsPage, KeyRow, Latency};

fn latency() -> Vec<Latency> {
    let point = |back: i64| Latency {
        at: NOW - back * 1_800,
        micros: (back != 9).then_some(2_000 + (back * 7_919 % 23).unsigned_abs() * 120),
    };
    (0..48).rev().map(point).collect()
}

fn need(urgency: Urgency, what: &str, detail: &str, href: &str) -> NeedView {
    NeedView { urgency, what: what.into(), detail: detail.into(), place: Some((href.into(), "The HSM".into())) }
}

#[test]
fn gallery_dashboard() {
    let needs = vec![
        need(Urgency::Broken, "HSM token does not sign", "HSM token: the token is not present", "/hsm/token"),
        need(Urgency::Soon, "web-1.internal ends in 6 days", "Its usual renewal did not come. Owner: platform.", "/a"),
        need(
            Urgency::Soon,
            "The revocation list of root ends soon",
            "It is published by hand: nobody else does it.",
            "/b",
        ),
    ];
    let day = |back: i64| PastDay {
        at: NOW - back * DAY,
        issued: 300 + (back * 7_919 % 97).unsigned_abs(),
        failed: if back % 7 == 3 { 12 } else { 0 },
    };
    let page = DashboardPage {
        frame: frame(Section::Overview, EnvironmentKind::Production),
        needs,
        valid: 1_004_331,
        past: (0..30).rev().map(day).collect(),
        more_failed: false,
        algorithms: vec![("ecdsa-p256".into(), 9_120), ("rsa-3072".into(), 640), ("ed25519".into(), 31)],
        first_end: NOW,
        ends: (0..90).map(|day: u64| day * 7_919 % 400).collect(),
        hsms: vec![("local".into(), latency()), ("token".into(), latency())],
    };
    save("dashboard", &page.render().unwrap());
    let calm = DashboardPage { needs: Vec::new(), algorithms: Vec::new(), past: Vec::new(), ends: Vec::new(), ..page };
    save("dashboard-calm", &calm.render().unwrap());
}

fn node(slug: &str, parent: Option<&str>, state: AuthorityState) -> AuthorityNode {
    AuthorityNode {
        slug: slug.into(),
        name: slug.trim_end_matches("-2").into(),
        parent: parent.map(Into::into),
        state,
        subject: format!("CN=Example {slug},O=Example Corporation"),
        key_algorithm: "ecdsa-p256".into(),
        hsm: "local".into(),
        not_after: NOW + 3_000 * DAY,
        lists: 1,
        next_update: Some(NOW + 5 * DAY),
    }
}

#[test]
fn gallery_authorities() {
    let frame = || frame(Section::Authorities, EnvironmentKind::Production);
    let authorities = vec![
        node("root", None, AuthorityState::Active),
        node("issuing", Some("root"), AuthorityState::Retired),
        AuthorityNode { next_update: Some(NOW - DAY), ..node("issuing-2", Some("root"), AuthorityState::EndsSoon) },
    ];
    save("authorities", &AuthoritiesPage { frame: frame(), authorities }.render().unwrap());
    let page = AuthorityPage {
        frame: frame(),
        slug: "issuing-2".into(),
        name: "issuing".into(),
        parent: Some("root".into()),
        state: AuthorityState::EndsSoon,
        subject: "CN=Example issuing,O=Example Corporation".into(),
        serial: "3c9e51b07a4f4c1f9d2e0a6b8e4d7f10".into(),
        fingerprint_sha256: "ab".repeat(32),
        not_before: NOW - 2_700 * DAY,
        not_after: NOW + 400 * DAY,
        pem: "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUPJ5RsHpPTB+dLgpriU1/EDAKBggqhkjOPQQDAjAVMRMw\n-----END CERTIFICATE-----".into(),
        certificate_url: "http://ca.example/aia/issuing-2.cer".into(),
        key: KeyView {
            hsm: "local".into(),
            id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".into(),
            locator: "software:0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".into(),
            algorithm: "ecdsa-p256".into(),
            state: "active".into(),
        },
        lists: vec![ListView {
            shard: 0,
            url: "http://ca.example/crl/issuing-2/0.crl".into(),
            number: Some(1_782_907_200_000_000),
            entries: 1_204,
            size: 48_000,
            this_update: Some(NOW - DAY),
            next_update: Some(NOW + 6 * DAY),
            next_publication: Some(NOW + DAY),
        }],
        automatic: true,
        no_publish: None,
        done: Some("Its lists are published.".into()),
        api_url: "https://ca.example/api/v1/authorities/issuing-2".into(),
    };
    save("authority", &page.render().unwrap());
}

#[test]
fn gallery_hsm() {
    let frame = || frame(Section::Hsm, EnvironmentKind::Production);
    let row = |name: &str, health| HsmRow {
        name: name.into(),
        kind: "pkcs11".into(),
        health,
        asked_at: Some(NOW - 30),
        latency: Some(2_430),
        authorities: vec!["issuing".into()],
        failed_at: (health == HsmHealth::Fails).then_some(NOW - 30),
    };
    let hsms = vec![row("local", HsmHealth::Signs), row("token", HsmHealth::Fails)];
    save("hsms", &HsmsPage { frame: frame(), hsms }.render().unwrap());
    let key = |label: &str, authority: Option<&str>| KeyRow {
        label: label.into(),
        id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".into(),
        algorithm: "ecdsa-p256".into(),
        state: Some("active".into()),
        purposes: vec!["certificate".into(), "crl".into()],
        born_inside: Some(true),
        authority: authority.map(Into::into),
    };
    let facts = HsmFacts {
        kind: "pkcs11".into(),
        protection: "token".into(),
        place: "/usr/lib/softhsm/libsofthsm2.so slot 7".into(),
        manufacturer: "SoftHSM project".into(),
        model: "SoftHSM v2".into(),
        serial_number: "c0ffee".into(),
        firmware: "2.6".into(),
        key_specs: vec!["ecdsa-p256".into(), "rsa-3072".into()],
        wrapping: Some("AES-GCM".into()),
        mechanisms: vec!["CKM_ECDSA".into(), "CKM_RSA_PKCS".into()],
    };
    let page = HsmPage {
        frame: frame(),
        name: "token".into(),
        health: HsmHealth::Signs,
        asked_at: Some(NOW - 30),
        facts: Ok(facts),
        keys: Ok(vec![key("issuing 1", Some("issuing")), key("signet-canary-0197", None)]),
        last_error: Some((NOW - 3 * DAY, "HSM token: CKR_DEVICE_ERROR; it is asked again in 10 s".into())),
        latency: latency(),
        no_probe: Some("An auditor reads and changes nothing.".into()),
        done: None,
        api_url: "https://ca.example/api/v1/hsms/token".into(),
    };
    save("hsm", &page.render().unwrap());
}

#[test]
fn gallery_audit() {
    let frame = || frame(Section::Audit, EnvironmentKind::Production);
    let row = |action: &str, object: &str, detail: Option<&str>, back: i64| EventRow {
        id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".into(),
        at: NOW - back,
        actor: "Operator:ada".into(),
        action: action.into(),
        object: object.into(),
        detail: detail.map(Into::into),
        origin: "192.0.2.7".into(),
    };
    let events = vec![
        row("RevokeCertificate", "certificate issuing/3c9e51b07a4f4c1f9d2e0a6b8e4d7f10", Some("keyCompromise"), 60),
        row("PublishCrl", "crl issuing/0", None, 61),
        row("SignIn", "operator ada", Some("password+totp"), 500),
    ];
    let page = AuditPage {
        frame: frame(),
        filter: FilterValues { actor: "ada".into(), since: "2026-06-01".into(), ..FilterValues::default() },
        problem: None,
        actions: vec!["PublishCrl".into(), "RevokeCertificate".into()],
        events,
        is_later: true,
        older: Some("0197c2a4".into()),
    };
    save("audit", &page.render().unwrap());
    let event = EventPage {
        frame: frame(),
        id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".into(),
        at: NOW - 60,
        actor: "Operator:ada".into(),
        roles: vec!["operator".into()],
        action: "RevokeCertificate".into(),
        object: "certificate issuing/3c9e51b07a4f4c1f9d2e0a6b8e4d7f10".into(),
        entity: Some("Certificate:issuing/3c9e51b07a4f4c1f9d2e0a6b8e4d7f10".into()),
        identifiers: Vec::new(),
        attributes: vec![("block_key".into(), "yes".into()), ("profile".into(), "tls-server".into())],
        details: vec![("reason".into(), "keyCompromise".into())],
        denied: false,
        policies: vec!["role-operator".into()],
        policy_set: Some("cd".repeat(32)),
        origin: "192.0.2.7".into(),
        request_id: "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f11".into(),
        certificate_sha256: None,
        leaf_hash: "ef".repeat(32),
        canonical: "{\"version\":1,\"id\":\"0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10\"}".into(),
    };
    save("audit-event", &event.render().unwrap());
}
