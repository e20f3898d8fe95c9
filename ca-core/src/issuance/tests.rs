//! A golden certificate for each built-in profile, and what stands between a request and a signature.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use uuid::Uuid;

use super::*;
use crate::acme::Identifier;
use crate::acme::authorization::{AuthorizationFacts, AuthorizationState};
use crate::acme::order::{Finalization, OrderFacts};
use crate::hsm::{KeyId, KeyRef, KeyState, Signature};
use crate::issuance_request::{IssuanceRequest, RequestedKey, Tally, Terms, Version, Vote};
use crate::openssl::OpenSsl;
use crate::policy::action::{Finalize, Initialize, IssueCertificate, IssueRequested};
use crate::policy::{Actor, Permitted, PolicyEngine, PolicySource};
use crate::profile::{CertificateProfile, ProfileRefusal};
use crate::time::UnixTime;
use crate::x509::name::SubjectAttribute;
use crate::x509::{Certificate, Chain, GeneralName, KeyAlgorithm, SerialNumber, SubjectPublicKeyInfo};

/// 2026-01-01T00:00:00Z.
const NOW: UnixTime = UnixTime::from_seconds(1_767_225_600);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// A key whose every signature is the same each time, so that a certificate is too.
struct Key {
    pair: Ed25519KeyPair,
    reference: KeyRef,
}

impl Key {
    fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public_key = SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, pair.public_key().as_ref()).unwrap();
        let id = KeyId::new(Uuid::from_u128(u128::from(seed)));
        Self { pair, reference: KeyRef { id, locator: "software:test".to_owned(), public_key } }
    }

    fn sign(&self, linted: &LintedCertificate, signer: Signer<'_>) -> Signature {
        let request = linted.sign_request(signer, Duration::from_secs(1));
        request.verified(self.pair.sign(linted.tbs_der()).as_ref().to_vec()).unwrap()
    }
}

