//! The one way to a certificate: intent committed, signed, verified, recorded, released.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest;
use ca_core::acme::Problem;
use ca_core::issuance::{IssuedCertificate, LintedCertificate, Signer, Summary};
use ca_core::policy::Permitted;
use ca_core::policy::action::Action;
use ca_core::profile::CertificateProfile;
use ca_core::time::UnixTime;
use ca_core::x509::serial::RANDOM_OCTETS;
use ca_core::x509::{Certificate, SerialNumber, SubjectPublicKeyInfo};

use super::acme::{Origin, Requester, names};
use super::{OpError, audit, request};
use crate::app::App;
use crate::authorities::Authority;
use crate::store::audit_event::NewAuditEvent;
use crate::store::certificate::NewCertificate;
use crate::store::fields::{AccountId, CertificateId, IntentId, Name, OrderId, Sha256};
use crate::store::issuance_intent::{self, IssuanceFacts, NewIntent};
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::{blocked_key, order};

/// How long the HSM may take for one signature.
pub const SIGNING_TIME_LIMIT: Duration = Duration::from_secs(10);

/// After so long another process takes an intent up.
pub const LEASE: Duration = Duration::from_secs(30);

/// For whom a certificate is issued.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// The order that ends with it.
    pub order: Option<OrderId>,
    /// What ends with it when that is no order, see [`issuance_request::submission`].
    pub submission: Option<String>,
    /// The ACME endpoint and account.
    pub account: Option<(String, AccountId)>,
    /// Who asked, as text.
    pub requester: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// People who approved it.
    pub approvers: Vec<String>,
}

impl Subscriber {
    /// The account of an order.
    pub fn of_order(who: &Requester, order: &order::Order) -> Self {
        Self {
            order: Some(order.id),
            submission: None,
            account: Some((who.endpoint.clone(), who.account)),
            requester: who.actor.to_string(),
            owner: None,
            approvers: Vec::new(),
        }
    }

    /// Whoever asked, in a request that these people approved as it is in `row`.
    pub fn of_request(row: &StoredRequest, approvers: Vec<String>) -> Self {
        Self {
            order: None,
            submission: Some(issuance_request::submission(row.id, row.version())),
            account: None,
            requester: row.requester.clone(),
            owner: row.asked.owner.clone(),
            approvers,
        }
    }
}

/// A linted certificate with everything its record will say.
pub struct Submission<'a, A: Action> {
    /// The decision that permits it.
    pub permitted: &'a Permitted<A>,
    /// Where the request came from.
    pub origin: &'a Origin,
    /// Who signs.
    pub authority: &'a Authority,
    /// The profile version.
    pub profile: &'a CertificateProfile,
    /// The bytes.
    pub linted: LintedCertificate,
    /// What the bytes say.
    pub summary: Summary,
    /// Serial, key and status.
    pub preview: Preview,
    /// For whom.
    pub subscriber: Subscriber,
}

/// Facts of a certificate that is not signed yet.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Serial number.
    pub serial: SerialNumber,
    /// The subject's key.
    pub public_key: SubjectPublicKeyInfo,
    /// The CRL shard that would list it.
    pub crl_shard: u32,
    /// URL of that shard.
    pub status_url: String,
}

/// What became of a submission.
#[derive(Debug)]
pub enum Issuance {
    /// The certificate is recorded and may be released.
    Issued(Box<Certificate>, CertificateId),
    /// The order had been finalized before.
    Lost,
    /// The HSM or the database is away: the intent stands and a job goes on with it.
    Pending(OpError),
}

/// A serial of 144 random bits.
pub fn fresh_serial(app: &App) -> SerialNumber {
    SerialNumber::from_random(app.entropy.bytes::<RANDOM_OCTETS>())
}

/// Serial and status of a certificate for `public_key` that `authority` is to issue.
pub fn preview(app: &App, authority: &Authority, public_key: &SubjectPublicKeyInfo) -> Preview {
    let serial = fresh_serial(app);
    // The last octet of a random serial is as good as any die.
    let crl_shard = serial.as_octets().last().map_or(0, |octet| u32::from(*octet)) % authority.crl_shards;
    let status_url = app.authorities.status_urls(authority, crl_shard).crl.unwrap_or_default();
    Preview { serial, public_key: public_key.clone(), crl_shard, status_url }
}

