//! One example of every act and of every kind of actor.

use std::time::Duration;

use crate::hsm::{DigestAlgorithm, KeySpec, KeyState};
use crate::issuance_request::{IssuanceRequest, RequestedKey, Tally, Terms, Version, Vote};
use crate::policy::action::*;
use crate::policy::{Actor, Denied, Inquiry, PolicyEngine};
use crate::profile::ProfileHash;
use crate::signing::{ApprovedSet, DigestItem, DigestSet, Format};
use crate::x509::{DistinguishedName, GeneralName, KeyAlgorithm, SerialNumber};

type Decide = dyn Fn(&PolicyEngine, &Actor) -> Result<Vec<String>, Denied>;

/// An act whose type is forgotten, so that different ones fit into one list.
pub(super) struct Sample {
    pub(super) label: String,
    pub(super) act: &'static str,
    decide: Box<Decide>,
    inquire: Box<dyn Fn(&Actor) -> Inquiry>,
}

impl Sample {
    fn of<A: Action + Clone + 'static>(label: &str, action: A) -> Self {
        let asked = action.clone();
        let inquire = move |actor: &Actor| Inquiry::of(actor, &asked);
        let decide = move |engine: &PolicyEngine, actor: &Actor| {
            let permitted = engine.decide(actor, action.clone())?;
            Ok(permitted.policies().map(|policy| policy.id.clone()).collect())
        };
        Self {
            label: format!("{}{label}", A::NAME),
            act: A::NAME,
            decide: Box::new(decide),
            inquire: Box::new(inquire),
        }
    }

    /// The same as a question in plain words.
    pub(super) fn inquiry(&self, actor: &Actor) -> Inquiry {
        (self.inquire)(actor)
    }

    /// The ids of the policies that permit it.
    pub(super) fn ask(&self, engine: &PolicyEngine, actor: &Actor) -> Result<Vec<String>, Denied> {
        (self.decide)(engine, actor)
    }
}

pub(super) fn names(names: &[&str]) -> Vec<GeneralName> {
    names.iter().map(|name| GeneralName::dns(name).unwrap()).collect()
}

pub(super) fn account() -> Actor {
    Actor::AcmeAccount { endpoint: "acme".into(), account: "a1".into() }
}