fn profile(name: &str) -> CertificateProfile {
    let file = format!("{}/../policies/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    CertificateProfile::from_toml(name, &file, &std::fs::read_to_string(&file).unwrap()).unwrap()
}

fn administrator() -> Actor {
    Actor::LocalRoot { os_user: "root".to_owned() }
}

fn status(authority: &str) -> StatusUrls {
    StatusUrls {
        crl: Some(format!("http://ca.example.org/crl/{authority}/0.crl")),
        ca_issuers: Some(format!("http://ca.example.org/aia/{authority}.cer")),
    }
}

fn serial(last: u8) -> SerialNumber {
    let mut random = [0x5a; 18];
    random[17] = last;
    SerialNumber::from_random(random)
}

fn authority(name: &str, profile_name: &str, key: &Key, parent: Option<(&Issuer, &Key)>) -> Certificate {
    let act = Initialize {
        issuer: name.to_owned(),
        hsm: "local".to_owned(),
        key_algorithm: KeyAlgorithm::Ed25519,
        trust_anchor: parent.is_none(),
    };
    let permitted = PolicyEngine::built_in().unwrap().decide(&administrator(), act).unwrap();
    let request = CertificateRequest {
        profile: &profile(profile_name),
        public_key: &key.reference.public_key,
        subject: &[
            (SubjectAttribute::Organization, "Example".to_owned()),
            (SubjectAttribute::CommonName, format!("Example {name}")),
        ],
        names: CertifiedNames::of_authority(&permitted),
        project_purpose: None,
        serial: serial(1),
        now: NOW,
        not_before: None,
        not_after: None,
        status: if parent.is_some() { status("root") } else { StatusUrls::default() },
    };
    let signer = parent.map_or(Signer::SelfSigned(&key.reference), |(issuer, _)| Signer::Issuer(issuer));
    let linted = TbsCertificate::build(&permitted, request, signer).unwrap().lint(signer).unwrap();
    let signature = parent.map_or(key, |(_, key)| key).sign(&linted, signer);
    linted.assemble(&signature, signer).unwrap().into_certificate()
}

fn issuer(slug: &str, certificate: Certificate, key: &Key) -> Issuer {
    let chain = Chain::new(vec![certificate]).unwrap();
    Issuer::new(slug.to_owned(), chain, key.reference.clone(), KeyState::Active).unwrap()
}

/// Root and issuing CA with their keys.
struct Hierarchy {
    root: Certificate,
    issuing: Issuer,
    issuing_key: Key,
}

fn hierarchy() -> Hierarchy {
    let (root_key, issuing_key) = (Key::new(1), Key::new(2));
    let root = authority("Root CA", "root", &root_key, None);
    let anchor = issuer("root", root.clone(), &root_key);
    let certificate = authority("Issuing CA", "subordinate-ca", &issuing_key, Some((&anchor, &root_key)));
    Hierarchy { root, issuing: issuer("issuing", certificate, &issuing_key), issuing_key }
}

fn permit(profile: &str, names: &[GeneralName]) -> Permitted<IssueCertificate> {
    let act = IssueCertificate {
        issuer: "issuing".to_owned(),
        profile: profile.to_owned(),
        certification_authority: false,
        subject: String::new(),
        identifiers: names.to_vec(),
        key_algorithm: KeyAlgorithm::Ed25519,
        validity: YEAR / 4,
    };
    PolicyEngine::built_in().unwrap().decide(&administrator(), act).unwrap()
}

fn request<'a>(profile: &'a CertificateProfile, key: &'a Key, names: CertifiedNames) -> CertificateRequest<'a> {
    CertificateRequest {
        profile,
        public_key: &key.reference.public_key,
        subject: &[],
        names,
        project_purpose: None,
        serial: serial(2),
        now: NOW,
        not_before: None,
        not_after: None,
        status: status("issuing"),
    }
}

fn names() -> Vec<GeneralName> {
    vec![GeneralName::dns("*.apps.example.org").unwrap(), GeneralName::dns("www.example.org").unwrap()]
}

fn end_entity(profile_name: &str, names: &[GeneralName]) -> Certificate {
    let Hierarchy { issuing, issuing_key, .. } = hierarchy();
    let (profile, key) = (profile(profile_name), Key::new(3));
    let permitted = permit(profile_name, names);
    let signer = Signer::Issuer(&issuing);
    let request = request(&profile, &key, CertifiedNames::asserted(&permitted));
    let linted = TbsCertificate::build(&permitted, request, signer).unwrap().lint(signer).unwrap();
    let signature = issuing_key.sign(&linted, signer);
    linted.assemble(&signature, signer).unwrap().into_certificate()
}

/// The certificate as OpenSSL, which shares no code with us, reads it.
fn text(certificate: &Certificate) -> String {
    let openssl = OpenSsl::new();
    openssl.write("certificate.pem", certificate.to_pem().as_bytes());
    String::from_utf8(openssl.run("x509 -in certificate.pem -noout -text")).unwrap()
}

#[test]
fn golden_authorities() {
    let Hierarchy { root, issuing, .. } = hierarchy();
    insta::assert_snapshot!("root", text(&root));
    insta::assert_snapshot!("subordinate-ca", text(issuing.certificate()));
}

#[test]
fn golden_end_entities() {
    insta::assert_snapshot!("tls-server", text(&end_entity("tls-server", &names())));
    let host = [
        GeneralName::dns("node-1.example.org").unwrap(),
        GeneralName::Ip(IpAddr::from([192, 0, 2, 7])),
        GeneralName::Ip("2001:db8::7".parse().unwrap()),
        GeneralName::uri("spiffe://example.org/node/1").unwrap(),
    ];
    insta::assert_snapshot!("tls-server-client", text(&end_entity("tls-server-client", &host)));
    let person = [GeneralName::email("ann@example.org").unwrap()];
    insta::assert_snapshot!("tls-client", text(&end_entity("tls-client", &person)));
}

/// Signers are known by their subject, and a project by its purpose.
fn signer(profile_name: &str, names: &[GeneralName], purpose: Option<&str>) -> Result<Certificate, IssuanceError> {
    let Hierarchy { issuing, issuing_key, .. } = hierarchy();
    let (profile, point) = (profile(profile_name), p256());
    let permitted = permit(profile_name, names);
    let subject = [
        (SubjectAttribute::Organization, "Example".to_owned()),
        (SubjectAttribute::CommonName, "Example Releases".to_owned()),
    ];
    let key = Key::new(3);
    let request = CertificateRequest {
        public_key: &point,
        subject: &subject,
        project_purpose: purpose.map(|text| text.parse().unwrap()),
        ..request(&profile, &key, CertifiedNames::asserted(&permitted))
    };
    let signer = Signer::Issuer(&issuing);
    let linted = TbsCertificate::build(&permitted, request, signer)?.lint(signer).unwrap();
    let signature = issuing_key.sign(&linted, signer);
    Ok(linted.assemble(&signature, signer).unwrap().into_certificate())
}

/// The base point of P-256: a key whose private half is 1.
fn p256() -> SubjectPublicKeyInfo {
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    let point = p256::ProjectivePoint::GENERATOR.to_affine().to_sec1_point(false);
    SubjectPublicKeyInfo::from_point(KeyAlgorithm::EcdsaP256, point.as_bytes()).unwrap()
}

const PROJECT: Option<&str> = Some("1.3.6.1.4.1.99999.7.1");

#[test]
fn golden_signers() {
    let workflow = [GeneralName::uri("https://git.example.org/team/app/.ci/release.yml@refs/tags/v1").unwrap()];
    insta::assert_snapshot!("code-signing", text(&signer("code-signing", &workflow, PROJECT).unwrap()));
    insta::assert_snapshot!("timestamping", text(&signer("timestamping", &[], None).unwrap()));
    let unnamed = signer("code-signing", &[], None).unwrap();
    assert!(!text(&unnamed).contains("Subject Alternative Name"));
}

#[test]
fn a_purpose_of_a_project_goes_with_code_signing_and_an_order_gets_none() {
    let refused = signer("timestamping", &[], PROJECT).unwrap_err();
    assert!(matches!(refused, IssuanceError::Profile(ProfileRefusal::ProjectPurpose { .. })), "{refused}");
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("code-signing"), Key::new(3));
    let names = [GeneralName::uri("https://git.example.org/team/app").unwrap()];
    let act = Finalize {
        endpoint: "acme".to_owned(),
        issuer: "issuing".to_owned(),
        profile: "code-signing".to_owned(),
        identifiers: names.to_vec(),
        key_algorithm: KeyAlgorithm::Ed25519,
        validity: YEAR / 365,
    };
    let actor = Actor::AcmeAccount { endpoint: "acme".to_owned(), account: "1".to_owned() };
    let engine = PolicyEngine::built_in().unwrap();
    let administrators = permit("code-signing", &names);
    let request = |purpose: Option<&str>| CertificateRequest {
        project_purpose: purpose.map(|text| text.parse().unwrap()),
        ..request(&profile, &key, CertifiedNames::asserted(&administrators))
    };
    let build = |purpose| {
        let permitted = engine.decide(&actor, act.clone()).unwrap();
        TbsCertificate::build(&permitted, request(purpose), Signer::Issuer(&issuing)).map(drop)
    };
    build(None).unwrap();
    let refused = build(PROJECT).unwrap_err();
    assert!(matches!(refused, IssuanceError::NotPermitted("ACME gives no purpose of a project's own")), "{refused}");
}

