//! Pages as an installation has them, with one text of the reader's choice wherever others write: for the tests of this
//! section and for the gallery.

use super::*;
use crate::frame::{Environment, EnvironmentKind, Frame, OperatorBadge, Section};

pub(crate) const NOW: i64 = 1_782_907_200;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
pub(crate) const ID: &str = "0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10";
const SERIAL: &str = "3c9e51b07a4f4c1f9d2e0a6b8e4d7f10";
const SERVER: &str = "https://ca.example.org:8443";

pub(crate) fn frame() -> Frame {
    Frame {
        section: Section::Signing,
        environment: Some(Environment { name: "production".to_owned(), kind: EnvironmentKind::Production }),
        operator: Some(OperatorBadge { name: "ada".to_owned(), roles: vec!["approver".to_owned()] }),
        csrf: "the-token".to_owned(),
        ..Frame::public("Example CA", NOW)
    }
}

/// What others write, or what they usually write there.
fn or(text: &str, usual: &str) -> String {
    if text.is_empty() { usual.to_owned() } else { text.to_owned() }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn digest(number: u64) -> String {
    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4)
}

pub(crate) fn row(text: &str, state: &str, hours: i64, items: u64) -> SigningRow {
    SigningRow {
        id: ID.to_owned(),
        state: state.to_owned(),
        profile: "payments/release-win".to_owned(),
        environment: SigningEnvironment::Release,
        reason: or(text, "v2.4.0"),
        requester: or(text, "repo:example/payments:ref:refs/tags/v2.4.0"),
        created_at: NOW - hours * HOUR,
        first_item: or(text, "payments.exe"),
        items,
        signed: 0,
        need: 2,
        have: u32::from(state == "signed") * 2,
    }
}

fn rehearsal(text: &str) -> SigningRow {
    SigningRow {
        profile: "test".to_owned(),
        environment: SigningEnvironment::Test,
        need: 0,
        reason: String::new(),
        requester: or(text, "ann"),
        first_item: or(text, "app.tar.gz"),
        ..row(text, "signed", 3, 1)
    }
}

pub(crate) fn inbox(text: &str) -> SigningInboxPage {
    SigningInboxPage {
        frame: frame(),
        waiting: vec![row(text, "pending_approval", 3, 1), row(text, "pending_approval", 1, 2_690)],
        waiting_total: 2,
        rows: vec![
            row(text, "pending_approval", 1, 2_690),
            row(text, "pending_approval", 3, 1),
            row(text, "signing", 5, 3_000),
            rehearsal(text),
            row(text, "signed", 30, 12),
            row(text, "rejected", 50, 1),
            row(text, "failed", 60, 4),
            row(text, "expired", 90, 1),
        ],
        state: String::new(),
        states: texts(&["pending_approval", "approved", "signing", "signed", "rejected", "failed"]),
        profile: String::new(),
        profiles: texts(&["payments/release-win", "release", "test"]),
        newer: None,
        older: Some(format!("/signing?older={ID}")),
        server: SERVER.to_owned(),
    }
}

pub(crate) fn items(text: &str, total: u64, signed: u64) -> ItemsView {
    let item = |number: u64| ItemRow {
        number,
        name: or(text, &format!("bin/component-{number:04}.dll")),
        algorithm: "sha256".to_owned(),
        digest: digest(number),
        size: Some(number * 8_192),
        state: or(text, if number <= signed { "signed" } else { "pending" }),
        timestamp: (number <= signed).then(|| format!("{number:032x}")),
        withdrawn: false,
    };
    let shown = total.min(50);
    ItemsView {
        total,
        signed,
        first: or(text, "bin/component-0001.dll"),
        rows: (1..=shown).map(item).collect(),
        after: 0,
        page: 50,
    }
}

fn provenance(text: &str) -> ProvenanceView {
    let url = |path: &str| Some(or(text, &format!("https://github.com/example/payments/{path}")));
    ProvenanceView {
        credential: or(text, "a token of GitHub Actions, by the trust rule tags"),
        repository: Some(or(text, "example/payments")),
        repository_url: url(""),
        commit: Some(or(text, "3f5a9c0de1b24c7d8e9f00112233445566778899")),
        commit_url: url("commit/3f5a9c0"),
        reference: Some(or(text, "refs/tags/v2.4.0")),
        workflow: Some(or(text, "example/payments/.github/workflows/release.yml@refs/tags/v2.4.0")),
        run: Some(or(text, "run 9182736455, attempt 1")),
        run_url: url("actions/runs/9182736455"),
        actor: Some(or(text, "dependable-dora")),
        address: Some(or(text, "192.0.2.17")),
        claims: vec![
            ("repository_id".to_owned(), or(text, "123456")),
            (or(text, "runner_environment"), "github-hosted".to_owned()),
        ],
    }
}