pub(super) fn operator(roles: &[&str]) -> Actor {
    Actor::Operator { name: "ann".into(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
}

fn token(scopes: &[&str]) -> Actor {
    let roles = ["security-officer", "key-custodian", "operator", "approver"].map(str::to_owned).to_vec();
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Actor::ApiToken { id: "t1".into(), name: "ci".into(), holder_roles: roles.clone(), roles, scopes }
}

pub(super) fn order(identifiers: Vec<GeneralName>) -> NewOrder {
    NewOrder { endpoint: "acme".into(), issuer: "issuing".into(), profile: "tls-server".into(), identifiers }
}

pub(super) fn finalize(identifiers: Vec<GeneralName>) -> Finalize {
    Finalize {
        endpoint: "acme".into(),
        issuer: "issuing".into(),
        profile: "tls-server".into(),
        identifiers,
        key_algorithm: KeyAlgorithm::EcdsaP256,
        validity: Duration::from_secs(86_400),
    }
}

pub(super) fn issue(profile: &str, certification_authority: bool, identifiers: Vec<GeneralName>) -> IssueCertificate {
    IssueCertificate {
        issuer: "issuing".into(),
        profile: profile.into(),
        certification_authority,
        subject: "CN=www.example.org".into(),
        identifiers,
        key_algorithm: KeyAlgorithm::Rsa { modulus_bits: 3072 },
        validity: Duration::from_secs(86_400),
    }
}

fn revoke(ground: RevocationGround, certification_authority: bool) -> RevokeCertificate {
    RevokeCertificate {
        issuer: "issuing".into(),
        serial: serial(),
        profile: if certification_authority { "subordinate-ca" } else { "tls-server" }.into(),
        certification_authority,
        reason: "keyCompromise".into(),
        block_key: true,
        ground,
    }
}

fn submit(profile: &str, certification_authority: bool) -> SubmitRequest {
    SubmitRequest {
        issuer: "issuing".into(),
        profile: profile.into(),
        certification_authority,
        subject: String::new(),
        identifiers: names(&["www.example.org"]),
        key_algorithm: KeyAlgorithm::EcdsaP256,
        validity: Duration::from_secs(86_400),
        generated_key: false,
    }
}

pub(super) fn request_facts(own: bool) -> RequestFacts {
    let requester = if own { "Operator:ann" } else { "Operator:bob" };
    RequestFacts { request: "r1".into(), profile: "tls-server".into(), requester: requester.into(), own }
}

fn issue_requested() -> IssueRequested {
    let request = IssuanceRequest::new(Terms {
        key: RequestedKey::Generated(Vec::new()),
        profile: "tls-server".into(),
        profile_hash: ProfileHash::from_bytes([1; 32]),
        issuer: "issuing".into(),
        subject: DistinguishedName::from_attributes(&[]).unwrap(),
        names: names(&["www.example.org"]),
        extensions: Vec::new(),
        validity: Duration::from_secs(86_400),
    });
    let version = Version { revision: 1, digest: request.digest() };
    let vote = Vote { voter: "bob".into(), version };
    let approved = Tally::count(version, 1, &["ann"], &[vote], |_| true).approved().unwrap();
    IssueRequested::new(approved, &request, "r1".into(), "issuing".into(), KeyAlgorithm::EcdsaP256, false).unwrap()
}

fn serial() -> SerialNumber {
    SerialNumber::from_octets(&[0x0a, 0xbc]).unwrap()
}

pub(super) fn actors() -> Vec<(&'static str, Actor)> {
    let job = |name| Actor::Job { name };
    vec![
        ("account of the endpoint", account()),
        ("account of another endpoint", Actor::AcmeAccount { endpoint: "other".into(), account: "a1".into() }),
        ("another account of the endpoint", Actor::AcmeAccount { endpoint: "acme".into(), account: "a2".into() }),
        ("certificate key", Actor::CertificateKey { endpoint: "acme".into(), spki_sha256: [7; 32] }),
        ("fetch code of the request", Actor::FetchCode { request: "r1".into() }),
        ("fetch code of another request", Actor::FetchCode { request: "r2".into() }),
        ("relying party", Actor::RelyingParty { address: [192, 0, 2, 7].into() }),
        ("local root", Actor::LocalRoot { os_user: "root".into() }),
        ("security officer", operator(&["security-officer"])),
        ("key custodian", operator(&["key-custodian"])),
        ("operator", operator(&["operator"])),
        ("approver", operator(&["approver"])),
        ("auditor", operator(&["auditor"])),
        ("operator and approver", operator(&["operator", "approver"])),
        ("operator and auditor", operator(&["operator", "auditor"])),
        ("operator without a role", operator(&[])),
        ("token of most roles without a scope", token(&[])),
        ("token of most roles with scope read", token(&["read"])),
        ("token of most roles with scope requests", token(&["requests"])),
        ("token of most roles with scope certificates", token(&["certificates"])),
        ("token of most roles with scope acme", token(&["acme"])),
        ("token of most roles with scope administer", token(&["administer"])),
        ("token of most roles with scope signing", token(&["signing"])),
        ("job of a CI", ci_job()),
        ("token of the signing request", Actor::SigningToken { request: "s1".into() }),
        ("token of another signing request", Actor::SigningToken { request: "s2".into() }),
        ("job crl-publisher", job("crl-publisher")),
        ("job intent-recovery", job("intent-recovery")),
        ("job listener-certificate", job("listener-certificate")),
        ("job readiness", job("readiness")),
        ("job issuance-requests", job("issuance-requests")),
        ("job sign-in", job("sign-in")),
        ("job signing", job("signing")),
        ("job of no name", job("other")),
    ]
}

pub(super) fn acts() -> Vec<Sample> {
    let (endpoint, account) = (|| "acme".to_owned(), || "a1".to_owned());
    let issuer = || "issuing".to_owned();
    let name = || names(&["www.example.org"]);
    let profile = || "tls-server".to_owned();
    let own = || request_facts(true);
    let other = || request_facts(false);
    let ground = |ground| Sample::of(&format!(" ({})", RevocationGround::as_str(ground)), revoke(ground, false));
    let ca = |ground| Sample::of(&format!(" (CA, {})", RevocationGround::as_str(ground)), revoke(ground, true));
    let mut samples = vec![
        Sample::of(
            "",
            NewAccount { endpoint: endpoint(), externally_bound: false, contacts: vec!["mailto:a@b.c".into()] },
        ),
        Sample::of("", order(name())),
        Sample::of("", finalize(name())),
        Sample::of("", KeyChange { endpoint: endpoint(), account: account() }),
        Sample::of("", DeactivateAccount { endpoint: endpoint(), account: account() }),
        Sample::of(" (end entity)", issue("tls-server", false, name())),
        Sample::of(" (CA)", issue("subordinate-ca", true, Vec::new())),
        ground(RevocationGround::IssuedToAccount),
        ground(RevocationGround::HoldsAuthorizations),
        ground(RevocationGround::HoldsKey),
        ground(RevocationGround::Administration),
        ca(RevocationGround::HoldsKey),
        ca(RevocationGround::Administration),
        Sample::of("", ResumeIssuance { issuer: issuer(), serial: serial(), profile: profile() }),
        Sample::of("", AbandonIssuance { issuer: issuer(), serial: serial(), profile: profile() }),
        Sample::of(" (end entity)", submit("tls-server", false)),
        Sample::of(" (CA)", submit("subordinate-ca", true)),
        Sample::of("", ListRequests),
        Sample::of("", ReadRequest(other())),
        Sample::of(" (own)", ChangeRequest(own())),
        Sample::of(" (another's)", ChangeRequest(other())),
        Sample::of("", CommentRequest(other())),
        Sample::of(" (own)", ApproveRequest(own())),
        Sample::of(" (another's)", ApproveRequest(other())),
        Sample::of(" (own)", RejectRequest(own())),
        Sample::of(" (another's)", RejectRequest(other())),
        Sample::of(" (own)", CancelRequest(own())),
        Sample::of(" (another's)", CancelRequest(other())),
        Sample::of(" (own)", DeliverKey(own())),
        Sample::of(" (another's)", DeliverKey(other())),
        Sample::of("", ShareRequest(other())),
        Sample::of("", FetchRequest { request: "r1".into() }),
        Sample::of("", issue_requested()),
        Sample::of("", ProcessRequest { request: "r1".into(), profile: profile(), outcome: "expired" }),
        Sample::of("", ListCertificates),
        Sample::of("", ReadCertificate { issuer: issuer(), serial: serial() }),
        Sample::of("", AssignOwner { issuer: issuer(), serial: serial(), profile: profile(), owner: "team-a".into() }),
        Sample::of("", AskForRenewal { issuer: issuer(), serial: serial(), profile: profile() }),
        Sample::of("", ChangeInBulk { change: "revoke".into(), certificates: 7 }),
        Sample::of(
            "",
            Initialize {
                issuer: issuer(),
                hsm: "local".into(),
                key_algorithm: KeyAlgorithm::EcdsaP384,
                trust_anchor: true,
            },
        ),
        Sample::of(" (shard)", PublishCrl { issuer: issuer(), shard: Some(1) }),
        Sample::of(" (whole)", PublishCrl { issuer: issuer(), shard: None }),
        Sample::of("", ReadCrl { issuer: issuer() }),
        Sample::of("", CreateExternalAccount { endpoint: endpoint() }),
        Sample::of("", RevokeExternalAccount { endpoint: endpoint(), kid: "k1".into() }),
        Sample::of("", ListExternalAccounts { endpoint: endpoint() }),
        Sample::of("", ProbeHsm { hsm: "local".into() }),
        Sample::of("", ReadHsm { hsm: "local".into() }),
        Sample::of("", ReadAcme { endpoint: endpoint() }),
        Sample::of("", ReadAudit),
        Sample::of("", ReadPolicy),
        Sample::of("", MigrateDatabase { from_version: 1, to_version: 2 }),
    ];
    samples.extend(signing());
    let digest_algorithm = DigestAlgorithm::Sha256;
    samples
        .push(Sample::of("", Timestamp { tsa: "tsa".into(), policy: "1.3.6.1.4.1.99999.3".into(), digest_algorithm }));
    samples.extend(on_operator("ann", " (own)"));
    samples.extend(on_operator("bob", " (another's)"));
    samples.extend([Sample::of("", ListOperators), Sample::of("", ListApiTokens)]);
    samples
}

pub(super) fn ci_job() -> Actor {
    let claims = [("iss", "https://ci.example.org"), ("aud", "signet"), ("ref", "refs/tags/v1"), ("sub", "project:7")];
    Actor::CiJob {
        issuer: "https://ci.example.org".into(),
        subject: "project:7".into(),
        claims: claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

fn digest_item() -> DigestItem {
    DigestItem { name: "app.exe".into(), algorithm: DigestAlgorithm::Sha256, digest: vec![7; 32] }
}

pub(super) fn submit_signing(profile: &str) -> SubmitSigning {
    let set = DigestSet::new(Format::CmsDetached, vec![digest_item()]).unwrap();
    SubmitSigning { profile: profile.into(), environment: "release", set }
}

fn signing_facts(own: bool, entitled: bool) -> SigningFacts {
    SigningFacts {
        request: "s1".into(),
        profile: "release".into(),
        environment: "release",
        requester: "project:7".into(),
        own,
        entitled,
    }
}

fn signing() -> Vec<Sample> {
    let (release, grant) = (|| "release".to_owned(), || "g1".to_owned());
    let set = submit_signing("release").set;
    let approved = ApprovedSet::by_breaking_glass(set.clone(), set.hash(), "sec".into(), 1).unwrap();
    let create = |own| CreateGrant {
        profile: release(),
        environment: "release",
        grantee: "project:7".into(),
        signatures: 10,
        own,
    };
    let under = |grant: Option<String>| SignUnderGrant {
        profile: release(),
        environment: "release",
        certificate: grant.is_some().then(serial),
        grant,
        item: digest_item(),
    };
    vec![
        Sample::of("", submit_signing("release")),
        Sample::of(" (own)", ReadSigning(signing_facts(true, false))),
        Sample::of(" (another's)", ReadSigning(signing_facts(false, false))),
        Sample::of(" (own)", CancelSigning(signing_facts(true, false))),
        Sample::of(" (another's)", CancelSigning(signing_facts(false, false))),
        Sample::of(" (own)", ApproveSigning(signing_facts(true, true))),
        Sample::of(" (own stage)", ApproveSigning(signing_facts(false, true))),
        Sample::of(" (another's stage)", ApproveSigning(signing_facts(false, false))),
        Sample::of(" (own stage)", RejectSigning(signing_facts(false, true))),
        Sample::of(" (another's stage)", RejectSigning(signing_facts(false, false))),
        Sample::of(" (own)", BreakGlass(signing_facts(true, false))),
        Sample::of(" (another's)", BreakGlass(signing_facts(false, false))),
        Sample::of("", ListSigning),
        Sample::of("", ListSigningProfiles),
        Sample::of("", ReadSignatures),
        Sample::of("", VerifySignature),
        Sample::of("", ListGrants),
        Sample::of(" (to oneself)", create(true)),
        Sample::of(" (to another)", create(false)),
        Sample::of("", RevokeGrant { grant: grant(), profile: release() }),
        Sample::of(" (granted)", under(Some(grant()))),
        Sample::of(" (not granted)", under(None)),
        Sample::of("", SignApproved::new(approved, "s1".into(), release(), "release", serial())),
        Sample::of(
            "",
            SignCanary {
                profile: release(),
                environment: "release",
                format: Format::CmsDetached,
                certificate: serial(),
            },
        ),
        Sample::of("", ProcessSigning { request: "s1".into(), profile: release(), outcome: "expired" }),
        Sample::of("", MakeSigningKey { hsm: "local".into(), profile: release(), key: KeySpec::EcdsaP256 }),
        Sample::of(
            "",
            RetireSigningKey { hsm: "local".into(), profile: release(), key: "k1".into(), state: KeyState::Destroyed },
        ),
    ]
}

/// What is done to an operator's account; "ann" is who asks.
fn on_operator(name: &str, whose: &str) -> Vec<Sample> {
    let operator = || name.to_owned();
    let roles = || vec!["operator".to_owned()];
    let day = Duration::from_secs(86_400);
    let scopes = vec!["read".to_owned()];
    vec![
        Sample::of(whose, AddOperator { operator: operator(), roles: roles() }),
        Sample::of(whose, ChangeRoles { operator: operator(), roles: roles() }),
        Sample::of(whose, DisableOperator { operator: operator() }),
        Sample::of(whose, EnableOperator { operator: operator() }),
        Sample::of(whose, ResetPassword { operator: operator() }),
        Sample::of(whose, SignIn { operator: operator(), method: "password".into() }),
        Sample::of(whose, ChangePassword { operator: operator() }),
        Sample::of(whose, ChangeSecondFactor { operator: operator() }),
        Sample::of(whose, RevokeSession { operator: operator() }),
        Sample::of(whose, CreateApiToken { operator: operator(), roles: roles(), scopes, lifetime: day }),
        Sample::of(whose, RevokeApiToken { operator: operator(), token: "t1".into() }),
    ]
}