#[test]
fn a_permission_serves_for_what_was_permitted_and_nothing_else() {
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("tls-client"), Key::new(3));
    let permitted = permit("tls-server", &names());
    let request = request(&profile, &key, CertifiedNames::asserted(&permitted));
    let refused = TbsCertificate::build(&permitted, request, Signer::Issuer(&issuing)).unwrap_err();
    assert!(matches!(refused, IssuanceError::NotPermitted("the profile differs")), "{refused}");
}

#[test]
fn a_name_that_the_profile_does_not_allow_is_refused() {
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("tls-server"), Key::new(3));
    let permitted = permit("tls-server", &[GeneralName::email("ann@example.org").unwrap()]);
    let request = request(&profile, &key, CertifiedNames::asserted(&permitted));
    let refused = TbsCertificate::build(&permitted, request, Signer::Issuer(&issuing)).unwrap_err();
    assert!(matches!(refused, IssuanceError::Profile(ProfileRefusal::Name { .. })), "{refused}");
}

#[test]
fn a_certificate_never_outlives_its_issuer() {
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("tls-server"), Key::new(3));
    let end = issuing.certificate().validity().not_after;
    let permitted = permit("tls-server", &names());
    let mut late = request(&profile, &key, CertifiedNames::asserted(&permitted));
    late.now = end.minus(Duration::from_secs(86_400));
    let tbs = TbsCertificate::build(&permitted, late, Signer::Issuer(&issuing)).unwrap();
    assert_eq!(tbs.summary().validity.not_after, end);
    let permitted = permit("tls-server", &names());
    let mut dead = request(&profile, &key, CertifiedNames::asserted(&permitted));
    dead.now = end.plus(Duration::from_secs(1));
    let refused = TbsCertificate::build(&permitted, dead, Signer::Issuer(&issuing)).unwrap_err();
    assert!(matches!(refused, IssuanceError::IssuerExpires(_)), "{refused}");
}

