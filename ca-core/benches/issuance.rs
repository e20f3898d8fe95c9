//! What a certificate costs after its order is ready: the decision, the bytes with their lint, and the whole way to an issued
//! certificate by keys of each kind in the software keystore.
#![allow(clippy::expect_used, missing_docs, reason = "a benchmark stops at the first fault")]

use std::collections::BTreeSet;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use ca_core::hsm::software::SoftwareKeystore;
use ca_core::hsm::{Hsm, KeyId, KeyRef, KeySpec, KeyState, NewKey, SignPurpose};
use ca_core::issuance::{
    CertificateRequest, CertifiedNames, IssuedCertificate, Issuer, LintedCertificate, Signer, StatusUrls,
    TbsCertificate,
};
use ca_core::policy::action::{Initialize, IssueCertificate};
use ca_core::policy::{Actor, Permitted, PolicyEngine};
use ca_core::profile::CertificateProfile;
use ca_core::time::UnixTime;
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{Certificate, Chain, GeneralName, KeyAlgorithm, SerialNumber, SubjectPublicKeyInfo};
use criterion::{Criterion, criterion_group, criterion_main};
use rcgen::PublicKeyData as _;
use tempfile::TempDir;

const NEW_YEAR: UnixTime = UnixTime::from_seconds(1_767_225_600);
const TIME_LIMIT: Duration = Duration::from_secs(10);
const ALGORITHMS: [KeySpec; 4] = [KeySpec::EcdsaP256, KeySpec::EcdsaP384, KeySpec::Rsa3072, KeySpec::Ed25519];

/// Waits for a future on this thread: the keystore answers from a thread of its own.
fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// An authority with its key in a software keystore.
struct Authority {
    keystore: SoftwareKeystore,
    issuer: Issuer,
    _folder: TempDir,
}

impl Authority {
    fn new(spec: KeySpec) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keystore = SoftwareKeystore::new("bench", &folder.path().join("keys"));
        wait(keystore.create("a passphrase".to_owned().into())).expect("a keystore");
        let new = NewKey {
            id: KeyId::new(uuid::Uuid::from_u128(1)),
            spec,
            label: "root".to_owned(),
            purposes: BTreeSet::from([SignPurpose::Certificate]),
            state: KeyState::Active,
        };
        let key = wait(keystore.generate(new)).expect("a key").key;
        let chain = Chain::new(vec![trust_anchor(&keystore, &key)]).expect("a chain of one");
        let issuer = Issuer::new("issuing".to_owned(), chain, key, KeyState::Active).expect("the certificate's key");
        Self { keystore, issuer, _folder: folder }
    }

    fn signer(&self) -> Signer<'_> {
        Signer::Issuer(&self.issuer)
    }

    fn prepare(&self, subscriber: &Subscriber) -> LintedCertificate {
        let request = subscriber.request(CertifiedNames::asserted(&subscriber.permitted));
        let tbs = TbsCertificate::build(&subscriber.permitted, request, self.signer()).expect("within the profile");
        tbs.lint(self.signer()).expect("no rule is broken")
    }

    fn issue(&self, subscriber: &Subscriber) -> IssuedCertificate {
        sign(&self.keystore, self.prepare(subscriber), self.signer())
    }
}

fn sign(keystore: &SoftwareKeystore, linted: LintedCertificate, signer: Signer<'_>) -> IssuedCertificate {
    let signature = wait(keystore.sign(linted.sign_request(signer, TIME_LIMIT))).expect("a signature");
    linted.assemble(&signature, signer).expect("the signature verifies")
}

fn trust_anchor(keystore: &SoftwareKeystore, key: &KeyRef) -> Certificate {
    let act = Initialize {
        issuer: "root".to_owned(),
        hsm: "bench".to_owned(),
        key_algorithm: key.public_key.algorithm(),
        trust_anchor: true,
    };
    let permitted = engine().decide(&administrator(), act).expect("permitted");
    let request = CertificateRequest {
        profile: &profile("root", include_str!("../../policies/profiles/root.toml")),
        public_key: &key.public_key,
        subject: &[(SubjectAttribute::CommonName, "Example Root CA".to_owned())],
        names: CertifiedNames::of_authority(&permitted),
        project_purpose: None,
        serial: SerialNumber::from_random([0x5a; 18]),
        now: NEW_YEAR,
        not_before: None,
        not_after: None,
        status: StatusUrls::default(),
    };
    let signer = Signer::SelfSigned(key);
    let tbs = TbsCertificate::build(&permitted, request, signer).expect("within the profile");
    sign(keystore, tbs.lint(signer).expect("no rule is broken"), signer).into_certificate()
}

/// Who asks: a web server with three names and a P-256 key.
struct Subscriber {
    profile: CertificateProfile,
    public_key: SubjectPublicKeyInfo,
    permitted: Permitted<IssueCertificate>,
}

impl Subscriber {
    fn new() -> Self {
        let pair = rcgen::KeyPair::generate().expect("a P-256 key");
        Self {
            profile: profile("tls-server", include_str!("../../policies/profiles/tls-server.toml")),
            public_key: SubjectPublicKeyInfo::from_der(&pair.subject_public_key_info()).expect("a P-256 key"),
            permitted: engine().decide(&administrator(), act()).expect("permitted"),
        }
    }

    fn request(&self, names: CertifiedNames) -> CertificateRequest<'_> {
        CertificateRequest {
            profile: &self.profile,
            public_key: &self.public_key,
            subject: &[],
            names,
            project_purpose: None,
            serial: SerialNumber::from_random([0x3c; 18]),
            now: NEW_YEAR,
            not_before: None,
            not_after: None,
            status: StatusUrls {
                crl: Some("http://ca.example.org:8080/crl/issuing/0.crl".to_owned()),
                ca_issuers: Some("http://ca.example.org:8080/aia/issuing.cer".to_owned()),
            },
        }
    }
}

fn act() -> IssueCertificate {
    let names = ["www.example.org", "api.example.org", "*.apps.example.org"];
    IssueCertificate {
        issuer: "issuing".to_owned(),
        profile: "tls-server".to_owned(),
        certification_authority: false,
        subject: String::new(),
        identifiers: names.map(|name| GeneralName::dns(name).expect("a name")).to_vec(),
        key_algorithm: KeyAlgorithm::EcdsaP256,
        validity: Duration::from_secs(90 * 86_400),
    }
}

fn profile(name: &str, text: &str) -> CertificateProfile {
    CertificateProfile::from_toml(name, &format!("{name}.toml"), text).expect("a sound profile")
}

fn engine() -> PolicyEngine {
    PolicyEngine::built_in().expect("sound policies")
}

fn administrator() -> Actor {
    Actor::LocalRoot { os_user: "root".to_owned() }
}

fn issuance(criterion: &mut Criterion) {
    let (subscriber, engine, actor) = (Subscriber::new(), engine(), administrator());
    let mut group = criterion.benchmark_group("issuance");
    group.bench_function("policy of three names", |bench| {
        bench.iter(|| black_box(engine.decide(&actor, act()).expect("permitted")));
    });
    for spec in ALGORITHMS {
        let authority = Authority::new(spec);
        group.bench_function(format!("bytes and lint/{spec}"), |bench| {
            bench.iter(|| black_box(authority.prepare(&subscriber)));
        });
        group.bench_function(format!("certificate/{spec}"), |bench| {
            bench.iter(|| black_box(authority.issue(&subscriber)));
        });
    }
    group.finish();
}

criterion_group!(benches, issuance);
criterion_main!(benches);