/// Why a key is never certified again, if so: by the file of blocked keys or by an earlier revocation.
///
/// # Errors
/// When the database fails.
pub async fn blocked_reason(app: &App, key: &SubjectPublicKeyInfo) -> Result<Option<String>, OpError> {
    if let Some(reason) = listed_reason(app, key) {
        return Ok(Some(reason));
    }
    let hash = key.sha256();
    Ok(app.store.look_up(move |c| blocked_key::by_hash(c, hash)).await?.map(|blocked| blocked.reason))
}

/// Since when a key is not to be believed, if it is blocked: the file of blocked keys does not say, so it is for ever.
///
/// # Errors
/// When the database fails.
pub async fn blocked_since(app: &App, key: &SubjectPublicKeyInfo) -> Result<Option<UnixTime>, OpError> {
    if listed_reason(app, key).is_some() {
        return Ok(Some(UnixTime::default()));
    }
    let hash = key.sha256();
    Ok(app.store.look_up(move |c| blocked_key::by_hash(c, hash)).await?.map(|blocked| blocked.created_at))
}

/// Why the file of blocked keys has a key, if it does.
pub fn listed_reason(app: &App, key: &SubjectPublicKeyInfo) -> Option<String> {
    app.policies.load().blocked_keys().find(key).map(|listed| listed.reason.clone())
}

/// Commits the intent, signs, verifies, and records the certificate with its audit event and its order in one write.
///
/// # Errors
/// When the authority issues no more or the intent cannot be recorded. Later failures leave the intent to a job, see [`Issuance::Pending`].
pub async fn issue<A: Action>(app: &App, submission: Submission<'_, A>) -> Result<Issuance, OpError> {
    refuse_wrong_clock(app, submission.profile)?;
    submission.authority.require_active()?;
    let id = IntentId::new(app.entropy.uuid());
    let facts = facts(app, &submission);
    let event = event(app, &submission, &facts);
    let now = app.clock.now();
    let intent = NewIntent {
        id,
        tbs_certificate: submission.linted.tbs_der().to_vec(),
        lease_holder: app.instance.clone(),
        lease_until: now.plus(LEASE),
        created_at: now,
        facts: facts.clone(),
    };
    if !app.store.write(move |c| issuance_intent::start(c, &intent)).await? {
        return Ok(Issuance::Lost);
    }
    match finish(app, submission.authority, id, facts, submission.linted, event).await {
        Ok(issuance) => Ok(issuance),
        Err(error) if error.is_transient() => {
            tracing::warn!(intent = %id, %error, "issuance is interrupted; a job goes on with it");
            Ok(Issuance::Pending(error))
        }
        Err(error) => {
            tracing::error!(intent = %id, %error, "issuance failed; a job ends it");
            Ok(Issuance::Pending(error))
        }
    }
}

/// A clock that reads earlier than the newest certificate was recorded, backdating allowed for, would issue into the past.
fn refuse_wrong_clock(app: &App, profile: &CertificateProfile) -> Result<(), OpError> {
    let newest = UnixTime::from_seconds(app.newest_issuance.load(Ordering::Relaxed));
    if app.clock.now() >= newest.minus(profile.backdate()) {
        return Ok(());
    }
    tracing::error!(now = %app.clock.now(), %newest, "issuance stops: the clock reads earlier than the newest certificate");
    Err(Problem::unavailable("a clock that agrees with the newest certificate").into())
}

/// Signs an open intent and records the certificate. A loser of the last step drops its signature.
///
/// # Errors
/// When the HSM or the database fails; the intent stays open.
pub async fn finish(
    app: &App,
    authority: &Authority,
    id: IntentId,
    facts: IssuanceFacts,
    linted: LintedCertificate,
    mut event: NewAuditEvent,
) -> Result<Issuance, OpError> {
    authority.require_active()?;
    let certificate = sign(app, authority, linted).await?.into_certificate();
    let certificate_id = facts.certificate_id;
    event.certificate_sha256 = Some(certificate.fingerprint());
    let record = request::issued::record(app, &facts, &event.actor).await?;
    let new = NewCertificate {
        facts,
        der: certificate.as_der().to_vec(),
        fingerprint: certificate.fingerprint(),
        issued_at: app.clock.now(),
    };
    let completion = app.store.write(move |c| {
        let ours = issuance_intent::complete(c, id, &new, &event)?;
        if ours && let Some(record) = &record {
            record.write(c)?;
        }
        Ok(ours)
    });
    if !completion.await? {
        return Ok(Issuance::Lost);
    }
    app.newest_issuance.fetch_max(app.clock.now().seconds(), Ordering::Relaxed);
    metrics::counter!("signet_certificates_issued_total", "authority" => authority.name.clone()).increment(1);
    Ok(Issuance::Issued(Box::new(certificate), certificate_id))
}