#[test]
fn a_signature_of_another_key_makes_no_certificate() {
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("tls-server"), Key::new(3));
    let permitted = permit("tls-server", &names());
    let request = request(&profile, &key, CertifiedNames::asserted(&permitted));
    let signer = Signer::Issuer(&issuing);
    let linted = TbsCertificate::build(&permitted, request, signer).unwrap().lint(signer).unwrap();
    let foreign = linted.sign_request(Signer::SelfSigned(&key.reference), Duration::from_secs(1));
    let signature = foreign.verified(key.pair.sign(linted.tbs_der()).as_ref().to_vec()).unwrap();
    assert!(matches!(linted.assemble(&signature, signer), Err(AssemblyError::Signature(_))));
}

/// Wall 6: a policy set that permits everything still cannot certify a name that nobody proved.
#[test]
fn a_policy_that_permits_everything_widens_nothing() {
    let everything = PolicySource {
        file: "everything.cedar".to_owned(),
        text: "@id(\"everything\") @reason(\"all may do all\") permit(principal, action, resource);".to_owned(),
    };
    let engine = PolicyEngine::new(&[everything]).unwrap();
    let proved = Identifier::Dns("www.example.org".to_owned());
    let order = OrderFacts {
        account: 1,
        identifiers: vec![proved.clone()],
        authorizations: vec![AuthorizationFacts {
            account: 1,
            identifier: proved.clone(),
            wildcard: false,
            state: AuthorizationState::Valid,
            expires_at: NOW.plus(YEAR),
        }],
        finalization: Finalization::None,
        expires_at: NOW.plus(YEAR),
    };
    let other = GeneralName::dns("other.example.org").unwrap();
    assert!(order.authorize(&1, std::slice::from_ref(&other), NOW).is_err(), "the CSR names what was not ordered");
    let names = order.authorize(&1, &[proved.to_general_name()], NOW).unwrap();
    let act = Finalize {
        endpoint: "acme".to_owned(),
        issuer: "issuing".to_owned(),
        profile: "tls-server".to_owned(),
        identifiers: vec![other],
        key_algorithm: KeyAlgorithm::Ed25519,
        validity: YEAR / 4,
    };
    let actor = Actor::AcmeAccount { endpoint: "acme".to_owned(), account: "1".to_owned() };
    let permitted = engine.decide(&actor, act).unwrap();
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (profile("tls-server"), Key::new(3));
    let request = request(&profile, &key, CertifiedNames::authorized(names));
    let refused = TbsCertificate::build(&permitted, request, Signer::Issuer(&issuing)).unwrap_err();
    assert!(matches!(refused, IssuanceError::NotPermitted("the names differ")), "{refused}");
}