fn comparison(text: &str) -> ComparisonView {
    ComparisonView::With(EarlierView {
        id: ID.to_owned(),
        reason: or(text, "v2.3.1"),
        signed_at: NOW - 20 * DAY,
        added: vec![or(text, "bin/telemetry.dll")],
        removed: vec![or(text, "bin/legacy.dll")],
        changed: (1..=28).map(|number| or(text, &format!("bin/component-{number:04}.dll"))).collect(),
        same: 2_661,
        facts: vec![
            ChangedFact {
                what: or(text, "ref"),
                before: Some(or(text, "refs/tags/v2.3.1")),
                now: Some(or(text, "refs/tags/v2.4.0")),
            },
            ChangedFact {
                what: "runner_environment".to_owned(),
                before: Some("self-hosted".to_owned()),
                now: Some("github-hosted".to_owned()),
            },
            ChangedFact { what: "environment".to_owned(), before: Some("production".to_owned()), now: None },
        ],
    })
}

fn event(text: &str, hours: i64, kind: &str, actor: &str, detail: &str) -> SigningEvent {
    SigningEvent {
        at: NOW - hours * HOUR,
        kind: or(text, kind),
        actor: or(text, actor),
        detail: if detail.is_empty() { String::new() } else { or(text, detail) },
        policies: or(text, "signing/payments/release-win/tags"),
    }
}

pub(crate) fn request(text: &str) -> SigningRequestPage {
    let vote = |name: &str, void: Option<&str>| VoteView {
        name: or(text, name),
        at: NOW - HOUR,
        comment: or(text, "Release notes read, build log clean."),
        void: void.map(|why| or(text, why)),
    };
    SigningRequestPage {
        frame: frame(),
        id: ID.to_owned(),
        state: "pending_approval".to_owned(),
        profile: "payments/release-win".to_owned(),
        profile_version: "0f3e9a77c1d2".to_owned(),
        environment: SigningEnvironment::Release,
        format: "authenticode-pe".to_owned(),
        reason: or(text, "v2.4.0"),
        requester: or(text, "repo:example/payments:ref:refs/tags/v2.4.0"),
        created_at: NOW - 3 * HOUR,
        expires_at: Some(NOW + 21 * HOUR),
        ended_at: None,
        outcome: None,
        failure: None,
        glass: None,
        digest_set: format!("sha256:{}", digest(7)),
        provenance: provenance(text),
        items: items(text, 2_690, 0),
        comparison: comparison(text),
        stages: vec![
            StageView {
                group: or(text, "approver"),
                need: 2,
                votes: vec![vote("bob", None), vote("eve", Some("the person lost the role approver"))],
            },
            StageView { group: "security-officer".to_owned(), need: 1, votes: Vec::new() },
        ],
        permitted_by: or(text, "signing/payments/release-win/tags"),
        history: vec![
            event(text, 3, "submitted", "repo:example/payments", ""),
            event(text, 1, "approved", "bob", "Release notes read, build log clean."),
        ],
        signer: None,
        refusals: SigningRefusals {
            cancel: Some(or(text, "only who asked or an administrator gives it up")),
            break_glass: None,
            ..SigningRefusals::default()
        },
        was_stale: false,
        comment: None,
        glass_form: None,
    }
}

pub(crate) fn running(text: &str) -> SigningRequestPage {
    let refused = || Some(or(text, "it is approved already"));
    SigningRequestPage {
        state: "signing".to_owned(),
        expires_at: None,
        items: items(text, 3_000, 312),
        comparison: ComparisonView::First,
        refusals: SigningRefusals { approve: refused(), reject: refused(), cancel: refused(), break_glass: refused() },
        ..request(text)
    }
}

pub(crate) fn signed(text: &str) -> SigningRequestPage {
    SigningRequestPage {
        state: "signed".to_owned(),
        ended_at: Some(NOW - HOUR),
        items: items(text, 12, 12),
        signer: Some(SignerView {
            id: ID.to_owned(),
            serial: SERIAL.to_owned(),
            not_after: NOW + 3 * DAY,
            revoked_at: None,
        }),
        history: vec![
            event(text, 3, "submitted", "repo:example/payments", ""),
            event(text, 2, "approved", "bob", "Release notes read."),
            event(text, 1, "approved", "eve", ""),
            event(text, 1, "signed", "this server", ""),
        ],
        ..running(text)
    }
}

