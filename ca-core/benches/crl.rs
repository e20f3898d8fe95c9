//! A CRL of 100,000 entries: encoding, lint, and the way to a signed list. The goal is 0.25 CPU seconds for all of it.
#![allow(clippy::expect_used, missing_docs, reason = "a benchmark stops at the first fault")]

use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use ca_core::hsm::{Input, KeyId, KeyRef, KeyState, SignRequest, Signature};
use ca_core::policy::action::PublishCrl;
use ca_core::policy::{Actor, Permitted, PolicyEngine};
use ca_core::revocation::{
    CertificateListBuilder, CertificateListFacts, CertificateListIssuer, CertificateScope, CrlNumber, CrlSummary,
    IssuedCertificateList, IssuingDistributionPoint, LintedCertificateList, RevocationReason, RevokedEntry,
    TbsCertificateList,
};
use ca_core::time::UnixTime;
use ca_core::x509::{Certificate, SerialNumber};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rcgen::SigningKey as _;

const ENTRIES: u64 = 100_000;
const PAGE: usize = 1000;
const NEW_YEAR: UnixTime = UnixTime::from_seconds(1_767_225_600);

struct Authority {
    permitted: Permitted<PublishCrl>,
    certificate: Certificate,
    private_key: rcgen::KeyPair,
    key: KeyRef,
    facts: CertificateListFacts,
}

impl Authority {
    fn new() -> Self {
        let private_key = rcgen::KeyPair::generate().expect("a P-256 key");
        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&private_key).expect("a CA certificate");
        let certificate = Certificate::from_der(certificate.der()).expect("a CA certificate");
        let id = KeyId::new(uuid::Uuid::from_u128(1));
        let key = KeyRef { id, locator: "bench".to_owned(), public_key: certificate.public_key().clone() };
        Self { permitted: permitted(), certificate, private_key, key, facts: facts() }
    }

    fn issuer(&self) -> CertificateListIssuer<'_> {
        CertificateListIssuer { certificate: &self.certificate, key: &self.key, key_state: KeyState::Active }
    }

    fn encode(&self, entries: &[RevokedEntry]) -> TbsCertificateList {
        let mut builder = CertificateListBuilder::new(&self.permitted, self.issuer(), &self.facts, entries.len())
            .expect("the facts agree");
        for page in entries.chunks(PAGE) {
            builder.append(page).expect("every date can be written");
        }
        builder.finish().expect("the list is short enough")
    }

    fn lint(&self, list: TbsCertificateList) -> LintedCertificateList {
        list.lint(self.issuer()).expect("the list breaks no rule")
    }

    fn sign(&self, request: &SignRequest) -> Signature {
        let Input::Message(message) = request.input() else { unreachable!("a CRL is signed as a message") };
        let octets = self.private_key.sign(message).expect("a signature");
        let text = base64::engine::general_purpose::STANDARD.encode(octets);
        serde_json::from_value(text.into()).expect("a signature")
    }

    fn issue(&self, linted: LintedCertificateList) -> IssuedCertificateList {
        let request = linted.sign_request(self.issuer(), Duration::from_secs(10));
        linted.assemble(&self.sign(&request), self.issuer()).expect("the signature verifies")
    }
}

fn permitted() -> Permitted<PublishCrl> {
    let actor = Actor::LocalRoot { os_user: "root".to_owned() };
    let action = PublishCrl { issuer: "issuing".to_owned(), shard: None };
    PolicyEngine::built_in().expect("sound policies").decide(&actor, action).expect("permitted")
}

fn facts() -> CertificateListFacts {
    let urls = vec!["http://ca.example.org/crl/issuing/0.crl".to_owned()];
    CertificateListFacts {
        this_update: NEW_YEAR,
        next_update: NEW_YEAR.plus(Duration::from_secs(7 * 86_400)),
        number: CrlNumber::new(1),
        issuing_distribution_point: Some(IssuingDistributionPoint { urls, scope: CertificateScope::All }),
    }
}

/// Serials as scattered as random ones, the same in every run, in the order in which the database gives them.
fn entries() -> Vec<RevokedEntry> {
    let serial = |index: u64| {
        let mut random = [0; 18];
        for (part, factor) in random.chunks_mut(8).zip([0x9e37_79b9_7f4a_7c15_u64, 0xbf58_476d_1ce4_e5b9, 1]) {
            part.copy_from_slice(&index.wrapping_mul(factor).to_be_bytes()[8 - part.len()..]);
        }
        SerialNumber::from_random(random)
    };
    let entry = |index| RevokedEntry {
        serial: serial(index),
        revoked_at: NEW_YEAR.minus(Duration::from_secs(index * 60)),
        reason: if index % 3 == 0 { RevocationReason::Unspecified } else { RevocationReason::Superseded },
        invalidity_date: None,
    };
    let mut entries: Vec<_> = (1..=ENTRIES).map(entry).collect();
    entries.sort_by(|one, other| one.serial.cmp(&other.serial));
    entries
}

fn crl(criterion: &mut Criterion) {
    let (authority, entries) = (Authority::new(), entries());
    let mut group = criterion.benchmark_group("crl of 100k entries");
    group.sample_size(10);
    group.bench_function("encode", |bench| bench.iter(|| black_box(authority.encode(&entries))));
    let encoded = || authority.encode(&entries);
    group.bench_function("lint", |bench| {
        bench.iter_batched(encoded, |list| black_box(authority.lint(list)), BatchSize::PerIteration);
    });
    let linted = || authority.lint(authority.encode(&entries));
    group.bench_function("sign and verify", |bench| {
        bench.iter_batched(linted, |list| black_box(authority.issue(list)), BatchSize::PerIteration);
    });
    group.bench_function("all", |bench| bench.iter(|| black_box(authority.issue(linted()))));
    let der = authority.issue(linted()).into_der();
    group.bench_function("summary", |bench| bench.iter(|| black_box(CrlSummary::from_der(&der))));
    group.finish();
}

criterion_group!(benches, crl);
criterion_main!(benches);