/// `tls-server`, with `more` in it.
fn server_profile(more: &str) -> CertificateProfile {
    let file = format!("{}/../policies/profiles/tls-server.toml", env!("CARGO_MANIFEST_DIR"));
    let text = format!("{}\n{more}", std::fs::read_to_string(&file).unwrap());
    CertificateProfile::from_toml("tls-server", &file, &text).unwrap()
}

const MAKES_KEYS: &str = "[key_generation]\nallowed = true\nalgorithms = [\"ed25519\"]\n";

/// What somebody asks of the issuing CA, for a key that the server made.
fn asked(profile: &CertificateProfile, issuing: &Issuer, key: &Key) -> Terms {
    let trial = TrialRequest {
        profile,
        public_key: &key.reference.public_key,
        subject: &[],
        names: &names(),
        validity: None,
        now: NOW,
        status: status("issuing"),
    };
    let requested = RequestedKey::Generated(key.reference.public_key.as_der().to_vec());
    Trial::of(&trial, issuing).unwrap().request(requested).terms().clone()
}

/// What stands against building what `terms` asked for once bob approved it.
fn after_approval(terms: Terms, profile: &CertificateProfile, issuing: &Issuer, key: &Key) -> Option<IssuanceError> {
    let request = IssuanceRequest::new(terms);
    let version = Version { revision: 1, digest: request.digest() };
    let vote = Vote { voter: "bob".to_owned(), version };
    let approved = Tally::count(version, 1, &["ann"], &[vote], |_| true).approved().unwrap();
    let act = IssueRequested::new(approved, &request, "r1".into(), "issuing".into(), KeyAlgorithm::Ed25519, false);
    let job = Actor::Job { name: "issuance-requests" };
    let permitted = PolicyEngine::built_in().unwrap().decide(&job, act.unwrap()).unwrap();
    let names = CertifiedNames::approved(&permitted);
    let built = self::request(profile, key, names);
    TbsCertificate::build(&permitted, built, Signer::Issuer(issuing)).err()
}

#[test]
fn what_was_approved_is_built_by_the_issuer_and_with_the_extensions_that_were_approved() {
    let Hierarchy { issuing, issuing_key, .. } = hierarchy();
    let (profile, key) = (server_profile(MAKES_KEYS), Key::new(3));
    let terms = || asked(&profile, &issuing, &key);
    assert!(after_approval(terms(), &profile, &issuing, &key).is_none());
    let other = issuer("issuing-2", issuing.certificate().clone(), &issuing_key);
    let refused = after_approval(terms(), &profile, &other, &key);
    assert!(matches!(refused, Some(IssuanceError::NotPermitted("the issuer differs"))), "{refused:?}");
    let mut changed = terms();
    changed.extensions.truncate(2);
    let refused = after_approval(changed, &profile, &issuing, &key);
    assert!(matches!(refused, Some(IssuanceError::NotPermitted("the extensions differ"))), "{refused:?}");
}

#[test]
fn a_key_that_the_server_made_needs_a_profile_that_lets_it() {
    let Hierarchy { issuing, .. } = hierarchy();
    let (profile, key) = (server_profile(""), Key::new(3));
    let refused = after_approval(asked(&profile, &issuing, &key), &profile, &issuing, &key);
    let expected = "the profile does not let this server make the key";
    assert!(matches!(refused, Some(IssuanceError::NotPermitted(text)) if text == expected), "{refused:?}");
}