async fn sign(app: &App, authority: &Authority, linted: LintedCertificate) -> Result<IssuedCertificate, OpError> {
    let signer = Signer::Issuer(&authority.issuer);
    let hsm = app.hsm_of(authority)?;
    let begun = app.clock.now_micros();
    let signature = hsm.sign(linted.sign_request(signer, SIGNING_TIME_LIMIT)).await;
    let signature = signature.inspect_err(|error| app.hsm_watch.failed(&authority.hsm, app.clock.now(), error))?;
    app.observe_signature(&authority.hsm, begun);
    linted.assemble(&signature, signer).map_err(|fault| OpError::Integrity(fault.to_string()))
}

fn facts<A: Action>(app: &App, submission: &Submission<'_, A>) -> IssuanceFacts {
    let (preview, subscriber) = (&submission.preview, &submission.subscriber);
    let summary = &submission.summary;
    let names: Vec<Name> = summary.names.iter().map(names::general).collect();
    let (endpoint, account_id) = subscriber.account.clone().unzip();
    IssuanceFacts {
        certificate_id: CertificateId::new(app.entropy.uuid()),
        issuer: submission.authority.issuer.slug().to_owned(),
        serial: preview.serial.clone(),
        order_id: subscriber.order,
        submission: subscriber.submission.clone(),
        endpoint,
        account_id,
        requester: subscriber.requester.clone(),
        profile: submission.profile.name().to_owned(),
        profile_hash: *submission.profile.hash().as_bytes(),
        policy_set_hash: *submission.permitted.policy_set_hash().as_bytes(),
        decision: audit::decision(submission.permitted),
        spki_sha256: preview.public_key.sha256(),
        not_before: summary.validity.not_before,
        not_after: summary.validity.not_after,
        subject: summary.subject.to_string(),
        names_hash: names_hash(&names),
        names,
        crl_shard: preview.crl_shard.into(),
        status_url: preview.status_url.clone(),
        replaces: None,
        owner: subscriber.owner.clone(),
        request_id: submission.origin.request_id.clone(),
    }
}

fn event<A: Action>(app: &App, submission: &Submission<'_, A>, facts: &IssuanceFacts) -> NewAuditEvent {
    let (permitted, origin, decision) = (submission.permitted, submission.origin, facts.decision.clone());
    let event = audit::event_decided(app, permitted, origin, object(facts), decision);
    let approvers = Some(&submission.subscriber.approvers).filter(|people| !people.is_empty());
    describe(event, facts).detail_if_any("approvers", approvers.map(audit::list))
}

/// The certificate, as the audit calls it.
pub fn object(facts: &IssuanceFacts) -> String {
    format!("certificate {}/{}", facts.issuer, facts.serial)
}

/// What the audit tells of a certificate beside its hash.
pub fn describe(event: NewAuditEvent, facts: &IssuanceFacts) -> NewAuditEvent {
    let (request, version) = issuance_request::of_submission(facts).unzip();
    event
        .detail("profile", &facts.profile)
        .detail("subject", &facts.subject)
        .detail("names", audit::list(&facts.names))
        .detail("not_before", facts.not_before)
        .detail("not_after", facts.not_after)
        .detail_if_any("order", facts.order_id)
        .detail_if_any("request", request)
        .detail_if_any("revision", version.map(|version| version.revision))
        .detail_if_any("digest", version.map(|version| version.digest))
        .detail_if_any("owner", facts.owner.as_deref())
}

/// SHA-256 over the sorted set of names, one a line: the same for every renewal.
pub(super) fn names_hash(names: &[Name]) -> Sha256 {
    let mut lines: Vec<String> = names.iter().map(|name| format!("{name}\n")).collect();
    lines.sort();
    lines.dedup();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, lines.concat().as_bytes()).as_ref());
    hash
}