pub(crate) fn failed(text: &str) -> SigningRequestPage {
    SigningRequestPage {
        state: "failed".to_owned(),
        ended_at: Some(NOW - HOUR),
        glass: Some(or(text, "ada: the fix for CVE-2026-0001 cannot wait until Monday")),
        failure: Some(FailureView {
            detail: or(text, "The HSM local did not answer within 30 seconds."),
            retryable: false,
        }),
        items: items(text, 3, 0),
        ..running(text)
    }
}

pub(crate) fn profiles(text: &str) -> SigningProfilesPage {
    let row = |name: &str, label: &str, environment, frozen, stages: &[(&str, u32)]| SigningProfileRow {
        name: name.to_owned(),
        label: or(text, label),
        environment,
        formats: texts(&["cms-detached", "authenticode-pe", "jar-sf"]),
        stages: stages.iter().map(|(group, need)| (or(text, group), *need)).collect(),
        frozen,
    };
    let release = [("approver", 2), ("security-officer", 1)];
    SigningProfilesPage {
        frame: frame(),
        profiles: vec![
            row("payments/release-win", "Payments for Windows", SigningEnvironment::Release, false, &release),
            row("release", "Releases", SigningEnvironment::Release, true, &[("approver", 1)]),
            row("test", "Tests", SigningEnvironment::Test, false, &[]),
        ],
    }
}

pub(crate) fn profile(text: &str) -> SigningProfilePage {
    let claims = [("repository_id", "123456"), ("ref", "refs/tags/v*"), ("ref_protected", "true")];
    let claims = claims.map(|(claim, pattern)| (or(text, claim), or(text, pattern))).to_vec();
    let ci = |issuer: &str, audience: Option<&str>| Trusted::Ci {
        issuer: issuer.to_owned(),
        audience: audience.map(|audience| or(text, audience)),
        claims: claims.clone(),
    };
    let rule = |name: &str, who| TrustView { name: or(text, name), who };
    SigningProfilePage {
        frame: frame(),
        name: "payments/release-win".to_owned(),
        label: or(text, "Payments for Windows"),
        environment: SigningEnvironment::Release,
        version: "0f3e9a77c1d2".to_owned(),
        frozen: true,
        formats: texts(&["authenticode-pe", "cms-detached", "raw", "jar-sf"]),
        digests: texts(&["sha256", "sha384"]),
        key: KeyView { algorithm: "ecdsa-p256".to_owned(), hsm: "local".to_owned(), sha256: Some(digest(9)) },
        certificate: CertificateRuleView {
            per_request: true,
            issuer: "issuing".to_owned(),
            profile: "code-signing".to_owned(),
            validity: Some("72h".to_owned()),
            project_eku: Some("1.3.6.1.4.1.59999.1.7".to_owned()),
            newest: Some(ProfileCertificateView {
                id: ID.to_owned(),
                serial: SERIAL.to_owned(),
                not_after: NOW + 2 * DAY,
            }),
        },
        timestamp_required: true,
        external_timestamps: vec![or(text, "http://timestamp.example.net")],
        trust: vec![
            rule("tags", ci("https://token.actions.githubusercontent.com", None)),
            rule("gitlab", ci(&or(text, "https://gitlab.example.org"), Some("https://ca.example.org"))),
            rule(
                "farm",
                Trusted::Mtls { issuer: "issuing".to_owned(), san: or(text, "uri:spiffe://example.org/build/*") },
            ),
            rule("tokens", Trusted::ApiTokens),
        ],
        stages: vec![(or(text, "approver"), 2), ("security-officer".to_owned(), 1)],
        limits: LimitsView {
            items: 3_000,
            requests_per_hour: 60,
            signatures_per_day: 100_000,
            hours: Some(or(text, "Mon-Fri 08:00-18:00")),
            sources: vec![or(text, "10.0.0.0/8")],
        },
        expires: "24h".to_owned(),
        reuse: true,
        text: or(text, "label = \"Payments for Windows\"\nenvironment = \"release\"\n"),
        requests: vec![row(text, "pending_approval", 3, 1), row(text, "signed", 30, 12)],
        server: SERVER.to_owned(),
    }
}

pub(crate) fn grants(text: &str) -> GrantsPage {
    let grant = |spent, hours: i64, revoked_at| GrantRow {
        id: ID.to_owned(),
        profile: "release".to_owned(),
        grantee: or(text, "ann"),
        spent,
        most: 10,
        not_after: NOW + hours * HOUR,
        granted_by: or(text, "sofia"),
        created_at: NOW - DAY,
        revoked_at,
    };
    GrantsPage {
        frame: frame(),
        grants: vec![grant(3, 5, None), grant(10, 5, None), grant(2, -5, None), grant(0, 40, Some(NOW - HOUR))],
        newer: None,
        older: None,
        profiles: texts(&["release", "test"]),
        form: GrantForm {
            profile: "release".to_owned(),
            grantee: or(text, "ann"),
            most: or(text, "10"),
            hours: or(text, "1000"),
        },
        problem: Some(or(text, "A grant lasts for 720 hours (30 days) at most.")),
        no_create: None,
        no_revoke: None,
        server: SERVER.to_owned(),
    }
}

pub(crate) fn ledger(text: &str) -> LedgerPage {
    let row = |number: u64, withdrawn: bool| LedgerRow {
        request: (number != 3).then(|| ID.to_owned()),
        name: or(text, "payments.exe"),
        digest: digest(number),
        algorithm: "sha256".to_owned(),
        format: "authenticode-pe".to_owned(),
        profile: "payments/release-win".to_owned(),
        environment: SigningEnvironment::Release,
        requester: or(text, "repo:example/payments:ref:refs/tags/v2.4.0"),
        signed_at: NOW - DAY,
        certificate: Some((ID.to_owned(), SERIAL.to_owned())),
        timestamp: Some(SERIAL.to_owned()),
        by_file: false,
        withdrawn: withdrawn.then(|| WithdrawalView { at: NOW - HOUR, reason: or(text, "keyCompromise") }),
    };
    LedgerPage {
        frame: frame(),
        digest: or(text, &digest(1)),
        problem: None,
        rows: vec![row(1, false), row(2, true), row(3, false)],
        newer: None,
        older: None,
    }
}

pub(crate) fn verify(text: &str) -> VerifyPage {
    let finding = |what: &str, good, detail: &str| FindingView { what: or(text, what), good, detail: or(text, detail) };
    let family = |name: &str, accepts, why: &str| FamilyView { name: or(text, name), accepts, why: or(text, why) };
    let report = ReportView {
        findings: vec![
            finding("Digest", Some(true), "It is the digest that the signature covers."),
            finding("Signature", Some(true), "Made with the key of the signer's certificate."),
            finding("Chain", Some(true), "Leads to Example Root."),
            finding("Timestamp", None, "There is none."),
            finding("Revocation", Some(false), "The certificate was revoked an hour after it was signed."),
        ],
        families: vec![
            family(
                "OpenSSL, osslsigncode, sbverify",
                false,
                "The certificate is revoked: they refuse whatever it signed, at any time.",
            ),
            family("Java, Windows", true, "It was revoked after the time in the timestamp."),
        ],
        signer: Some(or(text, "CN=Payments for Windows, O=Example")),
        certificate: Some((ID.to_owned(), SERIAL.to_owned())),
        signed_at: Some(NOW - DAY),
        says_when: or(text, "the timestamp"),
        request: Some(ID.to_owned()),
    };
    VerifyPage {
        frame: frame(),
        formats: texts(&["cms-detached", "authenticode-pe", "jar-sf", "raw"]),
        algorithms: texts(&["sha256", "sha384", "sha512"]),
        form: VerifyForm {
            format: "cms-detached".to_owned(),
            signature: or(text, "-----BEGIN PKCS7-----\nMIIHwQYJKoZIhvcNAQcCoIIHsjCCB64CAQEx\n-----END PKCS7-----\n"),
            algorithm: "sha256".to_owned(),
            digest: or(text, &digest(1)),
            certificate: text.to_owned(),
        },
        problem: None,
        report: Some(report),
    }
}

pub(crate) fn dying(text: &str) -> DyingView {
    let signature = |number: i64| DyingSignature {
        request: (number != 2).then(|| ID.to_owned()),
        name: or(text, "payments.exe"),
        profile: or(text, "payments/release-win"),
        signed_at: NOW - number * DAY,
        stamped: number != 3,
    };
    DyingView { total: 2_690, newest: (1..4).map(signature).collect() }
}
